// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"context"
	"fmt"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("Provisional accounts", func() {
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	guest := func(name, origin string, age time.Duration, changes ...func(*v1alpha1.OrgUser)) *v1alpha1.OrgUser {
		u := effective.LimitedAccount("acme", name+"@x.example", origin)
		u.Name, u.Finalizers, u.Generation, u.CreationTimestamp = name, nil, 1, metav1.NewTime(noon.Add(-age))
		for _, change := range changes {
			change(u)
		}
		return u
	}
	pass := func(ctx context.Context, c client.WithWatch, u *v1alpha1.OrgUser, limits Provisional) ctrl.Result {
		GinkgoHelper()
		api := interceptor.NewClient(c, interceptor.Funcs{Get: func(ctx context.Context, c client.WithWatch,
			key client.ObjectKey, o client.Object, opts ...client.GetOption,
		) error {
			o.SetManagedFields(nil)
			err := c.Get(ctx, key, o, opts...)
			for _, manager := range append([]string{"usher"}, strings.Fields(o.GetAnnotations()["managers"])...) {
				o.SetManagedFields(append(o.GetManagedFields(), metav1.ManagedFieldsEntry{Manager: manager}))
			}
			return err
		}})
		r := NewExpiry(c, lookup.New(c, effective.IntakeDomains{}), lookup.NewAPIReader(api), limits, func() time.Time { return noon })
		result, err := r.Reconcile(ctx, u)
		Expect(err).NotTo(HaveOccurred())
		return result
	}
	exists := func(ctx context.Context, c client.Client, name string) bool {
		GinkgoHelper()
		err := c.Get(ctx, client.ObjectKey{Namespace: "acme", Name: name}, &v1alpha1.OrgUser{})
		Expect(client.IgnoreNotFound(err)).To(Succeed())
		return err == nil
	}
	desk := builders.Workspace("acme", "support").With(func(w *v1alpha1.Workspace) {
		w.Spec.Devices = []v1alpha1.Device{{Name: "kiosk", Assignee: "assigned@x.example"}}
	}).Obj()

	DescribeTable("OPS-9 end by themselves, unless somebody has use for them", func(ctx context.Context, u *v1alpha1.OrgUser, kept bool, wait time.Duration) {
		c := fakeClient(ctx, interceptor.Funcs{}, desk, u)
		result := pass(ctx, c, u, Provisional{Age: 90 * day})
		Expect(result.RequeueAfter).To(Equal(wait))
		Expect(exists(ctx, c, u.Name)).To(Equal(kept))
	},
		Entry("of a mail, in time", guest("a", v1alpha1.OriginIntake, 89*day), true, day),
		Entry("of a mail, afterwards", guest("a", v1alpha1.OriginIntake, 90*day), false, time.Duration(0)),
		Entry("of a question", guest("a", v1alpha1.OriginPortal, 90*day), false, time.Duration(0)),
		Entry("of a device", guest("a", v1alpha1.OriginDevice, 900*day), true, time.Duration(0)),
		Entry("assigned to a device", guest("assigned", v1alpha1.OriginIntake, 900*day), true, referredDelay),
		Entry("changed", guest("a", v1alpha1.OriginIntake, 900*day, func(u *v1alpha1.OrgUser) { u.Generation = 2 }), true, time.Duration(0)),
		Entry("labelled, or declared as it is", guest("a", v1alpha1.OriginIntake, 900*day, func(u *v1alpha1.OrgUser) {
			u.Annotations = map[string]string{"managers": "kubectl"}
		}), true, referredDelay),
		Entry("declared", builders.OrgUser("acme", "b").Limited().Obj(), true, time.Duration(0)),
	)

	It("OPS-9 of mails make room for new ones, the oldest first, and never use up the room of others", func(ctx context.Context) {
		newest := guest("u0", v1alpha1.OriginIntake, 0)
		objects := []client.Object{newest, guest("proven", v1alpha1.OriginPortal, 80*day), builders.OrgUser("acme", "ana").Obj()}
		for n := 1; n < 6; n++ {
			objects = append(objects, guest(fmt.Sprint("u", n), v1alpha1.OriginIntake, time.Duration(n)*day))
		}
		c := fakeClient(ctx, interceptor.Funcs{}, objects...)
		pass(ctx, c, newest, Provisional{Age: 90 * day, Unproven: 4})
		for _, name := range []string{"proven", "ana", "u0", "u1", "u2", "u3"} {
			Expect(exists(ctx, c, name)).To(BeTrue(), name)
		}
		Expect(exists(ctx, c, "u4")).To(BeFalse())
		Expect(exists(ctx, c, "u5")).To(BeFalse())
	})
})
