// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"fmt"
	"math"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// accentPath starts the path of the style sheets with a workspace's color. Their names contain the color, so they never change.
const accentPath = "/static/accent-"

var accentName = regexp.MustCompile("^accent-([0-9a-f]{6})[.]css$")

// accentURL returns the URL of the style sheet for a color #RRGGBB, or "" if it is not a color.
func accentURL(color string) string {
	name := strings.ToLower(strings.TrimPrefix(color, "#"))
	if !accentName.MatchString("accent-" + name + ".css") {
		return ""
	}
	return accentPath + name + ".css"
}

// serveAccent serves the style sheet for a color.
func (h *handler) serveAccent(w http.ResponseWriter, r *http.Request) {
	found := accentName.FindStringSubmatch(r.PathValue("file"))
	if found == nil {
		h.show(w, r, screenUnknown, nil)
		return
	}
	value, _ := strconv.ParseUint(found[1], 16, 32) // six hexadecimal digits
	sheet := accentSheet(rgb{float64(value >> 16 & 0xff), float64(value >> 8 & 0xff), float64(value & 0xff)})
	newAsset(r.URL.Path, "text/css; charset=utf-8", []byte(sheet)).ServeHTTP(w, r)
}

// rgb is a color in sRGB. Each component is from 0 to 255.
type rgb [3]float64

var (
	black = rgb{}
	white = rgb{255, 255, 255}
	// ground and raisedDark are the backgrounds, of the light and the dark page, on which an accent is hardest to read.
	ground     = rgb{0xf1, 0xf2, 0xee}
	raisedDark = rgb{0x22, 0x28, 0x26}
)

// readable is the contrast that WCAG AA requires, with a margin for rounding.
const readable = 4.6

// accentSheet returns a style sheet that replaces the portal's own accent color. The color is darkened or lightened until it is
// readable: as text on all backgrounds of the page, and as a button with white or dark text.
func accentSheet(color rgb) string {
	light := color.towards(black, func(c rgb) bool { return contrast(c, ground) >= readable })
	dark := color.towards(white, func(c rgb) bool { return contrast(c, raisedDark) >= readable })
	return fmt.Sprintf(":root{--accent:%s;--accent-strong:%s;--accent-ground:%s;--on-accent:#ffffff}\n"+
		"@media (prefers-color-scheme:dark){:root{--accent:%s;--accent-strong:%s;--accent-ground:%s;--on-accent:#0b0f0e}}\n",
		light, light.mix(black, .25), light.mix(white, .88), dark, dark.mix(white, .35), dark.mix(raisedDark, .8))
}

// towards returns the color, mixed with as little as possible of another until it is accepted.
func (c rgb) towards(end rgb, accepted func(rgb) bool) rgb {
	const steps = 100
	for step := range steps {
		if mixed := c.mix(end, float64(step)/steps); accepted(mixed) {
			return mixed
		}
	}
	return end
}

// mix returns a color between two: a share of 0 is the first, 1 the second.
func (c rgb) mix(other rgb, share float64) rgb {
	var mixed rgb
	for n := range c {
		mixed[n] = math.Round(c[n] + (other[n]-c[n])*share)
	}
	return mixed
}

// String returns the color in CSS notation.
func (c rgb) String() string {
	return fmt.Sprintf("#%02x%02x%02x", int(c[0]), int(c[1]), int(c[2]))
}

// luminance returns the relative luminance by WCAG.
func (c rgb) luminance() float64 {
	var linear rgb
	for n, part := range c {
		part /= 255
		if part <= 0.04045 {
			linear[n] = part / 12.92
		} else {
			linear[n] = math.Pow((part+0.055)/1.055, 2.4)
		}
	}
	return 0.2126*linear[0] + 0.7152*linear[1] + 0.0722*linear[2]
}

// contrast returns the contrast ratio by WCAG, from 1 to 21.
func contrast(a, b rgb) float64 {
	lighter, darker := a.luminance(), b.luminance()
	if lighter < darker {
		lighter, darker = darker, lighter
	}
	return (lighter + 0.05) / (darker + 0.05)
}
