// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

const versionVariable = "github.com/usher-operator/usher/internal/version.version"

// program is a main package, and the name of what it is compiled to.
type program struct{ name, folder string }

// operator is the program of the image.
var operator = program{name: "usher", folder: "cmd"}

const (
	// plugin is the name of the plugin for kubectl.
	plugin = "kubectl-usher"
	// pluginCompletion is the name by which kubectl finds what completes the words after the plugin's.
	pluginCompletion = "kubectl_complete-usher"
)

// programs returns all programs of a release: the operator, and those in the folders of cmd.
func programs(root string) ([]program, error) {
	found := []program{operator}
	folders, err := os.ReadDir(filepath.Join(root, operator.folder))
	if err != nil {
		return nil, err
	}
	for _, folder := range folders {
		p := program{name: folder.Name(), folder: filepath.Join(operator.folder, folder.Name())}
		switch _, err := os.Stat(filepath.Join(root, p.folder, "main.go")); {
		case err == nil:
			found = append(found, p)
		case !errors.Is(err, fs.ErrNotExist) && folder.IsDir():
			return nil, err
		}
	}
	return found, nil
}

func exists(programs []program, name string) bool {
	return slices.ContainsFunc(programs, func(p program) bool { return p.name == name })
}

// fileName is what the program is called on a platform.
func (p program) fileName(platform *v1.Platform) string {
	if platform.OS == "windows" {
		return p.name + ".exe"
	}
	return p.name
}

// build compiles the program for a platform and returns its path. The flags are those of make build, so that packages come from the
// build cache; the same commit and compiler give the same program.
func (p program) build(ctx context.Context, r request, s source, platform *v1.Platform) (string, error) {
	path := r.dist(filepath.Join("bin", p.name+"-"+platform.OS+"-"+platform.Architecture))
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false",
		"-ldflags=-s -w -X "+versionVariable+"="+s.version, "-o", path, "./"+filepath.ToSlash(p.folder))
	build.Dir = r.root
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+platform.OS, "GOARCH="+platform.Architecture, "GOFLAGS=")
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("cannot build %s for %s: %w\n%s", p.name, platform, err, output)
	}
	return path, nil
}

// parsePlatforms reads a list of platforms.
func parsePlatforms(texts []string) ([]*v1.Platform, error) {
	platforms := make([]*v1.Platform, 0, len(texts))
	for _, text := range texts {
		platform, err := v1.ParsePlatform(text)
		if err != nil {
			return nil, fmt.Errorf("platform %q must be OS/ARCHITECTURE, for example linux/amd64: %w", text, err)
		}
		platforms = append(platforms, platform)
	}
	return platforms, nil
}
