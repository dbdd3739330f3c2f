// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"crypto/sha1"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// answering is a list of breached passwords that gives the same answer to each question, and keeps the question.
type answering struct {
	text  string
	asked *string
}

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	*a.asked = r.URL.String()
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(a.text)), Request: r}, nil
}

// FuzzBreached reads any answer of a list of breached passwords. A password counts as breached only if the answer has the rest of its digest
// with a number other than 0, and the list learns five digits.
func FuzzBreached(f *testing.F) {
	digits := digitsOf("correct horse battery staple")
	f.Add("correct horse battery staple", digits[5:]+":3\r\n"+strings.Repeat("0", 35)+":0\r\n")
	f.Add("correct horse battery staple", strings.ToLower(digits[5:])+":0\n")
	f.Add("x", digits[5:]+"\x00:1\n:::\n"+strings.Repeat("A", 100000))
	f.Fuzz(func(t *testing.T, password, answer string) {
		var asked string
		l := newRangeList("https://ranges.example/")
		l.client.Transport = answering{answer, &asked}
		listed := l.contains(t.Context(), password)
		digits := digitsOf(password)
		if asked != "https://ranges.example/"+digits[:5] {
			t.Fatalf("the list was asked for %q", asked)
		}
		if listed && !strings.Contains(strings.ToUpper(answer), digits[5:]) {
			t.Fatalf("%q is not in %q", password, answer)
		}
	})
}

func digitsOf(password string) string {
	return fmt.Sprintf("%X", sha1.Sum([]byte(password)))
}

// FuzzPassword checks that a password that is accepted is long enough, fits in a hash and is text, and that the same password always gets the
// same answer.
func FuzzPassword(f *testing.F) {
	for _, password := range []string{"grapefruit-Verona-tuning-9", "short", "", "e\u0301" + strings.Repeat("a", 20), strings.Repeat("a1", 50), "\xff\xfe" + strings.Repeat("x", 20), "acme-luis-acme-luis"} {
		f.Add(password, "luis@acme.example")
	}
	p := NewPolicy(Options{MinLength: 12})
	f.Fuzz(func(t *testing.T, password, known string) {
		if len(known) > 300 {
			return
		}
		problem := p.Check(t.Context(), password, known)
		if again := p.Check(t.Context(), password, known); again != problem {
			t.Fatalf("%q is %q, then %q", password, problem, again)
		}
		all := []Problem{"", ProblemMissing, ProblemShort, ProblemLong, ProblemForm, ProblemWeak}
		if !slices.Contains(all, problem) || problem == "" && (utf8.RuneCountInString(password) < 12 || len(password) > maxBytes || !utf8.ValidString(password)) {
			t.Fatalf("%q is %q", password, problem)
		}
	})
}
