// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/testing/plugin"
)

// terminal is a real one, in which bash runs and the plugin is on the PATH.
type terminal struct {
	socket string
	// record is the file with everything that was written to the terminal, what was overwritten since too.
	record string
	// runs is how many commands have run to their end.
	runs int
}

var terminals atomic.Int32

// pluginDir is the folder that the plugin is in. The first terminal builds it.
var pluginDir string

var _ = AfterSuite(func() { Expect(os.RemoveAll(pluginDir)).To(Succeed()) })

func buildPlugin(ctx context.Context) {
	GinkgoHelper()
	if pluginDir != "" {
		return
	}
	var err error
	pluginDir, err = os.MkdirTemp("", "usher-plugin-")
	Expect(err).NotTo(HaveOccurred())
	_, err = plugin.Build(ctx, pluginDir)
	Expect(err).NotTo(HaveOccurred())
}

// openTerminal opens a terminal of a size, with additional variables in its environment.
func openTerminal(ctx context.Context, width, height int, variables ...string) *terminal {
	GinkgoHelper()
	_, err := exec.LookPath("tmux")
	Expect(err).NotTo(HaveOccurred(), "the tests of the plugin need tmux: `make terminal` installs it (apt-get install tmux)")
	buildPlugin(ctx)
	t := &terminal{
		socket: fmt.Sprintf("usher-%d-%d", os.Getpid(), terminals.Add(1)),
		record: filepath.Join(GinkgoT().TempDir(), "record"),
	}
	environment := []string{"PS1=$ ", "KUBECONFIG=" + kubeconfig(), "HISTFILE=", "LANG=C.UTF-8"}
	args := []string{"-f", os.DevNull, "new-session", "-d", "-x", strconv.Itoa(width), "-y", strconv.Itoa(height)}
	for _, variable := range append(environment, variables...) {
		args = append(args, "-e", variable)
	}
	t.tmux(ctx, append(args, "bash", "--norc", "--noprofile")...)
	DeferCleanup(func(ctx context.Context) { t.tmux(ctx, "kill-server") })
	t.tmux(ctx, "pipe-pane", "cat > '"+t.record+"'")
	t.shows(ctx, HaveSuffix("$"))
	return t
}

func (t *terminal) tmux(ctx context.Context, args ...string) string {
	GinkgoHelper()
	cmd := exec.CommandContext(ctx, "tmux", append([]string{"-u", "-L", t.socket}, args...)...)
	// tmux hands on the PATH of its client, whatever -e says.
	cmd.Env = append(os.Environ(), "LANG=C.UTF-8", "TERM=xterm-256color", "PATH="+pluginDir+string(os.PathListSeparator)+os.Getenv("PATH"))
	output, err := cmd.CombinedOutput()
	Expect(err).NotTo(HaveOccurred(), "tmux %s: %s", strings.Join(args, " "), output)
	return string(output)
}

// enter types a line and the return key.
func (t *terminal) enter(ctx context.Context, line string) {
	GinkgoHelper()
	t.tmux(ctx, "send-keys", "-l", line)
	t.press(ctx, "Enter")
}

// press presses a key.
func (t *terminal) press(ctx context.Context, key string) {
	GinkgoHelper()
	t.tmux(ctx, "send-keys", key)
}

// screen returns what somebody sees, without the empty lines below.
func (t *terminal) screen(ctx context.Context, options ...string) string {
	GinkgoHelper()
	return strings.TrimRight(t.tmux(ctx, append([]string{"capture-pane", "-p"}, options...)...), " \n")
}

// shows waits until the screen matches.
func (t *terminal) shows(ctx context.Context, matcher OmegaMatcher) {
	GinkgoHelper()
	Eventually(ctx, func() string { return t.screen(ctx) }).Should(matcher)
}

// run runs a command to its end, and returns what is on the screen below it.
func (t *terminal) run(ctx context.Context, line string, options ...string) string {
	GinkgoHelper()
	t.runs++ // tells the end of this command from that of the one before, which may still be on the screen
	end := fmt.Sprintf(" (%d)\n$", t.runs)
	t.enter(ctx, fmt.Sprintf("clear; %s; echo \"exit=$? (%d)\"", line, t.runs))
	t.shows(ctx, And(HaveSuffix(end), MatchRegexp(`(?m)^exit=\d+ `)))
	return strings.TrimSuffix(t.screen(ctx, options...), end) + "\n"
}

// recorded returns everything that was written to the terminal.
func (t *terminal) recorded() string {
	GinkgoHelper()
	text, err := os.ReadFile(t.record)
	Expect(err).NotTo(HaveOccurred())
	return string(text)
}
