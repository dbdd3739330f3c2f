// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package testenv

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
)

// watchdogScript waits until its standard input ends, which is when the test's process has stopped or died, and then
// kills what has written down its process id and still runs.
const watchdogScript = `read -r _
for f in "$1"/*.pid; do
  [ -e "$f" ] && kill -9 "$(cat "$f")"
done
rm -rf "$1"`

// watchdog keeps the control plane from outliving a test process that dies without calling Stop, by a time-out or a
// kill for example.
type watchdog struct {
	dir   string
	cmd   *exec.Cmd
	stdin io.WriteCloser
}

func startWatchdog(dir string) (*watchdog, error) {
	cmd := exec.Command("sh", "-c", watchdogScript, "sh", dir)
	// A group of its own: Ctrl-C in the terminal must not end it before its time.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("open the watchdog's input: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the watchdog (sh): %w", err)
	}
	return &watchdog{dir: dir, cmd: cmd, stdin: stdin}, nil
}

// launcher gives the path of a script that writes down its process id and becomes the program.
func (w *watchdog) launcher(program string) (string, error) {
	name := filepath.Base(program)
	path := filepath.Join(w.dir, name)
	script := fmt.Sprintf("#!/bin/sh\necho $$ >%s\nexec %s \"$@\"\n", quote(path+".pid"), quote(program))
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		return "", fmt.Errorf("write the launcher of %s: %w", name, err)
	}
	return path, nil
}

// dismiss ends the watchdog after everything was stopped, without letting it kill anything.
func (w *watchdog) dismiss() error {
	err := w.cmd.Process.Kill()
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	_ = w.cmd.Wait() // it was killed: its exit status says nothing
	_ = w.stdin.Close()
	if err != nil {
		return fmt.Errorf("end the watchdog: %w", err)
	}
	return nil
}

// quote makes one word of a shell command of any text.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
