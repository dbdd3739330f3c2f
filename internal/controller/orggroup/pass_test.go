// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orggroup

import (
	"context"
	"errors"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/directory"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/live"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/scim"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/matchers"
)

// serve returns a client with the indexes of the cache, and what was emitted over it.
func serve(ctx context.Context, funcs interceptor.Funcs, objects ...client.Object) client.WithWatch {
	GinkgoHelper()
	scheme := runtime.NewScheme()
	Expect(clientgoscheme.AddToScheme(scheme)).To(Succeed())
	Expect(v1alpha1.AddToScheme(scheme)).To(Succeed())
	b := fake.NewClientBuilder().WithScheme(scheme).WithStatusSubresource(&v1alpha1.OrgGroup{}).WithInterceptorFuncs(funcs).WithObjects(objects...)
	Expect(lookup.AddIndexes(ctx, builders.Indexer{ClientBuilder: b})).To(Succeed())
	return b.Build()
}

// over returns a reconciler whose cache is one client, and whose API server another.
func over(cache client.Client, api client.Client) *Reconciler {
	GinkgoHelper()
	oidc, err := effective.ParseIdentityGroups([]string{"oidc:"})
	Expect(err).NotTo(HaveOccurred())
	return New(api, lookup.New(cache, effective.IntakeDomains{}), lookup.NewAPIReader(api), events.NewFakeRecorder(10), live.Of(oidc), nil, 0, time.Now)
}

// pass makes a pass over a group, and returns it as it is then.
func pass(ctx context.Context, r *Reconciler, name string) (*v1alpha1.OrgGroup, error) {
	GinkgoHelper()
	g := &v1alpha1.OrgGroup{}
	Expect(r.client.Get(ctx, client.ObjectKey{Namespace: "acme", Name: name}, g)).To(Succeed())
	_, err := r.Reconcile(ctx, g)
	Expect(r.client.Get(ctx, client.ObjectKey{Namespace: "acme", Name: name}, g)).To(Succeed())
	return g, err
}

var _ = Describe("A pass over a group", func() {
	acme := builders.Organization("acme").Obj()
	group := func(name string) *v1alpha1.OrgGroup {
		g := builders.OrgGroup("acme", name).IdentityGroup("oidc:helpdesk").Obj()
		g.Finalizers = []string{v1alpha1.Finalizer}
		return g
	}

	It("DIR-5 goes on naming access that cannot be taken away, grants nothing new, and says what failed", func(ctx context.Context) {
		g := group("helpdesk")
		g.Status.IdentityGroup = "oidc:helpdesk"
		g.Status.Workspaces = []v1alpha1.GroupGrantStatus{{Name: "support", Access: v1alpha1.WorkspaceEdit}}
		had := &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{
			Namespace: "support", Name: "usher-group:helpdesk:edit", Labels: map[string]string{
				v1alpha1.ManagedByLabel: v1alpha1.ManagedByValue, v1alpha1.LabelOrganization: "acme", v1alpha1.LabelGroup: "helpdesk",
				v1alpha1.LabelWorkspace: "support",
			},
		}, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "edit"}}
		sales := builders.Workspace("acme", "sales").Group("helpdesk", v1alpha1.WorkspaceView).Obj()
		sales.Status.Namespace = "sales"
		fails := true
		c := serve(ctx, interceptor.Funcs{Delete: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.DeleteOption) error {
			if _, is := o.(*rbacv1.RoleBinding); is && fails {
				return apierrors.NewForbidden(schema.GroupResource{Resource: "rolebindings"}, o.GetName(), errors.New("a policy"))
			}
			return c.Delete(ctx, o, opts...)
		}}, acme, g, had, sales, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "sales"}})
		r := over(c, c)
		after, err := pass(ctx, r, "helpdesk")
		Expect(err).To(MatchError(ContainSubstring("a policy")))
		Expect(after.Status).To(And(HaveField("IdentityGroup", "oidc:helpdesk"), HaveField("Workspaces", Equal(g.Status.Workspaces))))
		Expect(after).To(matchers.HaveCondition(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonFailed))
		bindings := func() []string {
			GinkgoHelper()
			var list rbacv1.RoleBindingList
			Expect(c.List(ctx, &list)).To(Succeed())
			var names []string
			for _, b := range list.Items {
				names = append(names, b.Namespace+"/"+b.Name)
			}
			return names
		}
		Expect(bindings()).To(ConsistOf("support/usher-group:helpdesk:edit"))

		By("and follows when it can be")
		fails = false
		after, err = pass(ctx, r, "helpdesk")
		Expect(err).NotTo(HaveOccurred())
		Expect(after).To(matchers.HaveCondition(v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady))
		Expect(after.Status.Workspaces).To(ConsistOf(v1alpha1.GroupGrantStatus{Name: "sales", Access: v1alpha1.WorkspaceView}))
		Expect(bindings()).To(ConsistOf("sales/usher-group:helpdesk:view"))
	})

	It("DIR-5 stalls the younger of two groups with the same name for people, with everything else in force", func(ctx context.Context) {
		at := time.Date(2026, 11, 30, 10, 0, 0, 0, time.UTC)
		older, younger := group("a"), group("b")
		older.Spec.DisplayName, younger.Spec.DisplayName = "Helpdesk", "HELPDESK"
		older.CreationTimestamp, younger.CreationTimestamp = metav1.NewTime(at.Add(-time.Hour)), metav1.NewTime(at)
		support := builders.Workspace("acme", "support").Group("b", v1alpha1.WorkspaceEdit).Obj()
		support.Status.Namespace = "support"
		c := serve(ctx, interceptor.Funcs{}, acme, older, younger, support, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "support"}})
		r := over(c, c)
		after, err := pass(ctx, r, "b")
		Expect(err).NotTo(HaveOccurred())
		Expect(after).To(matchers.HaveCondition(v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonDuplicateDisplayName))
		Expect(after.Status.Conditions[0].Message).To(ContainSubstring(`is the name of OrgGroup "a" already`))
		Expect(after.Status.Workspaces).To(ConsistOf(v1alpha1.GroupGrantStatus{Name: "support", Access: v1alpha1.WorkspaceEdit}))
		Expect(pass(ctx, r, "a")).To(matchers.HaveCondition(v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonReady))
	})
})

// person returns the account of somebody whom the directory has sent.
func person(email string) *v1alpha1.OrgUser {
	GinkgoHelper()
	r, err := scim.Users().Decode(fmt.Appendf(nil, `{"userName": %q}`, email))
	Expect(err).NotTo(HaveOccurred())
	u, err := directory.New("acme", r, v1alpha1.OnboardingNone, time.Now())
	Expect(err).NotTo(HaveOccurred())
	return u
}

var _ = Describe("A group of a directory", func() {
	// sent returns a group with these people.
	sent := func(people ...*v1alpha1.OrgUser) *v1alpha1.OrgGroup {
		GinkgoHelper()
		var members []any
		addresses := map[string]string{}
		for _, u := range people {
			members, addresses[u.Name] = append(members, map[string]any{"value": u.Name}), string(u.Spec.Email)
		}
		r := scim.Resource{"displayName": "Helpdesk", "members": members}
		g, err := directory.NewGroup("acme", r, time.Now())
		Expect(err).NotTo(HaveOccurred())
		_, err = directory.ChangeGroup(g, r, addresses, time.Now())
		Expect(err).NotTo(HaveOccurred())
		g.Name = "helpdesk"
		return g
	}
	addresses := func(g *v1alpha1.OrgGroup, err error) []string {
		GinkgoHelper()
		Expect(err).NotTo(HaveOccurred())
		return effective.GroupMembers(g)
	}
	acme := builders.Organization("acme").Obj()

	It("DIR-6 follows the address of a member, and drops the former one once it is not in force", func(ctx context.Context) {
		ana, bea := person("ana@acme.example"), person("bea@acme.example")
		g := sent(ana, bea)
		Expect(directory.Follow(g, ana.Name, "ana.gil@acme.example")).To(BeTrue())
		ana.Spec.Email, ana.Status.Email = "ana.gil@acme.example", "ana@acme.example"
		c := serve(ctx, interceptor.Funcs{}, acme, g, ana, bea)
		r := over(c, c)
		Expect(addresses(pass(ctx, r, "helpdesk"))).To(Equal([]string{"ana@acme.example", "bea@acme.example", "ana.gil@acme.example"}),
			"the address is coming into force")
		ana.Status.Email = "ana.gil@acme.example"
		Expect(c.Update(ctx, ana)).To(Succeed())
		Expect(addresses(pass(ctx, r, "helpdesk"))).To(Equal([]string{"ana.gil@acme.example", "bea@acme.example"}))
		Expect(directory.Members(g)).To(ContainElement(directory.Member{Account: ana.Name, Address: "ana@acme.example"}))
	})

	It("DIR-6 follows an address that changed without having been in force", func(ctx context.Context) {
		ana := person("ana@acme.example")
		g := sent(ana)
		ana.Spec.Email = "ana.gil@acme.example"
		c := serve(ctx, interceptor.Funcs{}, acme, g, ana)
		Expect(addresses(pass(ctx, over(c, c), "helpdesk"))).To(Equal([]string{"ana.gil@acme.example"}))
	})

	It("DIR-6 drops who is gone, and not the next one's account with the address", func(ctx context.Context) {
		ana, bea := person("ana@acme.example"), person("bea@acme.example")
		other := builders.OrgUser("acme", "other").Email("ana@acme.example").Obj()
		c := serve(ctx, interceptor.Funcs{}, acme, sent(ana, bea), other, bea)
		Expect(addresses(pass(ctx, over(c, c), "helpdesk"))).To(Equal([]string{"bea@acme.example"}))
	})

	It("DIR-6 does not drop whom the cache does not show yet", func(ctx context.Context) {
		var people []*v1alpha1.OrgUser
		api := []client.Object{acme}
		for n := range 60 {
			u := person(fmt.Sprintf("p%d@acme.example", n))
			people, api = append(people, u), append(api, u)
		}
		for _, some := range [][]*v1alpha1.OrgUser{people[:3], people} {
			g := sent(some...)
			behind := serve(ctx, interceptor.Funcs{}, acme, g)
			r := over(behind, serve(ctx, interceptor.Funcs{}, append(api, g.DeepCopy())...))
			Expect(addresses(pass(ctx, r, "helpdesk"))).To(HaveLen(len(some)))
		}
	})

	It("DIR-6 is not overwritten when the directory changes it at the same time", func(ctx context.Context) {
		ana, bea, eva := person("ana@acme.example"), person("bea@acme.example"), person("eva@acme.example")
		g := sent(ana, bea)
		once := true
		c := serve(ctx, interceptor.Funcs{Patch: func(ctx context.Context, c client.WithWatch, o client.Object, p client.Patch, opts ...client.PatchOption) error {
			if changed, is := o.(*v1alpha1.OrgGroup); is && once {
				once = false
				now := &v1alpha1.OrgGroup{}
				Expect(c.Get(ctx, client.ObjectKeyFromObject(changed), now)).To(Succeed())
				r, err := directory.SentGroup(now)
				Expect(err).NotTo(HaveOccurred())
				r["members"] = append(r["members"].([]any), map[string]any{"value": eva.Name}) //nolint:forcetypeassert // a list
				Expect(directory.ChangeGroup(now, r, map[string]string{eva.Name: "eva@acme.example"}, time.Now())).To(BeTrue())
				Expect(c.Update(ctx, now)).To(Succeed())
			}
			return c.Patch(ctx, o, p, opts...)
		}}, acme, g, bea, eva)
		r := over(c, c)
		_, err := pass(ctx, r, "helpdesk")
		Expect(err).NotTo(HaveOccurred())
		Expect(addresses(pass(ctx, r, "helpdesk"))).To(Equal([]string{"bea@acme.example", "eva@acme.example"}))
	})

	It("DIR-3 leaves the addresses of a declared group alone", func(ctx context.Context) {
		g := builders.OrgGroup("acme", "helpdesk").Members("gone@acme.example").Obj()
		g.Finalizers = []string{v1alpha1.Finalizer}
		c := serve(ctx, interceptor.Funcs{}, acme, g)
		Expect(addresses(pass(ctx, over(c, c), "helpdesk"))).To(Equal([]string{"gone@acme.example"}))
	})

	It("DIR-6 says when its members cannot be read", func(ctx context.Context) {
		g := sent(person("ana@acme.example"))
		g.Annotations[v1alpha1.AnnotationDirectory] = "{"
		c := serve(ctx, interceptor.Funcs{}, acme, g)
		after, err := pass(ctx, over(c, c), "helpdesk")
		Expect(err).To(HaveOccurred())
		Expect(after).To(matchers.HaveCondition(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonFailed))
	})
})
