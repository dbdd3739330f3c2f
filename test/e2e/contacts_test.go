// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"encoding/json"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

// organizationOf returns an object to read an organization into.
func organizationOf(name string) *v1alpha1.Organization {
	return &v1alpha1.Organization{ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: name}}
}

// apply applies an object with kubectl as the cluster administrator, and returns the warnings.
func apply(ctx context.Context, o client.Object) string {
	GinkgoHelper()
	return applyWith(ctx, o)
}

// dryRun asks what apply would answer.
func dryRun(ctx context.Context, o client.Object) string {
	GinkgoHelper()
	return applyWith(ctx, o, "--dry-run=server")
}

func applyWith(ctx context.Context, o client.Object, flags ...string) string {
	GinkgoHelper()
	raw, err := json.Marshal(o)
	Expect(err).NotTo(HaveOccurred())
	_, warnings, err := env.KubectlInput(ctx, string(raw), append([]string{"apply", "-f", "-"}, flags...)...)
	Expect(err).NotTo(HaveOccurred(), warnings)
	return warnings
}

// contactSet is an organization and two workspaces with one contact each, all of them assigned to the same user.
type contactSet struct {
	org   string
	email string
	user  *v1alpha1.OrgUser
}

func newContactSet(ctx context.Context) contactSet {
	GinkgoHelper()
	org := organization(ctx)
	c := contactSet{org: org, email: "eva@" + org + ".example", user: builders.OrgUser(org, "eva").Existing().Obj()}
	create(ctx, c.user, builders.Workspace(org, "support").Contact("Guardia", c.email).Contact("Nobody", "").Obj(),
		builders.Workspace(org, "sales").Contact("Guardia", "EVA@"+org+".example").Obj())
	c.assign(ctx, c.email)
	return c
}

// assign assigns the organization's contact.
func (c contactSet) assign(ctx context.Context, email string) {
	GinkgoHelper()
	edit(ctx, organizationOf(c.org), func(o *v1alpha1.Organization) {
		o.Spec.Contacts = []v1alpha1.Contact{{Name: "Guardia", Assignee: v1alpha1.EmailAddress(email)}}
	})
}

// await waits until the status of all three contacts matches.
func (c contactSet) await(ctx context.Context, matcher types.GomegaMatcher) {
	GinkgoHelper()
	guardia := ContainElement(And(HaveField("Name", "Guardia"), matcher))
	Eventually(get(ctx, organizationOf(c.org))).Should(HaveField("Status.Contacts", guardia))
	for _, name := range []string{"support", "sales"} {
		Eventually(get(ctx, builders.Workspace(c.org, name).Obj())).Should(HaveField("Status.Contacts", guardia))
	}
}

func assigned() types.GomegaMatcher {
	return And(HaveField("Assignee", Not(BeEmpty())), HaveField("Reason", BeEmpty()))
}

func unassigned(reason v1alpha1.UnassignedReason) types.GomegaMatcher {
	return And(HaveField("Assignee", BeEmpty()), HaveField("Reason", reason))
}

var _ = Describe("Contacts", func() {
	It("GTA-12 ORG-27 become unassigned everywhere when the user is deleted, and stay so if a new user gets the address", func(ctx context.Context) {
		c := newContactSet(ctx)
		c.await(ctx, assigned())
		edit(ctx, c.user, func(u *v1alpha1.OrgUser) { u.Spec.Suspend = true })
		c.await(ctx, unassigned(v1alpha1.UnassignedNotActive))
		edit(ctx, c.user, func(u *v1alpha1.OrgUser) { u.Spec.Suspend = false })
		c.await(ctx, assigned())

		Expect(env.Client.Delete(ctx, c.user)).To(Succeed())
		c.await(ctx, unassigned(v1alpha1.UnassignedRemoved))
		Eventually(gone(ctx, c.user.DeepCopy())).Should(Succeed())
		other := builders.OrgUser(c.org, "evelyn").Email(c.email).Existing().Obj()
		create(ctx, other)
		awaitReady(ctx, other)
		settle(ctx)
		c.await(ctx, unassigned(v1alpha1.UnassignedRemoved))
		Expect(get(ctx, builders.Workspace(c.org, "support").Obj())(Default).Spec.Contacts).To(HaveLen(2), "the contacts stay")

		c.assign(ctx, "")
		Eventually(get(ctx, organizationOf(c.org))).Should(HaveField("Status.Contacts", ConsistOf(v1alpha1.ContactStatus{Name: "Guardia"})))
		c.assign(ctx, c.email)
		Eventually(get(ctx, organizationOf(c.org))).Should(HaveField("Status.Contacts", ConsistOf(assigned())))
	})

	It("ORG-27 stay unassigned after a restart of the operator", func(ctx context.Context) {
		c := newContactSet(ctx)
		c.await(ctx, assigned())
		Expect(env.Client.Delete(ctx, c.user)).To(Succeed())
		c.await(ctx, unassigned(v1alpha1.UnassignedRemoved))
		Eventually(gone(ctx, c.user.DeepCopy())).Should(Succeed())
		Expect(usher.Stop()).To(Succeed())
		startOperator(ctx)
		other := builders.OrgUser(c.org, "evelyn").Email(c.email).Existing().Obj()
		create(ctx, other)
		awaitReady(ctx, other)
		settle(ctx)
		c.await(ctx, unassigned(v1alpha1.UnassignedRemoved))
	})

	It("GTA-12 with an unknown assignee are accepted with a warning, and assigned when the user is active", func(ctx context.Context) {
		org := organization(ctx)
		late := "late@" + org + ".example"
		w := builders.Workspace(org, "support").Contact("Guardia", late).Obj()
		w.TypeMeta = metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "Workspace"}
		Expect(apply(ctx, w)).To(ContainSubstring(
			"Warning: spec.contacts: there is no user with the address " + late + ` yet: contact "Guardia" stays unassigned until there is`))
		Eventually(get(ctx, w)).Should(HaveField("Status.Contacts", ConsistOf(unassigned(v1alpha1.UnassignedUnknown))))
		user := builders.OrgUser(org, "late").Obj()
		create(ctx, user)
		Eventually(get(ctx, w)).Should(HaveField("Status.Contacts", ConsistOf(unassigned(v1alpha1.UnassignedNotActive))))
		accept(ctx, late, "Late")
		Eventually(get(ctx, w)).Should(HaveField("Status.Contacts", ConsistOf(And(assigned(), HaveField("AssigneeUID", string(user.UID))))))
	})

	DescribeTable("GTA-13 accept valid methods and refuse others", func(ctx context.Context, m v1alpha1.ContactMethod, message string) {
		org := env.Namespace(ctx, "org")
		o := builders.Organization(org).With(func(o *v1alpha1.Organization) {
			o.Spec.Contacts = []v1alpha1.Contact{{Name: "Guardia", Methods: []v1alpha1.ContactMethod{m}}}
		}).Obj()
		err := env.Client.Create(ctx, o, client.DryRunAll)
		if message == "" {
			Expect(err).NotTo(HaveOccurred())
			return
		}
		Expect(err).To(And(BeRefused(http.StatusUnprocessableEntity, message), HaveCause("spec.contacts[0].methods[0].value", "")))
	},
		Entry(nil, v1alpha1.ContactMethod{Type: v1alpha1.MethodEmail, Value: "guardia@acme.example"}, ""),
		Entry(nil, v1alpha1.ContactMethod{Type: v1alpha1.MethodEmail, Value: "guardia@españa.example"}, ""),
		Entry(nil, v1alpha1.ContactMethod{Type: v1alpha1.MethodPhone, Value: "+34600000001"}, ""),
		Entry(nil, v1alpha1.ContactMethod{Type: v1alpha1.MethodSMS, Value: "+34600000001"}, ""),
		Entry(nil, v1alpha1.ContactMethod{Type: v1alpha1.MethodEmail, Value: "+34600000001"}, "must be an email address"),
		Entry(nil, v1alpha1.ContactMethod{Type: v1alpha1.MethodEmail, Value: "guardia@xn--a.example"}, "its domain is not valid in DNS"),
		Entry(nil, v1alpha1.ContactMethod{Type: v1alpha1.MethodPhone, Value: "600 000 001"}, "must be a phone number in E.164 format"),
		Entry(nil, v1alpha1.ContactMethod{Type: v1alpha1.MethodSMS, Value: "guardia@acme.example"}, "must be a phone number in E.164 format"),
	)
})
