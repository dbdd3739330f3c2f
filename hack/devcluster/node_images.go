// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

const (
	// builtName is the name that the operator's image is built under, ownRepository where its name on the nodes begins.
	builtName     = "usher:dev"
	ownRepository = "docker.io/library/usher"
	shortDigest   = 12
)

// archive is the file of an image.
func (p paths) archive(image string) string {
	return filepath.Join(p.dev("images"), strings.NewReplacer("/", "_", ":", "_").Replace(image)+".tar")
}

func (p paths) usherImage() string { return filepath.Join(p.dev("images"), "usher-image") }

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// buildImage builds the operator's image the way that releases do, for this machine only.
func buildImage(ctx context.Context, p paths, out *console) error {
	out.say("building the operator's image")
	release := command(ctx, filepath.Join(p.root, "hack", "release"), "go", "run", ".", "image", "--dir="+p.root,
		"--dist="+p.dev("images"), "--name="+builtName, "--platforms=linux/"+runtime.GOARCH)
	release.Env = append(os.Environ(), buildEnv...)
	_, err := output(release)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// imageName returns the name of the operator's image on the nodes. It changes with the image, so that Deployments follow.
func imageName(p paths) (string, error) {
	content, err := os.ReadFile(filepath.Join(p.usherImage(), "index.json"))
	if err != nil {
		return "", err
	}
	var index struct {
		Manifests []struct {
			Digest string `json:"digest"`
		} `json:"manifests"`
	}
	if err := json.Unmarshal(content, &index); err != nil {
		return "", fmt.Errorf("%s: %w", p.usherImage(), err)
	}
	if len(index.Manifests) != 1 {
		return "", fmt.Errorf("%s has %d images, expected one", p.usherImage(), len(index.Manifests))
	}
	_, digest, _ := strings.Cut(index.Manifests[0].Digest, ":")
	return ownRepository + ":dev-" + digest[:min(shortDigest, len(digest))], nil
}

// ctr runs containerd's client on a node, through the node's own file system.
func (v *supervisor) ctr(ctx context.Context, node string, args ...string) (string, error) {
	pid, err := os.ReadFile(filepath.Join(v.paths.node(node), "pid"))
	if err != nil {
		return "", err
	}
	socket := filepath.Join("/proc", string(pid), "root", containerdSocket)
	args = append([]string{"--address=" + socket, "--namespace=k8s.io"}, args...)
	out, err := output(command(ctx, "/", v.paths.bin("ctr"), args...))
	return string(out), err
}

// ensureImage imports an image from an archive into a node, under its name, unless the node has it.
func (v *supervisor) ensureImage(ctx context.Context, node, archive, name, imported string) error {
	present, err := v.ctr(ctx, node, "images", "list", "--quiet", "name=="+name)
	if err != nil {
		return fmt.Errorf("%s: %w", node, err)
	}
	if strings.TrimSpace(present) != "" {
		return nil
	}
	v.out.say("importing %s into %s", name, node)
	if _, err := v.ctr(ctx, node, "images", "import", archive); err != nil {
		return fmt.Errorf("%s: %w", node, err)
	}
	if imported == name {
		return nil
	}
	if _, err := v.ctr(ctx, node, "images", "tag", "--force", imported, name); err != nil {
		return fmt.Errorf("%s: %w", node, err)
	}
	// The name in the archive would stay with this image when another one is imported.
	_, err = v.ctr(ctx, node, "images", "remove", imported)
	return err
}

// archivedName returns the name that an archive gives its image.
func archivedName(path string) (string, error) {
	const (
		indexFile  = "index.json"
		annotation = "io.containerd.image.name"
	)
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }()
	for archive := tar.NewReader(file); ; {
		entry, err := archive.Next()
		if err != nil {
			return "", fmt.Errorf("%s is no OCI archive: it has no %s: %w", path, indexFile, err)
		}
		if entry.Name != indexFile {
			continue
		}
		var index struct {
			Manifests []struct {
				Annotations map[string]string `json:"annotations"`
			} `json:"manifests"`
		}
		if err := json.NewDecoder(archive).Decode(&index); err != nil {
			return "", fmt.Errorf("%s: %s: %w", path, indexFile, err)
		}
		for _, manifest := range index.Manifests {
			if name := manifest.Annotations[annotation]; name != "" {
				return name, nil
			}
		}
		return "", fmt.Errorf("%s gives its image no name (%s)", path, annotation)
	}
}
