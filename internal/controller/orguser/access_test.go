// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"cmp"
	"context"
	"errors"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	rbacv1ac "k8s.io/client-go/applyconfigurations/rbac/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/requeue"
	"github.com/usher-operator/usher/internal/rolebinding"
	"github.com/usher-operator/usher/internal/status"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/matchers"
	"github.com/usher-operator/usher/internal/testing/maxima"
)

// steps records what a reconciler writes, in order, and refuses RoleBindings. RoleBindings are written at once.
type steps struct {
	mu    sync.Mutex
	taken []string
	// refusesGrant and refusesRevocation are the namespaces in which no RoleBinding can be written or deleted.
	refusesGrant, refusesRevocation string
	// refusal is the answer to what is refused; nil: errRefused.
	refusal error
}

var errRefused error = apierrors.NewForbidden(schema.GroupResource{Resource: "rolebindings"}, "x", errors.New("not held"))

func (s *steps) take(step string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken = append(s.taken, step)
}

func (s *steps) funcs() interceptor.Funcs {
	return interceptor.Funcs{
		Apply: func(_ context.Context, _ client.WithWatch, o runtime.ApplyConfiguration, _ ...client.ApplyOption) error {
			b, _ := o.(*rbacv1ac.RoleBindingApplyConfiguration)
			if *b.Namespace == s.refusesGrant {
				return cmp.Or(s.refusal, errRefused)
			}
			s.take("grant " + *b.Name)
			return nil
		},
		Delete: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.DeleteOption) error {
			if o.GetNamespace() == s.refusesRevocation {
				return cmp.Or(s.refusal, errRefused)
			}
			s.take("revoke " + o.GetName())
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
			s.take("status " + reason)
			return c.SubResource(sub).Patch(ctx, o, p, opts...)
		},
	}
}

var _ = Describe("A pass over a user's access", func() {
	const view, edit = v1alpha1.WorkspaceView, v1alpha1.WorkspaceEdit
	luis := builders.OrgUser("acme", "luis").Existing()

	// pass makes a pass over luis, who had view access to support, and whose status named it.
	pass := func(ctx context.Context, steady bool, now []*v1alpha1.Workspace, named map[string][]v1alpha1.GrantOrigin, s *steps,
	) (*v1alpha1.OrgUser, error) {
		GinkgoHelper()
		u := luis.Obj()
		u.Generation = 2
		u.Status = v1alpha1.OrgUserStatus{
			State: v1alpha1.UserActive, Role: v1alpha1.RoleMember, Username: string(u.Spec.Email), LastActive: "2026-11-21T12:00:00Z",
			DisplayName: effective.DisplayNameOf(u, nil), ObservedGeneration: 1,
			UsernameSource: v1alpha1.UsernameFromAddress, Email: string(u.Spec.Email),
			Workspaces: []v1alpha1.WorkspaceGrantStatus{{
				Name: "support", Access: view, Origins: []v1alpha1.GrantOrigin{{Source: v1alpha1.GrantedByMember, Access: view}},
			}},
			WorkspaceSummary: "support (View)",
		}
		if steady {
			u.Status.ObservedGeneration = 2
		}
		status.Ready(u, v1alpha1.ReasonReady, "the spec is in force")
		status.Set(u, v1alpha1.ConditionAccepted, true, v1alpha1.ReasonAccepted, "the person has accepted")
		h := rolebinding.UserHolder(u, string(u.Spec.Email))
		c := fakeClient(ctx, s.funcs(),
			u, rolebinding.Binding{Namespace: "acme", ClusterRole: "usher-member"}.Build(h),
			rolebinding.Binding{Namespace: "acme-support", ClusterRole: "view", Workspace: "support"}.Build(h))
		Expect(c.Get(ctx, client.ObjectKeyFromObject(u), u)).To(Succeed())
		_, err := overFake(c).reconcileInForce(ctx, &scope{before: u.DeepCopy(), user: u, facts: effective.UserFacts{
			User: u, Organization: builders.Organization("acme").Obj(), Workspaces: now, Named: named,
		}})
		Expect(c.Get(ctx, client.ObjectKeyFromObject(u), u)).To(Succeed())
		return u, err
	}
	as := func(access v1alpha1.WorkspaceAccess) []v1alpha1.GrantOrigin {
		return []v1alpha1.GrantOrigin{{Source: v1alpha1.GrantedByMember, Access: access}}
	}
	both := []*v1alpha1.Workspace{builders.Owned("sales"), builders.Owned("support")}
	bothNamed := map[string][]v1alpha1.GrantOrigin{"sales": as(edit), "support": as(view)}

	DescribeTable("writes in this order", func(ctx context.Context, steady bool, now []*v1alpha1.Workspace, named map[string][]v1alpha1.GrantOrigin, expected ...string) {
		var s steps
		_, err := pass(ctx, steady, now, named, &s)
		Expect(err).NotTo(HaveOccurred())
		Expect(s.taken).To(HaveExactElements(expected))
	},
		Entry("access granted from outside: the status, once, then the RoleBinding", true, both, bothNamed,
			"status True Ready", "grant usher-luis-edit"),
		Entry("access that the spec requests: Ready only after the RoleBinding", false, both, bothNamed,
			"status False Reconciling", "grant usher-luis-edit", "status True Ready"),
		Entry("ORG-26 access revoked from outside: the RoleBinding, then the status", true, nil, nil,
			"revoke usher-luis-view", "status True Ready"),
		Entry("access that the spec requests no longer: the same", false, nil, nil, "revoke usher-luis-view", "status True Ready"),
		Entry("another access: the status, the new RoleBinding, then the old one is deleted", true, both[1:],
			map[string][]v1alpha1.GrantOrigin{"support": as(edit)}, "status True Ready", "grant usher-luis-edit", "revoke usher-luis-view"),
		Entry("one revoked and one granted", true, both[:1], map[string][]v1alpha1.GrantOrigin{"sales": as(edit)},
			"revoke usher-luis-view", "status True Ready", "grant usher-luis-edit"),
		Entry("nothing when nothing differs", true, both[1:], map[string][]v1alpha1.GrantOrigin{"support": as(view)}),
	)

	It("says that a RoleBinding was refused, and why", func(ctx context.Context) {
		s := steps{refusesGrant: "acme-sales"}
		u, err := pass(ctx, true, both, bothNamed, &s)
		Expect(err).To(MatchError(ContainSubstring("RoleBinding usher-luis-edit in namespace acme-sales")))
		Expect(s.taken).To(HaveExactElements("status True Ready", "status False Failed"))
		Expect(u).To(matchers.Stand(v1alpha1.ConditionReconciling, "Failed"))
	})

	It("ORG-2 is repeated after a conflict on a RoleBinding, which is no failure, and before that the user is not Ready", func(ctx context.Context) {
		s := steps{refusesGrant: "acme-sales", refusal: apierrors.NewConflict(rbacv1.Resource("rolebindings"), "usher-luis-edit", nil)}
		u, err := pass(ctx, true, both, bothNamed, &s)
		Expect(requeue.IgnoreConflict(u, ctrl.Result{}, err)).To(Equal(ctrl.Result{RequeueAfter: requeue.Soon}))
		Expect(s.taken).To(HaveExactElements("status True Ready", "status False Reconciling"))
		Expect(u.Status.Conditions[0].Message).To(Equal("access is being updated"))
	})

	It("grants new access beside what cannot be revoked, which stays in the status", func(ctx context.Context) {
		s := steps{refusesRevocation: "acme-support"}
		u, err := pass(ctx, true, both[:1], map[string][]v1alpha1.GrantOrigin{"sales": as(edit)}, &s)
		Expect(err).To(MatchError(ContainSubstring("RoleBinding usher-luis-view in namespace acme-support")))
		Expect(s.taken).To(HaveExactElements("status False Failed", "grant usher-luis-edit"))
		Expect(u).To(matchers.Stand(v1alpha1.ConditionReconciling, "Failed"))
		Expect(u.Status.Workspaces).To(HaveExactElements(HaveField("Name", "sales"), HaveField("Name", "support")))
	})
})

var _ = Describe("Access that cannot be revoked", func() {
	luis := rolebinding.UserHolder(builders.OrgUser("acme", "luis").Obj(), "luis@acme.example")
	support := rolebinding.Binding{Namespace: "acme-support", ClusterRole: "edit", Workspace: "support"}.Build(luis)
	desk := rolebinding.Binding{Namespace: "acme-sales", ClusterRole: "desk", Workspace: "sales", Module: "desk"}.Build(luis)
	stray := rolebinding.Binding{Namespace: "acme-sales", ClusterRole: "edit"}.Build(luis)
	sales := builders.Granted("sales", v1alpha1.WorkspaceView)
	had := v1alpha1.OrgUserStatus{
		State: v1alpha1.UserActive, Role: v1alpha1.RoleMember, Username: "luis@acme.example", Modules: []v1alpha1.ObjectName{"desk", "fax"},
		Workspaces: []v1alpha1.WorkspaceGrantStatus{sales, builders.Granted("support", v1alpha1.WorkspaceEdit)},
	}
	in := effective.InForce{
		State: v1alpha1.UserActive, Role: v1alpha1.RoleTechnician, Username: "luis@acme.example",
		Modules: []v1alpha1.ObjectName{"fax"}, Workspaces: []v1alpha1.WorkspaceGrantStatus{sales},
	}

	It("stays in force: the workspace and the module", func() {
		out, kept := keepInForce(&had, in, []*rbacv1.RoleBinding{support, desk})
		Expect(kept).To(BeTrue())
		Expect(out).To(And(HaveField("Workspaces", HaveExactElements(had.Workspaces)), HaveField("Modules", ConsistOf(had.Modules)),
			HaveField("Role", v1alpha1.RoleTechnician)))
		Expect(in.Workspaces).To(HaveLen(1), "the argument stays as it is")
	})

	DescribeTable("keeps everything as it is", func(change func(*effective.InForce), left *rbacv1.RoleBinding) {
		next := in
		change(&next)
		_, kept := keepInForce(&had, next, []*rbacv1.RoleBinding{left})
		Expect(kept).To(BeFalse())
	},
		Entry("when the user is suspended", func(in *effective.InForce) { in.State = v1alpha1.UserSuspended }, support),
		Entry("when the user is removed", func(in *effective.InForce) { in.State = v1alpha1.UserRemoving }, support),
		Entry("when the role has no access", func(in *effective.InForce) { in.Role = v1alpha1.RoleNotificationsOnly }, support),
		Entry("when the user name changes, which frees the former one", func(in *effective.InForce) { in.Username = "kim" }, support),
		Entry("when no workspace names it", func(*effective.InForce) {}, stray),
		Entry("OPS-9 when the status would list more than 32 modules", func(in *effective.InForce) {
			in.Modules = maxima.Users(1, v1alpha1.RoleMember)[0].Spec.Modules
		}, desk),
		Entry("OPS-9 when the status has no room for both", func(in *effective.InForce) {
			in.Workspaces = nil
			for n := range 2956 {
				in.Workspaces = append(in.Workspaces, builders.Granted(string(maxima.Name("workspace", n)), v1alpha1.WorkspaceEdit))
			}
			in.Workspaces[0].Origins = []v1alpha1.GrantOrigin{{Source: v1alpha1.GrantedByMember, Access: v1alpha1.WorkspaceEdit}}
			_, omitted := effective.FitGrants(in.Workspaces)
			Expect(omitted).To(BeZero())
		}, support),
	)
})
