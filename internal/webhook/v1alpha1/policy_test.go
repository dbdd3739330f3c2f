// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admission/v1"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/live"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/maxima"
)

// crowd returns an organization with some people, as the webhooks see it, and a change that its administrator makes to one of them. A
// tenth of the people have a seat.
func crowd(ctx context.Context, people int) (authorizer, *v1alpha1.OrgUser, *v1alpha1.OrgUser) {
	acme := builders.Organization("acme").Module("desk", int32(people/10)).Obj()
	users := make([]*v1alpha1.OrgUser, 0, people)
	for n := range people {
		u := builders.OrgUser("acme", fmt.Sprintf("person-%d", n)).Existing()
		if n%10 == 0 {
			u = u.Modules("desk")
		}
		o := u.Obj()
		o.Status = v1alpha1.OrgUserStatus{State: v1alpha1.UserActive, Role: v1alpha1.RoleMember, Username: string(o.Spec.Email)}
		users = append(users, o)
	}
	ana := builders.OrgUser("acme", "ana").Role(v1alpha1.RoleOrganizationAdmin).Obj()
	ana.Status = v1alpha1.OrgUserStatus{State: v1alpha1.UserActive, Role: v1alpha1.RoleOrganizationAdmin, Username: "ana"}
	acme.Status.Administrators, acme.Status.Modules = []string{"ana"}, effective.NextSeats(acme, users)
	cache := maxima.NewCache(ctx, lookup.AddIndexes, acme, ana)
	maxima.AddAll(cache, users)
	a := authorizer{
		cache: lookup.New(cache, effective.IntakeDomains{}), api: lookup.NewAPIReader(cache), platform: live.Of(authz.Platform{Operator: "usher"}),
	}
	return a, users[0], change(users[0], func(u *v1alpha1.OrgUser) { u.Spec.DisplayName = "Somebody else" })
}

var (
	few, many = 10, 50_000
	_         = Describe("Admission", func() {
		It("OPS-9 allocates as much in an organization of 50,000 people as in one of 10", func(ctx context.Context) {
			const times = 100
			allocated := func(people int) uint64 {
				a, before, after := crowd(ctx, people)
				asked := admission.NewContextWithRequest(ctx, request("ana", admissionv1.Update, before, after))
				v := validator[*v1alpha1.OrgUser]{a}
				var from, to runtime.MemStats
				runtime.ReadMemStats(&from)
				for range times {
					_, err := v.ValidateUpdate(asked, before, after)
					Expect(err).NotTo(HaveOccurred())
				}
				runtime.ReadMemStats(&to)
				return (to.TotalAlloc - from.TotalAlloc) / times
			}
			Expect(allocated(many)).To(BeNumerically("<", allocated(few)*3/2))
		})
	})
)

// BenchmarkPolicy measures what an administrator's change of a user takes: "rules" is the policy itself, "judge" everything from the decoded
// objects to the answer with its warnings, and "bytes" the same from the request's bytes on.
func BenchmarkPolicy(b *testing.B) {
	scheme := newScheme()
	for _, people := range []int{few, 1000, 10_000, many} {
		a, before, after := crowd(b.Context(), people)
		r := request("ana", admissionv1.Update, before, after)
		asked := admission.NewContextWithRequest(b.Context(), r)
		v := validator[*v1alpha1.OrgUser]{a}
		update := authz.Request{
			Operation: authz.Update, Old: before, New: after, Organization: "acme",
			Actor: authz.Actor{Kind: authz.ActorPerson, Role: v1alpha1.RoleOrganizationAdmin, Username: "ana", User: "ana"},
		}
		var err error
		if update.Facts, err = a.cache.RequestFacts(b.Context(), update, "usher-system"); err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("rules/%d", people), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if violations := authz.Judge(update); len(violations) > 0 {
					b.Fatal(violations)
				}
			}
		})
		b.Run(fmt.Sprintf("judge/%d", people), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.ValidateUpdate(asked, before, after); err != nil {
					b.Fatal(err)
				}
			}
		})
		handler := validating[*v1alpha1.OrgUser](scheme, a)
		b.Run(fmt.Sprintf("bytes/%d", people), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if answer := handler.Handle(b.Context(), r); !answer.Allowed {
					b.Fatal(answer.Result)
				}
			}
		})
	}
}
