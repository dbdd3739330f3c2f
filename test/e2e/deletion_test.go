// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

// firm is an organization with objects of every kind.
type firm struct {
	name       string
	org        *v1alpha1.Organization
	ana, bea   *v1alpha1.OrgUser // administrators
	sam        *v1alpha1.OrgUser // a Member in both workspaces
	team       *v1alpha1.Invitation
	keep, drop *v1alpha1.Workspace // with deletionPolicy Retain and Delete
}

// newFirm creates a firm whose users are all in force, and in which one invited person is pending.
func newFirm(ctx context.Context) *firm {
	GinkgoHelper()
	f := &firm{name: env.Namespace(ctx, "firm")}
	f.org = builders.Organization(f.name).DisplayName("Firm").Module("desk", 5).
		Delegate("system:serviceaccount:argocd:"+f.name, v1alpha1.RoleOrganizationAdmin).
		With(func(o *v1alpha1.Organization) {
			o.Spec.Billing.PaymentSecretRef = &v1alpha1.SecretReference{Name: "card"}
		}).Obj()
	f.ana = builders.OrgUser(f.name, "ana").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj()
	f.bea = builders.OrgUser(f.name, "bea").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj()
	f.sam = builders.OrgUser(f.name, "sam").Existing().Modules("desk").Workspace("keep", v1alpha1.WorkspaceEdit).
		Workspace("drop", v1alpha1.WorkspaceView).Obj()
	f.team = builders.Invitation(f.name, "team", "pal@"+f.name+".example").Workspace("keep", v1alpha1.WorkspaceView).Obj()
	f.keep = builders.Workspace(f.name, "keep").Obj()
	f.drop = builders.Workspace(f.name, "drop").DeletedWithNamespace().Obj()
	create(ctx, f.all()...)
	f.settle(ctx)
	return f
}

func (f *firm) settle(ctx context.Context) {
	GinkgoHelper()
	for _, u := range []*v1alpha1.OrgUser{f.ana, f.bea, f.sam} {
		awaitReady(ctx, u)
	}
	awaitReady(ctx, f.team)
	Eventually(get(ctx, f.org)).Should(HaveField("Status.Administrators", ConsistOf("ana", "bea")))
}

func (f *firm) all() []client.Object {
	return []client.Object{f.org, f.ana, f.bea, f.sam, f.keep, f.drop, f.team}
}

// forRecreation returns the objects, prepared for creating them again.
func (f *firm) forRecreation() []client.Object {
	all := f.all()
	for _, o := range all {
		o.SetResourceVersion("")
		o.SetUID("")
		o.SetFinalizers(nil)
		o.SetDeletionTimestamp(nil)
		o.SetManagedFields(nil)
	}
	f.team.Spec.InvitedBy = ""
	return all
}

// manifest returns all objects as one file.
func (f *firm) manifest() string {
	GinkgoHelper()
	var text strings.Builder
	for _, o := range f.all() {
		kinds, _, err := env.Scheme.ObjectKinds(o)
		Expect(err).NotTo(HaveOccurred())
		line, err := json.Marshal(map[string]any{
			"apiVersion": kinds[0].GroupVersion().String(), "kind": kinds[0].Kind,
			"metadata": map[string]string{"namespace": o.GetNamespace(), "name": o.GetName()},
		})
		Expect(err).NotTo(HaveOccurred())
		text.WriteString("---\n" + string(line) + "\n")
	}
	return text.String()
}

// delete deletes objects; each deletion must be accepted.
func (f *firm) delete(ctx context.Context, objects ...client.Object) {
	GinkgoHelper()
	for _, o := range objects {
		Expect(env.Client.Delete(ctx, o)).To(Succeed(), "%T %s", o, o.GetName())
	}
}

func (f *firm) namespace() *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: f.name}}
}

// awaitGone waits until nothing of the firm is left, neither objects nor access, except the namespace of the workspace with
// deletionPolicy Retain.
func (f *firm) awaitGone(ctx context.Context) {
	GinkgoHelper()
	for _, list := range []client.ObjectList{
		&v1alpha1.OrganizationList{}, &v1alpha1.OrgUserList{}, &v1alpha1.InvitationList{}, &v1alpha1.WorkspaceList{},
	} {
		Eventually(func(g Gomega) {
			g.Expect(env.Client.List(ctx, list, client.InNamespace(f.name))).To(Succeed())
			g.Expect(list).To(HaveField("Items", BeEmpty()))
		}).Should(Succeed())
	}
	for _, list := range []client.ObjectList{&rbacv1.RoleBindingList{}, &rbacv1.RoleList{}} {
		Eventually(func(g Gomega) {
			g.Expect(env.Client.List(ctx, list, client.MatchingLabels{v1alpha1.LabelOrganization: f.name})).To(Succeed())
			g.Expect(list).To(HaveField("Items", BeEmpty()))
		}).Should(Succeed())
	}
	kept := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: f.name + "-keep"}}
	Expect(get(ctx, kept)(Default).DeletionTimestamp).To(BeNil())
	dropped := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: f.name + "-drop"}}
	if err := client.IgnoreNotFound(env.Client.Get(ctx, client.ObjectKeyFromObject(dropped), dropped)); err != nil || dropped.UID != "" {
		Expect(err).NotTo(HaveOccurred())
		Expect(dropped.DeletionTimestamp).NotTo(BeNil())
	}
}

// pastWebhooks returns a client of a user for whom the API server does not call the webhooks.
func pastWebhooks() client.Client { return env.As("system:kube-controller-manager", "system:masters") }

var _ = Describe("Deletion", func() {
	DescribeTable("leaves nothing behind and nothing stuck", func(ctx context.Context, ask func(context.Context, *firm)) {
		f := newFirm(ctx)
		ask(ctx, f)
		f.awaitGone(ctx)
		Expect(env.Client.Get(ctx, client.ObjectKeyFromObject(f.namespace()), f.namespace())).To(Succeed(), "nobody deleted the namespace")
	},
		Entry("ORG-3 when the organization is deleted first", func(ctx context.Context, f *firm) { f.delete(ctx, f.org) }),
		Entry("ORG-26 when users are deleted first", func(ctx context.Context, f *firm) {
			f.delete(ctx, f.sam, f.bea)
			Eventually(gone(ctx, f.sam)).Should(Succeed())
			Eventually(gone(ctx, f.bea)).Should(Succeed())
			f.delete(ctx, f.keep, f.drop, f.team, f.org)
		}),
		Entry("when an Invitation with a pending user is deleted first", func(ctx context.Context, f *firm) {
			pal := userOf(ctx, f.name, "pal@"+f.name+".example")
			f.delete(ctx, f.team)
			Eventually(gone(ctx, f.team)).Should(Succeed())
			Eventually(gone(ctx, pal)).Should(Succeed())
			f.delete(ctx, f.org)
		}),
		Entry("when a pending user is deleted first", func(ctx context.Context, f *firm) {
			pal := userOf(ctx, f.name, "pal@"+f.name+".example")
			f.delete(ctx, pal)
			f.delete(ctx, f.team, f.org)
		}),
		Entry("when workspaces are deleted first", func(ctx context.Context, f *firm) {
			f.delete(ctx, f.keep, f.drop)
			Eventually(gone(ctx, f.keep)).Should(Succeed())
			Eventually(gone(ctx, f.drop)).Should(Succeed())
			Eventually(get(ctx, f.sam)).Should(HaveField("Status.Workspaces", BeEmpty()))
			f.delete(ctx, f.org)
		}),
		Entry("when the organization is deleted last", func(ctx context.Context, f *firm) {
			f.delete(ctx, f.team, f.drop, f.keep, f.sam, f.bea, f.org)
		}),
		Entry("when everything is deleted with one file", func(ctx context.Context, f *firm) {
			_, errors, err := env.KubectlInput(ctx, f.manifest(), "delete", "--ignore-not-found", "--timeout=60s", "-f", "-")
			Expect(err).NotTo(HaveOccurred(), errors)
		}),
		Entry("when all users are deleted in one request, which is refused for the last administrator", func(ctx context.Context, f *firm) {
			f.delete(ctx, f.bea)
			Eventually(gone(ctx, f.bea)).Should(Succeed())
			Eventually(func() error {
				return env.Client.DeleteAllOf(ctx, &v1alpha1.OrgUser{}, client.InNamespace(f.name))
			}).Should(BeRefused(http.StatusUnprocessableEntity, `"ana" is its last administrator in force and cannot be deleted`))
			Expect(get(ctx, f.ana)(Default).DeletionTimestamp).To(BeNil())
			_, errors, err := env.Kubectl(ctx, "delete", "inv,ws,org", "--all", "-n", f.name, "--timeout=60s")
			Expect(err).NotTo(HaveOccurred(), errors)
		}),
		Entry("ORG-4 when all users are deleted at once past the webhooks: one administrator stays until the organization is deleted", func(ctx context.Context, f *firm) {
			Expect(pastWebhooks().DeleteAllOf(ctx, &v1alpha1.OrgUser{}, client.InNamespace(f.name))).To(Succeed())
			Eventually(gone(ctx, f.sam)).Should(Succeed())
			Eventually(get(ctx, f.org)).Should(HaveCondition("Stalled", metav1.ConditionTrue, v1alpha1.ReasonLastAdministrator))
			Expect(f.org.Status.Administrators).To(HaveLen(1))
			Expect(can(ctx, f.org.Status.Administrators[0]+"@"+f.name+".example", "create", "invitations", f.name)(Default)).To(BeTrue())
			f.delete(ctx, f.org)
		}),
		Entry("ORG-25 when a protected organization is deleted after the protection has been disabled", func(ctx context.Context, f *firm) {
			edit(ctx, f.org, func(o *v1alpha1.Organization) { o.Spec.DeletionProtection = v1alpha1.SwitchEnabled })
			as := env.As(string(f.ana.Spec.Email))
			Expect(as.Delete(ctx, f.org)).To(BeRefused(http.StatusUnprocessableEntity, "the organization is protected against deletion"))
			edit(ctx, f.org, func(o *v1alpha1.Organization) { o.Spec.DeletionProtection = v1alpha1.SwitchDisabled })
			Eventually(func() error { return as.Delete(ctx, f.org) }).Should(Succeed())
		}),
	)

	It("ORG-4 of the last administrators waits, with one of them in force, until there is another administrator", func(ctx context.Context) {
		f := newFirm(ctx)
		Expect(pastWebhooks().DeleteAllOf(ctx, &v1alpha1.OrgUser{}, client.InNamespace(f.name))).To(Succeed())
		Eventually(gone(ctx, f.sam)).Should(Succeed())
		Eventually(get(ctx, f.org)).Should(HaveField("Status.Administrators", HaveLen(1)))
		eva := builders.OrgUser(f.name, "eva").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj()
		create(ctx, eva)
		for _, u := range []*v1alpha1.OrgUser{f.ana, f.bea} {
			Eventually(gone(ctx, u)).Should(Succeed())
		}
		awaitReady(ctx, eva)
		Eventually(get(ctx, f.org)).Should(And(BeReady(), HaveField("Status.Administrators", ConsistOf("eva"))))
	})

	It("allows creating an object of the same name at once", func(ctx context.Context) {
		f := newFirm(ctx)
		recreate := func(o client.Object) {
			GinkgoHelper()
			f.delete(ctx, o)
			_ = f.forRecreation()
			Eventually(func() error { return env.Client.Create(ctx, o) }).Should(Succeed(), "%T", o)
		}
		pal := userOf(ctx, f.name, "pal@"+f.name+".example")
		recreate(f.sam)
		awaitReady(ctx, f.sam)
		Eventually(can(ctx, string(f.sam.Spec.Email), "create", "configmaps", f.name+"-keep")).Should(BeTrue())
		recreate(f.team)
		awaitReady(ctx, f.team)
		Eventually(func(g Gomega) {
			g.Expect(userOf(ctx, f.name, "pal@"+f.name+".example").UID).NotTo(Equal(pal.UID))
		}).Should(Succeed())
		recreate(f.keep)
		awaitReady(ctx, f.keep)
		recreate(f.drop)
		recreate(f.ana)
		awaitReady(ctx, f.ana)

		f.delete(ctx, f.org)
		for _, o := range f.forRecreation() {
			Eventually(func() error { return env.Client.Create(ctx, o) }).Should(Succeed(), "%T", o)
		}
		f.settle(ctx)
		Eventually(can(ctx, string(f.sam.Spec.Email), "create", "configmaps", f.name+"-keep")).Should(BeTrue())
		Eventually(get(ctx, f.drop)).Should(BeReady(), "once Kubernetes has removed the old namespace")
		Eventually(can(ctx, string(f.sam.Spec.Email), "list", "pods", f.name+"-drop")).Should(BeTrue())
	})

	// Kubernetes takes ten seconds to remove a namespace that is not empty, so all of these run concurrently.
	It("of a namespace removes everything in it, whatever else is deleted at the same time", func(ctx context.Context) {
		ways := map[string]func(*firm){
			"alone": func(f *firm) { f.delete(ctx, f.namespace()) },
			"of a protected organization": func(f *firm) {
				edit(ctx, f.org, func(o *v1alpha1.Organization) { o.Spec.DeletionProtection = v1alpha1.SwitchEnabled })
				f.delete(ctx, f.namespace())
			},
			"and the organization": func(f *firm) { f.delete(ctx, f.org, f.namespace()) },
			"before every object": func(f *firm) {
				f.delete(ctx, append([]client.Object{f.namespace()}, f.sam, f.bea, f.team, f.keep, f.drop, f.org)...)
			},
			"and of the workspaces'": func(f *firm) {
				f.delete(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: f.name + "-drop"}}, f.namespace())
			},
			"with administrators whose deletion waits": func(f *firm) {
				Expect(pastWebhooks().DeleteAllOf(ctx, &v1alpha1.OrgUser{}, client.InNamespace(f.name))).To(Succeed())
				Eventually(gone(ctx, f.sam)).Should(Succeed())
				f.delete(ctx, f.namespace())
			},
		}
		firms := map[string]*firm{}
		for way := range ways {
			firms[way] = newFirm(ctx)
		}
		for way, ask := range ways {
			ask(firms[way])
		}
		for way, f := range firms {
			Eventually(gone(ctx, f.namespace())).Should(Succeed(), way)
			f.awaitGone(ctx)
		}
	})
})

var _ = Describe("Deletion while the operator is down", func() {
	It("is refused where a webhook must decide, accepted otherwise, and completed after the restart", func(ctx context.Context) {
		namespaced, swept, asked := newFirm(ctx), newFirm(ctx), newFirm(ctx)
		Expect(usher.Stop()).To(Succeed())
		up := false
		DeferCleanup(func(ctx context.Context) {
			if !up {
				startOperator(ctx)
			}
		})

		Expect(env.Client.Delete(ctx, asked.org)).To(MatchError(ContainSubstring("failed calling webhook")))
		namespaced.delete(ctx, namespaced.namespace())
		for _, o := range swept.all() {
			Expect(pastWebhooks().Delete(ctx, o)).To(Succeed())
		}
		Expect(get(ctx, swept.sam)(Default).DeletionTimestamp).NotTo(BeNil())
		Expect(can(ctx, string(asked.sam.Spec.Email), "create", "configmaps", asked.name+"-keep")(Default)).To(BeTrue())

		startOperator(ctx)
		up = true
		swept.awaitGone(ctx)
		asked.delete(ctx, asked.org)
		asked.awaitGone(ctx)
		Eventually(gone(ctx, namespaced.namespace())).Should(Succeed())
		namespaced.awaitGone(ctx)
	})
})

var _ = Describe("Deletion while the operator is up and its webhooks cannot be reached", func() {
	It("is completed: Usher removes its finalizers from everything that is deleted", func(ctx context.Context) {
		namespaced, swept := newFirm(ctx), newFirm(ctx)
		hideWebhooks(ctx)

		namespaced.delete(ctx, namespaced.namespace())
		pal := userOf(ctx, swept.name, "pal@"+swept.name+".example")
		for _, o := range []client.Object{swept.team, swept.sam, swept.keep, swept.drop} {
			Expect(pastWebhooks().Delete(ctx, o)).To(Succeed())
		}
		for _, o := range []client.Object{swept.team, pal, swept.sam, swept.keep, swept.drop} {
			Eventually(gone(ctx, o)).Should(Succeed(), "%T", o)
		}
		Expect(pastWebhooks().Delete(ctx, swept.org)).To(Succeed())
		swept.awaitGone(ctx)
		Eventually(gone(ctx, namespaced.namespace())).Should(Succeed())
		namespaced.awaitGone(ctx)
	})
})

// hideWebhooks makes the API server call the webhooks at a port where nobody listens, until the spec ends.
func hideWebhooks(ctx context.Context) {
	GinkgoHelper()
	namespace := env.Namespace(ctx, "probe")
	probes := func(ctx context.Context) error {
		return errors.Join(
			env.Client.Create(ctx, builders.Invitation(namespace, "probe", "probe@acme.example").Obj(), client.DryRunAll),
			env.Client.Create(ctx, builders.OrgUser(namespace, "probe").Obj(), client.DryRunAll),
		)
	}
	mutating := &admissionregistrationv1.MutatingWebhookConfiguration{}
	validating := &admissionregistrationv1.ValidatingWebhookConfiguration{}
	mutating.Name, validating.Name = "usher-mutating-webhook-configuration", "usher-validating-webhook-configuration"
	clients := func(ctx context.Context) (all []*admissionregistrationv1.WebhookClientConfig) {
		get(ctx, mutating)(Default)
		get(ctx, validating)(Default)
		for n := range mutating.Webhooks {
			all = append(all, &mutating.Webhooks[n].ClientConfig)
		}
		for n := range validating.Webhooks {
			all = append(all, &validating.Webhooks[n].ClientConfig)
		}
		return all
	}
	// What a mutating webhook refuses does not come to the validating ones, so those are first.
	point := func(ctx context.Context, urls []string, between func()) (before []string) {
		GinkgoHelper()
		for n, c := range clients(ctx) {
			before = append(before, *c.URL)
			c.URL = &urls[n%len(urls)]
		}
		Expect(env.Client.Update(ctx, validating)).To(Succeed())
		between()
		Expect(env.Client.Update(ctx, mutating)).To(Succeed())
		return before
	}
	clients(ctx)
	owners := [][]metav1.ManagedFieldsEntry{mutating.ManagedFields, validating.ManagedFields}
	hidden := func(webhook string) {
		GinkgoHelper()
		Eventually(ctx, probes).Should(MatchError(ContainSubstring(`failed calling webhook "%s.accounts.usher.dev"`, webhook)))
	}
	urls := point(ctx, []string{"https://127.0.0.1:1/nobody"}, func() { hidden("orgusers") })
	DeferCleanup(func(ctx context.Context) {
		point(ctx, urls, func() {})
		clients(ctx)
		mutating.ManagedFields, validating.ManagedFields = owners[0], owners[1] // as they were, for who applies the manifests again
		Expect(env.Client.Update(ctx, mutating)).To(Succeed())
		Expect(env.Client.Update(ctx, validating)).To(Succeed())
		Eventually(ctx, probes).Should(Succeed())
	})
	hidden("finalizers")
}
