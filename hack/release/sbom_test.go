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
		b := bom(info, built, "0123")
		Expect(b.Metadata.Component.Version).To(Equal("v1.2.3"))
		Expect(*b.Components).To(HaveExactElements(
			And(HaveField("Name", "go"), HaveField("Version", "1.26.0")),
			And(HaveField("Name", "acme.example/module"), HaveField("PackageURL", "pkg:golang/acme.example/module@v1.1.0"),
				HaveField("Hashes", HaveValue(HaveExactElements(HaveField("Value", strings.Repeat("0", 2*sha256.Size)))))),
		))
	})

	It("is written beside the image, the same each time", func() {
		program, err := os.Executable()
		Expect(err).NotTo(HaveOccurred())
		root := GinkgoT().TempDir()
		Expect(os.Mkdir(filepath.Join(root, "dist"), 0o755)).To(Succeed())
		write := func() []byte {
			Expect(writeSBOM(request{root: root}, built, program, amd64)).To(Succeed())
			content, err := os.ReadFile(filepath.Join(root, "dist", "usher-linux-amd64.cdx.json"))
			Expect(err).NotTo(HaveOccurred())
			return content
		}
		first := write()
		Expect(write()).To(Equal(first))

		var read cyclonedx.BOM
		Expect(cyclonedx.NewBOMDecoder(bytes.NewReader(first), cyclonedx.BOMFileFormatJSON).Decode(&read)).To(Succeed())
		Expect(read.Metadata.Component.Name).To(Equal("usher"))
	})
})
