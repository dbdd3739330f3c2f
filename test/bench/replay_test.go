// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// formerly is the annotation of RoleBindings that are there before a change, and replaced by it.
const formerly = "bench.usher.dev/formerly"

// story is a change as it was recorded: what the client that requested it wrote, and what the operator then did.
type story struct {
	change

	asked, followed []write
}

// replay repeats the writes of one change with a bare client, as many at a time as the operator makes. They go to copies of the same
// objects in another organization, while the operator is stopped and without calling the webhooks, which are not called for the operator
// either. It returns how long that takes until a watch has seen the RoleBindings, and how many writes there are.
func (c *crowd) replay(ctx context.Context, s story) (took time.Duration, total int) {
	c.twins++
	twin := fmt.Sprintf("%s%0*d", "tw", len(crowdName)-len("tw"), c.twins)
	for _, writes := range [][]write{s.asked, s.followed} {
		for n, w := range writes {
			writes[n] = w.plain()
		}
	}
	all := slices.Concat(s.asked, s.followed)
	c.copyObjects(ctx, twin, all)
	cfg := rest.CopyConfig(c.env.Config)
	cfg.Impersonate = rest.ImpersonationConfig{UserName: "system:kube-controller-manager", Groups: []string{"system:masters"}}
	bare, err := rest.HTTPClientFor(cfg)
	must(c.b, err)
	key := strings.ReplaceAll(s.key, crowdName, twin)
	before, _ := c.observer.count(key)
	began := time.Now()
	c.send(s, func(w write) { check(w.in(twin).do(bare, strings.TrimSuffix(cfg.Host, "/"))) })
	took = time.Since(began)
	if s.bindings > 0 {
		took = c.observer.await(ctx, key, before, s.bindings).Sub(began)
	}
	c.removeTwin(ctx, twin, all)
	return took, len(all)
}

// send sends the writes of a change, several at a time, and each after what it depends on (docs/performance.md): what follows from a change
// comes after it, and what is in a namespace after that. The statuses of one person stay in order among their RoleBindings, because what
// is in force is written before the access that follows from it, and Ready after it. So do the writes of any other object.
func (c *crowd) send(s story, do func(write)) {
	for _, w := range s.asked {
		do(w)
	}
	isNamespace := func(w write) bool { return w.typ == "namespaces" && w.method == http.MethodPost }
	c.parallel(len(s.followed), func(n int) {
		if isNamespace(s.followed[n]) {
			do(s.followed[n])
		}
	})
	lanes := lanesOf(slices.DeleteFunc(slices.Clone(s.followed), isNamespace))
	c.parallel(len(lanes), func(n int) {
		for _, stage := range lanes[n] {
			c.parallel(len(stage), func(n int) { do(stage[n]) })
		}
	})
}

// lane is what has to be written in order: stages, each with what may be written at the same time.
type lane [][]write

// lanesOf divides writes into lanes, in the order in which these began.
func lanesOf(writes []write) []lane {
	var lanes []lane
	at := map[string]int{}
	for _, w := range writes {
		key := w.subject()
		n, begun := at[key]
		if !begun {
			n, lanes = len(lanes), append(lanes, nil)
			at[key] = n
		}
		if last := len(lanes[n]) - 1; last >= 0 && w.isAccess() && lanes[n][last][0].isAccess() {
			lanes[n][last] = append(lanes[n][last], w)
		} else {
			lanes[n] = append(lanes[n], []write{w})
		}
	}
	return lanes
}

// copyObjects creates what the writes need: namespaces, and copies of Usher's objects as they were before, without the fields
// that are written.
func (c *crowd) copyObjects(ctx context.Context, twin string, writes []write) {
	made, namespaces, touched := map[string]bool{}, map[string]bool{twin: true}, map[string][]write{}
	for _, w := range writes {
		switch {
		case w.method == http.MethodPost:
			made[w.object()] = true
		case strings.HasPrefix(w.uri, "/apis/"+v1alpha1.GroupVersion.Group+"/"):
			touched[w.object()] = append(touched[w.object()], w)
		}
		namespaces[strings.ReplaceAll(w.namespace(), crowdName, twin)] = true
	}
	for name := range namespaces {
		if name == "" || made["/api/v1/namespaces/"+strings.ReplaceAll(name, twin, crowdName)] {
			continue
		}
		check(client.IgnoreAlreadyExists(c.past.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})))
	}
	c.parallel(len(writes), func(n int) {
		if w := writes[n].in(twin); w.method == http.MethodDelete && w.typ == "rolebindings" {
			check(c.past.Create(ctx, replaced(w)))
		}
	})
	maps.DeleteFunc(touched, func(path string, _ []write) bool { return made[path] })
	paths := slices.Sorted(maps.Keys(touched))
	c.parallel(len(paths), func(n int) { check(c.copyObject(ctx, twin, paths[n], touched[paths[n]])) })
}

// replaced returns the RoleBinding that a write deletes because another one has replaced it.
func replaced(w write) *rbacv1.RoleBinding {
	return &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: w.namespace(), Name: w.object()[strings.LastIndex(w.object(), "/")+1:], Annotations: map[string]string{formerly: "true"},
		},
		RoleRef:  rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "view"},
		Subjects: []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: "somebody"}},
	}
}

func (c *crowd) copyObject(ctx context.Context, twin, path string, writes []write) error {
	parts := strings.Split(path, "/")
	kind := map[string]string{"orgusers": "OrgUser", "workspaces": "Workspace", "organizations": "Organization"}[parts[len(parts)-2]]
	o := &unstructured.Unstructured{}
	o.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(kind))
	if err := c.env.Client.Get(ctx, types.NamespacedName{Namespace: crowdName, Name: parts[len(parts)-1]}, o); err != nil {
		return err
	}
	raw, err := json.Marshal(o.Object)
	if err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(strings.ReplaceAll(string(raw), crowdName, twin)), &o.Object); err != nil {
		return err
	}
	o.Object["metadata"] = map[string]any{"name": o.GetName(), "namespace": o.GetNamespace()}
	before, _ := o.Object["status"].(map[string]any)
	for _, w := range writes {
		if err := takeBack(o, before, w); err != nil {
			return err
		}
	}
	if err := c.past.Create(ctx, o); err != nil || len(before) == 0 {
		return err
	}
	o.Object["status"] = before
	return c.past.Status().Update(ctx, o)
}

// takeBack changes a copy so that the write has an effect on it: it removes the fields of the status that the write sets, and
// the member that the change adds, who is the last one.
func takeBack(o *unstructured.Unstructured, status map[string]any, w write) error {
	var body struct {
		Spec, Status map[string]any
	}
	if err := json.Unmarshal(w.body, &body); err != nil {
		return err
	}
	for field := range body.Status {
		delete(status, field)
	}
	members, _ := body.Spec["members"].([]any)
	if len(members) == 0 {
		return nil
	}
	return unstructured.SetNestedSlice(o.Object, members[:len(members)-1], "spec", "members")
}

// removeTwin removes everything that the operator would look at when it starts again.
func (c *crowd) removeTwin(ctx context.Context, twin string, writes []write) {
	paths := map[string]bool{}
	for _, w := range writes {
		if w.typ == "rolebindings" {
			paths[strings.ReplaceAll(w.namespace(), crowdName, twin)] = true
		}
	}
	for name := range paths {
		check(c.past.DeleteAllOf(ctx, &rbacv1.RoleBinding{}, client.InNamespace(name)))
	}
	c.removeAll(ctx, twin)
}

func (c *crowd) removeAll(ctx context.Context, twin string) {
	var users v1alpha1.OrgUserList
	var spaces v1alpha1.WorkspaceList
	check(c.env.Client.List(ctx, &users, client.InNamespace(twin)))
	check(c.env.Client.List(ctx, &spaces, client.InNamespace(twin)))
	var all []client.Object
	for n := range users.Items {
		all = append(all, &users.Items[n])
	}
	for n := range spaces.Items {
		all = append(all, &spaces.Items[n])
	}
	c.parallel(len(all), func(n int) {
		if len(all[n].GetFinalizers()) > 0 {
			check(c.past.Patch(ctx, all[n], client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`))))
		}
		if err := c.past.Delete(ctx, all[n]); !apierrors.IsNotFound(err) {
			check(err)
		}
	})
	organization := &v1alpha1.Organization{ObjectMeta: metav1.ObjectMeta{Namespace: twin, Name: twin}}
	check(client.IgnoreNotFound(c.past.Delete(ctx, organization)))
}
