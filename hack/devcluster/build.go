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
	"runtime"
	"strings"
	"time"
)

const patience = 30 * time.Second

// buildControlPlane makes sure that .dev/bin holds the four binaries.
func buildControlPlane(ctx context.Context, p paths, out *console) error {
	goMod, err := os.ReadFile(filepath.Join(p.module(), "go.mod"))
	if err != nil {
		return err
	}
	list, err := components(string(goMod))
	if err != nil {
		return err
	}
	if given := givenAssets(p); given != "" {
		if missing := missingIn(given, list); len(missing) > 0 {
			return fmt.Errorf("KUBEBUILDER_ASSETS (%s) has no %s, which the development cluster and the tests need: "+
				"put it there, or unset KUBEBUILDER_ASSETS to have all of them built", given, strings.Join(missing, ", "))
		}
		return link(p, given, list)
	}
	dir, err := cacheDir(p, list, runtime.Version())
	if err != nil {
		return err
	}
	if err := buildInto(ctx, p, dir, list, out); err != nil {
		return err
	}
	return link(p, dir, list)
}

// givenAssets is the directory of ready binaries that the user names, unless it is the one that is filled here.
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
		if info, err := os.Stat(filepath.Join(dir, c.name)); err != nil || info.Size() == 0 {
			missing = append(missing, c.name)
		}
	}
	return missing
}

// buildInto builds what the cache lacks. Checkouts that need the same binaries wait for each other instead of building
// them twice.
func buildInto(ctx context.Context, p paths, dir string, list []component, out *console) error {
	if len(missingIn(dir, list)) == 0 {
		return nil
	}
	if err := requireBuildSpace(ctx, p, dir); err != nil {
		return err
	}
	unlock, err := lockFile(ctx, dir+".lock", func() {
		out.say("another checkout is building the same control plane: waiting for it")
	})
	if err != nil {
		return err
	}
	defer unlock()
	missing := missingIn(dir, list)
	step := 0
	for _, c := range list {
		target := filepath.Join(dir, c.name)
		if _, err := os.Stat(target); err == nil {
			continue
		}
		step++
		out.say("building %s %s (%d of %d; the first build takes about 6 minutes on 2 cores, later ones are cached)",
			c.name, c.version, step, len(missing))
		stop := out.every(patience, "still building %s; details are in %s", c.name, p.log("build.log"))
		err := goBuild(ctx, p.module(), target, p.log("build.log"),
			"-trimpath", "-ldflags="+c.ldflags(), c.pkg)
		stop()
		if err != nil {
			return err
		}
	}
	if step > 0 {
		out.say("the control plane is built and cached in %s", dir)
	}
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

// link points .dev/bin at the binaries.
func link(p paths, dir string, list []component) error {
	if err := os.MkdirAll(p.bin(""), 0o700); err != nil {
		return err
	}
	for _, c := range list {
		target, name := filepath.Join(dir, c.name), p.bin(c.name)
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
