// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package matrix

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

// A cell says how a request ends.
const (
	allowed = "y" // it is allowed
	byRBAC  = "r" // Kubernetes' RBAC refuses it: the role's ClusterRole lacks the verb
	byUsher = "w" // a webhook refuses it because of the role, with the row's text
	content = "c" // it is refused for every role, with the row's text
	nothing = "-" // no request is made
)

// row is a request that is made in each column.
type row struct {
	// what describes the request, with the ids of the requirements.
	what string
	// cells are the expected results, one letter for each column.
	cells string
	// verb and resource are those of RBAC.
	verb, resource string
	// text is part of the webhook's refusal.
	text string
	do   func(ctx context.Context, by *somebody) error
}

// rows makes a spec from each row.
func rows(list []row) {
	for _, r := range list {
		It(r.what+": "+r.verb+" "+r.resource, func(ctx context.Context) {
			cells := strings.Fields(r.cells)
			Expect(cells).To(HaveLen(len(columns)))
			var wrong []string
			for n, cell := range cells {
				if cell == nothing {
					continue
				}
				err := r.do(ctx, columns[n])
				cases++
				if err != nil {
					refusals++
				}
				wanted := r.expected(cell, columns[n])
				if fits, _ := wanted.Match(err); !fits {
					wrong = append(wrong, columns[n].username+" ("+string(columns[n].role)+"): "+wanted.FailureMessage(err))
				}
			}
			Expect(wrong).To(BeEmpty(), strings.Join(wrong, "\n"))
		})
	}
}

func (r row) expected(cell string, by *somebody) types.GomegaMatcher {
	switch cell {
	case allowed:
		return Succeed()
	case byRBAC:
		return BeRefused(http.StatusForbidden, `User "`+by.username+`" cannot `+r.verb+` resource "`+r.resource+`"`)
	case byUsher:
		text := r.text
		if by.username == stray {
			text = `has no active account in organization "` + org + `"`
		}
		return And(BeRefused(http.StatusForbidden, `admission webhook "`+r.resource+`.accounts.usher.dev" denied the request`),
			BeRefused(http.StatusForbidden, text))
	case content:
		return BeRefused(http.StatusUnprocessableEntity, r.text)
	default:
		return WithTransform(func(error) string { return cell }, BeElementOf(allowed, byRBAC, byUsher, content, nothing))
	}
}

// kinds maps resources to their kinds.
var kinds = map[string]string{
	"organizations": "Organization", "orgusers": "OrgUser", "invitations": "Invitation", "workspaces": "Workspace",
	"orggroups": "OrgGroup",
}

// object returns an object of one of Usher's kinds with nothing but a name, in which "$org" stands for the organization.
func object(resource, name string) *unstructured.Unstructured {
	o := &unstructured.Unstructured{}
	o.SetGroupVersionKind(schema.GroupVersionKind{
		Group: v1alpha1.GroupVersion.Group, Version: v1alpha1.GroupVersion.Version, Kind: kinds[strings.Split(resource, "/")[0]],
	})
	o.SetNamespace(org)
	o.SetName(filled(name, nil))
	return o
}

// filled replaces $org with the organization's name, $me with the name of the OrgUser who asks, and $as with their user name.
func filled(text string, by *somebody) string {
	if by != nil {
		text = strings.NewReplacer("$me", by.name, "$as", by.username).Replace(text)
	}
	return strings.ReplaceAll(text, "$org", org)
}

// patched changes an object with a merge patch, as a dry run.
func patched(what, cells, text, resource, name, patch string) row {
	return row{what, cells, "patch", resource, text, func(ctx context.Context, by *somebody) error {
		return by.Patch(ctx, object(resource, filled(name, by)), merge(filled(patch, by)), client.DryRunAll)
	}}
}

// created creates an object with that spec, as a dry run.
func created(what, cells, text, resource, name, spec string) row {
	return row{what, cells, "create", resource, text, func(ctx context.Context, by *somebody) error {
		o, err := withSpec(resource, name, filled(spec, by))
		if err != nil {
			return err
		}
		if strings.HasSuffix(name, "-") {
			o.SetName("")
			o.SetGenerateName(name)
		}
		return by.Create(ctx, o, client.DryRunAll)
	}}
}

func withSpec(resource, name, spec string) (*unstructured.Unstructured, error) {
	o := object(resource, name)
	var parsed unstructured.Unstructured
	kind := `{"apiVersion":"x/v1","kind":"X","spec":` + spec + `}`
	if err := parsed.UnmarshalJSON([]byte(kind)); err != nil {
		return nil, err
	}
	o.Object["spec"] = parsed.Object["spec"]
	return o, nil
}

// deleted deletes an object, as a dry run.
func deleted(what, cells, text, resource, name string) row {
	return row{what, cells, "delete", resource, text, func(ctx context.Context, by *somebody) error {
		return by.Delete(ctx, object(resource, filled(name, by)), client.DryRunAll)
	}}
}

// replaced reads an object as the cluster's administrator, changes it and updates it, as a dry run.
func replaced(what, cells, text, resource, name string, change func(*unstructured.Unstructured) error) row {
	return row{what, cells, "update", resource, text, func(ctx context.Context, by *somebody) error {
		o := object(resource, name)
		if err := env.Client.Get(ctx, client.ObjectKeyFromObject(o), o); err != nil {
			return err
		}
		if err := change(o); err != nil {
			return err
		}
		return by.Update(ctx, o, client.DryRunAll)
	}}
}

// applied applies a spec with server-side apply, as a dry run. For RBAC that is a patch.
func applied(what, cells, text, resource, name, spec string) row {
	return row{what, cells, "patch", resource, text, func(ctx context.Context, by *somebody) error {
		o, err := withSpec(resource, name, filled(spec, by))
		if err != nil {
			return err
		}
		return by.Apply(ctx, client.ApplyConfigurationFromUnstructured(o), client.DryRunAll, client.FieldOwner("gitops"), client.ForceOwnership)
	}}
}

// leavesOut patches all finalizers away, as a dry run, and expects that Usher's is kept. Somebody without an account is refused anyway.
func leavesOut(what, cells, resource, name string) row {
	return row{what, cells, "patch", resource, "has no active account", func(ctx context.Context, by *somebody) error {
		o := object(resource, filled(name, by))
		err := by.Patch(ctx, o, merge(`{"metadata":{"finalizers":null}}`), client.DryRunAll)
		if err == nil && !slices.Contains(o.GetFinalizers(), v1alpha1.Finalizer) {
			return errors.New("the finalizer is gone")
		}
		return err
	}}
}

// common returns the requests about metadata, status and whole collections, which are the same for every kind. The cells of
// ushers are for changes that only Usher may make, those of may for other labels and annotations.
func common(resource, name, sees, may, ushers string) []row {
	const never = "r  r  r  r  r  r  r  r  r  r"
	statusRow := patched("write the status", never, "", resource, name, `{"status":{"observedGeneration":99}}`)
	statusRow.resource += "/status"
	statusRow.do = func(ctx context.Context, by *somebody) error {
		o := object(resource, name)
		return by.Status().Patch(ctx, o, merge(`{"status":{"observedGeneration":99}}`), &client.SubResourcePatchOptions{
			PatchOptions: client.PatchOptions{DryRun: []string{"All"}},
		})
	}
	list := func(ctx context.Context, by *somebody) error {
		l := &unstructured.UnstructuredList{}
		l.SetGroupVersionKind(object(resource, name).GroupVersionKind())
		return by.List(ctx, l, client.InNamespace(org))
	}
	return []row{
		{"ORG-5 ORG-8 ORG-14 GTA-2 read one", sees, "get", resource, "", func(ctx context.Context, by *somebody) error {
			return by.Get(ctx, client.ObjectKeyFromObject(object(resource, name)), object(resource, name))
		}},
		{"ORG-5 ORG-14 GTA-2 read all", sees, "list", resource, "", list},
		{"delete all in one request", never, "deletecollection", resource, "", func(ctx context.Context, by *somebody) error {
			return by.DeleteAllOf(ctx, object(resource, ""), client.InNamespace(org), client.DryRunAll)
		}},
		statusRow,
		patched("label it", may, "only an", resource, name, `{"metadata":{"labels":{"team":"blue"}}}`),
		patched("annotate it", may, "only an", resource, name, `{"metadata":{"annotations":{"note":"x"}}}`),
		patched("set one of Usher's labels", ushers, "only Usher may change metadata.labels[accounts.usher.dev/user]", resource, name,
			`{"metadata":{"labels":{"accounts.usher.dev/user":"x"}}}`),
		patched("set one of Usher's annotations", ushers, "only Usher may change metadata.annotations[accounts.usher.dev/note]", resource, name,
			`{"metadata":{"annotations":{"accounts.usher.dev/note":"x"}}}`),
		leavesOut("leave Usher's finalizer out, which keeps it", strings.Replace(ushers, byUsher, allowed, strings.Count(ushers, byUsher)-1), resource, name),
		patched("set an owner reference", ushers, "only Usher may change metadata.ownerReferences", resource, name,
			`{"metadata":{"ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":"c","uid":"1"}]}}`),
	}
}
