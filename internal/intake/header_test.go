// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package intake

import (
	"errors"
	"strings"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/emailaddr"
)

var _ = Describe("A header", func() {
	It("ends at a line that is not a field", func() {
		for _, end := range []string{"\r\n", "no field\r\n", ": no name\r\n", "Not a name: x\r\n", "Nöne: x\r\n", ""} {
			h, err := parseHeader(strings.NewReader("From: a@customers.example\r\n" + end + "Precedence: bulk\r\n"))
			Expect(err).NotTo(HaveOccurred())
			Expect(h.fields).To(HaveKey("from"))
			if end != "" {
				Expect(h.isBulk()).To(BeFalse(), end)
			}
		}
	})

	DescribeTable("is refused", func(text string, want error) {
		_, err := parseHeader(strings.NewReader(text))
		Expect(err).To(MatchError(want))
	},
		Entry("if the mail is empty", "", errNoHeader),
		Entry("if there is only a body", "\r\nFrom: a@customers.example\r\n", errNoHeader),
		Entry("if the first line is a continuation", " From: a@customers.example\r\n", errNoHeader),
		Entry("if the first line is the From line of a mailbox", "From a@customers.example Sat Nov 21 10:00:00 2026\r\n", errNoHeader),
		Entry("with a NUL", "From: a@customers.example\r\nSubject: a\x00b\r\n", errNUL),
		Entry("with 10,000 fields", strings.Repeat("X-A: b\r\n", 10000), errHeaderTooLarge),
		Entry("with one field that is too long", "Subject: "+strings.Repeat("x", maxHeaderBytes), errHeaderTooLarge),
		Entry("with one folded field that is too long", "Subject: x\r\n"+strings.Repeat(" x\r\n", maxHeaderBytes/4), errHeaderTooLarge),
	)

	It("drops values that are too long", func() {
		long := strings.Repeat("x", 100<<10)
		h, err := parseHeader(strings.NewReader("Precedence: bulk" + long + "\r\nSubject: " + long + "\r\nFrom: a@customers.example\r\n\r\n"))
		Expect(err).NotTo(HaveOccurred())
		Expect(h.fields).To(Equal(map[string][]string{"precedence": {""}, "from": {"a@customers.example"}}))
	})
})

// FuzzHeader looks for a header that exceeds its limits, or that leads to an account without a valid address.
func FuzzHeader(f *testing.F) {
	f.Add("From: a@customers.example\r\nSubject: x\r\n\r\nbody", "a@customers.example")
	f.Add("From: =?utf-8?q?=40?= <a@b.example>\r\nAuto-Submitted: no\r\n", "")
	f.Add("FROM : people: a@b.example, (c\\)) d@e.example;\r\n folded\r\nList-Id: <x>\r\n\r\n", "<>")
	f.Add("Received: x\r\nUsher-Intake: support@in.acme.example\r\nContent-Type: multipart/report;\r\n", "MAILER-DAEMON@x.example")
	f.Add("From: \"a\\\"b\" <\"q q\"@[IPv6:::1]>\r\n\x80\xff: \xc3\x28", "b@\u00e9.example")
	f.Fuzz(func(t *testing.T, text, sender string) {
		h, err := parseHeader(strings.NewReader(text))
		if err != nil {
			if !errors.Is(err, errHeaderTooLarge) && !errors.Is(err, errNUL) && !errors.Is(err, errNoHeader) {
				t.Fatalf("reading a header from memory failed: %v", err)
			}
			return
		}
		bounded(t, h, text)
		v := classify(h, sender)
		if v.author != "" && (!emailaddr.Valid(v.author) || v.kind != kindPerson || sender == "") {
			t.Fatalf("%q gets an account by %+v", v.author, v)
		}
		if v.sender != "" && !emailaddr.Valid(v.sender) {
			t.Fatalf("the limits count %q", v.sender)
		}
		h.passedThrough(support)
	})
}

// bounded checks that no more is kept of a header than its limits allow.
func bounded(t *testing.T, h *header, text string) {
	kept := 0
	for _, values := range h.fields {
		if len(values) > maxSameName {
			t.Fatalf("%d fields with the same name", len(values))
		}
		for _, value := range values {
			kept += len(value)
			if len(value) > maxValue {
				t.Fatalf("a value of %d bytes", len(value))
			}
		}
	}
	if kept > len(text) {
		t.Fatalf("%d bytes kept of %d", kept, len(text))
	}
}
