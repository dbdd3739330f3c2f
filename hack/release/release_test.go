// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"go.yaml.in/yaml/v3"
)

// checkout are the files of a small Usher: an operator and a plugin that print their version.
var checkout = map[string]string{
	".gitignore":                  "/dist/\n",
	"LICENSE":                     "Apache License\n",
	"go.mod":                      "module github.com/usher-operator/usher\n\ngo 1.26.0\n",
	"internal/version/version.go": "package version\n\nvar version = \"none\"\n\nfunc Get() string { return version }\n",
	"cmd/main.go": "package main\n\nimport \"github.com/usher-operator/usher/internal/version\"\n\n" +
		"func main() { println(\"operator\", version.Get()) }\n",
	"cmd/kubectl-usher/main.go":                    "package main\n\nfunc main() { println(\"plugin\") }\n",
	"cmd/kubectl-usher/kubectl_complete-usher":     "#!/bin/sh\nexec kubectl usher __complete \"$@\"\n",
	"cmd/kubectl-usher/kubectl_complete-usher.cmd": "@kubectl usher __complete %*\n",
	"config/default/kustomization.yaml":            "resources: [deployment.yaml]\n",
	"config/default/deployment.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: usher, namespace: usher-system}\n" +
		"spec: {template: {spec: {containers: [{name: usher, image: \"usher:latest\"}]}}}\n",
	"config/chart/Chart.yaml":           "apiVersion: v2\nname: usher\nversion: 0.0.0\nappVersion: latest\n",
	"config/chart/values.yaml":          "image:\n  # The repository.\n  repository: usher\n  tag: \"\"\n  digest: \"\"\n\nreplicas: 2\n",
	"config/chart/templates/image.yaml": "image: {{ .Values.image.repository }}@{{ .Values.image.digest }}\n",
}

// checkedOut commits the small Usher in a new folder, as the version v1.2.3.
func checkedOut() request {
	GinkgoHelper()
	root := GinkgoT().TempDir()
	for name, content := range checkout {
		path := filepath.Join(root, name)
		Expect(os.MkdirAll(filepath.Dir(path), 0o755)).To(Succeed())
		Expect(os.WriteFile(path, []byte(content), 0o600)).To(Succeed())
	}
	for _, args := range [][]string{
		{"init", "--quiet"},
		{"add", "."},
		{"-c", "user.name=Ana", "-c", "user.email=ana@acme.example", "commit", "--quiet", "--message=First", "--date=2026-11-30T08:00:00Z"},
		{"tag", "v1.2.3"},
	} {
		_, err := git(GinkgoT().Context(), root, args...)
		Expect(err).NotTo(HaveOccurred())
	}
	tools, err := filepath.Abs("../tools")
	Expect(err).NotTo(HaveOccurred())
	return request{
		root: root, tools: tools, platforms: []string{"linux/amd64"}, out: GinkgoWriter,
		machines: []string{runtime.GOOS + "/" + runtime.GOARCH, "windows/amd64"},
	}
}

// names returns the names of the files in a folder.
func names(dir string) []string {
	GinkgoHelper()
	entries, err := os.ReadDir(dir)
	Expect(err).NotTo(HaveOccurred())
	found := make([]string, 0, len(entries))
	for _, entry := range entries {
		found = append(found, entry.Name())
	}
	return found
}

var _ = Describe("OPS-2 the release of a version", Ordered, func() {
	var (
		r   request
		dir string
		key signingKey
		out bytes.Buffer
	)
	archive := "-" + runtime.GOOS + "-" + runtime.GOARCH

	BeforeAll(func() {
		GinkgoT().Setenv("GIT_COMMITTER_DATE", "2026-11-30T08:00:00Z")
		GinkgoT().Setenv("VERSION", "")
		key = newKey("secret")
		GinkgoT().Setenv("COSIGN_KEY", key.path)
		GinkgoT().Setenv("COSIGN_PASSWORD", "secret")
		r = checkedOut()
		r.name, r.out = "registry.acme.example/usher:v1.2.3", &out
		Expect(release(GinkgoT().Context(), r)).To(Succeed())
		dir = r.dist("v1.2.3")
	})

	// content returns a file of the version.
	content := func(name string) []byte {
		GinkgoHelper()
		found, err := os.ReadFile(filepath.Join(dir, name))
		Expect(err).NotTo(HaveOccurred())
		return found
	}

	It("has image, programs, manifests, SBOMs, checksums and signatures, and nothing else", func() {
		Expect(names(dir)).To(ConsistOf("SHA256SUMS", "SHA256SUMS.sigstore.json", "cosign.pub", "install.yaml", "krew-usher.yaml",
			"kubectl-usher"+archive+".tar.gz", "kubectl-usher"+archive+".cdx.json",
			"kubectl-usher-windows-amd64.zip", "kubectl-usher-windows-amd64.cdx.json",
			"usher"+archive+".tar.gz", "usher"+archive+".cdx.json", "usher-windows-amd64.zip", "usher-windows-amd64.cdx.json",
			"usher-1.2.3.tgz",
			"usher-image.tar", "usher-image-linux-amd64.cdx.json", "usher-image.payload.json", "usher-image.payload.json.sig"))
		Expect(out.String()).NotTo(ContainSubstring("not to be published"))
	})

	It("is the same, byte by byte, when another checkout of the commit builds it", func() {
		GinkgoT().Setenv("GIT_COMMITTER_DATE", "2026-11-30T08:00:00Z")
		GinkgoT().Setenv("COSIGN_KEY", key.path)
		GinkgoT().Setenv("COSIGN_PASSWORD", "secret")
		other := checkedOut()
		other.name, other.files = r.name, GinkgoT().TempDir()
		Expect(release(GinkgoT().Context(), other)).To(Succeed())
		Expect(names(other.dist("v1.2.3"))).To(Equal(names(dir)))
		Expect(differences(other.dist("v1.2.3"), dir)).To(BeEmpty())
	})

	It("has checksums that sha256sum checks", func() {
		check := exec.CommandContext(GinkgoT().Context(), "sha256sum", "--check", "--strict", checksumsFile)
		check.Dir = dir
		output, err := check.CombinedOutput()
		Expect(err).NotTo(HaveOccurred(), "%s", output)
		Expect(string(output)).To(And(ContainSubstring("install.yaml: OK"), ContainSubstring("usher-image.payload.json.sig: OK")))
	})

	It("is signed by the key, so that cosign verifies the checksums and the image's digest", func() {
		key.verify(content(checksumsFile), unbundled(content(signatureFile)))
		key.verify(content(imagePayload), decoded(string(content(imagePayload+".sig"))))
		Expect(string(content("cosign.pub"))).To(Equal(string(key.public)))
		index, err := builtIndex(r.dist("usher-image"))
		Expect(err).NotTo(HaveOccurred())
		digest, err := index.Digest()
		Expect(err).NotTo(HaveOccurred())
		Expect(string(content(imagePayload))).To(And(ContainSubstring(digest.String()), ContainSubstring("registry.acme.example/usher")))
	})

	It("has archives with the program, which knows its version, and the license", func() {
		reader, err := gzip.NewReader(bytes.NewReader(content("usher" + archive + ".tar.gz")))
		Expect(err).NotTo(HaveOccurred())
		files, headers := entries(reader)
		Expect(files).To(And(HaveLen(2), HaveKeyWithValue("LICENSE", checkout["LICENSE"])))
		Expect(headers[1].Mode).To(BeEquivalentTo(0o755))
		path := filepath.Join(GinkgoT().TempDir(), "usher")
		Expect(os.WriteFile(path, []byte(files["usher"]), 0o700)).To(Succeed())
		output, err := exec.CommandContext(GinkgoT().Context(), path).CombinedOutput()
		Expect(err).NotTo(HaveOccurred())
		Expect(string(output)).To(Equal("operator v1.2.3\n"))
	})

	It("has archives of the plugin with the file that kubectl completes by", func() {
		reader, err := gzip.NewReader(bytes.NewReader(content("kubectl-usher" + archive + ".tar.gz")))
		Expect(err).NotTo(HaveOccurred())
		files, headers := entries(reader)
		Expect(files).To(And(HaveLen(3), HaveKeyWithValue("LICENSE", checkout["LICENSE"]),
			HaveKeyWithValue("kubectl_complete-usher", checkout["cmd/kubectl-usher/kubectl_complete-usher"])))
		Expect(headers[2].Mode).To(BeEquivalentTo(0o755))
	})

	It("has archives for Windows that Windows opens", func() {
		packed := content("kubectl-usher-windows-amd64.zip")
		reader, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
		Expect(err).NotTo(HaveOccurred())
		Expect(reader.File).To(HaveExactElements(HaveField("Name", "LICENSE"), HaveField("Name", "kubectl-usher.exe"),
			HaveField("Name", "kubectl_complete-usher.cmd")))
		opened, err := reader.File[1].Open()
		Expect(err).NotTo(HaveOccurred())
		Expect(io.ReadAll(opened)).To(HavePrefix("MZ"))
	})

	It("has an install.yaml with the image of this version, by its digest", func() {
		index, err := builtIndex(r.dist("usher-image"))
		Expect(err).NotTo(HaveOccurred())
		digest, err := index.Digest()
		Expect(err).NotTo(HaveOccurred())
		Expect(string(content("install.yaml"))).To(ContainSubstring("image: registry.acme.example/usher@" + digest.String()))
	})

	It("has a chart of this version, with its image and the comments of the values", func() {
		reader, err := gzip.NewReader(bytes.NewReader(content("usher-1.2.3.tgz")))
		Expect(err).NotTo(HaveOccurred())
		files, headers := entries(reader)
		Expect(files["usher/Chart.yaml"]).To(And(ContainSubstring("version: 1.2.3\n"), ContainSubstring("appVersion: v1.2.3\n")))
		index, err := builtIndex(r.dist("usher-image"))
		Expect(err).NotTo(HaveOccurred())
		digest, err := index.Digest()
		Expect(err).NotTo(HaveOccurred())
		Expect(files["usher/values.yaml"]).To(Equal("image:\n  # The repository.\n  repository: registry.acme.example/usher\n" +
			"  tag: \"\"\n  digest: " + digest.String() + "\n\nreplicas: 2\n"))
		Expect(headers).To(HaveEach(HaveField("ModTime", BeTemporally("==", time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)))))
	})

	It("has a manifest for krew with the checksums of the plugin's archives", func() {
		var manifest krewPlugin
		Expect(yaml.Unmarshal(content("krew-usher.yaml"), &manifest)).To(Succeed())
		Expect(manifest.Spec.Version).To(Equal("v1.2.3"))
		Expect(manifest.Spec.Platforms).To(HaveLen(2))
		windows := manifest.Spec.Platforms[1]
		Expect(windows.Selector.MatchLabels).To(Equal(map[string]string{"os": "windows", "arch": "amd64"}))
		Expect(windows.URI).To(HaveSuffix("/releases/download/v1.2.3/kubectl-usher-windows-amd64.zip"))
		Expect(windows.SHA256).To(Equal(fmt.Sprintf("%x", sha256.Sum256(content("kubectl-usher-windows-amd64.zip")))))
		Expect(windows.Bin).To(Equal("kubectl-usher.exe"))
		Expect(manifest.Spec.Caveats).To(ContainSubstring("kubectl_complete-usher ~/.krew/bin/"))
	})

	It("is not replaced by another one unless that is requested", func() {
		GinkgoT().Setenv("COSIGN_KEY", "")
		unsigned := r
		unsigned.out = GinkgoWriter
		before := content(checksumsFile)
		Expect(release(GinkgoT().Context(), unsigned)).To(MatchError(And(ContainSubstring("v1.2.3 was built before and differs in "+
			"SHA256SUMS, SHA256SUMS.sigstore.json, cosign.pub, usher-image.payload.json"), ContainSubstring("make release OVERWRITE=1"))))
		Expect(content(checksumsFile)).To(Equal(before))
		Expect(names(r.dist(""))).NotTo(ContainElement(ContainSubstring(".new")))

		By("overwriting it")
		unsigned.overwrite = true
		Expect(release(GinkgoT().Context(), unsigned)).To(Succeed())
		Expect(names(dir)).NotTo(ContainElement(ContainSubstring(".sig")))
	})

	It("says what keeps it from being published", func() {
		GinkgoT().Setenv("COSIGN_KEY", "")
		Expect(os.WriteFile(filepath.Join(r.root, "cmd", "more.go"), []byte("package main\n"), 0o600)).To(Succeed())
		GinkgoT().Setenv("VERSION", "v1.3.0")
		_, notes, err := newAssets(GinkgoT().Context(), r)
		Expect(err).NotTo(HaveOccurred())
		Expect(notes).To(HaveExactElements(And(ContainSubstring("not committed"), ContainSubstring("cmd/more.go")),
			"the commit has no tag v1.3.0", "COSIGN_KEY names no key: nothing is signed"))
	})

	It("is refused if the version is none", func() {
		GinkgoT().Setenv("VERSION", "1.3")
		_, _, err := newAssets(GinkgoT().Context(), r)
		Expect(err).To(MatchError(`version "1.3" must be like v1.2.3 or v1.2.3-rc.1: change the tag, or VERSION`))
	})
})
