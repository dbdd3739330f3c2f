// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"k8s.io/cli-runtime/pkg/printers"
)

// isTerminal reports whether somebody sits before the input.
func isTerminal(in io.Reader) bool { return printers.IsTerminal(in) }

// canAnswer reports whether somebody may answer a question: a terminal, or what stands for one in a test.
func canAnswer(in io.Reader) bool {
	_, isFile := in.(*os.File)
	return !isFile || isTerminal(in)
}

// ask asks a question that only yes answers in the affirmative, and reports the answer.
func (t *tool) ask(question string) (bool, error) {
	fmt.Fprintf(t.streams.ErrOut, "%s [y/N] ", question)
	answer, err := bufio.NewReader(t.streams.In).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes", "s", "si", "sí":
		return true, nil
	}
	fmt.Fprintln(t.streams.ErrOut, "Nothing is changed.")
	return false, nil
}
