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

// watchdogScript waits until its standard input ends, which happens when the test process ends or is killed, and then
// kills the processes whose IDs are in the directory.
const watchdogScript = `read -r _
for f in "$1"/*.pid; do
  [ -e "$f" ] && kill -9 "$(cat "$f")"
done
rm -rf "$1"`

// watchdog ensures that the control plane does not outlive a test process that ends without calling Stop, for example
// because of a timeout or a kill.
type watchdog struct {
	dir   string
	cmd   *exec.Cmd
	stdin io.WriteCloser
}

func startWatchdog(dir string) (*watchdog, error) {
	cmd := exec.Command("sh", "-c", watchdogScript, "sh", dir)
	// In a process group of its own, Ctrl-C in the terminal does not stop it too early.
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

// launcher returns the path of a script that records its process ID and then executes the program.
func (w *watchdog) launcher(program string) (string, error) {
	name := filepath.Base(program)
	path := filepath.Join(w.dir, name)
	script := fmt.Sprintf("#!/bin/sh\necho $$ >%s\nexec %s \"$@\"\n", quote(path+".pid"), quote(program))
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		return "", fmt.Errorf("write the launcher of %s: %w", name, err)
	}
	return path, nil
}

// dismiss ends the watchdog, without killing anything, after everything has been stopped.
func (w *watchdog) dismiss() error {
	err := w.cmd.Process.Kill()
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	_ = w.cmd.Wait() // it was killed, so its exit status means nothing
	_ = w.stdin.Close()
	if err != nil {
		return fmt.Errorf("end the watchdog: %w", err)
	}
	return nil
}

// quote turns any text into one word of a shell command.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
