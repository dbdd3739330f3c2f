// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package threatdoc checks the table of threats in docs/security.md: every row names tests, and every test that it names exists.
package threatdoc

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func TestThreats(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Threats")
}

const (
	root = "../.."
	// header is the first line of the table.
	header = "| who | what they try | what stops it | shown by |"
)

// reference matches a test in a row: a file and, in quotes, a title.
var reference = regexp.MustCompile("`([^`]+_test\\.go)` \"([^\"]+)\"")

// rows returns the lines of the table of threats in a page.
func rows(page string) []string {
	_, table, found := strings.Cut(page, header+"\n|---|---|---|---|\n")
	if !found {
		return nil
	}
	table, _, _ = strings.Cut(table, "\n\n")
	return strings.Split(strings.TrimRight(table, "\n"), "\n")
}

// faults returns what is wrong with a row.
func faults(row string) []string {
	found := reference.FindAllStringSubmatch(row, -1)
	var wrong []string
	if cells := strings.Split(strings.Trim(row, "| "), " | "); len(cells) != 4 || slices.Contains(cells, "") {
		wrong = append(wrong, fmt.Sprintf("%d cells instead of 4: %s", len(cells), row))
	}
	if len(found) == 0 || len(found) != strings.Count(row, "_test.go`") {
		wrong = append(wrong, "every row names its tests as `file_test.go` \"title\": "+row)
	}
	for _, test := range found {
		titles, err := titlesIn(filepath.Join(root, test[1]))
		switch {
		case err != nil:
			wrong = append(wrong, err.Error())
		case !slices.Contains(titles, test[2]):
			wrong = append(wrong, fmt.Sprintf("%s has no test %q", test[1], test[2]))
		}
	}
	return wrong
}

// nodes are the functions of Ginkgo that run something under a title.
var nodes = []string{"It", "DescribeTable", "Entry"}

// titlesIn returns the titles of the tests in a file.
func titlesIn(path string) ([]string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		return nil, err
	}
	var titles []string
	ast.Inspect(file, func(n ast.Node) bool {
		call, is := n.(*ast.CallExpr)
		if !is || len(call.Args) == 0 {
			return true
		}
		function, isName := call.Fun.(*ast.Ident)
		title, isText := call.Args[0].(*ast.BasicLit)
		if isName && isText && slices.Contains(nodes, function.Name) {
			if text, err := strconv.Unquote(title.Value); err == nil {
				titles = append(titles, text)
			}
		}
		return true
	})
	return titles, nil
}

var _ = Describe("The table of threats in docs/security.md", func() {
	It("names in each row a test that exists", func() {
		page, err := os.ReadFile(filepath.Join(root, "docs", "security.md"))
		Expect(err).NotTo(HaveOccurred())
		threats := rows(string(page))
		Expect(len(threats)).To(BeNumerically(">=", 25), "the table was found")
		for _, row := range threats {
			Expect(faults(row)).To(BeEmpty())
		}
	})

	DescribeTable("is refused with a row", func(row, fault string) {
		Expect(faults(row)).To(ContainElement(ContainSubstring(fault)))
	},
		Entry("without a test", "| a | b | c | nothing |", "every row names its tests"),
		Entry("with a file but no title", "| a | b | c | `hack/threatdoc/threatdoc_test.go` |", "every row names its tests"),
		Entry("with a file that does not exist", "| a | b | c | `hack/nowhere_test.go` \"title\" |", "no such file"),
		Entry("with a title that the file does not have", "| a | b | c | `hack/threatdoc/threatdoc_test.go` \"title\" |",
			`hack/threatdoc/threatdoc_test.go has no test "title"`),
		Entry("without a cell", "| a | c | `hack/threatdoc/threatdoc_test.go` \"is refused with a row\" |", "3 cells instead of 4"),
	)

	It("is found only by its first line, and ends with an empty one", func() {
		Expect(rows("# Threats\n")).To(BeEmpty())
		Expect(rows("x\n" + header + "\n|---|---|---|---|\n| 1 |\n| 2 |\n\n| 3 |\n")).To(Equal([]string{"| 1 |", "| 2 |"}))
	})
})
