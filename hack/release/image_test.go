// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/go-containerregistry/pkg/v1/validate"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var (
	amd64   = &v1.Platform{OS: "linux", Architecture: "amd64"}
	testRef = name.MustParseReference("usher:v1.2.3")
	built   = source{version: "v1.2.3", revision: "0123456789abcdef", time: time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)}
)

// sampleIndex is an image with a program that says hello, as make image would build it.
func sampleIndex(program string) v1.ImageIndex {
	GinkgoHelper()
	base, err := baseFiles(GinkgoT().Context())
	Expect(err).NotTo(HaveOccurred())
	image, err := newImage(built, amd64, base, file{path: "usher", mode: 0o755, content: []byte(program)})
	Expect(err).NotTo(HaveOccurred())
	return mutate.AppendManifests(mutate.IndexMediaType(empty.Index, types.OCIImageIndex),
		mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: amd64}})
}

// only returns the image of an index with one.
func only(index v1.ImageIndex) v1.Image {
	GinkgoHelper()
	manifest, err := index.IndexManifest()
	Expect(err).NotTo(HaveOccurred())
	Expect(manifest.Manifests).To(HaveLen(1))
	image, err := index.Image(manifest.Manifests[0].Digest)
	Expect(err).NotTo(HaveOccurred())
	return image
}

// entries returns the contents of the regular files of a tar archive, and the headers of all entries.
func entries(archive io.Reader) (contents map[string]string, headers []*tar.Header) {
	GinkgoHelper()
	contents = map[string]string{}
	reader := tar.NewReader(archive)
	for {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return contents, headers
		}
		Expect(err).NotTo(HaveOccurred())
		headers = append(headers, header)
		if header.Typeflag == tar.TypeReg {
			content, err := io.ReadAll(reader)
			Expect(err).NotTo(HaveOccurred())
			contents[header.Name] = string(content)
		}
	}
}

var _ = Describe("OPS-2 the image", func() {
	It("has one digest, however often it is built", func() {
		first, err := sampleIndex("hello").Digest()
		Expect(err).NotTo(HaveOccurred())
		Expect(sampleIndex("hello").Digest()).To(Equal(first))
		Expect(sampleIndex("other").Digest()).NotTo(Equal(first))
	})

	It("runs the program as a user without rights, and says what it is", func() {
		dir := filepath.Join(GinkgoT().TempDir(), "image")
		Expect(writeLayout(dir, testRef, sampleIndex("hello"))).To(Succeed())
		index, err := builtIndex(dir)
		Expect(err).NotTo(HaveOccurred())
		Expect(validate.Index(index)).To(Succeed())
		config, err := only(index).ConfigFile()
		Expect(err).NotTo(HaveOccurred())
		Expect(config.OS + "/" + config.Architecture).To(Equal("linux/amd64"))
		Expect(config.Config.User).To(Equal("65532:65532"))
		Expect(config.Config.Entrypoint).To(HaveExactElements("/usher"))
		Expect(config.Config.Labels).To(HaveKeyWithValue("org.opencontainers.image.version", "v1.2.3"))
		Expect(config.Config.Labels).To(HaveKeyWithValue("org.opencontainers.image.revision", built.revision))
		Expect(config.Created.Time).To(BeTemporally("==", built.time))
	})

	It("contains the program, users, certificate authorities and time zones, all of them root's and of one time", func() {
		contents, headers := entries(mutate.Extract(only(sampleIndex("hello"))))
		Expect(contents).To(HaveKeyWithValue("usher", "hello"))
		Expect(contents["etc/passwd"]).To(ContainSubstring("nonroot:x:65532:65532"))
		Expect(strings.Count(contents["etc/ssl/certs/ca-certificates.crt"], "BEGIN CERTIFICATE")).To(BeNumerically(">", 100))
		Expect(contents["usr/share/zoneinfo/Europe/Madrid"]).To(HavePrefix("TZif"))
		for _, header := range headers {
			Expect(header.Uid+header.Gid).To(BeZero(), header.Name)
			Expect(header.ModTime).To(BeTemporally("==", built.time), header.Name)
			if header.Typeflag == tar.TypeReg && header.Name != "usher" {
				Expect(header.Mode).To(BeEquivalentTo(0o644), header.Name)
			}
		}
	})

	It("has a version of its own at each commit", func() {
		ctx, root := GinkgoT().Context(), GinkgoT().TempDir()
		_, err := git(ctx, root, "init", "--quiet")
		Expect(err).NotTo(HaveOccurred())
		_, err = git(ctx, root, "-c", "user.name=Ana", "-c", "user.email=ana@acme.example",
			"commit", "--quiet", "--allow-empty", "--message=First")
		Expect(err).NotTo(HaveOccurred())
		GinkgoT().Setenv("VERSION", "")
		untagged, err := describe(ctx, root)
		Expect(err).NotTo(HaveOccurred())
		Expect(untagged.version).To(MatchRegexp("^v0.0.0-g[0-9a-f]{7,}$"))
		Expect(untagged.revision).To(HavePrefix(strings.TrimPrefix(untagged.version, "v0.0.0-g")))
		Expect(untagged.time).To(BeTemporally("~", time.Now(), time.Minute))

		By("tagging it")
		_, err = git(ctx, root, "tag", "v1.2.3")
		Expect(err).NotTo(HaveOccurred())
		Expect(version(ctx, root)).To(Equal("v1.2.3"))
		GinkgoT().Setenv("VERSION", "v9.9.9")
		Expect(version(ctx, root)).To(Equal("v9.9.9"))

		_, err = describe(ctx, GinkgoT().TempDir())
		Expect(err).To(MatchError(ContainSubstring("git rev-parse HEAD")))
	})

	It("is an archive that container runtimes import by its name", func() {
		dir := filepath.Join(GinkgoT().TempDir(), "image")
		index := sampleIndex("hello")
		Expect(writeLayout(dir, testRef, index)).To(Succeed())
		Expect(archiveLayout(dir+".tar", dir)).To(Succeed())
		archive, err := os.ReadFile(dir + ".tar")
		Expect(err).NotTo(HaveOccurred())
		contents, _ := entries(bytes.NewReader(archive))
		Expect(contents["oci-layout"]).To(ContainSubstring("1.0.0"))
		var top v1.IndexManifest
		Expect(json.Unmarshal([]byte(contents["index.json"]), &top)).To(Succeed())
		Expect(top.Manifests).To(HaveLen(1))
		Expect(top.Manifests[0].Annotations).To(HaveKeyWithValue("io.containerd.image.name", "docker.io/library/usher:v1.2.3"))
		digest, err := index.Digest()
		Expect(err).NotTo(HaveOccurred())
		Expect(top.Manifests[0].Digest).To(Equal(digest))

		By("packing it again")
		Expect(archiveLayout(dir+".tar", dir)).To(Succeed())
		Expect(os.ReadFile(dir + ".tar")).To(Equal(archive))
	})

	It("is pushed to a registry as it was built", func() {
		server := httptest.NewServer(registry.New(registry.Logger(log.New(GinkgoWriter, "", 0))))
		DeferCleanup(server.Close)
		root := GinkgoT().TempDir()
		Expect(os.Mkdir(filepath.Join(root, "dist"), 0o755)).To(Succeed())
		index := sampleIndex("hello")
		Expect(writeLayout(filepath.Join(root, "dist", "usher-image"), testRef, index)).To(Succeed())

		target := strings.TrimPrefix(server.URL, "http://") + "/acme/usher:v1.2.3"
		var out bytes.Buffer
		Expect(push(GinkgoT().Context(), request{root: root, name: target, out: &out})).To(Succeed())
		ref, err := name.ParseReference(target)
		Expect(err).NotTo(HaveOccurred())
		pulled, err := remote.Index(ref)
		Expect(err).NotTo(HaveOccurred())
		digest, err := index.Digest()
		Expect(err).NotTo(HaveOccurred())
		Expect(pulled.Digest()).To(Equal(digest))
		Expect(out.String()).To(HaveSuffix("/acme/usher@" + digest.String() + "\n"))
	})

	It("cannot be pushed before it is built, and says how to build it", func() {
		err := push(GinkgoT().Context(), request{root: GinkgoT().TempDir(), name: "registry.acme.example/usher"})
		Expect(err).To(MatchError(ContainSubstring("`make image` builds one")))
	})

	DescribeTable("is refused with what is wrong in the command", func(message string, args ...string) {
		Expect(run(GinkgoT().Context(), args, io.Discard)).To(MatchError(ContainSubstring(message)))
	},
		Entry("no command", "usage: release"),
		Entry("an unknown command", `there is no command "publish"`, "publish"),
		Entry("an unknown flag", "cannot understand", "image", "--platform=linux/amd64"),
		Entry("a push to nowhere", "make push IMG=", "push"),
		Entry("a name that is none", `image name "Usher:" must be`, "image", "--name=Usher:"),
		Entry("a platform that is none", `platform "a/b/c/d" must be OS/ARCHITECTURE`, "image", "--platforms=a/b/c/d"),
	)

	It("has the layout's blobs in the index only", func() {
		dir := filepath.Join(GinkgoT().TempDir(), "image")
		Expect(writeLayout(dir, testRef, sampleIndex("hello"))).To(Succeed())
		Expect(writeLayout(dir, testRef, sampleIndex("other"))).To(Succeed(), "what was built before is gone")
		path, err := layout.FromPath(dir)
		Expect(err).NotTo(HaveOccurred())
		unused, err := path.GarbageCollect()
		Expect(err).NotTo(HaveOccurred())
		Expect(unused).To(BeEmpty())
	})
})
