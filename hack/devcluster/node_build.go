// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// addons are the programs of nodes whose source is here, in a module of their own.
var addons = []string{"netpol", "dns", "pause", "probe"}

// nodeComponents lists the programs of nodes: those of Kubernetes, containerd's, and the addons.
func nodeComponents(p paths) ([]component, error) {
	kubernetesList, err := pinned(p.module())
	if err != nil {
		return nil, err
	}
	containerdList, err := pinned(p.containerd())
	if err != nil {
		return nil, err
	}
	var own []component
	for _, name := range addons {
		own = append(own, component{
			program: program{name: name, pkg: "./" + name, ldflags: ldflags("", "")}, source: p.addons(), onNodes: true,
		})
	}
	if own, err = cached(p.addons(), own); err != nil {
		return nil, err
	}
	list := slices.Concat(kubernetesList, containerdList, own)
	return slices.DeleteFunc(list, func(c component) bool { return !c.onNodes }), nil
}

// buildNodes builds the programs of nodes that are missing and writes the images of those that run in pods.
func buildNodes(ctx context.Context, p paths, out *console) ([]component, error) {
	list, err := nodeComponents(p)
	if err != nil {
		return nil, err
	}
	for _, source := range []string{p.module(), p.containerd(), p.addons()} {
		if err := buildSource(ctx, p, "the programs of nodes", source, list, out); err != nil {
			return nil, err
		}
	}
	for _, image := range ownImages(list) {
		if err := ensureProgramImage(p, list, image); err != nil {
			return nil, fmt.Errorf("image %s: %w", image, err)
		}
	}
	return list, link(p.bin(""), list)
}

// ensureProgramImage writes the archive of an image, unless it exists. The name says what is in it.
func ensureProgramImage(p paths, list []component, image string) error {
	if exists(p.archive(image)) {
		return nil
	}
	program, _, _ := strings.Cut(strings.TrimPrefix(image, imagePrefix), ":")
	at := slices.IndexFunc(list, func(c component) bool { return c.name == program })
	return writeProgramImage(p.archive(image), image, filepath.Join(list[at].cache, program))
}
