// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

const versionVariable = "github.com/usher-operator/usher/internal/version.version"

// buildOperator compiles the operator for a platform and returns the program's path. The flags are those of make build, so that
// packages come from the build cache; the same commit and compiler give the same program.
func buildOperator(ctx context.Context, r request, s source, platform *v1.Platform) (string, error) {
	program := r.dist(filepath.Join("bin", "usher-"+platform.OS+"-"+platform.Architecture))
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false",
		"-ldflags=-s -w -X "+versionVariable+"="+s.version, "-o", program, "./cmd")
	build.Dir = r.root
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+platform.OS, "GOARCH="+platform.Architecture, "GOFLAGS=")
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("cannot build the operator for %s: %w\n%s", platform, err, output)
	}
	return program, nil
}
