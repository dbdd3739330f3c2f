// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// assets are the files of a version.
type assets struct {
	request
	source

	// dir is where they are written first.
	dir      string
	ref      name.Reference
	digest   v1.Hash
	programs []program
	machines []*v1.Platform
	// signer is nil if there is no key.
	signer *signer
}

func (a *assets) path(name string) string { return filepath.Join(a.dir, name) }

func (a *assets) write(name string, content []byte) error {
	return os.WriteFile(a.path(name), content, 0o644)
}

// release builds everything of a version into a folder of dist that is named after it.
func release(ctx context.Context, r request) error {
	started := time.Now()
	a, notes, err := newAssets(ctx, r)
	if err != nil {
		return err
	}
	warn(r.out, notes)
	if err := a.build(ctx); err != nil {
		return errors.Join(err, os.RemoveAll(a.dir))
	}
	dir := r.dist(a.version)
	if err := publish(a.dir, dir, r.overwrite); err != nil {
		return errors.Join(err, os.RemoveAll(a.dir))
	}
	if err := list(r.out, dir, time.Since(started)); err != nil {
		return err
	}
	warn(r.out, notes)
	return nil
}

// newAssets looks at everything that can be wrong before the programs are built, which takes minutes. The notes say what keeps it from
// being a version that may be published.
func newAssets(ctx context.Context, r request) (*assets, []string, error) {
	s, err := describe(ctx, r.root)
	if err != nil {
		return nil, nil, err
	}
	if !semantic.MatchString(s.version) {
		return nil, nil, fmt.Errorf("version %q must be like v1.2.3 or v1.2.3-rc.1: change the tag, or VERSION", s.version)
	}
	a := &assets{request: r, source: s, dir: r.dist(s.version + ".new")}
	if a.ref, err = reference(r.name, s); err != nil {
		return nil, nil, err
	}
	if a.programs, err = programs(r.root); err != nil {
		return nil, nil, err
	}
	if a.machines, err = parsePlatforms(r.machines); err != nil {
		return nil, nil, err
	}
	if a.signer, err = signerOf(os.LookupEnv); err != nil {
		return nil, nil, err
	}
	notes, err := unfinished(ctx, r.root, s)
	if a.signer == nil {
		notes = append(notes, "COSIGN_KEY names no key: nothing is signed")
	}
	return a, notes, err
}

// semantic matches semantic versions as Go's modules and Helm write them.
var semantic = regexp.MustCompile(`^v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$`)

// unfinished says what is checked out besides a version.
func unfinished(ctx context.Context, root string, s source) ([]string, error) {
	var notes []string
	changed, err := git(ctx, root, "status", "--porcelain")
	if err != nil {
		return nil, err
	}
	if changed != "" {
		notes = append(notes, "the checkout has changes that are not committed:\n"+changed)
	}
	tags, err := git(ctx, root, "tag", "--points-at=HEAD", "--list", s.version)
	if err == nil && tags == "" {
		notes = append(notes, "the commit has no tag "+s.version)
	}
	return notes, err
}

func warn(out io.Writer, notes []string) {
	for _, note := range notes {
		_, _ = fmt.Fprintln(out, "not to be published:", strings.ReplaceAll(note, "\n", "\n  "))
	}
}

// build writes all files. What signatures and checksums cover comes before them.
func (a *assets) build(ctx context.Context) error {
	if err := os.RemoveAll(a.dir); err != nil {
		return err
	}
	if err := os.MkdirAll(a.dir, 0o755); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{a.image, a.archives, a.install, a.chart, a.krew, a.signImage, a.checksums} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// image builds the image as make image does, for make push, and takes over its archive and SBOMs.
func (a *assets) image(ctx context.Context) error {
	index, err := makeImage(ctx, a.request, a.source, a.ref)
	if err != nil {
		return err
	}
	if a.digest, err = index.Digest(); err != nil {
		return err
	}
	names := []string{imageArchive}
	platforms, err := parsePlatforms(a.platforms)
	if err != nil {
		return err
	}
	for _, platform := range platforms {
		names = append(names, imageSBOM(platform))
	}
	for _, name := range names {
		content, err := os.ReadFile(a.dist(name))
		if err != nil {
			return err
		}
		if err := a.write(name, content); err != nil {
			return err
		}
	}
	return nil
}
