// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package pods

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// section returns the scripts (sh) and commands (console) in a section of a page of the documentation, in their order. A section ends
// before the next heading of its level or a higher one.
func section(page, heading string) []string {
	GinkgoHelper()
	content, err := os.ReadFile(filepath.Join(env.root, "docs", page))
	Expect(err).NotTo(HaveOccurred())
	level := strings.IndexByte(heading, ' ')
	var blocks []string
	var block []string
	inside, language := false, ""
	for line := range strings.SplitSeq(string(content), "\n") {
		trimmed := strings.TrimSpace(line)
		switch {
		case language == "" && strings.HasPrefix(trimmed, "```"):
			language, block = strings.TrimPrefix(trimmed, "```")+" ", nil
		case strings.HasPrefix(trimmed, "```"):
			if inside {
				blocks = append(blocks, scripts(strings.TrimSpace(language), block)...)
			}
			language = ""
		case language != "":
			block = append(block, line)
		case line == heading:
			inside = true
		case strings.HasPrefix(line, "#") && strings.IndexByte(line, ' ') <= level:
			inside = false
		}
	}
	Expect(blocks).NotTo(BeEmpty(), "docs/%s has no commands below %q", page, heading)
	return blocks
}

// scripts returns what is typed in a block: all of a script, and the lines with a prompt of a console.
func scripts(language string, block []string) []string {
	switch language {
	case "sh":
		return []string{strings.Join(block, "\n")}
	case "console":
		var typed []string
		for _, line := range block {
			if command, ok := strings.CutPrefix(line, "$ "); ok {
				typed = append(typed, command)
			}
		}
		return typed
	default:
		return nil
	}
}

// session types commands of the documentation in a directory, where an overlay "deploy" installs Usher on this cluster.
type session struct{ dir string }

func newSession() session {
	GinkgoHelper()
	return sessionWith(filepath.Join(env.dir, "overlay"))
}

// sessionWith returns a session in which "deploy" is an overlay.
func sessionWith(overlay string) session {
	GinkgoHelper()
	s := session{dir: GinkgoT().TempDir()}
	Expect(os.Symlink(overlay, filepath.Join(s.dir, "deploy"))).To(Succeed())
	return s
}

// run types a script, which must succeed, and returns what it prints.
func (s session) run(ctx context.Context, script string) string {
	GinkgoHelper()
	out, err := s.bash(ctx, script)
	Expect(err).NotTo(HaveOccurred(), "$ %s\n%s", script, out)
	return out
}

// try types a script that may fail.
func (s session) try(ctx context.Context, script string) error {
	out, err := s.bash(ctx, script)
	if err != nil {
		return fmt.Errorf("%w: $ %s\n%s", err, script, out)
	}
	return nil
}

func (s session) bash(ctx context.Context, script string) (string, error) {
	cmd := exec.CommandContext(ctx, "bash", "-c", "set -e -o pipefail\n"+script)
	cmd.Dir = s.dir
	cmd.Env = append(os.Environ(), "KUBECONFIG="+env.kubeconfig(), "PATH="+s.path("bin")+":"+filepath.Join(env.dir, "bin")+":"+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	GinkgoWriter.Printf("$ %s\n%s", script, out)
	return string(out), err
}

// all types scripts one after the other.
func (s session) all(ctx context.Context, scripts []string) {
	GinkgoHelper()
	for _, script := range scripts {
		s.run(ctx, script)
	}
}

// path returns the path of a file of the session. Programs are in bin.
func (s session) path(elements ...string) string {
	return filepath.Join(append([]string{s.dir}, elements...)...)
}

// write writes a file, in a new directory if need be.
func (s session) write(content string, elements ...string) {
	GinkgoHelper()
	path := s.path(elements...)
	Expect(os.MkdirAll(filepath.Dir(path), 0o700)).To(Succeed())
	Expect(os.WriteFile(path, []byte(content), 0o600)).To(Succeed())
}

// link makes something of the checkout, or a program, available in the session.
func (s session) link(target string, elements ...string) {
	GinkgoHelper()
	path := s.path(elements...)
	Expect(os.MkdirAll(filepath.Dir(path), 0o700)).To(Succeed())
	Expect(os.Symlink(target, path)).To(Succeed())
}
