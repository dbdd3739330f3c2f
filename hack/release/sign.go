// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	bundle "github.com/sigstore/protobuf-specs/gen/pb-go/bundle/v1"
	common "github.com/sigstore/protobuf-specs/gen/pb-go/common/v1"
	"github.com/sigstore/sigstore/pkg/cryptoutils"
	"github.com/sigstore/sigstore/pkg/signature/payload"
	"google.golang.org/protobuf/encoding/protojson"
)

// imagePayload is what the signature of the image covers: its name and digest, in the format of cosign.
const imagePayload = "usher-image.payload.json"

// bundleType is the format of the checksums' signature.
const bundleType = "application/vnd.dev.sigstore.bundle.v0.3+json"

// signer signs as cosign sign-blob does with a key.
type signer struct{ key *ecdsa.PrivateKey }

// signerOf reads the key that COSIGN_KEY names, of cosign generate-key-pair, with the password COSIGN_PASSWORD. The result is nil if it
// names none.
func signerOf(lookup func(string) (string, bool)) (*signer, error) {
	path, _ := lookup("COSIGN_KEY")
	if path == "" {
		return nil, nil //nolint:nilnil // no key is no error
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("COSIGN_KEY must name the file of a key: %w", err)
	}
	password, given := lookup("COSIGN_PASSWORD")
	if !given {
		return nil, errors.New("COSIGN_PASSWORD is not set: set it to the password of the key in COSIGN_KEY")
	}
	loaded, err := cryptoutils.UnmarshalPEMToPrivateKey(content, cryptoutils.StaticPasswordFunc([]byte(password)))
	if err != nil {
		return nil, fmt.Errorf("cannot read the key %s with COSIGN_PASSWORD: %w", path, err)
	}
	key, ok := loaded.(*ecdsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("the key %s is a %T: make one with cosign generate-key-pair", path, loaded)
	}
	return &signer{key}, nil
}

// sign returns a signature of the content, and the digest that it is of. Without a source of randomness it is always the same (RFC 6979).
func (s *signer) sign(content []byte) (signature, digest []byte, err error) {
	sum := sha256.Sum256(content)
	if signature, err = s.key.Sign(nil, sum[:], crypto.SHA256); err != nil {
		return nil, nil, fmt.Errorf("cannot sign: %w", err)
	}
	return signature, sum[:], nil
}

// bundle returns a signature of the content as a file that says how it was made, which cosign verify-blob reads.
func (s *signer) bundle(content []byte) ([]byte, error) {
	signature, digest, err := s.sign(content)
	if err != nil {
		return nil, err
	}
	public, err := x509.MarshalPKIXPublicKey(s.key.Public())
	if err != nil {
		return nil, err
	}
	hint := sha256.Sum256(public)
	encoded, err := protojson.Marshal(&bundle.Bundle{
		MediaType: bundleType,
		VerificationMaterial: &bundle.VerificationMaterial{Content: &bundle.VerificationMaterial_PublicKey{
			PublicKey: &common.PublicKeyIdentifier{Hint: base64.StdEncoding.EncodeToString(hint[:])},
		}},
		Content: &bundle.Bundle_MessageSignature{MessageSignature: &common.MessageSignature{
			MessageDigest: &common.HashOutput{Algorithm: common.HashAlgorithm_SHA2_256, Digest: digest},
			Signature:     signature,
		}},
	})
	if err != nil {
		return nil, err
	}
	// The encoder's spaces differ from build to build.
	var compact bytes.Buffer
	err = json.Compact(&compact, encoded)
	return compact.Bytes(), err
}

// signImage writes what make push attaches to the image, and the public key.
func (a *assets) signImage(context.Context) error {
	if a.signer == nil {
		return nil
	}
	public, err := cryptoutils.MarshalPublicKeyToPEM(a.signer.key.Public())
	if err != nil {
		return err
	}
	if err := a.write("cosign.pub", public); err != nil {
		return err
	}
	content, err := payload.Cosign{Image: a.ref.Context().Digest(a.digest.String())}.MarshalJSON()
	if err != nil {
		return err
	}
	if err := a.write(imagePayload, content); err != nil {
		return err
	}
	signature, _, err := a.signer.sign(content)
	if err != nil {
		return err
	}
	return a.write(imagePayload+".sig", []byte(base64.StdEncoding.EncodeToString(signature)))
}
