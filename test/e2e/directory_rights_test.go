// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/directory"
	"github.com/usher-operator/usher/internal/scim"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
	"github.com/usher-operator/usher/internal/testing/operator"
	"github.com/usher-operator/usher/internal/testing/testenv"
)

// What somebody could do who has a directory's token and a hole in the portal: every request is made in the directory's name.
var _ = Describe("Whoever acts in the name of a directory", Ordered, func() {
	var (
		org, other string
		mallory    client.Client
		luis, eva  *v1alpha1.OrgUser
	)
	sent := func(change func(*v1alpha1.OrgUser)) *v1alpha1.OrgUser {
		GinkgoHelper()
		resource := scim.Resource{"userName": "sam@" + org + ".example", "externalId": "s-1"}
		u, err := directory.New(org, resource, v1alpha1.OnboardingNone, time.Now())
		Expect(err).NotTo(HaveOccurred())
		change(u)
		return u
	}
	try := func(ctx context.Context, o client.Object, patch string) error {
		copied := o.DeepCopyObject().(client.Object) //nolint:forcetypeassert // a deep copy has its original's type
		return mallory.Patch(ctx, copied, client.RawPatch(types.MergePatchType, []byte(patch)), client.DryRunAll)
	}

	BeforeAll(func(ctx context.Context) {
		org, other = organization(ctx), organization(ctx)
		entra, _ := directoryOf(ctx, org)
		made := entra.post(ctx, "e-1", "luis@"+org+".example")
		Expect(made.Status).To(Equal(http.StatusCreated))
		luis = awaitReady(ctx, &v1alpha1.OrgUser{ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: made.id()}})
		eva = builders.OrgUser(org, "eva").Existing().Obj()
		create(ctx, eva)
		mallory = env.As(authz.DirectoryUsername(org))
	})

	It("DIR-2 creates nothing but Members with nothing in them", func(ctx context.Context) {
		Expect(mallory.Create(ctx, sent(func(*v1alpha1.OrgUser) {}), client.DryRunAll)).To(Succeed())
		for name, change := range map[string]func(*v1alpha1.OrgUser){
			"role":      func(u *v1alpha1.OrgUser) { u.Spec.Role = v1alpha1.RoleOrganizationAdmin },
			"user name": func(u *v1alpha1.OrgUser) { u.Spec.Username = "ana@acme.example" },
			"workspace": func(u *v1alpha1.OrgUser) {
				u.Spec.Workspaces = []v1alpha1.WorkspaceGrant{{Name: "support", Access: v1alpha1.WorkspaceAdmin}}
			},
			"group":   func(u *v1alpha1.OrgUser) { u.Spec.Groups = []v1alpha1.ObjectName{"helpdesk"} },
			"module":  func(u *v1alpha1.OrgUser) { u.Spec.Modules = []v1alpha1.ObjectName{"desk"} },
			"inviter": func(u *v1alpha1.OrgUser) { u.Spec.InvitedBy = "ana@acme.example" },
			"origin":  func(u *v1alpha1.OrgUser) { u.Labels[v1alpha1.LabelOrigin] = v1alpha1.OriginDevice },
			"none":    func(u *v1alpha1.OrgUser) { delete(u.Labels, v1alpha1.LabelOrigin) },
			"label":   func(u *v1alpha1.OrgUser) { u.Labels[v1alpha1.LabelBootstrap] = "true" },
			"note":    func(u *v1alpha1.OrgUser) { u.Annotations[v1alpha1.AnnotationResend] = "1" },
			"owner": func(u *v1alpha1.OrgUser) {
				u.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "ConfigMap", Name: "x", UID: "x"}}
			},
			"finalizer": func(u *v1alpha1.OrgUser) { u.Finalizers = append(u.Finalizers, "example.com/stay") },
		} {
			Expect(mallory.Create(ctx, sent(change), client.DryRunAll)).To(BeRefused(http.StatusForbidden, "a directory may "), name)
		}
	})

	It("DIR-3 changes and deletes nothing that the directory does not keep, and of that no more than the directory decides", func(ctx context.Context) {
		Expect(try(ctx, luis, `{"spec":{"displayName":"L","suspend":true,"phone":"+34600000002"}}`)).To(Succeed())
		for _, patch := range []string{
			`{"spec":{"role":"UserAdmin"}}`, `{"spec":{"workspaces":[{"name":"support","access":"Admin"}]}}`, `{"spec":{"groups":["helpdesk"]}}`,
			`{"spec":{"modules":["desk"]}}`, `{"spec":{"username":"ana@acme.example"}}`, `{"spec":{"onboarding":"Invite"}}`,
			`{"spec":{"avatarURL":"https://a.example/a.png"}}`, `{"metadata":{"labels":{"accounts.usher.dev/bootstrap":"true"}}}`,
			`{"metadata":{"labels":{"accounts.usher.dev/origin":"device"}}}`, `{"metadata":{"labels":{"team":"blue"}}}`,
			`{"metadata":{"annotations":{"accounts.usher.dev/resend":"1"}}}`, `{"metadata":{"finalizers":["accounts.usher.dev/finalizer","a.example/b"]}}`,
			`{"metadata":{"ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":"x","uid":"x"}]}}`,
		} {
			Expect(try(ctx, luis, patch)).To(BeRefused(http.StatusForbidden, "a directory may "), patch)
		}
		for _, patch := range []string{
			`{"spec":{"suspend":true}}`, `{"metadata":{"labels":{"accounts.usher.dev/origin":"directory"}}}`,
		} {
			Expect(try(ctx, eva, patch)).To(BeRefused(http.StatusForbidden, "a directory may create, change and delete only what has the label"), patch)
		}
		Expect(mallory.Delete(ctx, eva.DeepCopy(), client.DryRunAll)).To(BeRefused(http.StatusForbidden, "a directory may create, change and delete only"))
		o := &v1alpha1.Organization{ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: org}}
		for patch, words := range map[string]string{
			`{"status":{"administrators":["mallory"]}}`: "a directory may change nothing in the status of its organization",
			`{"status":{"administrators":null}}`:        "a directory may change nothing in the status of its organization",
			`{"status":{"directory":{"removals":[]}}}`:  "",
		} {
			err := mallory.Status().Patch(ctx, o.DeepCopy(), client.RawPatch(types.MergePatchType, []byte(patch)), client.DryRunAll)
			if words == "" {
				Expect(err).NotTo(HaveOccurred())
				continue
			}
			Expect(err).To(BeRefused(http.StatusForbidden, words), patch)
		}
		Expect(mallory.Status().Patch(ctx, luis.DeepCopy(), client.RawPatch(types.MergePatchType, []byte(`{"status":{"role":"OrganizationAdmin"}}`)))).
			To(BeRefused(http.StatusForbidden, `cannot patch resource "orgusers/status"`))
	})

	It("DIR-2 reaches nothing else, neither here nor in another organization", func(ctx context.Context) {
		meta := metav1.ObjectMeta{Namespace: org, Name: "mallory"}
		for _, o := range []client.Object{
			&rbacv1.RoleBinding{ObjectMeta: meta, RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "view"}},
			&corev1.ConfigMap{ObjectMeta: meta}, &corev1.Secret{ObjectMeta: meta}, &corev1.ServiceAccount{ObjectMeta: meta},
			builders.Organization(org).Obj(), builders.Workspace(org, "mallory").Obj(), builders.Invitation(org, "mallory", "m@m.example").Obj(),
			builders.OrgUser(other, "mallory").Obj(),
		} {
			Expect(mallory.Create(ctx, o, client.DryRunAll)).To(BeRefused(http.StatusForbidden, "cannot create resource"), "%T", o)
		}
		tokens := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: v1alpha1.DirectoryTokensSecret}}
		Expect(mallory.Get(ctx, client.ObjectKeyFromObject(tokens), tokens)).To(BeRefused(http.StatusForbidden, "cannot get resource"))
		for _, namespace := range []string{other, operator.Namespace, ""} {
			Expect(mallory.List(ctx, &v1alpha1.OrgUserList{}, client.InNamespace(namespace))).To(BeRefused(http.StatusForbidden, "cannot list resource"))
		}
		account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: v1alpha1.DirectoryAccount}}
		Expect(env.Client.SubResource("token").Create(ctx, account, &authenticationv1.TokenRequest{})).To(
			MatchError(apierrors.IsNotFound, "IsNotFound"), "there is no token of the account, not even for a cluster administrator")
	})

	It("DIR-2 is the portal, in organizations with a directory and nowhere else", func(ctx context.Context) {
		as := func(username string) client.Client {
			GinkgoHelper()
			cfg := env.PortalConfig()
			cfg.Impersonate = rest.ImpersonationConfig{UserName: username}
			c, err := client.New(cfg, client.Options{Scheme: env.Scheme, Mapper: env.Client.RESTMapper()})
			Expect(err).NotTo(HaveOccurred())
			return c
		}
		Expect(as(authz.DirectoryUsername(org)).List(ctx, &v1alpha1.OrgUserList{}, client.InNamespace(org))).To(Succeed())
		for _, username := range []string{
			authz.DirectoryUsername(other), "system:serviceaccount:" + org + ":default", "ana@" + org + ".example",
			"system:serviceaccount:usher-system:usher-controller-manager", authz.DirectoryUsername(operator.Namespace),
		} {
			Expect(as(username).List(ctx, &v1alpha1.OrgUserList{}, client.InNamespace(org))).To(
				BeRefused(http.StatusForbidden, "cannot impersonate"), username)
		}
		portal := as("")
		for _, name := range []string{"mallory", "default-token"} {
			Expect(portal.Get(ctx, client.ObjectKey{Namespace: org, Name: name}, &corev1.Secret{})).To(BeRefused(http.StatusForbidden, "cannot get resource"))
			Expect(portal.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: name}}, client.DryRunAll)).To(
				BeRefused(http.StatusForbidden, "cannot create resource"))
		}
		tokens := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: v1alpha1.DirectoryTokensSecret}}
		Expect(portal.Get(ctx, client.ObjectKeyFromObject(tokens), tokens)).To(Succeed())
		Expect(portal.Update(ctx, tokens, client.DryRunAll)).To(BeRefused(http.StatusForbidden, "cannot update resource"))
		for _, binding := range []rbacv1.RoleBinding{
			{RoleRef: rbacv1.RoleRef{Name: "usher-directory-door"}, Subjects: []rbacv1.Subject{{Kind: "User", APIGroup: rbacv1.GroupName, Name: "mallory"}}},
			{RoleRef: rbacv1.RoleRef{Name: "usher-directory"}, Subjects: []rbacv1.Subject{{Kind: "ServiceAccount", Namespace: other, Name: "usher-directory"}}},
		} {
			binding.Namespace, binding.Name = org, "usher-mallory"
			binding.RoleRef.APIGroup, binding.RoleRef.Kind = rbacv1.GroupName, "ClusterRole"
			Expect(env.As("system:serviceaccount:usher-system:usher-controller-manager").Create(ctx, &binding, client.DryRunAll)).To(
				BeRefused(http.StatusForbidden, "the operator binds the ClusterRole "+binding.RoleRef.Name+" only to"))
		}
	})

	It("DIR-2 is named in the audit log, with the role and what decided", func(ctx context.Context) {
		events, err := env.Writes(ctx, time.Now().Add(-time.Hour), func(e testenv.AuditEvent) bool {
			return e.ObjectRef.Namespace == org && e.ObjectRef.Name == luis.Name && e.Verb == "create"
		})
		Expect(err).NotTo(HaveOccurred())
		Expect(events).To(HaveLen(1))
		Expect(events[0].User.Username).To(Equal("system:serviceaccount:usher-system:usher-portal"))
		Expect(events[0].Actor()).To(Equal(authz.DirectoryUsername(org)))
		Expect(events[0].Annotations).To(And(
			HaveKeyWithValue("orgusers.accounts.usher.dev/actor", "Directory "+authz.DirectoryUsername(org)),
			HaveKeyWithValue("orgusers.accounts.usher.dev/role", "UserAdmin"), HaveKeyWithValue("orgusers.accounts.usher.dev/rule", "allowed")))
	})
})
