// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package identity_test

import (
	"context"
	"errors"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/identity"
)

// memory is a provider with one account at most. It notes the calls.
type memory struct {
	id    string
	calls []string
	fails map[string]error
}

func (m *memory) call(name string) error {
	m.calls = append(m.calls, name)
	return m.fails[name]
}

func (m *memory) Create(_ context.Context, a identity.Account, _ identity.Hash) error {
	if m.id != "" {
		return errors.Join(m.call("create"), identity.ErrExists)
	}
	m.id = a.ID
	return m.call("create")
}

func (m *memory) SetPassword(context.Context, string, identity.Hash) error {
	if m.id == "" {
		return errors.Join(m.call("set"), identity.ErrNotFound)
	}
	return m.call("set")
}

func (m *memory) Find(context.Context, string) (string, error) { return m.id, m.call("find") }

func (m *memory) Delete(context.Context, string) error {
	m.id = ""
	return m.call("delete")
}

func (m *memory) RevokeSessions(context.Context, string, time.Time) error { return m.call("revoke") }

var _ = Describe("Setting a password", func() {
	nora := identity.Account{Address: "nora@acme.example", ID: "1", Name: "Nora"}
	set := func(ctx context.Context, m *memory, exists bool) error {
		return identity.Set(ctx, m, nora, exists, identity.Hash{})
	}

	It("SIG-2 creates the account of a person who has none", func(ctx SpecContext) {
		m := &memory{}
		Expect(set(ctx, m, false)).To(Succeed())
		Expect(m.calls).To(Equal([]string{"create"}))
	})

	It("SIG-2 changes the account that an interrupted attempt has created", func(ctx SpecContext) {
		m := &memory{id: "1"}
		Expect(set(ctx, m, false)).To(Succeed())
		Expect(m.calls).To(Equal([]string{"create", "find", "set", "revoke"}))
	})

	It("SIG-2 leaves an account alone that is somebody else's", func(ctx SpecContext) {
		m := &memory{id: "2"}
		Expect(set(ctx, m, false)).To(MatchError(identity.ErrExists))
		Expect(m.calls).To(Equal([]string{"create", "find"}))
	})

	It("SIG-2 ends the sessions of an account whose password changes", func(ctx SpecContext) {
		m := &memory{id: "1"}
		Expect(set(ctx, m, true)).To(Succeed())
		Expect(m.calls).To(Equal([]string{"set", "revoke"}))
	})

	It("SIG-2 creates the account again that was deleted at the provider", func(ctx SpecContext) {
		m := &memory{}
		Expect(set(ctx, m, true)).To(Succeed())
		Expect(m.calls).To(Equal([]string{"set", "create"}))
	})

	It("SIG-2 fails when the sessions do not end", func(ctx SpecContext) {
		broken := errors.New("no answer")
		m := &memory{id: "1", fails: map[string]error{"revoke": broken}}
		Expect(set(ctx, m, true)).To(MatchError(broken))
	})
})
