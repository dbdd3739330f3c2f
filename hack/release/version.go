// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// source identifies what is built.
type source struct {
	// version is the tag, or one derived from the last tag and the commit; revision is the commit.
	version, revision string
	// time is the commit's. Everything that is built carries it, so that building again makes the same.
	time time.Time
}

// describe finds out what is checked out.
func describe(ctx context.Context, root string) (source, error) {
	var s source
	var err error
	if s.revision, err = git(ctx, root, "rev-parse", "HEAD"); err != nil {
		return source{}, err
	}
	if s.version, err = version(ctx, root); err != nil {
		return source{}, err
	}
	seconds, err := git(ctx, root, "log", "-1", "--format=%ct")
	if err != nil {
		return source{}, err
	}
	unix, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return source{}, fmt.Errorf("git names the commit's time %q: %w", seconds, err)
	}
	s.time = time.Unix(unix, 0).UTC()
	return s, nil
}

// version returns $VERSION, or the tag that is checked out, or a version after the last tag that names the commit. Before the first
// tag that is 0.0.0.
func version(ctx context.Context, root string) (string, error) {
	if named := os.Getenv("VERSION"); named != "" {
		return named, nil
	}
	described, err := git(ctx, root, "describe", "--tags", "--match=v*", "--always", "--dirty")
	if err != nil || strings.HasPrefix(described, "v") {
		return described, err
	}
	return "v0.0.0-g" + described, nil
}

func git(ctx context.Context, root string, args ...string) (string, error) {
	content, err := exec.CommandContext(ctx, "git", append([]string{"-C", root}, args...)...).Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return "", fmt.Errorf("git %s: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(string(exit.Stderr)))
	}
	if err != nil {
		return "", err
	}
	return strings.TrimSpace(string(content)), nil
}
