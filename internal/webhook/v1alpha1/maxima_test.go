// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admission/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/live"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/maxima"
)

// BenchmarkMaxima measures the admission of each kind at the API's maxima, among 10,000 people and 1,000 workspaces: from the request's
// bytes to the answer.
func BenchmarkMaxima(b *testing.B) {
	users := maxima.Users(10000, v1alpha1.RoleMember)
	o := maxima.Organization()
	o.Spec.Settings.WorkspaceAssignment = v1alpha1.AssignmentRequired
	o.Status.Modules = effective.NextSeats(o, users)
	for _, u := range users[:effective.MaxAdministrators] {
		o.Status.Administrators = append(o.Status.Administrators, u.Name)
	}
	ana := builders.OrgUser(maxima.Namespace, "ana").Role(v1alpha1.RoleOrganizationAdmin).Obj()
	ana.Status = v1alpha1.OrgUserStatus{State: v1alpha1.UserActive, Role: v1alpha1.RoleOrganizationAdmin, Username: "ana"}
	w, other := maxima.Workspace(), maxima.Workspace()
	other.Name = "other"
	cache := maxima.NewCache(b.Context(), lookup.AddIndexes, o, ana, other)
	maxima.AddAll(cache, users)
	maxima.AddAll(cache, maxima.Workspaces(1000))
	a := authorizer{cache: lookup.New(cache, effective.IntakeDomains{}), api: lookup.NewAPIReader(cache), platform: live.Of(authz.Platform{Operator: "usher"})}
	scheme := newScheme()
	run := func(name string, h admission.Handler, old, requested client.Object, code int32) {
		r := request("ana", admissionv1.Update, old, requested)
		r.Namespace = maxima.Namespace
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if answer := h.Handle(b.Context(), r); answer.Result != nil && answer.Result.Code != code {
					b.Fatal(answer.Result)
				}
			}
		})
	}

	run("organization", validating[*v1alpha1.Organization](scheme, a), o, change(o, func(o *v1alpha1.Organization) {
		o.Spec.Profile.Size = 5
	}), 200)
	run("organization/seats-cut", validating[*v1alpha1.Organization](scheme, a), o, change(o, func(o *v1alpha1.Organization) {
		for n := range o.Spec.Subscription.Modules {
			o.Spec.Subscription.Modules[n].Seats = new(int32(1))
		}
	}), 200)
	run("orguser", validating[*v1alpha1.OrgUser](scheme, a), users[0], change(users[0], func(u *v1alpha1.OrgUser) {
		u.Spec.DisplayName, u.Spec.Workspaces = "Eva", nil
	}), 200)
	run("workspace", validating[*v1alpha1.Workspace](scheme, a), w, change(w, func(w *v1alpha1.Workspace) {
		w.Spec.DisplayName = "Support"
	}), 200)
	fresh := change(w, func(w *v1alpha1.Workspace) { w.Spec.Devices = nil })
	run("workspace/serials-taken", validating[*v1alpha1.Workspace](scheme, a), fresh, w, 422)
	i := maxima.Invitation(maxima.Recipients)
	i.Spec.InvitedBy = "ana"
	changed := change(i, func(i *v1alpha1.Invitation) { i.Spec.Message = "Hello" })
	run("invitation", validating[*v1alpha1.Invitation](scheme, a), i, changed, 200)
	run("invitation/defaulter", admission.WithDefaulter[*v1alpha1.Invitation](scheme, &invitationDefaulter{a, admission.NewDecoder(scheme)}), i, changed, 200)
	crowded := change(i, func(i *v1alpha1.Invitation) {
		i.Spec.Emails = nil
		for range maxima.Addresses {
			i.Spec.Emails = append(i.Spec.Emails, strings.Repeat("ana@x.co ", 900))
		}
	})
	run("invitation/pasted", validating[*v1alpha1.Invitation](scheme, a), i, crowded, 422)
	run("finalizers", omissionKeeper{}, w, fresh, 200)
}

// change returns a changed copy of an object.
func change[T client.Object](o T, by func(T)) T {
	changed, _ := o.DeepCopyObject().(T)
	changed.SetGeneration(2)
	by(changed)
	return changed
}
