// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Command fuzz runs the fuzz tests of the repository for as many executions as it is told, all together.
//
// The fuzzers take turns of equal time, because one execution of some costs a thousand times as much as one of others. What they found
// interesting is kept from run to run. An input that fails is written to the package's testdata/fuzz, from where every go test runs it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"runtime"
	"syscall"
	"time"
)

// errFindings ends a run that has found something.
var errFindings = errors.New("there are findings: mend them, and keep the inputs in testdata/fuzz")

func main() {
	var o options
	only := flag.String("only", "", "regular expression of the fuzzers to run, as package.Name; empty: all")
	flag.Int64Var(&o.executions, "executions", 100_000_000, "how many executions, of all fuzzers together")
	flag.DurationVar(&o.turn, "turn", time.Minute, "how long one fuzzer runs before the next")
	flag.IntVar(&o.parallel, "parallel", runtime.GOMAXPROCS(0), "how many executions at the same time")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *only, o); err != nil {
		fmt.Fprintln(os.Stderr, "fuzz:", err)
		os.Exit(1) //nolint:gocritic // exitAfterDefer: the process ends
	}
}

// run has the fuzzers that are wanted take turns, and prints what they did. Stopped early, it prints what they did until then.
func run(ctx context.Context, only string, o options) error {
	wanted, err := regexp.Compile(only)
	if err != nil {
		return fmt.Errorf("-only: %w", err)
	}
	fuzzers, err := discover(".", wanted)
	if err != nil {
		return err
	}
	if len(fuzzers) == 0 {
		return fmt.Errorf("no fuzzer is named like %q", only)
	}
	err = takeTurns(ctx, os.Stdout, fuzzers, o)
	printTable(os.Stdout, fuzzers)
	return err
}
