// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	cyclonedx "github.com/CycloneDX/cyclonedx-go"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

const mainModule = "github.com/usher-operator/usher"

// imageSBOM is the name of the SBOM of a platform's image.
func imageSBOM(platform *v1.Platform) string {
	return "usher-image-" + platform.OS + "-" + platform.Architecture + ".cdx.json"
}

// writeProgramSBOM writes the software bill of materials of a program: the modules that the compiler says are in it.
func writeProgramSBOM(out string, s source, p program, path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	subject := subject(s, cyclonedx.ComponentTypeApplication, p.name, sha256.Sum256(content))
	subject.BOMRef = mainModule + "/" + filepath.ToSlash(p.folder)
	subject.PackageURL = "pkg:golang/" + mainModule + "@" + s.version + "#" + filepath.ToSlash(p.folder)
	return writeSBOM(out, s, subject, path)
}

// writeImageSBOM writes that of an image: its program, and the certificate authorities around it. Its time zones are those of Go.
func writeImageSBOM(out string, s source, image v1.Image, path string) error {
	digest, err := image.Digest()
	if err != nil {
		return err
	}
	sum, err := hex.DecodeString(digest.Hex)
	if err != nil {
		return err
	}
	subject := subject(s, cyclonedx.ComponentTypeContainer, "usher", [sha256.Size]byte(sum))
	subject.BOMRef = "image"
	subject.PackageURL = "pkg:oci/usher@" + url.QueryEscape(digest.String())
	authorities, err := ownModule("golang.org/x/crypto/x509roots/fallback")
	if err != nil {
		return err
	}
	return writeSBOM(out, s, subject, path, component(authorities))
}

func subject(s source, kind cyclonedx.ComponentType, name string, sum [sha256.Size]byte) cyclonedx.Component {
	return cyclonedx.Component{
		Type: kind, Name: name, Version: s.version,
		Licenses: &cyclonedx.Licenses{{License: &cyclonedx.License{ID: "Apache-2.0"}}},
		Hashes:   &[]cyclonedx.Hash{{Algorithm: cyclonedx.HashAlgoSHA256, Value: hex.EncodeToString(sum[:])}},
	}
}

// ownModule returns a module of this program.
func ownModule(path string) (*debug.Module, error) {
	info, _ := debug.ReadBuildInfo()
	if at := slices.IndexFunc(info.Deps, func(m *debug.Module) bool { return m.Path == path }); at >= 0 {
		return info.Deps[at], nil
	}
	return nil, fmt.Errorf("the compiler does not say which version of %s this program has", path)
}

func writeSBOM(path string, s source, subject cyclonedx.Component, program string, more ...cyclonedx.Component) error {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return fmt.Errorf("cannot read which modules are in %s: %w", program, err)
	}
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { _ = out.Close() }()
	encoder := cyclonedx.NewBOMEncoder(out, cyclonedx.BOMFileFormatJSON).SetPretty(true)
	if err := encoder.Encode(bom(info, s, subject, more...)); err != nil {
		return err
	}
	return out.Close()
}

// bom lists Go, the modules in a program, and what there is besides.
func bom(info *buildinfo.BuildInfo, s source, subject cyclonedx.Component, more ...cyclonedx.Component) *cyclonedx.BOM {
	b := cyclonedx.NewBOM()
	b.Metadata = &cyclonedx.Metadata{Timestamp: s.time.Format(time.RFC3339), Component: &subject}
	components := []cyclonedx.Component{{
		BOMRef: "go", Type: cyclonedx.ComponentTypePlatform, Name: "go", Version: strings.TrimPrefix(info.GoVersion, "go"),
	}}
	for _, module := range info.Deps {
		components = append(components, component(module))
	}
	components = append(components, more...)
	b.Components = &components
	return b
}

// component describes a module, or the one that replaces it.
func component(module *debug.Module) cyclonedx.Component {
	if module.Replace != nil {
		module = module.Replace
	}
	purl := "pkg:golang/" + module.Path + "@" + module.Version
	c := cyclonedx.Component{
		BOMRef: purl, Type: cyclonedx.ComponentTypeLibrary, Name: module.Path, Version: module.Version, PackageURL: purl,
	}
	// go.sum's hash of the module's files.
	if sum, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(module.Sum, "h1:")); err == nil && len(sum) == sha256.Size {
		c.Hashes = &[]cyclonedx.Hash{{Algorithm: cyclonedx.HashAlgoSHA256, Value: hex.EncodeToString(sum)}}
	}
	return c
}
