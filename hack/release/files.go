// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// file is a file of the image.
type file struct {
	path    string
	mode    int64
	content []byte
}

// The user that the image runs as: the number that distroless images call nonroot.
const (
	users  = "root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n"
	groups = "root:x:0:\nnonroot:x:65532:\n"
)

// baseFiles returns what a static program expects around it: users, certificate authorities, time zones. All of it comes with Go or
// from its modules.
func baseFiles(ctx context.Context) ([]file, error) {
	zones, err := timeZones(ctx)
	if err != nil {
		return nil, err
	}
	return append([]file{
		{path: "etc/passwd", mode: 0o644, content: []byte(users)},
		{path: "etc/group", mode: 0o644, content: []byte(groups)},
		{path: "etc/ssl/certs/ca-certificates.crt", mode: 0o644, content: authorities()},
	}, zones...), nil
}

// programFile returns a program as the image's only executable.
func programFile(path string) (file, error) {
	content, err := os.ReadFile(path)
	return file{path: "usher", mode: 0o755, content: content}, err
}

// authorities returns Mozilla's certificate authorities, except those that may sign for some names or until some date only, which a
// PEM file cannot say.
func authorities() []byte {
	var encoded bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint == nil {
			_ = pem.Encode(&encoded, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate})
		}
	}
	return encoded.Bytes()
}

// timeZones returns the time zones that come with Go.
func timeZones(ctx context.Context) ([]file, error) {
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("cannot find Go's time zones: %w", err)
	}
	archive, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		return nil, fmt.Errorf("cannot read Go's time zones: %w", err)
	}
	defer func() { _ = archive.Close() }()
	var zones []file
	for _, entry := range archive.File {
		if entry.FileInfo().IsDir() {
			continue
		}
		content, err := read(entry)
		if err != nil {
			return nil, err
		}
		zones = append(zones, file{path: "usr/share/zoneinfo/" + entry.Name, mode: 0o644, content: content})
	}
	slices.SortFunc(zones, func(a, b file) int { return strings.Compare(a.path, b.path) })
	return zones, nil
}

func read(entry *zip.File) ([]byte, error) {
	reader, err := entry.Open()
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(reader)
	_ = reader.Close()
	return content, err
}
