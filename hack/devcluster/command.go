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
	"strings"
	"syscall"
	"time"
)

const killDelay = 5 * time.Second

// command is a helper program that runs to its end, with everything that it starts.
func command(ctx context.Context, dir, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = killDelay
	return cmd
}

// output runs a program and returns what it prints; a failure carries what it said on its standard error.
func output(cmd *exec.Cmd) ([]byte, error) {
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	content, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w\n%s", filepath.Base(cmd.Path), strings.Join(cmd.Args[1:], " "), err,
			strings.TrimSpace(stderr.String()))
	}
	return content, nil
}

// goBuild builds one package into a file, which appears whole or not at all. What the build says goes to the log.
func goBuild(ctx context.Context, dir, target, logFile string, args ...string) error {
	if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(logFile), 0o700); err != nil {
		return err
	}
	logged, err := os.Create(logFile)
	if err != nil {
		return err
	}
	defer func() { _ = logged.Close() }()
	partial := filepath.Join(filepath.Dir(target), ".partial-"+filepath.Base(target))
	cmd := command(ctx, dir, "go", append([]string{"build", "-buildvcs=false", "-o", partial}, args...)...)
	cmd.Stdout, cmd.Stderr = logged, logged
	if err := cmd.Run(); err != nil {
		_ = os.Remove(partial)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return buildFailure(target, logFile, err)
	}
	return os.Rename(partial, target)
}

func buildFailure(target, logFile string, err error) error {
	if errors.Is(err, exec.ErrNotFound) {
		return errors.New("there is no `go` in PATH: install the version of Go that go.mod names")
	}
	said, full := tail(logFile, 0), error(nil)
	if strings.Contains(said, syscall.ENOSPC.Error()) {
		full = syscall.ENOSPC
	}
	return errors.Join(fmt.Errorf("cannot build %s: %w; the end of %s:\n%s", filepath.Base(target), err, logFile, said), full)
}

const tailLines = 15

// tail returns the last lines that a log got since an offset in bytes.
func tail(path string, since int64) string {
	const enough = 16 << 10
	file, err := os.Open(path)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = file.Close() }()
	if info, err := file.Stat(); err == nil {
		since = max(since, info.Size()-enough)
	}
	content, err := io.ReadAll(io.NewSectionReader(file, since, enough))
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	return "    " + strings.Join(lines[max(0, len(lines)-tailLines):], "\n    ")
}
