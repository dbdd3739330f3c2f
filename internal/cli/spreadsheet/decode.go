// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package spreadsheet

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// decode returns the text of a file in whatever encoding spreadsheets write, with line feeds as line ends and without byte order marks, of
// which a file has several if it was put together from others. It refuses a file in which characters are lost: people would be invited
// under names that nobody can read.
func decode(file []byte) (string, *Fault) {
	var text string
	switch {
	case bytes.HasPrefix(file, []byte{0xff, 0xfe}), bytes.HasPrefix(file, []byte{0xfe, 0xff}):
		decoded, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(file)
		if err != nil {
			return "", &Fault{Message: "the file begins like UTF-16 and is not: save it as CSV in UTF-8"}
		}
		text = string(decoded)
	case utf8.Valid(file):
		text = string(file)
	default:
		if fault := mixed(file); fault != nil {
			return "", fault
		}
		decoded, err := charmap.Windows1252.NewDecoder().Bytes(file)
		if err != nil {
			return "", &Fault{Message: "the file is neither in UTF-8 nor in Latin-1: save it as CSV in UTF-8"}
		}
		text = string(decoded)
	}
	text = strings.ReplaceAll(text, "\ufeff", "")
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = strings.ReplaceAll(text, "\r", "\n")
	if n := strings.IndexByte(text, 0); n >= 0 {
		return "", faultAt(text[:n], "the file is no text: save the spreadsheet as CSV, not as a workbook such as .xlsx")
	}
	if n := strings.IndexRune(text, utf8.RuneError); n >= 0 {
		return "", faultAt(text[:n], "a character is lost here, because the file is in another encoding or was converted from one: "+
			"save it again as CSV in UTF-8")
	}
	return text, nil
}

// mixed refuses a file with characters in UTF-8 and bytes that are not. Read as Latin-1, its accents would become two letters each.
func mixed(file []byte) *Fault {
	wrong, inUTF8 := -1, false
	for n := 0; n < len(file); {
		r, size := utf8.DecodeRune(file[n:])
		if r == utf8.RuneError && size == 1 && wrong < 0 {
			wrong = n
		}
		inUTF8 = inUTF8 || size > 1
		n += size
	}
	if !inUTF8 {
		return nil
	}
	return faultAt(string(file[:wrong]), "the file is in UTF-8 up to here, and then in another encoding: save it as CSV in UTF-8")
}

func faultAt(before, message string) *Fault {
	return &Fault{Line: 1 + strings.Count(before, "\n"), Message: message}
}
