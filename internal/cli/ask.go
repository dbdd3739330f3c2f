// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bufio"
	"context"
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

// ask asks a question that only yes answers in the affirmative, and reports the answer. An interrupt is no answer.
func (t *tool) ask(ctx context.Context, question string) (bool, error) {
	fmt.Fprintf(t.streams.ErrOut, "%s [y/N] ", question)
	answer, err := t.readLine(ctx)
	if err != nil {
		return false, err
	}
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes", "s", "si", "sí":
		return true, nil
	}
	fmt.Fprintln(t.streams.ErrOut, "Nothing is changed.")
	return false, nil
}

// readLine returns what somebody types, as long as the command is not interrupted. Reading itself cannot be: it ends with the program.
func (t *tool) readLine(ctx context.Context) (string, error) {
	type typed struct {
		line string
		err  error
	}
	read := make(chan typed, 1)
	go func() {
		line, err := bufio.NewReader(t.streams.In).ReadString('\n')
		read <- typed{line, err}
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(t.streams.ErrOut)
		return "", errors.New("interrupted, nothing is changed")
	case answer := <-read:
		if errors.Is(answer.err, io.EOF) {
			answer.err = nil
		}
		return answer.line, answer.err
	}
}
