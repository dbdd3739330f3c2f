// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Command bench runs the benchmarks of test/bench one after another, each in a process of its own, says how far it is, and compares the
// figures with their goals.
//
//	go run ./hack/bench           all of them; writes docs/performance.md
//	go run ./hack/bench -quick    small ones, in less than five minutes
//	go run ./hack/bench -only Admission
//
// A figure that misses its goal is printed as short. One that is missing, since its benchmark failed or no longer reports it, is an error.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// artifacts is where the built benchmarks, their output and their profiles are.
const artifacts = ".dev/artifacts/bench"

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	quick := flags.Bool("quick", false, "run the quick ones, with fewer people")
	only := flags.String("only", "", "run the benchmarks whose names match")
	if err := flags.Parse(args); err != nil {
		return err
	}
	pattern, err := regexp.Compile(*only)
	if err != nil {
		return fmt.Errorf("-only: %w", err)
	}
	chosen := choose(suite, *quick, pattern)
	if len(chosen) == 0 {
		return fmt.Errorf("no benchmark matches %q: there are %s", *only, names(suite))
	}
	root, err := os.Getwd()
	if err != nil {
		return err
	}
	r := runner{root: root, dir: filepath.Join(root, artifacts), quick: *quick, out: out}
	if err := r.build(ctx); err != nil {
		return err
	}
	rows, failed := r.all(ctx, chosen)
	if _, err := fmt.Fprint(out, "\n", table(rows)); err != nil {
		return err
	}
	failed = errors.Join(failed, missing(rows))
	if failed != nil || *quick || *only != "" {
		return failed
	}
	return writePage(ctx, root, rows, time.Now())
}

// choose returns the benchmarks to run.
func choose(all []benchmark, quick bool, pattern *regexp.Regexp) []benchmark {
	var chosen []benchmark
	for _, b := range all {
		if pattern.MatchString(b.name) && (!quick || b.quick != nil) {
			chosen = append(chosen, b)
		}
	}
	return chosen
}

func names(all []benchmark) string {
	found := make([]string, 0, len(all))
	for _, b := range all {
		found = append(found, b.name)
	}
	return strings.Join(found, ", ")
}
