// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// kustomization takes the image's name, and what it is pinned to.
const kustomization = `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- %s
images:
- name: usher
  newName: %s
  %s
`

// install writes install.yaml, which is config/default with the version's image.
func (a *assets) install(ctx context.Context) error {
	dir, err := os.MkdirTemp(a.dist(""), "install-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	// kustomize refuses absolute paths.
	base, err := filepath.Rel(dir, filepath.Join(a.root, "config", "default"))
	if err != nil {
		return err
	}
	pin := "newTag: " + a.ref.Identifier()
	if a.pinned() {
		pin = "digest: " + a.digest.String()
	}
	content := fmt.Sprintf(kustomization, filepath.ToSlash(base), a.repository(), pin)
	if err := os.WriteFile(filepath.Join(dir, "kustomization.yaml"), []byte(content), 0o644); err != nil {
		return err
	}
	rendered, err := a.tool(ctx, "go.mod", "kustomize", "build", dir)
	if err != nil {
		return fmt.Errorf("cannot render config/default: %w", err)
	}
	if !bytes.Contains(rendered, []byte("image: "+a.repository())) {
		return fmt.Errorf("config/default has no container with the image usher, which becomes %s", a.repository())
	}
	return a.write("install.yaml", rendered)
}

// pinned reports whether manifests name the image by its digest. An image without a name that a registry can answer for is imported to
// nodes, which know it by its tag.
func (a *assets) pinned() bool { return a.name != "" }

// repository is the image's name in manifests.
func (a *assets) repository() string {
	if !a.pinned() {
		return "usher"
	}
	return a.ref.Context().Name()
}

// tool runs one of the pinned tools in the checkout and returns what it prints. The modfile says which version.
func (a *assets) tool(ctx context.Context, modfile, name string, args ...string) ([]byte, error) {
	command := exec.CommandContext(ctx, "go", append([]string{"tool", "-modfile=" + filepath.Join(a.tools, modfile), name}, args...)...)
	command.Dir = a.root
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w\n%s", name, err, stderr.Bytes())
	}
	return output, nil
}
