// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package testenv_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/testenv"
)

var _ = Describe("The control plane", func() {
	It("configures every webhook with its own port", func(ctx SpecContext) {
		var validating admissionregistrationv1.ValidatingWebhookConfigurationList
		Expect(env.Client.List(ctx, &validating)).To(Succeed())
		Expect(validating.Items).NotTo(BeEmpty())
		for _, configuration := range validating.Items {
			for _, hook := range configuration.Webhooks {
				Expect(hook.ClientConfig.URL).To(HaveValue(ContainSubstring("localhost:" + strconv.Itoa(env.WebhookPort) + "/")))
			}
		}
	})

	It("has complete built-in ClusterRoles and serves the five kinds of Usher", func(ctx SpecContext) {
		var role rbacv1.ClusterRole
		Expect(env.Client.Get(ctx, client.ObjectKey{Name: "edit"}, &role)).To(Succeed())
		Expect(role.Rules).NotTo(BeEmpty())
		for _, list := range []client.ObjectList{
			&v1alpha1.OrganizationList{}, &v1alpha1.OrgUserList{}, &v1alpha1.InvitationList{}, &v1alpha1.WorkspaceList{},
			&v1alpha1.OrgGroupList{},
		} {
			Expect(env.Client.List(ctx, list)).To(Succeed())
		}
	})

	It("deletes objects with their owner, and namespaces with their content", func(ctx SpecContext) {
		namespace := env.Namespace(ctx, "collect")
		owner := configMap(namespace, "owner")
		Expect(env.Client.Create(ctx, owner)).To(Succeed())
		owned := configMap(namespace, "owned")
		owned.OwnerReferences = []metav1.OwnerReference{{APIVersion: "v1", Kind: "ConfigMap", Name: owner.Name, UID: owner.UID}}
		Expect(env.Client.Create(ctx, owned)).To(Succeed())
		Expect(env.Client.Delete(ctx, owner)).To(Succeed())
		Eventually(ctx, gone(owned)).Should(BeTrue())

		Expect(env.Client.Delete(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}})).To(Succeed())
		Eventually(ctx, gone(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}})).Should(BeTrue())
	})
})

var _ = Describe("Identities", func() {
	It("allow an impersonated person only what RBAC allows", func(ctx SpecContext) {
		namespace := env.Namespace(ctx, "person")
		person := env.As("eva@acme.example")
		err := person.Create(ctx, configMap(namespace, "a"))
		Expect(apierrors.IsForbidden(err)).To(BeTrue(), "%v", err)
		Expect(env.Client.Create(ctx, &rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "eva"},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "edit"},
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "eva@acme.example"}},
		})).To(Succeed())
		Eventually(ctx, func() error { return person.Create(ctx, configMap(namespace, "a")) }).Should(Succeed())
	})

	It("include the operator's ServiceAccount, with a token and no certificate", func(ctx SpecContext) {
		cfg := env.OperatorConfig()
		Expect(cfg.CertData).To(BeEmpty())
		Expect(cfg.KeyData).To(BeEmpty())
		operator, err := client.New(cfg, client.Options{Scheme: env.Scheme})
		Expect(err).NotTo(HaveOccurred())
		err = operator.List(ctx, &corev1.NodeList{})
		Expect(err).To(MatchError(ContainSubstring(`"system:serviceaccount:usher-system:usher-controller-manager"`)))
	})

	It("can be impersonated with kubectl", func(ctx SpecContext) {
		out, _, err := env.Kubectl(ctx, "auth", "whoami", "-o", "jsonpath={.status.userInfo.groups}")
		Expect(err).NotTo(HaveOccurred())
		Expect(out).To(ContainSubstring("system:masters"))
		out, _, err = env.KubectlAs(ctx, "ana@acme.example", "auth", "whoami", "-o", "jsonpath={.status.userInfo.username}")
		Expect(err).NotTo(HaveOccurred())
		Expect(out).To(Equal("ana@acme.example"))
		_, stderr, err := env.KubectlAs(ctx, "ana@acme.example", "get", "secrets", "-A")
		Expect(err).To(MatchError(ContainSubstring("forbidden")))
		Expect(stderr).To(ContainSubstring("forbidden"))
	})
})

var _ = Describe("The audit log", func() {
	It("lists writes with their actors, and no reads or dry runs", func(ctx SpecContext) {
		namespace := env.Namespace(ctx, "audit")
		since := time.Now()
		object := configMap(namespace, "a")
		Expect(env.Client.Create(ctx, configMap(namespace, "dry"), client.DryRunAll)).To(Succeed())
		Expect(env.Client.Create(ctx, object)).To(Succeed())
		Expect(env.Client.Get(ctx, client.ObjectKeyFromObject(object), object)).To(Succeed())
		Expect(env.As("eva@acme.example").Delete(ctx, object)).NotTo(Succeed())
		inNamespace := func(a testenv.AuditEvent) bool {
			return a.ObjectRef.Namespace == namespace && a.ObjectRef.Name == "a"
		}
		writes, err := env.Writes(ctx, since, inNamespace)
		Expect(err).NotTo(HaveOccurred())
		lines := make([]string, len(writes))
		for i, write := range writes {
			lines[i] = fmt.Sprintf("%s %s %d", write.Actor(), write.Verb, write.ResponseStatus.Code)
		}
		Expect(lines).To(Equal([]string{"admin create 201", "eva@acme.example delete 403"}))
		Expect(env.Writes(ctx, time.Now().Add(time.Hour), nil)).To(BeEmpty())
	})
})

var _ = Describe("Start", func() {
	It("says what to do if the binaries are missing", func() {
		DeferCleanup(os.Setenv, "KUBEBUILDER_ASSETS", os.Getenv("KUBEBUILDER_ASSETS"))
		Expect(os.Setenv("KUBEBUILDER_ASSETS", "")).To(Succeed())
		_, err := testenv.Start(testenv.Options{})
		Expect(err).To(MatchError(ContainSubstring("make test")))
		Expect(os.Setenv("KUBEBUILDER_ASSETS", GinkgoT().TempDir())).To(Succeed())
		_, err = testenv.Start(testenv.Options{})
		Expect(err).To(MatchError(And(ContainSubstring("lacks etcd"), ContainSubstring("make test"))))
	})

	It("finds the repository and a free port for the webhooks", func() {
		root, err := testenv.RepoRoot()
		Expect(err).NotTo(HaveOccurred())
		Expect(filepath.Join(root, "api", "v1alpha1")).To(BeADirectory())
		listener, err := net.Listen("tcp", net.JoinHostPort(env.WebhookHost, strconv.Itoa(env.WebhookPort)))
		Expect(err).NotTo(HaveOccurred())
		Expect(listener.Close()).To(Succeed())
	})
})

func configMap(namespace, name string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
}

func gone(object client.Object) func(context.Context) (bool, error) {
	return func(ctx context.Context) (bool, error) {
		err := env.Client.Get(ctx, client.ObjectKeyFromObject(object), object)
		if apierrors.IsNotFound(err) {
			return true, nil
		}
		return false, err
	}
}
