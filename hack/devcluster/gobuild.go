// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Go's build cache keeps a package once for each set of flags. The same ones everywhere (here, in the Makefile and in
// internal/testing/operator) let the operator take from the control plane's build what both depend on, which is most of it.
//
// Without -trimpath, a package compiled in one checkout is of no use in another.
//
// Without cgo, because that is how the releases of etcd and Kubernetes and the image of the operator are built: what is
// tested here is what runs elsewhere. A machine without a C compiler builds the same, and cgo would bring nothing but
// another resolver of host names and users. Only the race detector needs it, and what that compiles is never shared.
var (
	buildFlags = []string{"-buildvcs=false", "-trimpath"}
	buildEnv   = []string{"CGO_ENABLED=0"}
)

// program is a Go program to build.
type program struct {
	name, pkg, ldflags string
}

// executable is the name that `go build` chooses for the program in a directory.
func (p program) executable() string {
	name := path.Base(p.pkg)
	if majorVersion.MatchString(name) {
		name = path.Base(path.Dir(p.pkg))
	}
	return name
}

var majorVersion = regexp.MustCompile(`^v[0-9]+$`)

// build builds programs of one module.
type build struct {
	// what is the name of it all in messages.
	what string
	// dir is in the module, bin is where the programs go.
	dir, bin string
	// log is the file for what the compiler says.
	log      string
	programs []program
	// first is what to say when most packages have to be compiled.
	first string
}

const progressInterval = 10 * time.Second

// run builds the programs with what the cache lacks. A program appears whole or not at all; one that is up to date is
// not linked again.
func (b build) run(ctx context.Context, out *console) error {
	for _, dir := range []string{b.bin, filepath.Dir(b.log)} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
	}
	logged, err := os.Create(b.log)
	if err != nil {
		return err
	}
	defer func() { _ = logged.Close() }()
	stop := out.every(progressInterval, func() string { return b.what + ": listing packages, downloading modules" })
	steps, err := b.missingPackages(ctx)
	stop()
	if err != nil {
		return b.failure(ctx, err, "")
	}
	if steps.most() && b.first != "" {
		out.say("%s: %s", b.what, b.first)
	}
	steps.log = logged
	stop = out.every(progressInterval, func() string { return b.what + ": " + steps.String() })
	defer stop()
	partial, err := b.prepare()
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(partial) }()
	cmd := b.goCommand(ctx, "build", append([]string{"-v", "-o", partial + "/"}, b.linking()...)...)
	cmd.Stdout, cmd.Stderr = steps, steps
	if err := cmd.Run(); err != nil {
		return b.failure(ctx, err, tail(b.log, 0))
	}
	return b.install(partial)
}

// goCommand is a command of Go's, such as list, on the packages of the programs.
func (b build) goCommand(ctx context.Context, verb string, args ...string) *exec.Cmd {
	var packages []string
	for _, p := range b.programs {
		packages = append(packages, p.pkg)
	}
	cmd := command(ctx, b.dir, "go", slices.Concat([]string{verb}, buildFlags, args, packages)...)
	cmd.Env = append(os.Environ(), buildEnv...)
	return cmd
}

func (b build) linking() (flags []string) {
	for _, p := range b.programs {
		if p.ldflags != "" {
			flags = append(flags, "-ldflags="+p.pkg+"="+p.ldflags)
		}
	}
	return flags
}

// prepare creates a directory to build into, with hard links to the programs that exist. Go leaves those that are up to
// date alone, and unlinks the others before it writes, so that the existing ones do not change.
func (b build) prepare() (partial string, err error) {
	partial = filepath.Join(b.bin, ".partial")
	if err := os.RemoveAll(partial); err != nil {
		return "", err
	}
	if err := os.Mkdir(partial, 0o700); err != nil {
		return "", err
	}
	for _, p := range b.programs {
		// Without a hard link the program is linked again, which is slow and does no harm.
		_ = os.Link(filepath.Join(b.bin, p.name), filepath.Join(partial, p.executable()))
	}
	return partial, nil
}

func (b build) install(partial string) error {
	for _, p := range b.programs {
		if err := os.Rename(filepath.Join(partial, p.executable()), filepath.Join(b.bin, p.name)); err != nil {
			return err
		}
	}
	return nil
}

// failure explains why Go failed; said is what it printed, unless the error says so itself.
func (b build) failure(ctx context.Context, err error, said string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, exec.ErrNotFound) {
		return errors.New("there is no `go` in PATH: install the version of Go that go.mod names")
	}
	if said == "" {
		said = err.Error()
		err = fmt.Errorf("cannot build %s: %w", b.what, err)
	} else {
		err = fmt.Errorf("cannot build %s: %w; the end of %s:\n%s", b.what, err, b.log, said)
	}
	if strings.Contains(said, syscall.ENOSPC.Error()) {
		err = errors.Join(err, syscall.ENOSPC)
	}
	return err
}
