// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/testing/timing"
)

const (
	// interval is the time between two tries of a command that reads.
	interval = 100 * time.Millisecond
	// still is how long a command has to print the same before -update believes it.
	still = 3 * time.Second
	// shownURL is the portal's URL in the documentation.
	shownURL = "https://usher.acme.example"
)

// session types a page.
type session struct {
	page *page
	dir  string
	// mailsBefore is the number of mails from earlier pages.
	mailsBefore int
	portalURL   string
	// rewrites are the blocks to change, and problems the differences.
	rewrites []rewrite
	problems []string
}

// rewrite replaces the lines from first to before last.
type rewrite struct {
	first, last int
	lines       []string
}

// patience is how long a reading command is repeated. After a first difference the run has failed, so it need not be long.
var patience = timing.Timeout

// play goes through a page.
func (s *session) play(ctx context.Context) {
	GinkgoHelper()
	for _, step := range s.page.steps {
		switch step.kind {
		case begins:
			s.begin(ctx, step.text)
		case happens:
			s.happen(ctx, step.text)
		case saves:
			content := strings.Join(s.page.content(step.block), "\n") + "\n"
			Expect(os.WriteFile(filepath.Join(s.dir, step.text), []byte(content), 0o600)).To(Succeed())
		case mails:
			s.mail(ctx, step)
		case equals:
			s.equal(step)
		case types:
			commands, err := s.page.commands(step.block)
			Expect(err).NotTo(HaveOccurred())
			for _, c := range commands {
				s.enter(ctx, step.indent, c)
			}
		case runs:
			text := strings.Join(s.page.content(step.block), "\n")
			if output, ok := s.bash(ctx, "set -e\n"+text); !ok {
				s.differs(step.first, text, "a script that succeeds", output)
			}
		}
	}
}

// equal compares a block with a file of the repository.
func (s *session) equal(step step) {
	GinkgoHelper()
	content, err := os.ReadFile(filepath.Join(s.dir, step.text))
	Expect(err).NotTo(HaveOccurred())
	switch shown, want := s.page.content(step.block), linesOf(string(content)); {
	case slices.Equal(shown, want):
	case *update:
		s.replace(step.indent, step.first, step.last, want)
	default:
		s.differs(step.first, "cat "+step.text, strings.Join(shown, "\n"), strings.Join(want, "\n"))
	}
}

// enter types a command and compares what it prints.
func (s *session) enter(ctx context.Context, indent string, c command) {
	GinkgoHelper()
	if len(c.shown) == 0 {
		output, ok := s.bash(ctx, as(c.person)+c.text)
		if !ok || strings.Contains(output, "Warning: ") && c.text != applySamples {
			s.differs(c.line, c.text, "success, without a warning", output)
		}
		return
	}
	failed := s.rehearse(ctx, c)
	printed := s.await(ctx, c)
	if matches(c.shown, printed) {
		if failed != "" && !*update {
			s.differs(c.line, c.text, "what a dry run before it printed, too. Let a command above make what a warning is about", failed)
		}
		return
	}
	if !*update {
		s.differs(c.line, c.text, strings.Join(c.shown, "\n"), strings.Join(printed, "\n"))
		patience = still
		return
	}
	s.replace(indent, c.first, c.last, abridge(c.shown, printed))
}

// as returns a line that makes kubectl act as a person of the samples, or nothing for the cluster administrator.
func as(person string) string {
	if person == "" {
		return ""
	}
	as := "--as=" + person + "@acme.example"
	// A plugin's flags come after its name.
	return `kubectl() { if [ "$1" = usher ]; then shift; command kubectl usher ` + as + ` "$@"; ` +
		`else command kubectl ` + as + ` "$@"; fi; }` + "\n"
}

// bash runs a command and returns what a terminal would show. It reports whether the command succeeded.
func (s *session) bash(ctx context.Context, text string) (string, bool) {
	cmd := exec.CommandContext(ctx, "bash", "-o", "pipefail", "-c", text)
	cmd.Dir, cmd.Env = s.dir, append(os.Environ(), shared.Env.KubectlEnv()...)
	cmd.Env = append(cmd.Env, "PATH="+pluginDir+string(os.PathListSeparator)+path(shared.Env.KubectlEnv()))
	output, err := cmd.CombinedOutput()
	return strings.ReplaceAll(string(output), s.portalURL, shownURL), err == nil
}

// path returns the folders with programs that an environment names.
func path(environment []string) string {
	folders := ""
	for _, variable := range environment {
		if value, is := strings.CutPrefix(variable, "PATH="); is {
			folders = value
		}
	}
	return folders
}

func (s *session) differs(line int, text, shown, printed string) {
	s.problems = append(s.problems, fmt.Sprintf("%s:%d: $ %s\n--- the page shows\n%s\n--- it prints\n%s\n",
		s.page.name, line+1, text, shown, printed))
}

func (s *session) replace(indent string, first, last int, lines []string) {
	indented := make([]string, 0, len(lines))
	for _, line := range lines {
		indented = append(indented, strings.TrimRight(indent+shorten(line), " "))
	}
	s.rewrites = append(s.rewrites, rewrite{first, last, indented})
}

var token = regexp.MustCompile(`(/[icqa]/[A-Za-z0-9_-]{6})[A-Za-z0-9_-]+`)

// shorten keeps just enough of a link's token to tell links apart.
func shorten(text string) string { return token.ReplaceAllString(text, "$1…") }

// save writes the page with its rewrites.
func (s *session) save(root string) error {
	if len(s.rewrites) == 0 {
		return nil
	}
	lines := slices.Clone(s.page.lines)
	for _, r := range slices.Backward(s.rewrites) {
		lines = slices.Replace(lines, r.first, r.last, r.lines...)
	}
	return os.WriteFile(filepath.Join(root, s.page.name), []byte(strings.Join(lines, "\n")), 0o644)
}
