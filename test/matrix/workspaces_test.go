// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Who may do what with Workspaces, and with other objects in the organization's namespace.
const (
	//                  Org Bil Fin Use Tec Mem Not del str no
	seeWorkspaces     = "y   y   y   y   y   r   r   y   y   r"
	manageWorkspaces  = "y   r   y   y   r   r   r   y   w   r"
	ushersOfWorkspace = "w   r   w   w   r   r   r   w   w   r"
	immutableThere    = "c   r   c   c   r   r   r   c   c   r"
	inTheGranted      = "y   r   r   r   r   y   r   r   r   r"
	inAnother         = "y   r   r   r   r   r   r   r   r   r"
	paymentDetails    = "y   y   y   r   r   r   r   y   r   r"
	never             = "r   r   r   r   r   r   r   r   r   r"
)

// workspaceFields are the fields of a Workspace except its namespace.
var workspaceFields = map[string]string{
	"displayName": `"Support"`, "deletionPolicy": `"Delete"`, "members": `[{"email":"sam@$org.example","access":"Edit"}]`,
	"contacts": `[{"name":"Desk"}]`, "devices": `[{"name":"kiosk"}]`, "portal": `{"title":"Support","queueEmail":"queue@acme.example"}`,
	"settings": `{"language":"es","sessionRecording":"Enabled"}`,
}

var _ = Describe("A Workspace", func() {
	rows(common("workspaces", "support", seeWorkspaces, manageWorkspaces, ushersOfWorkspace))

	for name, value := range workspaceFields {
		rows([]row{patched("ORG-3 ORG-13 NOV-6 GTA-2 "+name, manageWorkspaces, "", "workspaces", "support", `{"spec":{"`+name+`":`+value+`}}`)})
	}

	rows([]row{
		created("ORG-13 NOV-6 a new one", manageWorkspaces, "", "workspaces", "new", `{}`),
		created("ORG-13 a new one with a generated name", manageWorkspaces, "", "workspaces", "new-", `{}`),
		applied("ORG-13 a new one by server-side apply", manageWorkspaces, "", "workspaces", "new", `{"displayName":"New"}`),
		replaced("ORG-13 by update", manageWorkspaces, "", "workspaces", "sales", func(o *unstructured.Unstructured) error {
			return unstructured.SetNestedField(o.Object, "Sales", "spec", "displayName")
		}),
		patched("its namespace", immutableThere, "immutable", "workspaces", "support", `{"spec":{"namespace":"$org-other"}}`),
		patched("its namespace, removed", immutableThere, "immutable", "workspaces", "support", `{"spec":{"namespace":null}}`),
		patched("its namespace, set later", immutableThere, "immutable", "workspaces", "sales", `{"spec":{"namespace":"$org-other"}}`),
		created("a namespace that belongs to somebody else", "c   r   c   c   r   r   r   c   w   r", "the organization's prefix", "workspaces", "new",
			`{"namespace":"kube-system"}`),
		deleted("ORG-13 NOV-6 delete it", manageWorkspaces, "", "workspaces", "support"),
		{"ORG-13 NOV-6 created, changed and deleted, not as a dry run", manageWorkspaces, "create", "workspaces", "", reallyCreated},
		{"ORG-2 ORG-14 the content of one that is granted to the Member", inTheGranted, "list", "configmaps", "", in("-support")},
		{"ORG-2 ORG-14 the content of another one", inAnother, "list", "configmaps", "", in("-sales")},
	})
})

// reallyCreated creates a workspace, changes it and deletes it, not as a dry run.
func reallyCreated(ctx context.Context, by *somebody) error {
	o := object("workspaces", "")
	o.SetGenerateName("made-")
	if err := by.Create(ctx, o); err != nil {
		return err
	}
	if err := by.Patch(ctx, o, merge(`{"metadata":{"labels":{"team":"blue"}},"spec":{"displayName":"Made"}}`)); err != nil {
		return err
	}
	return by.Delete(ctx, o)
}

// in lists the ConfigMaps in a workspace's namespace.
func in(suffix string) func(context.Context, *somebody) error {
	return func(ctx context.Context, by *somebody) error {
		return by.List(ctx, &corev1.ConfigMapList{}, client.InNamespace(org+suffix))
	}
}

func readSecret(name string) func(context.Context, *somebody) error {
	return func(ctx context.Context, by *somebody) error {
		return by.Get(ctx, client.ObjectKey{Namespace: org, Name: name}, &corev1.Secret{})
	}
}

var _ = Describe("The organization's namespace", func() {
	rows([]row{
		{"lets nobody list Secrets", never, "list", "secrets", "", func(ctx context.Context, by *somebody) error {
			return by.List(ctx, &corev1.SecretList{}, client.InNamespace(org))
		}},
		{"ORG-6 lets the billing roles read the payment details", paymentDetails, "get", "secrets", "", readSecret("payment")},
		{"ORG-6 ORG-8 lets nobody read other Secrets", never, "get", "secrets", "", readSecret("other")},
		{"lets only Usher bind roles", never, "create", "rolebindings", "", func(ctx context.Context, by *somebody) error {
			return by.Create(ctx, binding(org, "more", by.username), client.DryRunAll)
		}},
		{"lets only Usher change bindings", never, "patch", "rolebindings", "", func(ctx context.Context, by *somebody) error {
			b := &rbacv1.RoleBinding{ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: "stray"}}
			return by.Patch(ctx, b, merge(`{"subjects":[]}`), client.DryRunAll)
		}},
		{"lets only Usher delete bindings", never, "delete", "rolebindings", "", func(ctx context.Context, by *somebody) error {
			return by.Delete(ctx, binding(org, "stray", ""), client.DryRunAll)
		}},
		{"can be deleted only by the platform", never, "delete", "namespaces", "", func(ctx context.Context, by *somebody) error {
			return by.Delete(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: org}}, client.DryRunAll)
		}},
		{"cannot be relabeled", never, "patch", "namespaces", "", func(ctx context.Context, by *somebody) error {
			n := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: org}}
			return by.Patch(ctx, n, merge(`{"metadata":{"labels":{"team":"blue"}}}`), client.DryRunAll)
		}},
		{"lets nobody act as a service account in it", never, "create", "serviceaccounts/token", "", func(ctx context.Context, by *somebody) error {
			account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: org, Name: "default"}}
			return by.SubResource("token").Create(ctx, account, &authenticationv1.TokenRequest{})
		}},
	})
})
