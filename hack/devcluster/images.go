// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// The images of the cluster itself hold one static program each. Nothing is pulled.
const imagePrefix = "usher.invalid/devcluster/"

// programImage is the name of the image of a program that is built here. The version is that of everything it depends on.
func programImage(list []component, program string) string {
	for _, c := range list {
		if c.name == program {
			return imagePrefix + program + ":" + filepath.Base(c.cache)
		}
	}
	return ""
}

func pauseImage(list []component) string { return programImage(list, "pause") }
func dnsImage(list []component) string   { return programImage(list, "dns") }

// probeImage has a program for tests, which tries the network from within a pod.
func probeImage(list []component) string { return programImage(list, "probe") }

func ownImages(list []component) []string {
	return []string{pauseImage(list), dnsImage(list), probeImage(list)}
}

// writeProgramImage writes an archive of an image that has one program and runs it as nobody in particular.
func writeProgramImage(archive, image, program string) error {
	ref, err := name.NewTag(image)
	if err != nil {
		return err
	}
	packed, err := packProgram(program)
	if err != nil {
		return err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(packed)), nil })
	if err != nil {
		return err
	}
	built, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		return err
	}
	config, err := built.ConfigFile()
	if err != nil {
		return err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = runtime.GOOS, runtime.GOARCH
	config.Config = v1.Config{User: "65535:65535", WorkingDir: "/", Entrypoint: []string{"/" + filepath.Base(program)}}
	if built, err = mutate.ConfigFile(built, config); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(archive), 0o700); err != nil {
		return err
	}
	return tarball.WriteToFile(archive, ref, built)
}

func packProgram(program string) ([]byte, error) {
	content, err := os.ReadFile(program)
	if err != nil {
		return nil, err
	}
	var packed bytes.Buffer
	archive := tar.NewWriter(&packed)
	header := &tar.Header{Typeflag: tar.TypeReg, Name: filepath.Base(program), Mode: 0o755, Size: int64(len(content))}
	if err := archive.WriteHeader(header); err != nil {
		return nil, err
	}
	if _, err := archive.Write(content); err != nil {
		return nil, err
	}
	err = archive.Close()
	return packed.Bytes(), err
}
