// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"
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
	if err := pushSignature(r, ref.Context().Digest(digest.String()), options); err != nil {
		return err
	}
	_, err = fmt.Fprintf(r.out, "%s@%s\n", ref.Context(), digest)
	return err
}

// pushSignature attaches the signature of the image, if make release signed it, where cosign looks for it.
func pushSignature(r request, image name.Digest, options []remote.Option) error {
	content, signature, err := signatureOf(r, image)
	if err != nil || signature == nil {
		return err
	}
	signed, err := mutate.Append(mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON),
		mutate.Addendum{
			Layer:       static.NewLayer(content, "application/vnd.dev.cosign.simplesigning.v1+json"),
			Annotations: map[string]string{"dev.cosignproject.cosign/signature": string(signature)},
		})
	if err != nil {
		return err
	}
	tag := image.Tag(strings.Replace(image.DigestStr(), ":", "-", 1) + ".sig")
	if err := remote.Write(tag, signed, options...); err != nil {
		return fmt.Errorf("cannot push the signature to %s: %w", tag, err)
	}
	_, err = fmt.Fprintf(r.out, "%s\n", tag)
	return err
}

// signatureOf returns what was signed and the signature, from the version with this image.
func signatureOf(r request, image name.Digest) (content, signature []byte, err error) {
	paths, err := filepath.Glob(r.dist(filepath.Join("*", imagePayload)))
	if err != nil {
		return nil, nil, err
	}
	for _, path := range paths {
		if content, err = os.ReadFile(path); err != nil {
			return nil, nil, err
		}
		if bytes.Contains(content, []byte(image.DigestStr())) {
			signature, err = os.ReadFile(path + ".sig")
			return content, signature, err
		}
	}
	return nil, nil, nil
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
