// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/directory"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/scim"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("A change of address by a directory", func() {
	const from, to = "ana@acme.example", "ana.gil@acme.example"
	var ana *v1alpha1.OrgUser
	var group *v1alpha1.OrgGroup
	BeforeEach(func() {
		r, err := scim.Users().Decode(fmt.Appendf(nil, `{"userName": %q}`, from))
		Expect(err).NotTo(HaveOccurred())
		ana, err = directory.New("acme", r, v1alpha1.OnboardingNone, time.Now())
		Expect(err).NotTo(HaveOccurred())
		ana.UID = "7d6c9a52-5f0e-4a34-9d5f-0b5b6b1f6c01"
		ana.Spec.Email = to
		ana.Status = v1alpha1.OrgUserStatus{State: v1alpha1.UserActive, Email: from, Username: from}

		sent := scim.Resource{"displayName": "Helpdesk", "members": []any{map[string]any{"value": ana.Name}}}
		group, err = directory.NewGroup("acme", sent, time.Now())
		Expect(err).NotTo(HaveOccurred())
		Expect(directory.ChangeGroup(group, sent, map[string]string{ana.Name: from}, time.Now())).To(BeTrue())
		group.Name = "helpdesk"
	})

	// pass makes a pass over the address, with a cache and an API server, and returns the address in force then.
	pass := func(ctx context.Context, cache, api client.Client) string {
		GinkgoHelper()
		r := overFake(cache)
		r.client = api
		u := &v1alpha1.OrgUser{}
		Expect(api.Get(ctx, client.ObjectKeyFromObject(ana), u)).To(Succeed())
		s := &scope{before: u.DeepCopy(), user: u, facts: effective.UserFacts{User: u, Organization: builders.Organization("acme").Obj()}}
		Expect(r.reconcileEmail(ctx, s)).To(MatchError(errPostponed))
		Expect(api.Get(ctx, client.ObjectKeyFromObject(ana), u)).To(Succeed())
		return u.Status.Email
	}
	listed := func(ctx context.Context, c client.Client, name string) []string {
		GinkgoHelper()
		g := &v1alpha1.OrgGroup{}
		Expect(c.Get(ctx, client.ObjectKey{Namespace: "acme", Name: name}, g)).To(Succeed())
		return effective.GroupMembers(g)
	}

	It("DIR-6 comes into force when the cache shows it in the directory's groups, so that they are never lost", func(ctx context.Context) {
		api := fakeClient(ctx, interceptor.Funcs{}, ana, group)
		behind := fakeClient(ctx, interceptor.Funcs{}, ana.DeepCopy(), group.DeepCopy())
		Expect(pass(ctx, behind, api)).To(Equal(from), "the groups come first")
		Expect(listed(ctx, api, "helpdesk")).To(Equal([]string{from, to}))
		Expect(pass(ctx, behind, api)).To(Equal(from), "the cache does not show them yet; another pass does no harm")
		Expect(pass(ctx, api, api)).To(Equal(to))
		Expect(listed(ctx, api, "helpdesk")).To(Equal([]string{from, to}), "until the group's own pass")
	})

	It("DIR-3 comes into force at once where declared groups list the address, which stay as they are", func(ctx context.Context) {
		declared := builders.OrgGroup("acme", "declared").Members(from).Obj()
		c := fakeClient(ctx, interceptor.Funcs{}, ana, declared)
		Expect(pass(ctx, c, c)).To(Equal(to))
		Expect(listed(ctx, c, "declared")).To(Equal([]string{from}))
	})

	It("DIR-6 does not follow in a group whose member is another account that had the address", func(ctx context.Context) {
		bea := ana.DeepCopy()
		bea.Name, bea.UID = "bea", "b"
		c := fakeClient(ctx, interceptor.Funcs{}, bea, group)
		ana.Name = "bea"
		Expect(pass(ctx, c, c)).To(Equal(to))
		Expect(listed(ctx, c, "helpdesk")).To(Equal([]string{from}))
	})
})
