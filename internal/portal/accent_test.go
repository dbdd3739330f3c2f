// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal

import (
	"regexp"
	"strconv"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("An accent color", func() {
	parse := func(hex string) rgb {
		value, err := strconv.ParseUint(hex, 16, 32)
		Expect(err).NotTo(HaveOccurred())
		return rgb{float64(value >> 16), float64(value >> 8 & 0xff), float64(value & 0xff)}
	}
	variable := regexp.MustCompile(`--([a-z-]+):#([0-9a-f]{6})`)

	It("has enough contrast by WCAG AA on every background, whatever the color", func() {
		backgrounds := []map[string]rgb{
			{"ground": ground, "card": white, "raised": parse("f6f7f4")},
			{"ground": parse("101413"), "card": parse("1a1f1d"), "raised": raisedDark},
		}
		for r := 0.0; r < 256; r += 51 {
			for g := 0.0; g < 256; g += 51 {
				for b := 0.0; b < 256; b += 51 {
					found := variable.FindAllStringSubmatch(accentSheet(rgb{r, g, b}), -1)
					Expect(found).To(HaveLen(8))
					for n, on := range backgrounds {
						v := map[string]rgb{}
						for _, f := range found[4*n : 4*n+4] {
							v[f[1]] = parse(f[2])
						}
						for name, background := range on {
							Expect(contrast(v["accent"], background)).To(BeNumerically(">=", 4.5), "%s on %s", rgb{r, g, b}, name)
						}
						Expect(contrast(v["accent"], v["on-accent"])).To(BeNumerically(">=", 4.5))
						Expect(contrast(v["accent-strong"], v["on-accent"])).To(BeNumerically(">=", 4.5))
						Expect(contrast(v["accent"], v["accent-ground"])).To(BeNumerically(">=", 3), "a picture's lines")
					}
				}
			}
		}
	})

	It("is unchanged if its contrast is already enough", func() {
		Expect(accentSheet(parse("0f5f5c"))).To(HavePrefix(":root{--accent:#0f5f5c;"))
		Expect(contrast(white, black)).To(BeNumerically("~", 21, .001))
	})
})
