// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Command judge judges a history again that `make chaos` has recorded, by the rules of internal/testing/history as they are now. The rules
// about mails need the mailbox, which is gone, so it leaves them out. Without a file it prints the rules.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/usher-operator/usher/internal/testing/history"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "judge:", err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if len(arguments) == 0 {
		for _, rule := range history.Rules() {
			fmt.Println(rule)
		}
		return nil
	}
	judge := history.NewJudge()
	if err := history.Replay(arguments[0], judge.Add); err != nil {
		return err
	}
	fmt.Printf("%d revisions judged, %d grants that came late and were revoked\n", judge.Revisions, judge.Late())
	violations := judge.Violations()
	for _, v := range violations {
		fmt.Println(v)
	}
	if len(violations) > 0 {
		return errors.New("the history breaks rules")
	}
	return nil
}
