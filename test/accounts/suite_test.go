// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package accounts tests people's accounts with a password at a real Dex, from the invitation to the sign-in, and how they end. Portal and
// controllers run apart, each with its own rights.
package accounts

import (
	"context"
	"io"
	"strings"
	"sync"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/identity"
	"github.com/usher-operator/usher/internal/setup"
	"github.com/usher-operator/usher/internal/testing/dex"
	"github.com/usher-operator/usher/internal/testing/mailbox"
	"github.com/usher-operator/usher/internal/testing/operator"
	"github.com/usher-operator/usher/internal/testing/suite"
	"github.com/usher-operator/usher/internal/testing/testenv"
)

var (
	env      *testenv.Env
	box      *mailbox.Mailbox
	usher    *operator.Operator
	provider *dex.Server
	// log is everything that the operator has logged.
	log = &record{}
)

func TestAccounts(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Accounts with a password")
}

var _ = BeforeSuite(func(ctx context.Context) {
	s := suite.Start(GinkgoTB(), io.MultiWriter(GinkgoWriter, log))
	env, box = s.Env, s.Mailbox
	var err error
	provider, err = dex.Start(ctx, GinkgoT().TempDir(), dex.Options{EtcdURL: env.EtcdURL()})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(provider.Stop()).To(Succeed()) })
	usher = s.StartOperator(ctx, func(o *setup.Options) {
		o.Accounts = identity.Options{
			Address: provider.GRPCAddress, MinLength: 12, HashCost: 10,
			TLS: identity.TLS{CertFile: provider.CertFile, KeyFile: provider.KeyFile, CAFile: provider.CAFile},
		}
	})
})

// record keeps what is written to it.
type record struct {
	mu   sync.Mutex
	text strings.Builder
}

func (r *record) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

func (r *record) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}
