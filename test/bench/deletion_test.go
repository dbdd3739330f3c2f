// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"strings"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// benchmarkDelete deletes the organization. Beside it, a bare client deletes the RoleBindings that the bare client has made beside the first
// start, and nothing else.
func (c *crowd) benchmarkDelete(ctx context.Context) {
	for c.b.Loop() {
		var users v1alpha1.OrgUserList
		var spaces v1alpha1.WorkspaceList
		must(c.b, c.env.Client.List(ctx, &users, client.InNamespace(crowdName)))
		must(c.b, c.env.Client.List(ctx, &spaces, client.InNamespace(crowdName)))
		made := len(c.bindings(ctx))
		began := c.meter.begin()
		o := builders.Organization(crowdName).Obj()
		must(c.b, c.asker.Delete(ctx, o))
		check(wait.PollUntilContextTimeout(ctx, look, patience, true, func(ctx context.Context) (bool, error) {
			err := c.env.Client.Get(ctx, client.ObjectKeyFromObject(o), o)
			return err != nil, client.IgnoreNotFound(err)
		}))
		took := time.Since(began)
		c.meter.settled(ctx)
		counts, writes := c.meter.written()
		c.report(took, c.bareDelete(ctx), writes, made)
		c.b.ReportMetric(float64(writes)/float64(leastToDelete(len(users.Items), len(spaces.Items), made)), "writes:least")
		c.b.Log(counts)
	}
}

// leastToDelete returns how many writes the deletion of an organization takes at least.
func leastToDelete(users, spaces, bindings int) int {
	const (
		eachUser      = 2 // deleted; the finalizer, once the access is gone
		eachWorkspace = 4 // deleted; that it waits for its people; the namespace or the settings; the finalizer
		organization  = 1 // the finalizer
	)
	return bindings + eachUser*users + eachWorkspace*spaces + organization
}

// bareDelete deletes what bare has made first, and returns how long it takes for as many as there are.
func (c *crowd) bareDelete(ctx context.Context) time.Duration {
	var list rbacv1.RoleBindingList
	must(c.b, c.env.Client.List(ctx, &list))
	var copies []*rbacv1.RoleBinding
	for n := range list.Items {
		if b := &list.Items[n]; strings.HasPrefix(b.Namespace, "bare-1-") {
			copies = append(copies, b)
		}
	}
	began := time.Now()
	c.parallel(len(copies), func(n int) { check(c.env.Client.Delete(ctx, copies[n])) })
	return time.Since(began)
}
