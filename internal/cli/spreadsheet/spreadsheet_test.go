// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package spreadsheet_test

import (
	"encoding/csv"
	"strings"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/cli/spreadsheet"
)

func TestSpreadsheet(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Spreadsheet")
}

var _ = Describe("Read", func() {
	row := func(line int, cells ...string) spreadsheet.Row { return spreadsheet.Row{Line: line, Cells: cells} }

	DescribeTable("CLI-1 reads what spreadsheets write", func(file string, rows ...spreadsheet.Row) {
		found, faults := spreadsheet.Read([]byte(file))
		Expect(faults).To(BeEmpty())
		Expect(found).To(HaveExactElements(rows))
	},
		Entry("commas", "a,b\nc,d\n", row(1, "a", "b"), row(2, "c", "d")),
		Entry("semicolons, with commas in the cells", "a;b\nc, and d;e", row(1, "a", "b"), row(2, "c, and d", "e")),
		Entry("tabulators", "a\tb\nc\td", row(1, "a", "b"), row(2, "c", "d")),
		Entry("a line that says what separates", "sep=;\r\na;b,c\r\n", row(2, "a", "b,c")),
		Entry("a byte order mark", "\ufeffa,b", row(1, "a", "b")),
		Entry("byte order marks in the middle, of files put together", "\ufeff\ufeffa,b\n\ufeffc,d", row(1, "a", "b"), row(2, "c", "d")),
		Entry("a line in quotes that says what separates", "\"sep=;\"\na;b,c\n", row(2, "a", "b,c")),
		Entry("Latin-1", "Gran V\xeda,\xd1", row(1, "Gran Vía", "Ñ")),
		Entry("Windows-1252", "\x93a\x94 \x80", row(1, "“a” €")),
		Entry("UTF-16, little end first", "\xff\xfea\x00;\x00\xf1\x00", row(1, "a", "ñ")),
		Entry("UTF-16, big end first", "\xfe\xff\x00a\x00;\x00\xf1", row(1, "a", "ñ")),
		Entry("quotes with separators and line breaks in them", "a,\"b,\nc\"\nd,\"say \"\"e\"\"\"", row(1, "a", "b,\nc"), row(3, "d", `say "e"`)),
		Entry("carriage returns only", "a,b\rc,d", row(1, "a", "b"), row(2, "c", "d")),
		Entry("lines without content", "\n,,\na,b\n  \n", row(3, "a", "b")),
		Entry("separators in the quotes of the first line", "\"a;b;c\",d\n", row(1, "a;b;c", "d")),
	)

	DescribeTable("CLI-1 says all that is wrong, with its place", func(file string, messages ...string) {
		_, faults := spreadsheet.Read([]byte(file))
		found := make([]string, 0, len(faults))
		for _, f := range faults {
			found = append(found, f.Error())
		}
		Expect(found).To(HaveExactElements(messages))
	},
		Entry("quotes within cells", "a,b\nc\"c,d\ne,f\ng,h\"h\n",
			`line 2: character 2: a cell that contains a quote must be in quotes, and the quote doubled, as in "say ""hello"""`,
			`line 4: character 4: a cell that contains a quote must be in quotes, and the quote doubled, as in "say ""hello"""`),
		Entry("more after a quote", "a,b\n\"c\"d,e\n",
			"line 2: character 3: after the closing quote of a cell only a separator may follow"),
		Entry("a quote that is never closed", "a,b\nc,\"d\ne,f\n",
			"line 2: a quote that begins on this line is never closed, or closed in the middle of a cell"),
		Entry("UTF-8 and Latin-1 in one file", "a,b\nBego\u00f1a,c\nI\xf1igo,d\n",
			"line 3: the file is in UTF-8 up to here, and then in another encoding: save it as CSV in UTF-8"),
		Entry("a character that is lost", "a,b\nBego\ufffda,c\n", "line 2: a character is lost here, because the file is in another encoding or "+
			"was converted from one: save it again as CSV in UTF-8"),
		Entry("UTF-16 that breaks off", "\xff\xfea\x00b", "line 1: a character is lost here, because the file is in another encoding or "+
			"was converted from one: save it again as CSV in UTF-8"),
		Entry("a workbook", "PK\x03\x04\x00\x00",
			"line 1: the file is no text: save the spreadsheet as CSV, not as a workbook such as .xlsx"),
	)
})

var _ = Describe("Safe", func() {
	DescribeTable("CLI-2 disarms what a spreadsheet takes for a formula", func(cell, safe string) {
		Expect(spreadsheet.Safe(cell)).To(Equal(safe))
	},
		Entry("a formula", `=HYPERLINK("http://x","y")`, `'=HYPERLINK("http://x","y")`),
		Entry("a sum", "+1+1", "'+1+1"), Entry("a difference", "-1", "'-1"), Entry("an at sign", "@SUM(1)", "'@SUM(1)"),
		Entry("a formula after space", "  =1", "'  =1"), Entry("a tabulator", "\t=1", "'\t=1"), Entry("a wide equals sign", "＝1", "'＝1"),
		Entry("but no address", "ana@acme.example", "ana@acme.example"), Entry("and no name", "Ana-María", "Ana-María"), Entry("nothing", "", ""),
	)
})

// FuzzRead reads whatever a file may hold. It must come to an end, and say something of each file that has content.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{"", "a,b\n", "\xff\xfe", "sep=;\n", "\"", "a\"b", "\x00", "\ufeff;;\n", "a;\"b\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		rows, faults := spreadsheet.Read(file)
		last := 0
		for _, r := range rows {
			if r.Line <= last {
				t.Errorf("line %d after line %d", r.Line, last)
			}
			last = r.Line
			if strings.TrimSpace(strings.Join(r.Cells, "")) == "" {
				t.Errorf("line %d has no content", r.Line)
			}
		}
		for _, fault := range faults {
			if fault.Message == "" {
				t.Error("a fault without words")
			}
		}
	})
}

// FuzzWrite reads back what is written, and finds no formula.
func FuzzWrite(f *testing.F) {
	for _, seed := range []string{"", "=1", " +", "a\nb", "\"", "'=", "\r"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		var out strings.Builder
		if err := spreadsheet.Write(&out, [][]string{{cell, "x"}}); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
		if err != nil || len(rows) != 1 {
			t.Fatalf("%q is read back as %v: %v", out.String(), rows, err)
		}
		if strings.IndexAny(strings.TrimSpace(rows[0][0]), "=+-@＝＋－＠") == 0 {
			t.Errorf("%q is a formula", rows[0][0])
		}
	})
}
