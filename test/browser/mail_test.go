// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"encoding/base64"
	"net/http"

	"github.com/chromedp/chromedp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// reader is the part of a mail program that shows a mail.
var reader = screen{name: "reader", width: 720, height: 900, density: 1}

// landmarks are rules for whole pages, which do not apply: a mail program shows a mail within a page of its own.
var landmarks = []string{"landmark-one-main", "region"}

// brokenLabels lists the words of labels that are on two lines.
const brokenLabels = `[...document.querySelectorAll(".label")].flatMap(label => [...label.textContent.matchAll(/[^\s-]+/g)].filter(word => {
	const range = document.createRange()
	range.setStart(label.firstChild, word.index)
	range.setEnd(label.firstChild, word.index + word[0].length)
	return range.getClientRects().length > 1
}).map(word => word[0]))`

var _ = DescribeTable("NOV-8 NOV-9 NOV-11 LMI-12 The HTML of mails is self-contained, accessible and fits a phone",
	func(ctx SpecContext, language string) {
		story := invite(ctx, language)
		t := openTab(ctx, reader)
		look := func(path, name string) string {
			GinkgoHelper()
			message, link := story.mail(ctx, path, 1)
			do(t, chromedp.Navigate("data:text/html;charset=utf-8;base64,"+base64.StdEncoding.EncodeToString([]byte(message.HTML))))
			for _, s := range []screen{reader, phone} {
				t.show(s)
				t.examine(language+"-mail-"+name, landmarks...)
				Expect(eval[[]string](t, brokenLabels)).To(BeEmpty())
			}
			By("reading it with a mail program for phones that ignores style sheets")
			eval[any](t, `document.querySelector("style").remove()`)
			t.fits("without a style sheet")
			Expect(eval[[]string](t, brokenLabels)).To(BeEmpty())
			Expect(eval[[]string](t, `[...document.querySelectorAll("[src], link, script, form, [background]")].map(e => e.outerHTML)`)).To(BeEmpty())
			return link
		}

		Expect(t.visit(look("/i/", "1-invitation"))).To(Equal(http.StatusOK))
		t.follow("button[value=accept]")
		Expect(t.visit(look("/c/", "2-confirmation"))).To(Equal(http.StatusOK))
		t.follow("main form button")
		look("", "3-welcome")
	},
	Entry("in Spanish", "es"),
	Entry("in English", "en"),
)
