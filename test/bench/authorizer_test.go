// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/internal/testing/suite"
	"github.com/usher-operator/usher/internal/testing/testenv"
)

const (
	// bound is how many people may edit a namespace.
	bound = 10_000
	// decisions is how many access reviews are timed in each namespace.
	decisions = 1_000
)

// layout is how the access of many people to one namespace is written down.
type layout struct {
	name string
	// subjects is how many people a RoleBinding names; 0: no person is bound.
	subjects int
}

// BenchmarkAuthorizer measures what the API server takes to decide about a request in a namespace that many people may edit, with a
// RoleBinding for each of them, as Usher writes them, and with a hundred people in each RoleBinding; beside a namespace without any. It
// also measures what taking in one more person costs with either.
func BenchmarkAuthorizer(b *testing.B) {
	ctx := b.Context()
	env := suite.Start(b, nil, func(o *testenv.Options) { o.Empty = true }).Env
	layouts := []layout{{"none", 0}, {"single", 1}, {"hundreds", 100}}
	for _, l := range layouts {
		l.create(ctx, b, env.Client)
	}
	for b.Loop() {
		allowed, denied := make(map[string]time.Duration), make(map[string]time.Duration)
		for _, l := range layouts {
			l.await(ctx, b, env.Client)
			if l.subjects > 0 {
				allowed[l.name] = l.decide(ctx, b, env.Client, func(n int) string { return boundPerson(n * 7919 % bound) }, true)
			}
			denied[l.name] = l.decide(ctx, b, env.Client, func(n int) string { return fmt.Sprintf("stranger-%d", n) }, false)
		}
		b.ReportMetric(micros(denied["none"]), "µs-none")
		for _, l := range layouts[1:] {
			b.ReportMetric(micros(allowed[l.name]-denied["none"]), "µs-more-allowed-"+l.name)
			b.ReportMetric(micros(denied[l.name]-denied["none"]), "µs-more-denied-"+l.name)
			b.ReportMetric(micros(l.add(ctx, b, env.Client)), "µs-to-add-"+l.name)
		}
	}
}

func micros(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }

func boundPerson(n int) string { return fmt.Sprintf("person-%05d@acme.example", n) }

func (l layout) create(ctx context.Context, b *testing.B, c client.Client) {
	must(b, c.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: l.name}}))
	if l.subjects == 0 {
		return
	}
	numbers := make(chan int)
	var workers sync.WaitGroup
	for range 16 {
		workers.Go(func() {
			for n := range numbers {
				check(c.Create(ctx, l.binding(n)))
			}
		})
	}
	for n := range bound / l.subjects {
		numbers <- n
	}
	close(numbers)
	workers.Wait()
}

// binding returns the RoleBinding with a number.
func (l layout) binding(number int) *rbacv1.RoleBinding {
	out := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: l.name, Name: fmt.Sprintf("binding-%05d", number)},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "edit"},
	}
	for n := range l.subjects {
		out.Subjects = append(out.Subjects, rbacv1.Subject{
			APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: boundPerson(number*l.subjects + n),
		})
	}
	return out
}

// await waits until the authorizer knows the person who was created last.
func (l layout) await(ctx context.Context, b *testing.B, c client.Client) {
	if l.subjects == 0 {
		return
	}
	limit, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for !l.allows(limit, b, c, boundPerson(bound-1)) {
		must(b, limit.Err())
	}
}

func (l layout) allows(ctx context.Context, b *testing.B, c client.Client, user string) bool {
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User: user,
		ResourceAttributes: &authorizationv1.ResourceAttributes{
			Namespace: l.name, Verb: "update", Resource: "configmaps", Name: "settings",
		},
	}}
	must(b, c.Create(ctx, review))
	return review.Status.Allowed
}

// decide returns the median time of an access review. The API server keeps no decision of its RBAC authorizer.
func (l layout) decide(ctx context.Context, b *testing.B, c client.Client, who func(n int) string, expected bool) time.Duration {
	times := make([]time.Duration, decisions)
	for n := range times {
		start := time.Now()
		allowed := l.allows(ctx, b, c, who(n))
		times[n] = time.Since(start)
		if allowed != expected {
			b.Fatalf("%s: %s is allowed: %v", l.name, who(n), allowed)
		}
	}
	return median(times)
}

// add returns the median time of giving one more person access.
func (l layout) add(ctx context.Context, b *testing.B, c client.Client) time.Duration {
	times := make([]time.Duration, 100)
	for n := range times {
		start := time.Now()
		l.addOne(ctx, b, c, n)
		times[n] = time.Since(start)
	}
	return median(times)
}

func (l layout) addOne(ctx context.Context, b *testing.B, c client.Client, n int) {
	more := bound + n
	if l.subjects == 1 {
		must(b, client.IgnoreAlreadyExists(c.Create(ctx, l.binding(more))))
		return
	}
	// A RoleBinding of many is read and written as a whole, by whoever changes it first.
	binding := &rbacv1.RoleBinding{}
	must(b, c.Get(ctx, client.ObjectKeyFromObject(l.binding(n)), binding))
	binding.Subjects = append(binding.Subjects, l.binding(more).Subjects[0])
	must(b, c.Update(ctx, binding))
}
