// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz_test

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
)

// kept returns metadata with entries of Usher and of others.
func kept() *metav1.ObjectMeta {
	return &metav1.ObjectMeta{
		Namespace: "acme", Name: "luis",
		Finalizers:      []string{v1alpha1.Finalizer, "others.example/finalizer"},
		OwnerReferences: []metav1.OwnerReference{{Kind: "Invitation", Name: "team", UID: "1"}},
		Labels:          map[string]string{v1alpha1.LabelInvitation: "team", "team": "blue"},
		Annotations:     map[string]string{"accounts.usher.dev/note": "x", v1alpha1.AnnotationResend: "1", "note": "x"},
	}
}

// lost returns the same metadata without finalizers, as kubectl replace writes it.
func lost() *metav1.ObjectMeta {
	m := kept()
	m.Finalizers = nil
	return m
}

// withMetadata returns an object of a kind with that metadata.
func withMetadata(kind string, meta *metav1.ObjectMeta) metav1.Object {
	meta = meta.DeepCopy()
	switch kind {
	case "organization":
		meta.Name = meta.Namespace
		return &v1alpha1.Organization{ObjectMeta: *meta}
	case "user":
		return &v1alpha1.OrgUser{ObjectMeta: *meta, Spec: v1alpha1.OrgUserSpec{Email: "luis@acme.example", Role: member}}
	case "invitation":
		return &v1alpha1.Invitation{ObjectMeta: *meta, Spec: v1alpha1.InvitationSpec{Emails: []string{"luis@acme.example"}, Role: member}}
	default:
		return &v1alpha1.Workspace{ObjectMeta: *meta}
	}
}

// by makes an actor the inviter if the object is an Invitation.
func by(actor authz.Actor, object metav1.Object) metav1.Object {
	if i, is := object.(*v1alpha1.Invitation); is {
		i.Spec.InvitedBy = v1alpha1.Username(actor.Username)
	}
	return object
}

var kinds = []string{"organization", "user", "invitation", "workspace"}

var _ = Describe("What belongs to Usher", func() {
	DescribeTable("cannot be changed by people and delegates, in any kind; the platform restores all but the finalizer", func(field string, change func(*metav1.ObjectMeta)) {
		after := kept()
		change(after)
		for _, kind := range kinds {
			for _, actor := range []authz.Actor{person("ana", orgAdmin), delegate(orgAdmin), platformActor} {
				found := authz.Judge(update(actor, by(actor, withMetadata(kind, kept())), by(actor, withMetadata(kind, after))))
				restored := actor.Kind == authz.ActorPlatform && !strings.HasPrefix(field, "metadata.finalizers")
				if field == "" || restored {
					Expect(found).To(BeEmpty(), "%s by %s", kind, actor.Kind)
					continue
				}
				Expect(rules(found)).To(Equal([]string{"usher-only"}), kind)
				Expect(found[0]).To(And(HaveField("Field", field), HaveField("Reason", authz.Forbidden),
					HaveField("Message", And(ContainSubstring(`"`+actor.Username+`" `),
						ContainSubstring(` in organization "acme": `+"only Usher may change "+field+"; leave it as it is")))))
			}
		}
	},
		Entry("the finalizer, removed", "metadata.finalizers[accounts.usher.dev/finalizer]", func(m *metav1.ObjectMeta) { m.Finalizers = m.Finalizers[1:] }),
		Entry("all finalizers, removed", "metadata.finalizers[accounts.usher.dev/finalizer]", func(m *metav1.ObjectMeta) { m.Finalizers = nil }),
		Entry("owner references, removed", "metadata.ownerReferences", func(m *metav1.ObjectMeta) { m.OwnerReferences = nil }),
		Entry("owner references, added", "metadata.ownerReferences", func(m *metav1.ObjectMeta) {
			m.OwnerReferences = append(m.OwnerReferences, metav1.OwnerReference{Kind: "ConfigMap", Name: "c", UID: "2"})
		}),
		Entry("owner references, changed", "metadata.ownerReferences", func(m *metav1.ObjectMeta) { m.OwnerReferences[0].UID = "3" }),
		Entry("a label, changed", "metadata.labels[accounts.usher.dev/invitation]", func(m *metav1.ObjectMeta) { m.Labels[v1alpha1.LabelInvitation] = "other" }),
		Entry("a label, removed", "metadata.labels[accounts.usher.dev/invitation]", func(m *metav1.ObjectMeta) { delete(m.Labels, v1alpha1.LabelInvitation) }),
		Entry("a label, added", "metadata.labels[accounts.usher.dev/bootstrap]", func(m *metav1.ObjectMeta) { m.Labels[v1alpha1.LabelBootstrap] = "true" }),
		Entry("a label, added without a value", "metadata.labels[accounts.usher.dev/user]", func(m *metav1.ObjectMeta) { m.Labels[v1alpha1.LabelUser] = "" }),
		Entry("an annotation", "metadata.annotations[accounts.usher.dev/note]", func(m *metav1.ObjectMeta) { m.Annotations["accounts.usher.dev/note"] = "y" }),
		Entry("but not what belongs to others", "", func(m *metav1.ObjectMeta) {
			m.Labels["team"], m.Annotations["note"], m.Finalizers = "red", "y", m.Finalizers[:1]
		}),
	)

	It("does not include the annotation that asks for another mail, which has rules of its own", func() {
		after := kept()
		after.Annotations[v1alpha1.AnnotationResend] = "2"
		for _, kind := range kinds {
			for _, actor := range []authz.Actor{person("ana", orgAdmin), delegate(orgAdmin), platformActor} {
				r := update(actor, by(actor, withMetadata(kind, kept())), by(actor, withMetadata(kind, after)))
				r.Facts.Resend = authz.ResendFacts{Recipient: &v1alpha1.RecipientStatus{}, Authorized: true}
				found := authz.Judge(r)
				if kind == "user" || kind == "invitation" {
					Expect(found).To(BeEmpty(), "%s by %s", kind, actor.Kind)
				} else {
					Expect(rules(found)).To(Equal([]string{"resend-effect"}), "%s by %s", kind, actor.Kind)
				}
			}
		}
	})

	It("includes the finalizer; the refusal says how it got lost and what keeps it", func() {
		Expect(authz.Judge(update(person("ana", orgAdmin), withMetadata("user", kept()), withMetadata("user", lost())))).To(ConsistOf(HaveField("Message",
			HaveSuffix("leave it as it is (kubectl replace removes it unless the manifest contains it; kubectl apply keeps it)"))))
	})

	It("is all named in one refusal", func() {
		for _, kind := range kinds {
			gone := &metav1.ObjectMeta{Namespace: "acme", Name: "luis"}
			ana := person("ana", orgAdmin)
			found := authz.Judge(update(ana, by(ana, withMetadata(kind, kept())), by(ana, withMetadata(kind, gone))))
			Expect(fields(found)).To(Equal([]string{
				"metadata.finalizers[accounts.usher.dev/finalizer]", "metadata.ownerReferences",
				"metadata.labels[accounts.usher.dev/invitation]", "metadata.annotations[accounts.usher.dev/note]",
			}))
		}
	})

	It("cannot be declared in a new object by people, except for the finalizer, which a saved copy contains", func() {
		ana := person("ana", orgAdmin)
		for _, kind := range kinds[1:] { // people create no organization
			Expect(fields(authz.Judge(asked(ana, authz.Create, by(ana, withMetadata(kind, kept())))))).To(Equal([]string{
				"metadata.ownerReferences", "metadata.labels[accounts.usher.dev/invitation]", "metadata.annotations[accounts.usher.dev/note]",
			}), kind)
		}
	})

	It("OPS-5 is in an object that the platform restores", func() {
		for _, kind := range kinds {
			Expect(authz.Judge(asked(platformActor, authz.Create, withMetadata(kind, kept())))).To(BeEmpty(), kind)
		}
	})

	It("includes the status, changed or not", func() {
		for _, kind := range kinds {
			for _, actor := range []authz.Actor{person("ana", orgAdmin), delegate(orgAdmin)} {
				r := update(actor, withMetadata(kind, kept()), withMetadata(kind, kept()))
				r.Status = true
				Expect(fields(authz.Judge(r))).To(Equal([]string{"status"}), kind)
			}
		}
	})

	It("does not prevent deletion", func() {
		for _, kind := range kinds {
			Expect(authz.Judge(asked(platformActor, authz.Delete, withMetadata(kind, kept())))).To(BeEmpty(), kind)
		}
	})

	It("may be changed by Usher and by the controllers that carry out deletions", func() {
		for _, actorKind := range []authz.ActorKind{authz.ActorOperator, authz.ActorCleaner} {
			r := update(authz.Actor{Kind: actorKind}, withMetadata("user", kept()), withMetadata("user", &metav1.ObjectMeta{}))
			Expect(authz.Judge(r)).To(BeEmpty())
			r.Status = true
			Expect(authz.Judge(r)).To(BeEmpty())
		}
	})
})
