// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// buildControlPlane fills a directory with links to the programs of the control plane, building those that are missing.
func buildControlPlane(ctx context.Context, p paths, version, bin string, out *console) error {
	list, _, err := components(p, version)
	if err != nil {
		return err
	}
	if given := givenAssets(p); given != "" && version == "" {
		// Nobody else's control plane comes with Dex.
		needed := slices.DeleteFunc(slices.Clone(list), func(c component) bool { return c.source == p.dex() })
		if missing := missingIn(given, needed); len(missing) > 0 {
			return fmt.Errorf("KUBEBUILDER_ASSETS (%s) has no %s, which the development cluster and the tests need: "+
				"put it there, or unset KUBEBUILDER_ASSETS to have all of them built", given, strings.Join(missing, ", "))
		}
		for i := range list {
			if list[i].source != p.dex() || list[i].in(given) {
				list[i].cache = given
			}
		}
	}
	for _, source := range []string{p.module(), p.oldest(), p.dex()} {
		if err := buildSource(ctx, p, "the control plane", source, list, out); err != nil {
			return err
		}
	}
	return link(bin, list)
}

// binFor returns the directory of links to a control plane. The newest is in .dev/bin, where the cluster runs it from;
// others must not replace it under a running cluster.
func binFor(p paths, version string) (string, error) {
	if version == "" {
		return p.bin(""), nil
	}
	_, minor, err := components(p, version)
	if err != nil {
		return "", err
	}
	_, latest, err := components(p, newest)
	if err != nil || minor == latest {
		return p.bin(""), err
	}
	return p.bin("kubernetes-" + minor), nil
}

// givenAssets returns the directory of ready binaries that the user names, unless it is one that is filled here.
func givenAssets(p paths) string {
	given := os.Getenv("KUBEBUILDER_ASSETS")
	if given == "" {
		return ""
	}
	absolute, err := filepath.Abs(given)
	if err != nil || absolute == p.bin("") {
		return ""
	}
	return absolute
}

func missingIn(dir string, list []component) (missing []string) {
	for _, c := range list {
		if !c.in(dir) {
			missing = append(missing, c.name)
		}
	}
	return missing
}

func (c component) in(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, c.name))
	return err == nil && info.Size() > 0
}

// absent returns the components from a source that are not in their cache.
func absent(source string, list []component) (programs []program, dir string, versions []string) {
	for _, c := range list {
		if c.source == source && !c.in(c.cache) {
			programs, dir = append(programs, c.program), c.cache
			versions = append(versions, strings.TrimSpace(c.name+" "+c.version))
		}
	}
	return programs, dir, versions
}

// buildSource builds the components from a source that the cache lacks. Checkouts that need the same ones wait for each
// other instead of building them twice.
func buildSource(ctx context.Context, p paths, what, source string, list []component, out *console) error {
	programs, dir, _ := absent(source, list)
	if len(programs) == 0 {
		return nil
	}
	if err := requireBuildSpace(ctx, p, dir); err != nil {
		return err
	}
	unlock, err := lockFile(ctx, dir+".lock", func() {
		out.say("another checkout is building %s too: waiting for it", what)
	})
	if err != nil {
		return err
	}
	defer unlock()
	programs, dir, versions := absent(source, list)
	if len(programs) == 0 {
		return nil
	}
	b := build{
		what: what, dir: source, bin: dir, log: p.log("build.log"), programs: programs,
		first: "this takes several minutes the first time, later builds are cached",
	}
	out.say("building %s", strings.Join(versions, ", "))
	if err := b.run(ctx, out); err != nil {
		return err
	}
	out.say("%s: built and cached in %s", strings.Join(versions, ", "), dir)
	return nil
}

func requireBuildSpace(ctx context.Context, p paths, dir string) error {
	if err := requireSpace(dir, cacheSpace, "the control plane"); err != nil {
		return err
	}
	caches, err := output(command(ctx, p.module(), "go", "env", "GOCACHE", "GOMODCACHE"))
	if err != nil {
		return err
	}
	for _, cache := range strings.Fields(string(caches)) {
		if err := requireSpace(cache, buildSpace, "the first build of the control plane"); err != nil {
			return err
		}
	}
	return requireSpace(os.TempDir(), cacheSpace, "the linker")
}

// link points a directory at the programs.
func link(bin string, list []component) error {
	if err := os.MkdirAll(bin, 0o700); err != nil {
		return err
	}
	for _, c := range list {
		target, name := filepath.Join(c.cache, c.name), filepath.Join(bin, c.name)
		if current, err := os.Readlink(name); err == nil && current == target {
			continue
		}
		fresh := fmt.Sprintf("%s.%d", name, os.Getpid())
		if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if err := os.Symlink(target, fresh); err != nil {
			return err
		}
		if err := os.Rename(fresh, name); err != nil {
			return err
		}
	}
	return nil
}
