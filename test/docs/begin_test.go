// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"context"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/matchers"
)

// applySamples applies the samples. A spec of its own looks for warnings, because a webhook whose cache is late gives one for an object
// that was made a moment ago.
const applySamples = "kubectl apply -f config/samples"

var (
	// running reports whether the operator runs.
	running   bool
	portalURL string
	// ours are the namespaces of the control plane itself.
	ours = []string{"default", "kube-system", "kube-public", "kube-node-lease", "usher-system", "usher-system-questions"}
)

// begin deletes what earlier pages have made and sets up what the page begins with.
func (s *session) begin(ctx context.Context, text string) {
	GinkgoHelper()
	s.startOperator(ctx)
	s.clear(ctx)
	s.mailsBefore = shared.Mailbox.Count()
	for what := range strings.SplitSeq(text, ", ") {
		switch what {
		case "nothing":
		case "samples":
			s.must(ctx, applySamples)
			settle(ctx)
		case "deployment":
			s.must(ctx, "kubectl apply --server-side -f config/default/install.yaml -l 'app.kubernetes.io/component in (controller-manager, portal)'")
		default:
			Fail(s.page.name + ": a page cannot begin with " + what)
		}
	}
}

func (s *session) must(ctx context.Context, text string) string {
	GinkgoHelper()
	output, ok := s.bash(ctx, text)
	Expect(ok).To(BeTrue(), "$ %s\n%s", text, output)
	return output
}

// settle waits until the operator has done everything that config/samples request.
func settle(ctx context.Context) {
	GinkgoHelper()
	Eventually(func(g Gomega) {
		var acme v1alpha1.Organization
		g.Expect(shared.Env.Client.Get(ctx, client.ObjectKey{Namespace: "acme", Name: "acme"}, &acme)).To(Succeed())
		g.Expect(acme.Status.Users.Total).To(HaveValue(BeEquivalentTo(8)))
		for _, list := range []client.ObjectList{
			&v1alpha1.OrganizationList{}, &v1alpha1.OrgUserList{}, &v1alpha1.InvitationList{}, &v1alpha1.WorkspaceList{},
		} {
			g.Expect(shared.Env.Client.List(ctx, list, client.InNamespace("acme"))).To(Succeed())
			g.Expect(meta.EachListItem(list, func(o runtime.Object) error {
				g.Expect(o).To(matchers.BeReady())
				return nil
			})).To(Succeed())
		}
	}).WithContext(ctx).Should(Succeed())
}

// clear deletes what a page has made. The organizations go first, because the operator has to let them go. Namespaces are emptied here:
// the namespace controller begins with a namespace only five seconds after it was deleted.
func (s *session) clear(ctx context.Context) {
	GinkgoHelper()
	s.must(ctx, "kubectl delete organizations -A --all --timeout=120s")
	s.must(ctx, "kubectl delete clusterroles -l accounts.usher.dev/grantable=true")
	var namespaces corev1.NamespaceList
	Expect(shared.Env.Client.List(ctx, &namespaces)).To(Succeed())
	for i := range namespaces.Items {
		if n := &namespaces.Items[i]; !slices.Contains(ours, n.Name) {
			empty(ctx, n.Name)
			Expect(client.IgnoreNotFound(shared.Env.Client.Delete(ctx, n))).To(Succeed())
			Eventually(func() error { return finalize(ctx, n) }).Should(MatchError(apierrors.IsNotFound, "IsNotFound"))
		}
	}
}

// finalize removes the finalizer of a deleted namespace. The error is that of an answer, NotFound when the namespace is gone.
func finalize(ctx context.Context, n *corev1.Namespace) error {
	if err := shared.Env.Client.Get(ctx, client.ObjectKeyFromObject(n), n); err != nil {
		return err
	}
	n.Spec.Finalizers = nil
	return shared.Env.Client.SubResource("finalize").Update(ctx, n)
}

// empty deletes what the pages put into namespaces.
func empty(ctx context.Context, namespace string) {
	GinkgoHelper()
	for _, kind := range []client.Object{
		&rbacv1.RoleBinding{}, &rbacv1.Role{}, &corev1.ConfigMap{}, &corev1.Secret{}, &corev1.ServiceAccount{}, &corev1.Event{},
	} {
		Expect(shared.Env.Client.DeleteAllOf(ctx, kind, client.InNamespace(namespace))).To(Succeed())
	}
}

func (s *session) startOperator(ctx context.Context) {
	GinkgoHelper()
	if !running {
		Expect(shared.Env.Reinstall(ctx)).To(Succeed())
		portalURL = startOperator(ctx)
		running = true
	}
	s.portalURL = portalURL
}

func (s *session) stopOperator() {
	GinkgoHelper()
	Expect(shared.StopOperator()).To(Succeed())
	running = false
}
