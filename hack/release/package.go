// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// archives builds each program for each platform, and writes an archive and an SBOM of each.
func (a *assets) archives(ctx context.Context) error {
	license, err := os.ReadFile(filepath.Join(a.root, "LICENSE"))
	if err != nil {
		return err
	}
	for _, p := range a.programs {
		for _, platform := range a.machines {
			if err := a.archive(ctx, p, platform, license); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *assets) archive(ctx context.Context, p program, platform *v1.Platform, license []byte) error {
	path, err := p.build(ctx, a.request, a.source, platform)
	if err != nil {
		return err
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	files := []file{
		{path: "LICENSE", mode: 0o644, content: license},
		{path: p.fileName(platform), mode: 0o755, content: content},
	}
	completion, err := p.completion(a.root, platform)
	if err != nil {
		return err
	}
	packed, err := packedFor(platform, append(files, completion...), a.time)
	if err != nil {
		return err
	}
	if err := a.write(archiveName(p, platform), packed); err != nil {
		return err
	}
	return writeProgramSBOM(a.path(baseName(p, platform)+".cdx.json"), a.source, p, path)
}

// completion returns the file that kubectl runs to complete the words after the plugin's name. Windows finds it by its extension.
func (p program) completion(root string, platform *v1.Platform) ([]file, error) {
	if p.name != plugin {
		return nil, nil
	}
	name := pluginCompletion
	if platform.OS == "windows" {
		name += ".cmd"
	}
	content, err := os.ReadFile(filepath.Join(root, p.folder, name))
	return []file{{path: name, mode: 0o755, content: content}}, err
}

func baseName(p program, platform *v1.Platform) string {
	return p.name + "-" + platform.OS + "-" + platform.Architecture
}

// archiveName has no version in it, so that one URL leads to the newest release's.
func archiveName(p program, platform *v1.Platform) string {
	if platform.OS == "windows" {
		return baseName(p, platform) + ".zip"
	}
	return baseName(p, platform) + ".tar.gz"
}

// packedFor packs files as people of a platform unpack them.
func packedFor(platform *v1.Platform, files []file, at time.Time) ([]byte, error) {
	if platform.OS == "windows" {
		return zipped(files, at)
	}
	return compressedTar(files, at)
}

// compressedTar returns a compressed tar archive. Nothing in it depends on when and where it is made.
func compressedTar(files []file, at time.Time) ([]byte, error) {
	packed, err := pack(files, at)
	if err != nil {
		return nil, err
	}
	var content bytes.Buffer
	compressor := gzip.NewWriter(&content)
	if _, err := compressor.Write(packed); err != nil {
		return nil, err
	}
	err = compressor.Close()
	return content.Bytes(), err
}

func zipped(files []file, at time.Time) ([]byte, error) {
	var content bytes.Buffer
	archive := zip.NewWriter(&content)
	for _, f := range files {
		header := &zip.FileHeader{Name: f.path, Method: zip.Deflate, Modified: at}
		header.SetMode(fs.FileMode(f.mode))
		entry, err := archive.CreateHeader(header)
		if err != nil {
			return nil, err
		}
		if _, err := entry.Write(f.content); err != nil {
			return nil, err
		}
	}
	err := archive.Close()
	return content.Bytes(), err
}
