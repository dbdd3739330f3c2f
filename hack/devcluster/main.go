// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Command devcluster runs Usher on a real Kubernetes control plane on this machine, without containers and without
// downloading binaries: everything is built from Go modules, once, and cached.
//
//	go -C hack/devcluster run . up      build what is missing, start everything, return when it is ready
//	go -C hack/devcluster run . down    stop everything and delete the cluster
//	go -C hack/devcluster run . build   compile the control plane only
//	go -C hack/devcluster run . bin     the same, then print the directory of the binaries (for KUBEBUILDER_ASSETS)
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
	"runtime"
	"syscall"
)

const usage = `usage: devcluster up|down|build|bin [--dir CHECKOUT] [--kubernetes VERSION]

  up      build what is missing, start everything, return when it is ready; harmless when it runs
  down    stop everything and delete the cluster; harmless when there is none
  build   compile the control plane only
  bin     the same, then print the directory of the binaries

VERSION is newest (the default), oldest, or a minor version such as 1.37.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	interrupted := ctx.Err() != nil
	stop()
	switch {
	case err == nil:
	case interrupted:
		fmt.Fprintln(os.Stderr, "interrupted: run the same command again to continue, or `make down` to stop the cluster")
		os.Exit(130)
	default:
		fmt.Fprintln(os.Stderr, "error:", explain(err))
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if runtime.GOOS != "linux" {
		return fmt.Errorf("the development cluster needs Linux (it finds its processes through /proc), this is %s",
			runtime.GOOS)
	}
	flags := flag.NewFlagSet("devcluster", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	dir := flags.String("dir", "", "the checkout of Usher")
	version := flags.String("kubernetes", "", "the version of Kubernetes")
	if len(args) == 0 {
		return fmt.Errorf("no command\n%s", usage)
	}
	command := args[0]
	if err := flags.Parse(args[1:]); err != nil || flags.NArg() > 0 {
		return fmt.Errorf("cannot understand %q\n%s", args, usage)
	}
	paths, err := findCheckout(*dir)
	if err != nil {
		return err
	}
	out := newConsole(stderr)
	switch command {
	case "up":
		return up(ctx, paths, *version, out, stdout)
	case "down":
		return down(ctx, paths, out)
	case "build", "bin":
		bin, err := binFor(paths, *version)
		if err == nil {
			err = buildControlPlane(ctx, paths, *version, bin, out)
		}
		if err == nil && command == "bin" {
			_, err = fmt.Fprintln(stdout, bin)
		}
		return err
	default:
		return fmt.Errorf("unknown command %q\n%s", command, usage)
	}
}

// findCheckout returns the paths of the checkout in dir or, with an empty dir, of the one that contains the working directory.
func findCheckout(dir string) (paths, error) {
	start, err := filepath.Abs(dir)
	if err == nil {
		start, err = filepath.EvalSymlinks(start)
	}
	if err != nil {
		return paths{}, err
	}
	for candidate := start; ; candidate = filepath.Dir(candidate) {
		if _, err := os.Stat(filepath.Join(candidate, "hack", "devcluster", "go.mod")); err == nil {
			return paths{root: candidate}, nil
		}
		if dir != "" || candidate == filepath.Dir(candidate) {
			return paths{}, fmt.Errorf("%s is not a checkout of Usher (it has no hack/devcluster/go.mod): name one with --dir", start)
		}
	}
}

// explain adds advice to an error that only says what is wrong.
func explain(err error) string {
	if errors.Is(err, syscall.ENOSPC) {
		return err.Error() + "\nThe disk is full: free some space and run the command again."
	}
	return err.Error()
}
