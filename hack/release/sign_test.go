// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"crypto"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	bundle "github.com/sigstore/protobuf-specs/gen/pb-go/bundle/v1"
	"github.com/sigstore/sigstore/pkg/cryptoutils"
	"github.com/sigstore/sigstore/pkg/signature"
	"google.golang.org/protobuf/encoding/protojson"
)

// signingKey is a pair of keys as cosign generate-key-pair makes it.
type signingKey struct {
	path   string
	public []byte
}

func newKey(password string) signingKey {
	GinkgoHelper()
	private, public, err := cryptoutils.GeneratePEMEncodedECDSAKeyPair(elliptic.P256(), cryptoutils.StaticPasswordFunc([]byte(password)))
	Expect(err).NotTo(HaveOccurred())
	Expect(string(private)).To(HavePrefix("-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----"))
	path := filepath.Join(GinkgoT().TempDir(), "cosign.key")
	Expect(os.WriteFile(path, private, 0o600)).To(Succeed())
	return signingKey{path, public}
}

// check verifies a signature as cosign verify-blob --key does.
func (k signingKey) check(content, signed []byte) error {
	GinkgoHelper()
	public, err := cryptoutils.UnmarshalPEMToPublicKey(k.public)
	Expect(err).NotTo(HaveOccurred())
	verifier, err := signature.LoadVerifier(public, crypto.SHA256)
	Expect(err).NotTo(HaveOccurred())
	return verifier.VerifySignature(bytes.NewReader(signed), bytes.NewReader(content))
}

func (k signingKey) verify(content, signed []byte) {
	GinkgoHelper()
	Expect(k.check(content, signed)).To(Succeed())
	Expect(k.check(append([]byte("x"), content...), signed)).NotTo(Succeed())
}

func decoded(text string) []byte {
	GinkgoHelper()
	content, err := base64.StdEncoding.DecodeString(text)
	Expect(err).NotTo(HaveOccurred())
	return content
}

// unbundled returns the signature in a bundle.
func unbundled(content []byte) []byte {
	GinkgoHelper()
	var read bundle.Bundle
	Expect(protojson.Unmarshal(content, &read)).To(Succeed())
	Expect(read.GetMediaType()).To(Equal(bundleType))
	Expect(decoded(read.GetVerificationMaterial().GetPublicKey().GetHint())).To(HaveLen(sha256.Size))
	return read.GetMessageSignature().GetSignature()
}

// environment looks up variables.
func environment(variables map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, found := variables[name]
		return value, found
	}
}

var _ = Describe("OPS-2 a signature", func() {
	It("is the same each time", func() {
		s, err := signerOf(environment(map[string]string{"COSIGN_KEY": newKey("").path, "COSIGN_PASSWORD": ""}))
		Expect(err).NotTo(HaveOccurred())
		first, err := s.bundle([]byte("content"))
		Expect(err).NotTo(HaveOccurred())
		Expect(s.bundle([]byte("content"))).To(Equal(first))
	})

	It("is not made without a key", func() {
		Expect(signerOf(environment(nil))).To(BeNil())
	})

	It("is not made with a key that cannot be read, and says why", func() {
		key := newKey("secret").path
		_, err := signerOf(environment(map[string]string{"COSIGN_KEY": key}))
		Expect(err).To(MatchError("COSIGN_PASSWORD is not set: set it to the password of the key in COSIGN_KEY"))
		_, err = signerOf(environment(map[string]string{"COSIGN_KEY": key, "COSIGN_PASSWORD": "wrong"}))
		Expect(err).To(MatchError(ContainSubstring("cannot read the key " + key + " with COSIGN_PASSWORD")))
		_, err = signerOf(environment(map[string]string{"COSIGN_KEY": key + ".lost", "COSIGN_PASSWORD": ""}))
		Expect(err).To(MatchError(ContainSubstring("COSIGN_KEY must name the file of a key")))
	})

	It("of an image is pushed with it, where cosign verify looks for it", func() {
		server := httptest.NewServer(registry.New(registry.Logger(log.New(GinkgoWriter, "", 0))))
		DeferCleanup(server.Close)
		key := newKey("secret")
		s, err := signerOf(environment(map[string]string{"COSIGN_KEY": key.path, "COSIGN_PASSWORD": "secret"}))
		Expect(err).NotTo(HaveOccurred())
		r := request{root: GinkgoT().TempDir(), out: GinkgoWriter}
		target := strings.TrimPrefix(server.URL, "http://") + "/acme/usher:v1.2.3"
		r.name = target
		a := &assets{request: r, dir: r.dist("v1.2.3"), signer: s}
		Expect(os.MkdirAll(a.dir, 0o755)).To(Succeed())
		index := sampleIndex("hello")
		Expect(writeLayout(r.dist("usher-image"), testRef, index)).To(Succeed())
		a.digest, err = index.Digest()
		Expect(err).NotTo(HaveOccurred())
		a.ref, err = name.ParseReference(target)
		Expect(err).NotTo(HaveOccurred())
		Expect(a.signImage(GinkgoT().Context())).To(Succeed())

		Expect(push(GinkgoT().Context(), r)).To(Succeed())
		found, err := name.ParseReference(a.ref.Context().Name() + ":sha256-" + a.digest.Hex + ".sig")
		Expect(err).NotTo(HaveOccurred())
		image, err := remote.Image(found)
		Expect(err).NotTo(HaveOccurred())
		manifest, err := image.Manifest()
		Expect(err).NotTo(HaveOccurred())
		Expect(manifest.Layers).To(HaveLen(1))
		Expect(manifest.Layers[0].MediaType).To(BeEquivalentTo("application/vnd.dev.cosign.simplesigning.v1+json"))
		content, err := os.ReadFile(a.path(imagePayload))
		Expect(err).NotTo(HaveOccurred())
		key.verify(content, decoded(manifest.Layers[0].Annotations["dev.cosignproject.cosign/signature"]))

		By("pushing another image")
		other := sampleIndex("other")
		Expect(writeLayout(r.dist("usher-image"), testRef, other)).To(Succeed())
		Expect(push(GinkgoT().Context(), r)).To(Succeed())
		digest, err := other.Digest()
		Expect(err).NotTo(HaveOccurred())
		_, err = remote.Image(a.ref.Context().Tag("sha256-" + digest.Hex + ".sig"))
		Expect(err).To(MatchError(ContainSubstring("MANIFEST_UNKNOWN")))
	})
})
