// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/go-containerregistry/pkg/authn"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// push writes the image that was built to a registry, with the credentials of docker login or podman login.
func push(ctx context.Context, r request) error {
	ref, err := reference(r.name, source{})
	if err != nil {
		return err
	}
	index, err := builtIndex(r.dist("usher-image"))
	if err != nil {
		return err
	}
	options := []remote.Option{remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain)}
	if err := remote.WriteIndex(ref, index, options...); err != nil {
		return fmt.Errorf("cannot push to %s: %w", ref, err)
	}
	digest, err := index.Digest()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(r.out, "%s@%s\n", ref.Context(), digest)
	return err
}

// builtIndex returns the image in a layout.
func builtIndex(dir string) (v1.ImageIndex, error) {
	all, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		return nil, fmt.Errorf("there is no image to push; `make image` builds one: %w", err)
	}
	manifest, err := all.IndexManifest()
	if err != nil {
		return nil, err
	}
	if len(manifest.Manifests) != 1 {
		return nil, errors.New("the layout must have one image: build it again with `make image`")
	}
	return all.ImageIndex(manifest.Manifests[0].Digest)
}
