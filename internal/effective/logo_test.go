// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective_test

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/jpeg"
	"image/png"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// pictureOf returns a picture as a PNG file, or else as a JPEG file.
func pictureOf(width, height int, isPNG bool) []byte {
	GinkgoHelper()
	var file bytes.Buffer
	if isPNG {
		Expect(png.Encode(&file, image.NewGray(image.Rect(0, 0, width, height)))).To(Succeed())
	} else {
		Expect(jpeg.Encode(&file, image.NewGray(image.Rect(0, 0, width, height)), nil)).To(Succeed())
	}
	return file.Bytes()
}

// decoded returns a file that is written in base64.
func decoded(text string) []byte {
	GinkgoHelper()
	file, err := base64.StdEncoding.DecodeString(text)
	Expect(err).NotTo(HaveOccurred())
	return file
}

var _ = Describe("A logo", func() {
	// Files of one pixel: lossy, lossless and extended.
	const (
		lossy    = "UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA"
		lossless = "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA=="
		extended = "UklGRkoAAABXRUJQVlA4WAoAAAAQAAAAAAAAAAAAQUxQSAwAAAARBxAR/Q9ERP8DAABWUDggGAAAABQBAJ0BKgEAAQAAAP4AAA3AAP7mtQAAAA=="
	)

	It("is a picture by its content", func() {
		Expect(effective.LogoType(pictureOf(2000, 1, true))).To(Equal("image/png"))
		Expect(effective.LogoType(pictureOf(30, 20, false))).To(Equal("image/jpeg"))
		for _, file := range []string{lossy, lossless, extended} {
			Expect(effective.LogoType(decoded(file))).To(Equal("image/webp"), file)
		}
	})

	It("is nothing else, whatever it says it is", func() {
		svg := []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`)
		for _, file := range [][]byte{
			nil,
			{0},
			svg, []byte("GIF89a\x01\x00\x01\x00\x80\x00\x00"), []byte("<html>"), pictureOf(1, 1, true)[:20],
			append([]byte("\x89PNG\r\n\x1a\n"), svg...), append([]byte("RIFF\x00\x00\x00\x00WEBPVP8L"), svg...), decoded(lossy)[:29],
			bytes.Replace(decoded(lossy), []byte{0x9d, 0x01, 0x2a}, []byte{0, 0, 0}, 1),
		} {
			_, err := effective.LogoType(file)
			Expect(err).To(MatchError(HavePrefix("must be a PNG, JPEG or WebP picture")), "%q", file)
		}
	})

	It("is small, in bytes and in pixels", func() {
		_, err := effective.LogoType(append(pictureOf(1, 1, true), make([]byte, effective.MaxLogo)...))
		Expect(err).To(MatchError(ContainSubstring("bytes, and at most 16384 are allowed: make the picture smaller")))
		_, err = effective.LogoType(pictureOf(2001, 1, true))
		Expect(err).To(MatchError("has 2001 × 1 pixels, and at most 2000 × 2000 are allowed: make the picture smaller"))
		for _, at := range []int{24, 27} { // the width and the height of the extended format
			large := decoded(extended)
			copy(large[at:], []byte{0xff, 0xff, 0xff})
			_, err = effective.LogoType(large)
			Expect(err).To(MatchError(ContainSubstring("16777216")))
		}
	})
})

var _ = Describe("An organization's branding", func() {
	It("has no logo that pages cannot show", func() {
		o := builders.Organization("acme").Obj()
		Expect(effective.LogoOf(o)).To(BeNil())
		o.Spec.Branding.Logo = []byte("<svg/>")
		Expect(effective.LogoOf(o)).To(BeNil())
		o.Spec.Branding.Logo = pictureOf(1, 1, true)
		Expect(effective.LogoOf(o)).To(Equal(o.Spec.Branding.Logo))
	})

	It("colors a workspace's page, unless the workspace has its own color", func() {
		o := builders.Organization("acme").With(func(o *v1alpha1.Organization) { o.Spec.Branding.AccentColor = "#111111" }).Obj()
		w := builders.Workspace("acme", "support").Obj()
		Expect(effective.AccentColorOf(o, nil)).To(Equal("#111111"))
		Expect(effective.AccentColorOf(o, w)).To(Equal("#111111"))
		w.Spec.Portal = &v1alpha1.CustomerPortal{AccentColor: "#222222"}
		Expect(effective.AccentColorOf(o, w)).To(Equal("#222222"))
	})
})
