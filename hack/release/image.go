// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// imageArchive is the name of the image's OCI archive.
const imageArchive = "usher-image.tar"

// buildImage builds the image of what is checked out.
func buildImage(ctx context.Context, r request) error {
	started := time.Now()
	s, err := describe(ctx, r.root)
	if err != nil {
		return err
	}
	ref, err := reference(r.name, s)
	if err != nil {
		return err
	}
	index, err := makeImage(ctx, r, s, ref)
	if err != nil {
		return err
	}
	digest, err := index.Digest()
	if err != nil {
		return err
	}
	info, err := os.Stat(r.dist(imageArchive))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(r.out, "%s\n%s\n%s, %.1f MB, in %.1f s\n",
		ref, digest, r.dist(imageArchive), float64(info.Size())/1e6, time.Since(started).Seconds())
	return err
}

// makeImage builds the image of all platforms as a layout and an archive, with an SBOM for each platform.
func makeImage(ctx context.Context, r request, s source, ref name.Reference) (v1.ImageIndex, error) {
	platforms, err := parsePlatforms(r.platforms)
	if err != nil {
		return nil, err
	}
	base, err := baseFiles(ctx)
	if err != nil {
		return nil, err
	}
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, platform := range platforms {
		image, err := makePlatform(ctx, r, s, base, platform)
		if err != nil {
			return nil, err
		}
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: image, Descriptor: v1.Descriptor{Platform: platform}})
	}
	layout := strings.TrimSuffix(r.dist(imageArchive), ".tar")
	if err := writeLayout(layout, ref, index); err != nil {
		return nil, err
	}
	return index, archiveLayout(r.dist(imageArchive), layout)
}

// makePlatform builds the image of one platform and writes its SBOM.
func makePlatform(ctx context.Context, r request, s source, base []file, platform *v1.Platform) (v1.Image, error) {
	path, err := operator.build(ctx, r, s, platform)
	if err != nil {
		return nil, err
	}
	executable, err := programFile(path)
	if err != nil {
		return nil, err
	}
	image, err := newImage(s, platform, base, executable)
	if err != nil {
		return nil, err
	}
	return image, writeImageSBOM(r.dist(imageSBOM(platform)), s, image, path)
}

// reference returns the image's name, by default usher with the version as the tag.
func reference(text string, s source) (name.Reference, error) {
	if text == "" {
		text = "usher:" + s.version
	}
	ref, err := name.ParseReference(text)
	if err != nil {
		return nil, fmt.Errorf("image name %q must be REGISTRY/REPOSITORY:TAG: %w", text, err)
	}
	return ref, nil
}

// newImage returns the image of one platform. The files that change least are the first layer.
func newImage(s source, platform *v1.Platform, base []file, program file) (v1.Image, error) {
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	for _, files := range [][]file{base, {program}} {
		packed, err := layer(files, s.time)
		if err != nil {
			return nil, err
		}
		added := mutate.Addendum{Layer: packed, History: v1.History{Created: v1.Time{Time: s.time}, CreatedBy: "make image"}}
		if image, err = mutate.Append(image, added); err != nil {
			return nil, err
		}
	}
	return mutate.ConfigFile(image, imageConfig(s, platform, image))
}

func imageConfig(s source, platform *v1.Platform, image v1.Image) *v1.ConfigFile {
	config, _ := image.ConfigFile() // of an image in memory
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Variant = platform.OS, platform.Architecture, platform.Variant
	config.Created = v1.Time{Time: s.time}
	config.Config = v1.Config{
		User:       "65532:65532",
		WorkingDir: "/",
		Entrypoint: []string{"/usher"},
		Labels: map[string]string{
			"org.opencontainers.image.title":    "Usher",
			"org.opencontainers.image.licenses": "Apache-2.0",
			"org.opencontainers.image.source":   "https://github.com/usher-operator/usher",
			"org.opencontainers.image.version":  s.version,
			"org.opencontainers.image.revision": s.revision,
			"org.opencontainers.image.created":  s.time.Format(time.RFC3339),
		},
	}
	return config
}
