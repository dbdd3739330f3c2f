// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
)

// progress follows `go build -v`, which prints each package that is not in the cache when it begins to compile it.
// Everything that is written to it goes to the log.
type progress struct {
	log io.Writer
	// all is how many packages the programs consist of.
	all int

	mu sync.Mutex
	// missing are those that have to be compiled and have not begun yet, of total.
	missing map[string]bool
	total   int
	line    []byte
}

// missingPackages lists the packages to compile. Go marks a package as stale when it has to be compiled, by the content
// of the cache, not by the age of files. A command is always stale and therefore not counted: linking it is another step.
func (b build) missingPackages(ctx context.Context) (*progress, error) {
	const format = "-f={{if ne .Name \"main\"}}{{.Stale}} {{.ImportPath}}{{end}}"
	listed, err := output(b.goCommand(ctx, "list", "-deps", format))
	if err != nil {
		return nil, err
	}
	return newProgress(string(listed)), nil
}

func newProgress(listed string) *progress {
	p := &progress{log: io.Discard, missing: map[string]bool{}}
	for line := range strings.Lines(listed) {
		stale, pkg, found := strings.Cut(strings.TrimSpace(line), " ")
		if !found {
			continue
		}
		p.all++
		if stale == "true" {
			p.missing[pkg] = true
		}
	}
	p.total = len(p.missing)
	return p
}

// most reports whether most of the packages have to be compiled, as in a first build.
func (p *progress) most() bool { return p.total > p.all/2 }

// Write implements io.Writer.
func (p *progress) Write(content []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.line = append(p.line, content...)
	for {
		line, rest, found := bytes.Cut(p.line, []byte("\n"))
		if !found {
			return p.log.Write(content)
		}
		delete(p.missing, string(line))
		p.line = rest
	}
}

// String returns how far the build is.
func (p *progress) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	begun := p.total - len(p.missing)
	switch {
	case p.total == 0:
		return "all packages are in the cache, linking"
	case begun == p.total:
		return fmt.Sprintf("the last of %d packages, and linking", p.total)
	default:
		return fmt.Sprintf("%d %% of %d packages", 100*begun/p.total, p.total)
	}
}
