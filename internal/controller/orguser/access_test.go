// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"
	"errors"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/rolebinding"
	"github.com/usher-operator/usher/internal/status"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/matchers"
)

// steps records what a reconciler writes, in order, and lets giving a binding fail.
type steps struct {
	taken []string
	fails func() error
}

func (s *steps) funcs() interceptor.Funcs {
	return interceptor.Funcs{
		Apply: func(_ context.Context, _ client.WithWatch, _ runtime.ApplyConfiguration, _ ...client.ApplyOption) error {
			if s.fails != nil {
				if err := s.fails(); err != nil {
					return err
				}
			}
			s.taken = append(s.taken, "give")
			return nil
		},
		Delete: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.DeleteOption) error {
			s.taken = append(s.taken, "take "+o.GetName())
			return c.Delete(ctx, o, opts...)
		},
		SubResourcePatch: func(ctx context.Context, c client.Client, sub string, o client.Object, p client.Patch,
			opts ...client.SubResourcePatchOption,
		) error {
			u, _ := o.(*v1alpha1.OrgUser)
			reason := ""
			for _, condition := range u.Status.Conditions {
				if condition.Type == v1alpha1.ConditionReady {
					reason = string(condition.Status) + " " + condition.Reason
				}
			}
			s.taken = append(s.taken, "status "+reason)
			return c.SubResource(sub).Patch(ctx, o, p, opts...)
		},
	}
}

var _ = Describe("Access is brought about", func() {
	const view, edit = v1alpha1.WorkspaceView, v1alpha1.WorkspaceEdit
	luis := builders.OrgUser("acme", "luis").Existing()
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "rolebindings"}, "x", errors.New("not held"))

	// pass makes a pass over luis, who had access to support and whose status said so, and gives its steps.
	pass := func(ctx context.Context, steady bool, now []*v1alpha1.Workspace, named map[string][]v1alpha1.GrantOrigin, s *steps,
	) (*v1alpha1.OrgUser, error) {
		GinkgoHelper()
		u := luis.Obj()
		u.Generation = 2
		u.Status = v1alpha1.OrgUserStatus{
			State: v1alpha1.UserActive, Role: v1alpha1.RoleMember, Username: string(u.Spec.Email), LastActive: "2026-11-21T12:00:00Z",
			DisplayName: effective.DisplayNameOf(u, nil), ObservedGeneration: 1,
			Workspaces: []v1alpha1.WorkspaceGrantStatus{{
				Name: "support", Access: view, Origins: []v1alpha1.GrantOrigin{{Source: v1alpha1.GrantedByMember, Access: view}},
			}},
		}
		if steady {
			u.Status.ObservedGeneration = 2
		}
		status.Ready(u, v1alpha1.ReasonReady, "the spec is in force")
		status.Set(u, v1alpha1.ConditionAccepted, true, v1alpha1.ReasonAccepted, "the person has accepted")
		h := rolebinding.UserHolder(u, string(u.Spec.Email))
		scheme := runtime.NewScheme()
		Expect(clientgoscheme.AddToScheme(scheme)).To(Succeed())
		Expect(v1alpha1.AddToScheme(scheme)).To(Succeed())
		b := fake.NewClientBuilder().WithScheme(scheme).WithStatusSubresource(&v1alpha1.OrgUser{}).WithInterceptorFuncs(s.funcs()).WithObjects(
			u, rolebinding.Binding{Namespace: "acme", ClusterRole: "usher-member"}.Build(h),
			rolebinding.Binding{Namespace: "acme-support", ClusterRole: "view", Workspace: "support"}.Build(h))
		Expect(lookup.AddIndexes(ctx, builders.Indexer{ClientBuilder: b})).To(Succeed())
		c := b.Build()
		r := New(c, lookup.New(c, effective.IntakeDomains{}), lookup.NewAPIReader(c), events.NewFakeRecorder(10), "usher.example", time.Now)
		Expect(c.Get(ctx, client.ObjectKeyFromObject(u), u)).To(Succeed())
		_, err := r.bringAbout(ctx, u.DeepCopy(), effective.UserFacts{
			User: u, Organization: builders.Organization("acme").Obj(), Workspaces: now, Named: named,
		}, 0)
		Expect(c.Get(ctx, client.ObjectKeyFromObject(u), u)).To(Succeed())
		return u, err
	}
	as := func(access v1alpha1.WorkspaceAccess) []v1alpha1.GrantOrigin {
		return []v1alpha1.GrantOrigin{{Source: v1alpha1.GrantedByMember, Access: access}}
	}
	both := []*v1alpha1.Workspace{builders.Owned("sales"), builders.Owned("support")}
	bothNamed := map[string][]v1alpha1.GrantOrigin{"sales": as(edit), "support": as(view)}

	DescribeTable("in this order", func(ctx context.Context, steady bool, now []*v1alpha1.Workspace, named map[string][]v1alpha1.GrantOrigin, expected ...string) {
		var s steps
		_, err := pass(ctx, steady, now, named, &s)
		Expect(err).NotTo(HaveOccurred())
		Expect(s.taken).To(HaveExactElements(expected))
	},
		Entry("given from outside: the status, once, then the binding", true, both, bothNamed, "status True Ready", "give"),
		Entry("given by his own wish: Ready only after the binding, in the next pass", false, both, bothNamed, "status False Reconciling"),
		Entry("ORG-26 taken from outside: the binding, then the status", true, nil, nil, "take usher-luis-view", "status True Ready"),
		Entry("taken by his own wish: the same", false, nil, nil, "take usher-luis-view", "status True Ready"),
		Entry("another access: the status, the new binding, then the old one goes", true, both[1:],
			map[string][]v1alpha1.GrantOrigin{"support": as(edit)}, "status True Ready", "give", "take usher-luis-view"),
		Entry("one taken and one given", true, both[:1], map[string][]v1alpha1.GrantOrigin{"sales": as(edit)},
			"take usher-luis-view", "status True Ready", "give"),
		Entry("nothing different: nothing is written", true, both[1:], map[string][]v1alpha1.GrantOrigin{"support": as(view)}),
	)

	It("or it is said that it failed, and why", func(ctx context.Context) {
		s := steps{fails: func() error { return forbidden }}
		u, err := pass(ctx, true, both, bothNamed, &s)
		Expect(err).To(MatchError(ContainSubstring("RoleBinding usher-luis-edit in namespace acme-sales")))
		Expect(s.taken).To(HaveExactElements("status True Ready", "status False Failed"))
		Expect(u).To(matchers.Stand(v1alpha1.ConditionReconciling, "Failed"))
	})
})
