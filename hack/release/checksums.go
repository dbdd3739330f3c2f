// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
)

const (
	// checksumsFile is the name of the file that sha256sum -c reads.
	checksumsFile = "SHA256SUMS"
	// signatureFile is the name of the file with its signature.
	signatureFile = checksumsFile + ".sigstore.json"
)

// checksums writes the checksums of all other files, and their signature if there is a key.
func (a *assets) checksums(context.Context) error {
	entries, err := os.ReadDir(a.dir)
	if err != nil {
		return err
	}
	var sums bytes.Buffer
	for _, entry := range entries {
		content, err := os.ReadFile(a.path(entry.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(content), entry.Name())
	}
	if err := a.write(checksumsFile, sums.Bytes()); err != nil {
		return err
	}
	if a.signer == nil {
		return nil
	}
	signature, err := a.signer.bundle(sums.Bytes())
	if err != nil {
		return err
	}
	return a.write(signatureFile, signature)
}
