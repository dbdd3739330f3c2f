// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package notices

import (
	"context"
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/mapper"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("GTA-11 The workspaces whose contacts are told about a user", func() {
	const others = 200
	var (
		r    *workspaceReconciler
		read int
	)

	workspace := func(name string) builders.WorkspaceBuilder {
		return builders.Workspace("acme", name).With(func(w *v1alpha1.Workspace) {
			w.Spec.Contacts = []v1alpha1.Contact{{Name: "Desk", Notify: []v1alpha1.Notification{v1alpha1.NotifyAlerts}}}
		})
	}
	user := func(change func(builders.OrgUserBuilder) builders.OrgUserBuilder) *v1alpha1.OrgUser {
		return change(builders.OrgUser("acme", "kim").Email("kim@acme.example").Modules("helpdesk").With(func(u *v1alpha1.OrgUser) {
			u.Status.State = v1alpha1.UserActive // who requests a seat
		})).Obj()
	}

	BeforeEach(func(ctx context.Context) {
		scheme := runtime.NewScheme()
		Expect(clientgoscheme.AddToScheme(scheme)).To(Succeed())
		Expect(v1alpha1.AddToScheme(scheme)).To(Succeed())
		b := fake.NewClientBuilder().WithScheme(scheme).WithObjects(
			workspace("requested").Obj(), workspace("named").Member("kim@acme.example", v1alpha1.WorkspaceView).Obj(),
			workspace("grouped").Group("night", v1alpha1.WorkspaceEdit).Member("KIM@acme.example", v1alpha1.WorkspaceView).Obj(),
			builders.Workspace("acme", "quiet").Group("night", v1alpha1.WorkspaceEdit).Obj(), workspace("former").Group("day", v1alpha1.WorkspaceAdmin).Obj(),
			builders.Workspace("beta", "requested").Member("kim@acme.example", v1alpha1.WorkspaceView).Obj(),
		)
		for n := range others {
			b.WithObjects(workspace(fmt.Sprintf("other-%d", n)).Member("eva@acme.example", v1alpha1.WorkspaceView).Obj())
		}
		read = 0
		b.WithInterceptorFuncs(interceptor.Funcs{
			List: func(ctx context.Context, c client.WithWatch, list client.ObjectList, opts ...client.ListOption) error {
				err := c.List(ctx, list, opts...)
				read += meta.LenList(list)
				return err
			},
		})
		Expect(lookup.AddIndexes(ctx, builders.Indexer{ClientBuilder: b})).To(Succeed())
		r = &workspaceReconciler{Notices{cache: lookup.New(b.Build(), effective.IntakeDomains{})}}
	})

	mapped := func(ctx context.Context, before, after *v1alpha1.OrgUser) []string {
		GinkgoHelper()
		keys, err := r.workspacesForUser(ctx, mapper.Change[*v1alpha1.OrgUser]{Before: before, After: after})
		Expect(err).NotTo(HaveOccurred())
		names := make([]string, len(keys))
		for n, key := range keys {
			Expect(key.Namespace).To(Equal("acme"))
			names[n] = key.Name
		}
		return names
	}
	night := func(b builders.OrgUserBuilder) builders.OrgUserBuilder {
		return b.Groups("night").Workspace("requested", v1alpha1.WorkspaceView).Workspace("missing", v1alpha1.WorkspaceView)
	}

	It("are those that the user requests or that name the user, and no other is read", func(ctx context.Context) {
		Expect(mapped(ctx, nil, user(night))).To(ConsistOf("requested", "named", "grouped"))
		Expect(read).To(BeNumerically("<", 10))
	})

	It("include those that the user has left, and all of them when the user is deleted", func(ctx context.Context) {
		day := func(b builders.OrgUserBuilder) builders.OrgUserBuilder { return b.Groups("day") }
		Expect(mapped(ctx, user(day), user(night))).To(ConsistOf("requested", "named", "grouped", "former"))
		Expect(mapped(ctx, user(night), nil)).To(ConsistOf("requested", "named", "grouped"))
	})

	It("include those of another address", func(ctx context.Context) {
		renamed := func(b builders.OrgUserBuilder) builders.OrgUserBuilder { return b.Email("k@acme.example") }
		Expect(mapped(ctx, user(renamed), user(func(b builders.OrgUserBuilder) builders.OrgUserBuilder { return b }))).To(ConsistOf("named", "grouped"))
	})

	It("are none if there is no cause to tell anybody anything", func(ctx context.Context) {
		Expect(mapped(ctx, nil, builders.OrgUser("acme", "kim").Workspace("requested", v1alpha1.WorkspaceView).Obj())).To(BeEmpty())
		Expect(read).To(BeZero())
	})

	It("are all with contacts if the user is in very many groups", func(ctx context.Context) {
		many := func(b builders.OrgUserBuilder) builders.OrgUserBuilder {
			for n := range 30 {
				b = b.Groups(fmt.Sprint("group-", n))
			}
			return b
		}
		Expect(mapped(ctx, nil, user(many))).To(HaveLen(others + 4))
	})
})
