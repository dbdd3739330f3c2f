// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
)

// writeLayout replaces the OCI layout in a directory. Its only entry carries the name under which container runtimes import it.
func writeLayout(dir string, ref name.Reference, index v1.ImageIndex) error {
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	path, err := layout.Write(dir, empty.Index)
	if err != nil {
		return err
	}
	return path.AppendIndex(index, layout.WithAnnotations(map[string]string{
		"io.containerd.image.name":          importName(ref),
		"org.opencontainers.image.ref.name": ref.Identifier(),
	}))
}

// importName returns the name that container runtimes and the kubelet use for an image. The library names the default registry by its
// former host.
func importName(ref name.Reference) string {
	return strings.TrimPrefix(ref.Name(), "index.")
}

// archiveLayout packs a layout. The order of the files, their owner and time are always the same.
func archiveLayout(path, dir string) error {
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { _ = out.Close() }()
	archive := tar.NewWriter(out)
	// WalkDir goes in lexical order.
	err = filepath.WalkDir(dir, func(entry string, info os.DirEntry, err error) error {
		if err != nil || entry == dir {
			return err
		}
		return addEntry(archive, dir, entry, info.IsDir())
	})
	if err != nil {
		return err
	}
	if err := archive.Close(); err != nil {
		return err
	}
	return out.Close()
}

func addEntry(archive *tar.Writer, dir, entry string, isDir bool) error {
	name, err := filepath.Rel(dir, entry)
	if err != nil {
		return err
	}
	name = filepath.ToSlash(name)
	epoch := time.Unix(0, 0)
	if isDir {
		return archive.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: name + "/", Mode: 0o755, ModTime: epoch})
	}
	content, err := os.Open(entry)
	if err != nil {
		return err
	}
	defer func() { _ = content.Close() }()
	info, err := content.Stat()
	if err != nil {
		return err
	}
	header := &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: info.Size(), ModTime: epoch}
	if err := archive.WriteHeader(header); err != nil {
		return err
	}
	_, err = io.Copy(archive, content)
	return err
}
