// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
)

// endingManager ends at once, when the certificate has been seen in its place.
type endingManager struct {
	ctrl.Manager
	certificate string
}

var errEnded = errors.New("ended")

// Start implements manager.Manager.
func (m endingManager) Start(context.Context) error {
	if _, err := os.Stat(m.certificate); err != nil {
		return err
	}
	return errEnded
}

var _ = Describe("The temporary directory with the webhooks' certificate", func() {
	It("is removed when the manager ends, with or without an error", func(ctx context.Context) {
		dir := filepath.Join(GinkgoT().TempDir(), "certificates")
		certificate := filepath.Join(dir, "tls.crt")
		Expect(os.MkdirAll(dir, 0o700)).To(Succeed())
		Expect(os.WriteFile(certificate, []byte("one"), 0o600)).To(Succeed())
		Expect(tidyManager{endingManager{certificate: certificate}, dir}.Start(ctx)).To(MatchError(errEnded))
		Expect(dir).NotTo(BeADirectory())
	})

	It("is removed when the manager cannot be created", func(ctx context.Context) {
		tmp := GinkgoT().TempDir()
		GinkgoT().Setenv("TMPDIR", tmp)
		o := options()
		_, err := NewManager(ctx, &rest.Config{Host: "https://127.0.0.1:1"}, o)
		Expect(err).To(MatchError(ContainSubstring("connection refused")))
		Expect(os.ReadDir(tmp)).To(BeEmpty())
	})
})
