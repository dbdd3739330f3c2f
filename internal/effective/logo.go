// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image/jpeg"
	"image/png"
)

const (
	// MaxLogo is the maximum size of a logo, in bytes.
	MaxLogo = 16 << 10
	// maxLogoSide is the maximum width and height of a logo: a small file can be a picture that takes a browser gigabytes.
	maxLogoSide = 2000
)

// errLogo is returned for anything that is not one of the formats of logos. SVG is none of them: it is a program, not a picture.
var errLogo = errors.New("must be a PNG, JPEG or WebP picture in base64, such as `base64 -w0 logo.png` prints")

// LogoType returns the media type of a logo by its content, or an error that says what is wrong with it.
func LogoType(logo []byte) (string, error) {
	if len(logo) > MaxLogo {
		return "", fmt.Errorf("has %d bytes, and at most %d are allowed: make the picture smaller", len(logo), MaxLogo)
	}
	kind, width, height := "", 0, 0
	if config, err := png.DecodeConfig(bytes.NewReader(logo)); err == nil {
		kind, width, height = "image/png", config.Width, config.Height
	} else if config, err := jpeg.DecodeConfig(bytes.NewReader(logo)); err == nil {
		kind, width, height = "image/jpeg", config.Width, config.Height
	} else if w, h, ok := webpSize(logo); ok {
		kind, width, height = "image/webp", w, h
	}
	switch {
	case kind == "" || width == 0 || height == 0:
		return "", errLogo
	case width > maxLogoSide || height > maxLogoSide:
		return "", fmt.Errorf("has %d × %d pixels, and at most %d × %d are allowed: make the picture smaller",
			width, height, maxLogoSide, maxLogoSide)
	}
	return kind, nil
}

// webpSize returns the size of a WebP picture in pixels, from its first chunk. A chunk has a name and a length of 4 bytes each.
func webpSize(file []byte) (width, height int, ok bool) {
	const start = 20
	if len(file) < start+10 || string(file[:4]) != "RIFF" || string(file[8:12]) != "WEBP" {
		return 0, 0, false
	}
	chunk := file[start:]
	switch string(file[12:16]) {
	case "VP8 ": // a frame tag and a start code of 3 bytes each, then 14 bits for each side
		if !bytes.Equal(chunk[3:6], []byte{0x9d, 0x01, 0x2a}) {
			return 0, 0, false
		}
		return int(binary.LittleEndian.Uint16(chunk[6:]) & 0x3fff), int(binary.LittleEndian.Uint16(chunk[8:]) & 0x3fff), true
	case "VP8L": // a signature, then 14 bits for each side, less one
		bits := binary.LittleEndian.Uint32(chunk[1:])
		return int(bits&0x3fff) + 1, int(bits>>14&0x3fff) + 1, chunk[0] == 0x2f
	case "VP8X": // flags of 4 bytes, then 24 bits for each side, less one
		side := func(b []byte) int { return 1 + (int(b[0]) | int(b[1])<<8 | int(b[2])<<16) }
		return side(chunk[4:]), side(chunk[7:]), true
	}
	return 0, 0, false
}
