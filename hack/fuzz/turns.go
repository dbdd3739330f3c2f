// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// kept is where the built fuzzers are, and what they found interesting.
const kept = ".dev/fuzz"

// minimize is how many executions may make one input smaller. By default, Go spends up to a minute on each that is interesting.
const minimize = "20x"

// options say how long the fuzzers run.
type options struct {
	executions int64
	turn       time.Duration
	parallel   int
}

// program returns the path of the built tests of a package, and corpus where its fuzzers keep what is interesting.
func (f *fuzzer) program() string { return filepath.Join(kept, "bin", f.slug()+".test") }
func (f *fuzzer) corpus() string  { return filepath.Join(kept, "corpus", f.slug()) }
func (f *fuzzer) slug() string    { return strings.ReplaceAll(filepath.ToSlash(f.folder), "/", "-") }

// build builds the tests of a package, with the instrumentation that shows a fuzzer which code an input reaches.
func (f *fuzzer) build(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, "go", "test", "-c", "-fuzz=.", "-o", f.program(), "./"+filepath.ToSlash(f.folder))
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil && ctx.Err() == nil {
		return fmt.Errorf("cannot build the fuzzers of %s: %w", f.folder, err)
	}
	return nil
}

// takeTurns runs one fuzzer after the other until there were enough executions, or every fuzzer has found something. A package is built
// when the first of its fuzzers has its turn.
func takeTurns(ctx context.Context, out io.Writer, fuzzers []*fuzzer, o options) error {
	built := map[string]bool{}
	for {
		running := 0
		for _, f := range fuzzers {
			switch {
			case ctx.Err() != nil || total(fuzzers) >= o.executions:
				return findingsOf(fuzzers)
			case f.finding != "":
				continue
			}
			running++
			if !built[f.folder] {
				if err := f.build(ctx); err != nil {
					return err
				}
				built[f.folder] = true
			}
			if err := f.run(ctx, o); err != nil {
				return err
			}
			fmt.Fprintf(out, "%-44s %11d executions, %4d interesting; all: %d of %d\n", f.title(), f.executions, f.interesting,
				total(fuzzers), o.executions)
			if f.finding != "" {
				fmt.Fprintln(out, f.finding)
			}
		}
		if running == 0 {
			return errFindings
		}
	}
}

func total(fuzzers []*fuzzer) int64 {
	var sum int64
	for _, f := range fuzzers {
		sum += f.executions
	}
	return sum
}

func findingsOf(fuzzers []*fuzzer) error {
	for _, f := range fuzzers {
		if f.finding != "" {
			return errFindings
		}
	}
	return nil
}

// run gives a fuzzer one turn.
func (f *fuzzer) run(ctx context.Context, o options) error {
	program, err := filepath.Abs(f.program())
	if err != nil {
		return err
	}
	corpus, err := filepath.Abs(f.corpus())
	if err != nil {
		return err
	}
	var said bytes.Buffer
	cmd := exec.CommandContext(ctx, program, "-test.run=^$", "-test.fuzz=^"+f.name+"$", "-test.fuzztime="+o.turn.String(),
		"-test.fuzzminimizetime="+minimize, "-test.fuzzcachedir="+corpus, "-test.parallel="+strconv.Itoa(o.parallel))
	cmd.Dir, cmd.Stdout, cmd.Stderr = f.folder, &said, &said
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) } // the fuzzer stops its workers
	cmd.WaitDelay = 10 * time.Second
	began := time.Now()
	err = cmd.Run()
	f.took += time.Since(began).Seconds()
	f.note(said.String())
	var failed *exec.ExitError
	switch {
	case err == nil || ctx.Err() != nil || onlyLate(said.String()):
		return nil
	case errors.As(err, &failed):
		f.finding = endOf(said.String())
		return nil
	}
	return fmt.Errorf("cannot run %s: %w", f.title(), err)
}

// onlyLate reports whether a fuzzer failed for no other reason than that its turn was over: Go stops it in the middle of an execution, and
// sometimes says that as a failure.
func onlyLate(said string) bool {
	return strings.Contains(said, "\n    context deadline exceeded\n") && !strings.Contains(said, "Failing input written to")
}

// progress is what a fuzzer says every few seconds.
var progress = regexp.MustCompile(`execs: (\d+) \(.*\), new interesting: (\d+)`)

// note counts what a fuzzer has done in a turn, by the last that it said.
func (f *fuzzer) note(said string) {
	all := progress.FindAllStringSubmatch(said, -1)
	if len(all) == 0 {
		return
	}
	last := all[len(all)-1]
	executions, _ := strconv.ParseInt(last[1], 10, 64) // digits, by the expression
	interesting, _ := strconv.Atoi(last[2])
	f.executions += executions
	f.interesting += interesting
}

// endOf returns what a fuzzer said of its failure.
func endOf(said string) string {
	const most = 4000
	if at := strings.Index(said, "--- FAIL"); at >= 0 {
		said = said[at:]
	}
	return strings.TrimSpace(strings.ToValidUTF8(said[:min(len(said), most)], ""))
}

// printTable prints what each fuzzer has done.
func printTable(out io.Writer, fuzzers []*fuzzer) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "FUZZER\tEXECUTIONS\tSECONDS\tNEW INTERESTING\tFINDINGS")
	interesting, findings, took := 0, 0, 0.0
	for _, f := range fuzzers {
		found := 0
		if f.finding != "" {
			found = 1
		}
		fmt.Fprintf(table, "%s\t%d\t%.0f\t%d\t%d\n", f.title(), f.executions, f.took, f.interesting, found)
		interesting, findings, took = interesting+f.interesting, findings+found, took+f.took
	}
	fmt.Fprintf(table, "all %d\t%d\t%.0f\t%d\t%d\n", len(fuzzers), total(fuzzers), took, interesting, findings)
	_ = table.Flush() // an error of standard output has nowhere to go
}
