// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/mailbox"
	"github.com/usher-operator/usher/internal/testing/operator"
	"github.com/usher-operator/usher/internal/testing/suite"
	"github.com/usher-operator/usher/internal/testing/testenv"
)

const (
	people     = 5000
	workspaces = 200
	// inGroup is the number of people in the group "crowd".
	inGroup = 500
	// everybody is a workspace of which everybody is a member.
	everybody = "everybody"
	// concurrency is the number of requests that the bare client makes at the same time. The operator has as many workers.
	concurrency = 8
	crowdName   = "large"
)

// crowd is a control plane with one large organization, and the operator.
type crowd struct {
	b    *testing.B
	env  *testenv.Env
	box  *mailbox.Mailbox
	past client.Client
	// asker requests the changes, and asked records what it writes.
	asker    client.Client
	asked    *meter
	meter    *meter
	watching client.WithWatch
	observer *observer
	usher    *operator.Operator
	people   int
	copies   int
	twins    int
}

// newCrowd creates the organization while the operator is stopped.
func newCrowd(ctx context.Context, b *testing.B) *crowd {
	c := controlPlane(b, sizeOr(b, people))
	c.observer = observe(ctx, c.watching)
	c.fill(ctx)
	return c
}

// controlPlane returns a crowd without anybody in it.
func controlPlane(b *testing.B, people int) *crowd {
	all := suite.Start(b, nil)
	c := &crowd{
		b: b, env: all.Env, box: all.Mailbox, people: people, asked: &meter{counts: map[string]int{}},
		meter: &meter{calm: calm(people), counts: map[string]int{}},
		past:  all.Env.As("system:kube-controller-manager", "system:masters"),
	}
	cfg := rest.CopyConfig(c.env.Config)
	cfg.Wrap(c.asked.wrap)
	var err error
	c.asker, err = client.New(cfg, client.Options{Scheme: c.env.Scheme})
	must(b, err)
	c.watching, err = client.NewWithWatch(c.env.Config, client.Options{Scheme: c.env.Scheme})
	must(b, err)
	b.Cleanup(c.stop)
	return c
}

// sizeOr returns the size that the environment sets, or the benchmark's own.
func sizeOr(b *testing.B, own int) int {
	text := os.Getenv("USHER_BENCH_PEOPLE")
	if text == "" {
		return own
	}
	n, err := strconv.Atoi(text)
	must(b, err)
	return n
}

func (c *crowd) fill(ctx context.Context) {
	c.population(ctx, func(n int) builders.OrgUserBuilder {
		if n < inGroup {
			return person(n).Groups("crowd")
		}
		return person(n)
	})
	c.parallel(workspaces, func(n int) {
		each := c.people / workspaces
		check(c.past.Create(ctx, admitted(c.workspace(fmt.Sprintf("work-%d", n), n*each, each).Obj())))
	})
}

// population creates the organization with an administrator and everybody.
func (c *crowd) population(ctx context.Context, person func(n int) builders.OrgUserBuilder) {
	must(c.b, c.env.Client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: crowdName}}))
	must(c.b, c.past.Create(ctx, admitted(builders.Organization(crowdName).Obj())))
	must(c.b, c.past.Create(ctx, admitted(builders.OrgUser(crowdName, "ana").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj())))
	c.parallel(c.people, func(n int) { check(c.past.Create(ctx, admitted(person(n).Obj()))) })
}

// admitted returns an object as the webhooks have it stored: with Usher's finalizer.
func admitted(o client.Object) client.Object {
	o.SetFinalizers([]string{v1alpha1.Finalizer})
	return o
}

func person(n int) builders.OrgUserBuilder {
	return builders.OrgUser(crowdName, fmt.Sprintf("person-%d", n)).Existing()
}

// workspace starts with a workspace with that number of members by address, beginning with the first.
func (c *crowd) workspace(name string, first, members int) builders.WorkspaceBuilder {
	return builders.Workspace(crowdName, name).With(func(w *v1alpha1.Workspace) {
		for n := first; n < first+members; n++ {
			w.Spec.Members = append(w.Spec.Members,
				v1alpha1.WorkspaceMember{Email: v1alpha1.MemberAddress(person(n).Obj().Spec.Email), Access: v1alpha1.WorkspaceView})
		}
	})
}

// parallel does something for each number, several at a time.
func (c *crowd) parallel(count int, do func(n int)) {
	numbers := make(chan int)
	var workers sync.WaitGroup
	for range concurrency {
		workers.Go(func() {
			for n := range numbers {
				do(n)
			}
		})
	}
	for n := range count {
		numbers <- n
	}
	close(numbers)
	workers.Wait()
}

// start starts the operator and returns how long it took until there was nothing left to do.
func (c *crowd) start(ctx context.Context) time.Duration {
	options, err := operator.Options(c.env, c.box)
	must(c.b, err)
	cfg := c.env.OperatorConfig()
	cfg.Wrap(c.meter.wrap)
	began := c.meter.begin()
	c.usher, err = operator.StartWith(ctx, cfg, options)
	must(c.b, err)
	return c.meter.settled(ctx).Sub(began)
}

func (c *crowd) stop() {
	if c.usher != nil {
		must(c.b, c.usher.Stop())
		c.usher = nil
	}
}

// complete fails unless all users and workspaces are Ready.
func (c *crowd) complete(ctx context.Context) {
	var users v1alpha1.OrgUserList
	var spaces v1alpha1.WorkspaceList
	must(c.b, c.env.Client.List(ctx, &users, client.InNamespace(crowdName)))
	must(c.b, c.env.Client.List(ctx, &spaces, client.InNamespace(crowdName)))
	for n := range users.Items {
		c.ready(&users.Items[n], users.Items[n].Status.Conditions)
	}
	for n := range spaces.Items {
		c.ready(&spaces.Items[n], spaces.Items[n].Status.Conditions)
	}
}

func (c *crowd) ready(o client.Object, conditions []metav1.Condition) {
	if !meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReady) {
		c.b.Fatalf("%T %s is not Ready: %+v", o, o.GetName(), conditions)
	}
}

// bindings returns Usher's RoleBindings that match the options.
func (c *crowd) bindings(ctx context.Context, options ...client.ListOption) []rbacv1.RoleBinding {
	var list rbacv1.RoleBindingList
	must(c.b, c.env.Client.List(ctx, &list, append(options, client.HasLabels{v1alpha1.LabelOrganization})...))
	return list.Items
}

// bare creates the same RoleBindings, and nothing else, with a bare client in other namespaces that already exist, and
// returns how long it takes until a watch has seen them all.
func (c *crowd) bare(ctx context.Context, bindings []rbacv1.RoleBinding) time.Duration {
	c.copies++
	namespaces := map[string]int{}
	for n := range bindings {
		b := &bindings[n]
		labels := map[string]string{}
		for key, value := range b.Labels { // the same number and length, but not Usher's
			labels["bench-"+key] = value
		}
		b.ObjectMeta = metav1.ObjectMeta{Name: b.Name, Namespace: fmt.Sprintf("bare-%d-%s", c.copies, b.Namespace), Labels: labels}
		namespaces[b.Namespace]++
	}
	for name := range namespaces {
		err := c.env.Client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
		if !apierrors.IsAlreadyExists(err) {
			must(c.b, err)
		}
	}
	began := time.Now()
	c.parallel(len(bindings), func(n int) { check(c.env.Client.Create(ctx, &bindings[n])) })
	last := began
	for name, count := range namespaces {
		if at := c.observer.await(ctx, name, 0, count); at.After(last) {
			last = at
		}
	}
	return last.Sub(began)
}

// heap returns the memory that the process holds, in MB: the operator's, and the little that the benchmark itself keeps.
func heap() float64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return float64(stats.HeapAlloc) / (1 << 20)
}
