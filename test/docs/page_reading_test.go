// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// written puts the lines of a page together. Fences are written as ~~~ in tests.
func written(lines ...string) string {
	return strings.ReplaceAll(strings.Join(lines, "\n"), "~~~", "```")
}

var _ = Describe("A page", func() {
	DescribeTable("is refused", func(problem string, lines ...string) {
		_, err := parse("a.md", written(lines...))
		Expect(err).To(MatchError(problem))
	},
		Entry("if a block is neither typed nor says why not", "a.md:2: this block says neither where it begins (<!-- typed: samples --> above it) "+
			"nor why not (<!-- not typed: REASON -->)", "", "~~~sh", "ls", "~~~"),
		Entry("if no block follows a comment about the next one", "a.md:2: no block follows <!-- not typed: no cluster -->",
			"<!-- not typed: no cluster -->", "text"),
	)

	DescribeTable("is read", func(kinds []stepKind, lines ...string) {
		p, err := parse("a.md", written(lines...))
		Expect(err).NotTo(HaveOccurred())
		found := make([]stepKind, 0, len(p.steps))
		for _, s := range p.steps {
			found = append(found, s.kind)
		}
		Expect(found).To(Equal(kinds))
	},
		Entry("with blocks that are not typed", []stepKind{}, "<!-- not typed: REASON -->", "", "~~~sh", "~~~", "~~~yaml", "~~~"),
		Entry("without a typed block", []stepKind{}, "<!-- nothing typed: REASON -->", "~~~console", "~~~", "~~~sh", "~~~"),
		Entry("with blocks and events in order", []stepKind{begins, saves, happens, types, runs, mails, equals},
			"<!-- typed: samples -->", "<!-- file: a.yaml -->", "~~~yaml", "~~~", "<!-- meanwhile: x -->", "  ~~~console", "  ~~~",
			"~~~sh", "~~~", "<!-- mail: a@b.example -->", "~~~", "~~~", "<!-- same as: LICENSE -->", "~~~", "~~~"),
	)

	It("has commands of several lines, and what they print", func() {
		p, err := parse("a.md", written("<!-- typed: nothing -->", "  ~~~console", `  $ echo a \`, "    b", "  a b",
			"  $ cat <<EOF", "  $ x", "  EOF", "  $ x", "", "  $ echo 'c", "  d'", "  ~~~"))
		Expect(err).NotTo(HaveOccurred())
		commands, err := p.commands(p.steps[1].block)
		Expect(err).NotTo(HaveOccurred())
		Expect(commands).To(Equal([]command{
			{text: "echo a \\\n  b", line: 2, first: 4, last: 5, shown: []string{"a b"}},
			{text: "cat <<EOF\n$ x\nEOF", line: 5, first: 8, last: 8, shown: []string{}},
			{text: "x", line: 8, first: 9, last: 9, shown: []string{}},
			{text: "echo 'c\nd'", line: 10, first: 12, last: 12, shown: []string{}},
		}))
	})
})

var _ = Describe("What a page shows", func() {
	DescribeTable("is what a command printed", func(shown, printed string) {
		Expect(matches(linesOf(shown), linesOf(printed))).To(BeTrue())
	},
		Entry("at another time", "a   3s    2026-11-21T21:01:18Z", "a   12m4s   2027-01-01T00:00:00Z  "),
		Entry("in wider columns", "NAME   AGE   USERS", "NAME   AGE    USERS"),
		Entry("with other lines in between", "a\n...\nd", "a\nb\nc\nd"),
		Entry("with nothing in between", "a\n...\nd", "a\nd"),
		Entry("with other words in between", "failed: … refused", "failed: connection refused"),
		Entry("with another link", "https://usher.acme.example/i/AQGIix…", "https://usher.acme.example/i/BBBBBBBBBBBB"),
		Entry("about another object", "uid: 394b3b0b-ac66-4024-9d22-fab038eea5f9", "uid: 11111111-ac66-4024-9d22-fab038eea5f9"),
	)

	DescribeTable("is not what a command printed", func(shown, printed string) {
		Expect(matches(linesOf(shown), linesOf(printed))).To(BeFalse())
	},
		Entry("if a word differs", "yes", "no"),
		Entry("if a number differs", "a   3   3s", "a   4   3s"),
		Entry("if there are more lines", "a", "a\nb"),
		Entry("if there are fewer", "a\n...\nb", "a"),
		Entry("if the indentation differs", "a:\n  b: 1", "a:\n    b: 1"),
	)

	It("is abridged as before", func() {
		Expect(abridge([]string{"a", "...", "z"}, []string{"1", "2", "3", "4"})).To(Equal([]string{"1", "...", "4"}))
		Expect(abridge([]string{"a", "...", "z"}, []string{"1", "2"})).To(Equal([]string{"1", "2"}))
		Expect(abridge([]string{"?"}, []string{"1", "2"})).To(Equal([]string{"1", "2"}))
	})

	DescribeTable("is awaited", func(text string, awaited bool) { Expect(reads(text)).To(Equal(awaited)) },
		Entry("if the command reads", "kubectl get ou -n acme -o json | jq '.items[] | .kind'", true),
		Entry("if the plugin reads", "kubectl usher users -n acme --state Pending", true),
		Entry("not if the plugin writes", "kubectl usher role marta Technician -n acme", false),
		Entry("not if the plugin saves", "kubectl usher export --file people.csv && cat people.csv", false),
		Entry("not if it writes", "kubectl patch ou marta", false),
		Entry("not if it reads and writes", "kubectl get org -o name | xargs kubectl delete", false),
		Entry("not if it saves", "kubectl get org -o yaml > org.yaml", false),
	)

	DescribeTable("is rehearsed", func(text, rehearsal string) { Expect(dryRun(text)).To(Equal(rehearsal)) },
		Entry("if the command writes", "kubectl -n acme delete ou ana  # she left", "kubectl -n acme delete --dry-run=server ou ana  # she left"),
		Entry("if the plugin writes", "kubectl usher remove bruno --yes -n acme", "kubectl usher remove --dry-run=server bruno --yes -n acme"),
		Entry("not if the plugin reads", "kubectl usher users -n acme", ""),
		Entry("not if it reads", "kubectl get ou -n acme", ""),
		Entry("not if it does something else as well", "kubectl delete ou ana && rm a", ""),
	)
})
