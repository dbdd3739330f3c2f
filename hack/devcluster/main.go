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

const usage = `usage: devcluster COMMAND [--dir CHECKOUT] [--data DIRECTORY] [--kubernetes VERSION] [--nodes NUMBER] [--bare]

  up              build what is missing, start everything, return when it is ready; harmless when it runs
  down            stop everything and delete the cluster; harmless when there is none
  build           compile the control plane only, with --nodes also the programs of nodes
  bin             the same, then print the directory of the binaries
  restart DAEMON  stop a daemon, kube-apiserver for example, and start it again
  import          put the image in the OCI archive --archive on all nodes, as --name

VERSION is newest (the default), oldest, or a minor version such as 1.37. With nodes, which need root, Usher runs in pods; --bare
neither installs nor changes it. DIRECTORY is where the cluster keeps its files, by default .dev in the checkout.
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
	if len(args) == 0 {
		return fmt.Errorf("no command\n%s", usage)
	}
	if found, err := runPart(ctx, args[0], args[1:]); found {
		return err
	}
	c, err := parse(args)
	if err != nil {
		return err
	}
	return c.run(ctx, newConsole(stderr), stdout)
}

// call is what the command line asks for.
type call struct {
	command string
	paths   paths
	request request
	// daemon is the one to restart, archive and image are what to import.
	daemon, archive, image string
}

func parse(args []string) (call, error) {
	c, rest := call{command: args[0]}, args[1:]
	flags := flag.NewFlagSet("devcluster", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	dir := flags.String("dir", "", "the checkout of Usher")
	data := flags.String("data", "", "the directory of the cluster's files")
	flags.StringVar(&c.request.version, "kubernetes", "", "the version of Kubernetes")
	flags.IntVar(&c.request.nodes, "nodes", 0, "the number of nodes")
	flags.BoolVar(&c.request.bare, "bare", false, "without Usher")
	flags.StringVar(&c.archive, "archive", "", "the archive of an image")
	flags.StringVar(&c.image, "name", "", "the name of an image")
	if c.command == "restart" && len(rest) > 0 {
		c.daemon, rest = rest[0], rest[1:]
	}
	if err := flags.Parse(rest); err != nil || flags.NArg() > 0 || c.request.nodes < 0 {
		return c, fmt.Errorf("cannot understand %q\n%s", args, usage)
	}
	var err error
	if c.paths, err = findCheckout(*dir); err == nil && *data != "" {
		c.paths.data, err = filepath.Abs(*data)
	}
	return c, err
}

func (c call) run(ctx context.Context, out *console, stdout io.Writer) error {
	switch c.command {
	case "up":
		return up(ctx, c.paths, c.request, out, stdout)
	case "down":
		return down(ctx, c.paths, out)
	case "restart":
		return restart(ctx, c.paths, c.daemon, out)
	case "import":
		return importImage(ctx, c.paths, c.archive, c.image, out)
	case "build":
		_, err := buildAll(ctx, c.paths, c.request, out)
		return err
	case "bin":
		bin, err := buildAll(ctx, c.paths, c.request, out)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(stdout, bin)
		return err
	default:
		return fmt.Errorf("unknown command %q\n%s", c.command, usage)
	}
}

// buildAll builds the control plane and, if there are to be nodes, their programs. It returns the directory of the control plane.
func buildAll(ctx context.Context, p paths, r request, out *console) (bin string, err error) {
	if bin, err = binFor(p, r.version); err != nil {
		return "", err
	}
	if err := buildControlPlane(ctx, p, r.version, bin, out); err != nil {
		return "", err
	}
	if r.nodes > 0 {
		_, err = buildNodes(ctx, p, out)
	}
	return bin, err
}

// runPart runs a part of a cluster that is a program of its own: one of the commands that up starts.
func runPart(ctx context.Context, command string, args []string) (found bool, err error) {
	flags := flag.NewFlagSet(command, flag.ContinueOnError)
	file := flags.String("file", "", "the description of the machine")
	switch command {
	case commandForward:
		return true, forward(ctx, args)
	case commandNothing:
		return true, nil
	case commandMachine, commandInit:
		if err := flags.Parse(args); err != nil {
			return true, err
		}
		if command == commandInit {
			return true, initMachine(*file)
		}
		return true, runMachine(ctx, *file)
	default:
		return false, nil
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
