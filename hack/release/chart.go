// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

// chart packages config/chart with the version, and with the image if it has a name in a registry.
func (a *assets) chart(ctx context.Context) error {
	work, err := os.MkdirTemp(a.dist(""), "chart-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }()
	chart := filepath.Join(work, "usher")
	if err := os.CopyFS(chart, os.DirFS(filepath.Join(a.root, "config", "chart"))); err != nil {
		return err
	}
	if a.pinned() {
		if err := pinImage(filepath.Join(chart, "values.yaml"), a.repository(), a.digest.String()); err != nil {
			return err
		}
	}
	number := strings.TrimPrefix(a.version, "v")
	if _, err := a.tool(ctx, "helm/go.mod", "helm", "package", chart,
		"--version="+number, "--app-version="+a.ref.Identifier(), "--destination="+work); err != nil {
		return fmt.Errorf("cannot package config/chart: %w", err)
	}
	name := "usher-" + number + ".tgz"
	packed, err := os.ReadFile(filepath.Join(work, name))
	if err != nil {
		return err
	}
	// Helm records when it packaged.
	files, err := unpacked(packed)
	if err != nil {
		return err
	}
	content, err := compressedTar(files, a.time)
	if err != nil {
		return err
	}
	return a.write(name, content)
}

// pinImage sets the image of a chart's values and leaves everything else of the file as it is.
func pinImage(path, repository, digest string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	lines := strings.Split(string(content), "\n")
	for key, value := range map[string]string{"repository": repository, "digest": digest} {
		node, err := valueAt(content, "image", key)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		line := &lines[node.Line-1]
		*line = (*line)[:node.Column-1] + value
	}
	return os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o644)
}

// valueAt returns the value that a path of keys leads to.
func valueAt(content []byte, keys ...string) (*yaml.Node, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(content, &document); err != nil {
		return nil, err
	}
	if len(document.Content) == 0 {
		return nil, errors.New("it is empty")
	}
	node := document.Content[0]
	for _, key := range keys {
		if node = valueOf(node, key); node == nil {
			return nil, fmt.Errorf("it has no %s", strings.Join(keys, "."))
		}
	}
	return node, nil
}

func valueOf(mapping *yaml.Node, key string) *yaml.Node {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i+1]
		}
	}
	return nil
}

// unpacked returns the files of a compressed tar archive in their order.
func unpacked(packed []byte) ([]file, error) {
	content, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	var files []file
	for archive := tar.NewReader(content); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			return nil, err
		}
		files = append(files, file{path: header.Name, mode: 0o644, content: text})
	}
}
