// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/base64"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	cyclonedx "github.com/CycloneDX/cyclonedx-go"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("OPS-2 the SBOM", func() {
	It("lists each module in a program, with its hash, and Go", func() {
		info := &buildinfo.BuildInfo{GoVersion: "go1.26.0", Main: debug.Module{Path: "github.com/usher-operator/usher"}, Deps: []*debug.Module{
			{Path: "acme.example/former", Version: "v1.0.0", Replace: &debug.Module{
				Path: "acme.example/module", Version: "v1.1.0", Sum: "h1:" + base64.StdEncoding.EncodeToString(make([]byte, sha256.Size)),
			}},
		}}
		b := bom(info, built, subject(built, cyclonedx.ComponentTypeApplication, "usher", [sha256.Size]byte{}))
		Expect(b.Metadata.Component.Version).To(Equal("v1.2.3"))
		Expect(*b.Components).To(HaveExactElements(
			And(HaveField("Name", "go"), HaveField("Version", "1.26.0")),
			And(HaveField("Name", "acme.example/module"), HaveField("PackageURL", "pkg:golang/acme.example/module@v1.1.0"),
				HaveField("Hashes", HaveValue(HaveExactElements(HaveField("Value", strings.Repeat("0", 2*sha256.Size)))))),
		))
	})

	It("is the same each time, and says what it describes", func() {
		path, err := os.Executable()
		Expect(err).NotTo(HaveOccurred())
		out := filepath.Join(GinkgoT().TempDir(), "program.cdx.json")
		write := func() []byte {
			Expect(writeProgramSBOM(out, built, program{name: "kubectl-usher", folder: "cmd/kubectl-usher"}, path)).To(Succeed())
			content, err := os.ReadFile(out)
			Expect(err).NotTo(HaveOccurred())
			return content
		}
		first := write()
		Expect(write()).To(Equal(first))

		var read cyclonedx.BOM
		Expect(cyclonedx.NewBOMDecoder(bytes.NewReader(first), cyclonedx.BOMFileFormatJSON).Decode(&read)).To(Succeed())
		Expect(read.Metadata.Component.Name).To(Equal("kubectl-usher"))
		Expect(read.Metadata.Component.PackageURL).To(Equal("pkg:golang/github.com/usher-operator/usher@v1.2.3#cmd/kubectl-usher"))
	})

	It("of an image names its digest and the certificate authorities in it", func() {
		path, err := os.Executable()
		Expect(err).NotTo(HaveOccurred())
		out := filepath.Join(GinkgoT().TempDir(), imageSBOM(amd64))
		image := only(sampleIndex("hello"))
		Expect(writeImageSBOM(out, built, image, path)).To(Succeed())
		content, err := os.ReadFile(out)
		Expect(err).NotTo(HaveOccurred())
		var read cyclonedx.BOM
		Expect(cyclonedx.NewBOMDecoder(bytes.NewReader(content), cyclonedx.BOMFileFormatJSON).Decode(&read)).To(Succeed())
		digest, err := image.Digest()
		Expect(err).NotTo(HaveOccurred())
		Expect(read.Metadata.Component.Hashes).To(HaveValue(HaveExactElements(HaveField("Value", digest.Hex))))
		Expect(*read.Components).To(ContainElement(HaveField("Name", "golang.org/x/crypto/x509roots/fallback")))
	})
})
