// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func TestMessagesDoc(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "MessagesDoc")
}

const code = `package thing

const ReasonBroken = "Broken"

func conditions(o object, n int, late bool) {
	why := "is old"
	if late {
		why = "is late"
	}
	status.Stalled(o, ReasonBroken, fmt.Sprintf("%q has %d parts and %s: ", o.Name, n, why)+advice(n))
	why, other := hint(), 1
	status.Ready(o, "Fine", "all is well")
	recorder.Eventf(o, nil, corev1.EventTypeWarning, "Lost", "Reconcile", "lost %s after %d%%", o.Name, n)
}

func advice(n int) string {
	if n > 1 {
		return "remove one"
	}
	return "add one"
}
`

var _ = Describe("The messages of a source", func() {
	var s *source

	BeforeEach(func() {
		root := GinkgoT().TempDir()
		Expect(os.WriteFile(filepath.Join(root, "thing.go"), []byte(code), 0o600)).To(Succeed())
		var err error
		s, err = load(root, ".")
		Expect(err).NotTo(HaveOccurred())
	})

	It("are the texts of each reason, with a blank for what differs, by all ways through our own functions", func() {
		found := s.conditions()
		Expect(found).To(HaveLen(2))
		Expect(found["Broken"].kind).To(Equal("Stalled"))
		Expect(found["Broken"].texts).To(ConsistOf(
			`"…" has … parts and …: remove one`, `"…" has … parts and …: add one`))
		Expect(found["Fine"].texts).To(ConsistOf("all is well"))
	})

	It("are the events with their types", func() {
		Expect(s.events()["Lost"]).To(HaveValue(Equal(message{key: "Lost", kind: "Warning", texts: []string{"lost … after …%"}})))
	})

	It("need a note each, and no note is left over", func() {
		have := map[string]note{"Broken": {When: "it broke", Do: "mend it"}, "Gone": {When: "never", Do: "nothing"}}
		Expect(notes{}.check("conditions", have, s.conditions())).To(MatchError(And(
			ContainSubstring(`"Fine" has no note`), ContainSubstring(`nothing says "Gone" any more`), Not(ContainSubstring("Broken")))))
	})
})
