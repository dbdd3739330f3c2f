// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package workspace

import (
	"context"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/world"
)

var _ = Describe("ORG-26 People without an account whom a workspace names", func() {
	var (
		w         *world.World
		r         *Reconciler
		reported  chan string
		namespace string
		workspace *v1alpha1.Workspace
	)
	const sam = "sam@acme.example"
	BeforeEach(func(ctx context.Context) {
		w = world.Get()
		namespace = w.Namespace(ctx, "names")
		clients, _ := w.Clients(ctx)
		recorder := events.NewFakeRecorder(10)
		reported = recorder.Events
		r = New(clients.Client, clients.Cache, clients.API, recorder, Platform{}, 0, time.Now)
		workspace = builders.Workspace(namespace, "support").Obj()
		workspace.CreationTimestamp, workspace.Status.Namespace = metav1.Now(), namespace
	})
	pass := func(ctx context.Context) time.Duration {
		GinkgoHelper()
		before := workspace.DeepCopy()
		wait, err := r.reconcileMissingAccounts(ctx, &scope{
			workspace: workspace, organization: builders.Organization(namespace).Obj(),
			namespace: &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}},
		})
		Expect(err).NotTo(HaveOccurred())
		r.reportMissingAccounts(before, workspace)
		return wait
	}
	said := func() string {
		if c := meta.FindStatusCondition(workspace.Status.Conditions, v1alpha1.ConditionAccountsExist); c != nil {
			Expect(c.Status).To(Equal(metav1.ConditionFalse))
			return c.Message
		}
		return ""
	}
	bound := func(ctx context.Context, name string, labels map[string]string, users ...string) *rbacv1.RoleBinding {
		GinkgoHelper()
		b := &rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: labels},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "view"},
		}
		for _, user := range users {
			b.Subjects = append(b.Subjects, rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user})
		}
		Expect(w.Client.Create(ctx, b)).To(Succeed())
		return b
	}
	// leaving returns the change by which a removed user loses the workspace.
	leaving := func(user string) mapper.Change[*v1alpha1.OrgUser] {
		before := builders.OrgUser(namespace, "sam").Obj()
		before.Status.Username, before.Status.Workspaces = user, []v1alpha1.WorkspaceGrantStatus{{Name: "support"}}
		after := before.DeepCopy()
		after.DeletionTimestamp, after.Status.Workspaces = ptr.To(metav1.Now()), nil
		return mapper.Change[*v1alpha1.OrgUser]{Before: before, After: after}
	}

	It("are the members whose addresses no user has", func(ctx context.Context) {
		for _, email := range []string{sam, "eva@acme.example", "kim@acme.example"} {
			workspace.Spec.Members = append(workspace.Spec.Members, v1alpha1.WorkspaceMember{Email: v1alpha1.MemberAddress(email)})
		}
		workspace.Spec.Members = append(workspace.Spec.Members, v1alpha1.WorkspaceMember{Group: "night"})
		eva := builders.OrgUser(namespace, "eva").Email("EVA@acme.example").Obj()
		Expect(w.Client.Create(ctx, eva)).To(Succeed())
		Eventually(func() (bool, error) { return r.cache.HasEmail(ctx, namespace, "eva@acme.example") }).Should(BeTrue())
		Expect(pass(ctx)).To(BeZero())
		const message = "spec.members names addresses that no user has: sam@acme.example, kim@acme.example. The next user with such an address " +
			"gets that access: remove it there, unless the person is to join"
		Expect(said()).To(Equal(message))
		Expect(reported).To(Receive(Equal("Warning AccountMissing " + message)))
		pass(ctx)
		Expect(reported).To(BeEmpty(), "it is said already")
		workspace.Spec.Members = nil
		pass(ctx)
		Expect(said()).To(BeEmpty())
	})

	It("are removed users whom RoleBindings name that Usher did not create, until those are gone", func(ctx context.Context) {
		hand := bound(ctx, "hand", nil, "other@acme.example", sam)
		bound(ctx, "usher-sam-edit", map[string]string{v1alpha1.ManagedByLabel: v1alpha1.ManagedByValue}, sam)
		Expect(pass(ctx)).To(BeZero())
		Expect(said()).To(BeEmpty(), "nobody was removed")

		Expect(r.workspacesForRemoved(ctx, leaving(sam))).To(ConsistOf(client.ObjectKeyFromObject(workspace)))
		Expect(pass(ctx)).To(Equal(staleBindingsDelay))
		Expect(said()).To(Equal(`RoleBindings in namespace "` + namespace + `" that Usher did not create name users who were removed: hand (` + sam +
			"). Whoever has such a user name has their access: delete them, or take the user out"))
		Expect(workspace.Status.StaleBindings).To(HaveExactElements(v1alpha1.StaleBinding{Name: "hand", Username: sam}))
		Expect(reported).To(Receive(HavePrefix("Warning AccountMissing RoleBindings in namespace")))
		Expect(pass(ctx)).To(Equal(staleBindingsDelay), "it is there still")
		Expect(reported).To(BeEmpty())

		Expect(w.Client.Delete(ctx, hand)).To(Succeed())
		Expect(pass(ctx)).To(BeZero())
		Expect(said()).To(BeEmpty())
		Expect(workspace.Status.StaleBindings).To(BeEmpty())
	})

	It("are not those who lose the workspace and stay, nor whose user name somebody has again", func(ctx context.Context) {
		bound(ctx, "hand", nil, sam)
		stays := leaving(sam)
		stays.After.DeletionTimestamp = nil
		Expect(r.workspacesForRemoved(ctx, stays)).To(BeEmpty())
		pass(ctx)
		Expect(said()).To(BeEmpty())
		next := builders.OrgUser(namespace, "next").Username(sam).Obj()
		Expect(w.Client.Create(ctx, next)).To(Succeed())
		Eventually(func() (bool, error) { return r.cache.HasUsername(ctx, namespace, sam) }).Should(BeTrue())
		Expect(r.workspacesForRemoved(ctx, leaving(sam))).To(HaveLen(1))
		pass(ctx)
		Expect(said()).To(BeEmpty())
	})

	It("are looked for once users who are declared together with the workspace have arrived", func(ctx context.Context) {
		workspace.Spec.Members = []v1alpha1.WorkspaceMember{{Email: sam}}
		r.settleDelay = time.Hour
		Expect(pass(ctx)).To(BeNumerically("~", time.Hour, time.Minute))
		Expect(said()).To(BeEmpty())
	})

	It("are looked for when an account comes, goes or changes its address", func(ctx context.Context) {
		listing := builders.Workspace(namespace, "sales").Member(sam, v1alpha1.WorkspaceEdit).Obj()
		Expect(w.Client.Create(ctx, listing)).To(Succeed())
		Eventually(func() ([]*v1alpha1.Workspace, error) { return r.cache.WorkspacesByAddress(ctx, namespace, sam) }).Should(HaveLen(1))
		user := builders.OrgUser(namespace, "sam").Email("SAM@acme.example").Obj()
		moved, renamed := user.DeepCopy(), user.DeepCopy()
		moved.Spec.Email, renamed.Spec.DisplayName = "samuel@acme.example", "Sam"
		for what, c := range map[string]mapper.Change[*v1alpha1.OrgUser]{
			"comes": {After: user}, "goes": {Before: user}, "leaves the address": {Before: user, After: moved}, "takes it": {Before: moved, After: user},
		} {
			Expect(r.workspacesForAddress(ctx, c)).To(ConsistOf(client.ObjectKeyFromObject(listing)), what)
		}
		Expect(r.workspacesForAddress(ctx, mapper.Change[*v1alpha1.OrgUser]{Before: user, After: renamed})).To(BeEmpty())
		Expect(r.workspacesForAddress(ctx, mapper.Change[*v1alpha1.OrgUser]{After: user, Initial: true})).To(BeEmpty(), "each workspace has a pass")
	})
})
