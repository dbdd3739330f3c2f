// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("The identity of an object", func() {
	born := metav1.NewTime(time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC))
	original := func() *v1alpha1.OrgUser {
		u := builders.OrgUser("acme", "luis").Obj()
		u.UID, u.CreationTimestamp = "original", born
		effective.RecordIdentity(u)
		return u
	}
	restored := func(namespace, name string) *v1alpha1.OrgUser {
		u := original()
		u.Namespace, u.Name, u.UID = namespace, name, "restored"
		u.CreationTimestamp = metav1.NewTime(born.Add(time.Hour))
		return u
	}

	It("OPS-5 is the one that it had before it was restored", func() {
		u := restored("acme", "luis")
		effective.RecordIdentity(u)
		Expect(effective.UIDOf(u)).To(BeEquivalentTo("original"))
		Expect(effective.CreatedAt(u)).To(Equal(born))
		Expect(u.Status.Identity).To(Equal(original().Status.Identity))
	})

	DescribeTable("OPS-5 is its own if the status was copied from another object", func(namespace, name string) {
		u := restored(namespace, name)
		effective.RecordIdentity(u)
		Expect(*u.Status.Identity).To(Equal(v1alpha1.Identity{
			UID: "restored", Namespace: namespace, Name: name, CreationTime: u.CreationTimestamp,
		}))
	},
		Entry("in another organization", "copy", "luis"),
		Entry("with another name", "acme", "eva"),
	)

	It("OPS-5 makes a restored account the one that has accepted, and a new one of the same name not", func() {
		accepted := metav1.NewTime(born.Add(time.Minute))
		u := restored("acme", "luis")
		recipient := &v1alpha1.RecipientStatus{Email: u.Spec.Email, User: u.Name}
		recipient.State, recipient.AcceptanceTime = v1alpha1.RecipientActive, &accepted
		Expect(effective.IsAccountOf(u, recipient)).To(BeTrue())
		u.Status.Identity = nil
		Expect(effective.IsAccountOf(u, recipient)).To(BeFalse())
	})

	It("ORG-28 OPS-5 keeps the order of accounts with one address", func() {
		older, younger := restored("acme", "luis"), builders.OrgUser("acme", "another").Email(string(original().Spec.Email)).Obj()
		younger.UID, younger.CreationTimestamp = "younger", metav1.NewTime(born.Add(30*time.Minute))
		Expect(effective.Precedes(older, younger)).To(BeTrue())
		Expect(effective.Precedes(younger, older)).To(BeFalse())
	})
})

var _ = Describe("A paused organization", func() {
	namespace := func(value string, deleting bool) *metav1.ObjectMeta {
		n := &metav1.ObjectMeta{Name: "acme", Annotations: map[string]string{v1alpha1.AnnotationPaused: value}}
		if deleting {
			n.DeletionTimestamp = &metav1.Time{Time: time.Now()}
		}
		return n
	}

	DescribeTable("OPS-5 is held", func(value string, namespaceDeleted, objectDeleted, held bool) {
		Expect(effective.IsHeld(namespace(value, namespaceDeleted), objectDeleted)).To(Equal(held))
	},
		Entry("with everything in it", "true", false, false, true),
		Entry("deletions included", "true", false, true, true),
		Entry("while its namespace is deleted, with what is not deleted yet", "true", true, false, true),
		Entry("but not with what goes together with its namespace", "true", true, true, false),
		Entry("but not by another value", "false", false, false, false),
		Entry("but not by an empty one", "", false, false, false),
	)
})
