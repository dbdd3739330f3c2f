// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/operator"
	"github.com/usher-operator/usher/internal/testing/suite"
	"github.com/usher-operator/usher/internal/testing/testenv"
)

// asked is the label of the namespaces in which the webhook that does nothing is called instead of Usher's.
const asked = "bench.usher.dev/webhook"

// bench is a control plane with Usher's webhooks. The reconcilers wait for a lease that somebody else holds, so that nothing
// changes during the measurement.
type bench struct {
	env *testenv.Env
	// past creates objects without calling the webhooks.
	past client.Client
}

func start(ctx context.Context, b *testing.B) *bench {
	all := suite.Start(b, nil)
	env := all.Env
	now := metav1.NowMicro()
	must(b, env.Client.Create(ctx, &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Namespace: operator.Namespace, Name: "usher-controller-manager"},
		Spec: coordinationv1.LeaseSpec{
			HolderIdentity: ptr.To("bench"), LeaseDurationSeconds: ptr.To[int32](24 * 3600), AcquireTime: &now, RenewTime: &now,
		},
	}))
	all.StartOperator(ctx)
	out := &bench{env: env, past: env.As("system:kube-controller-manager", "system:masters")}
	out.addNothing(ctx, b)
	return out
}

// addNothing adds a webhook that does nothing beside Usher's, each of them for its own namespaces.
func (s *bench) addNothing(ctx context.Context, b *testing.B) {
	var usher admissionregistrationv1.ValidatingWebhookConfiguration
	must(b, s.env.Client.Get(ctx, client.ObjectKey{Name: "usher-validating-webhook-configuration"}, &usher))
	server := httptest.NewTLSServer(&admission.Webhook{
		Handler: admission.HandlerFunc(func(context.Context, admission.Request) admission.Response { return admission.Allowed("") }),
	})
	b.Cleanup(server.Close)

	nothing := usher.DeepCopy()
	nothing.ObjectMeta = metav1.ObjectMeta{Name: "nothing"}
	for n := range nothing.Webhooks {
		w := &nothing.Webhooks[n]
		w.ClientConfig = admissionregistrationv1.WebhookClientConfig{
			URL:      ptr.To(server.URL),
			CABundle: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}),
		}
		w.NamespaceSelector = selector(metav1.LabelSelectorOpIn)
		usher.Webhooks[n].NamespaceSelector = selector(metav1.LabelSelectorOpNotIn)
	}
	must(b, s.env.Client.Update(ctx, &usher))
	must(b, s.env.Client.Create(ctx, nothing))
}

func selector(operation metav1.LabelSelectorOperator) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{
		{Key: asked, Operator: operation, Values: []string{"nothing"}},
	}}
}

// organization creates an organization with that number of users. One of them, "ana", makes the requests. She comes last: a cache that has
// her has everybody.
func (s *bench) organization(ctx context.Context, name string, users int) *organization {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{asked: name}}}
	check(s.env.Client.Create(ctx, namespace))
	o := builders.Organization(name).Obj()
	check(s.past.Create(ctx, o))
	s.fill(ctx, name, users-1)
	ana := builders.OrgUser(name, "ana").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj()
	check(s.past.Create(ctx, ana))
	ana.Status = v1alpha1.OrgUserStatus{
		State: v1alpha1.UserActive, Role: v1alpha1.RoleOrganizationAdmin, Username: string(ana.Spec.Email),
	}
	check(s.past.Status().Update(ctx, ana))
	check(s.env.Client.Create(ctx, &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: "ana"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "usher-organization-admin"},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: string(ana.Spec.Email)}},
	}))
	out := &organization{name: name, admin: s.env.As(string(ana.Spec.Email)), user: builders.OrgUser(name, "user-0").Obj()}
	out.await(ctx)
	return out
}

// fill creates a user, and writes copies under other numbers to etcd: 50,000 requests would take minutes.
func (s *bench) fill(ctx context.Context, namespace string, users int) {
	user := builders.OrgUser(namespace, "user-0").Obj()
	check(s.past.Create(ctx, user))
	source := newCopies(s.env)
	gvk, err := apiutil.GVKForObject(user, s.env.Scheme)
	check(err)
	user.GetObjectKind().SetGroupVersionKind(gvk)
	user.ResourceVersion = ""
	text, err := json.Marshal(user)
	check(err)
	first := &stored{resource: "accounts.usher.dev/orgusers", object: user, json: string(text)}
	var batch []pair
	for n := 1; n < users; n++ {
		name := fmt.Sprintf("user-%d", n)
		batch = append(batch, source.pairAs(first, n, func(text string) string { return strings.ReplaceAll(text, "user-0", name) }))
		if len(batch) == puts || n == users-1 {
			source.store(ctx, batch)
			batch = nil
		}
	}
}

// await waits until the webhooks know the acting user and have every user in their cache.
func (o *organization) await(ctx context.Context) {
	var last error
	err := wait.PollUntilContextTimeout(ctx, look, patience, true, func(ctx context.Context) (bool, error) {
		last = o.admin.Patch(ctx, o.user.DeepCopy(),
			client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"phone":"+34600000001"}}`)), client.DryRunAll)
		return last == nil, nil
	})
	if err != nil {
		check(fmt.Errorf("the webhooks refuse the administrator's change after %s: %w", patience, errors.Join(last, err)))
	}
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// check is must for code that runs in several goroutines. It panics: a benchmark that cannot be set up has no result.
func check(err error) {
	if err != nil {
		panic(err)
	}
}
