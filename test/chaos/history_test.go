// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// revision is one change that the API server has stored.
type revision struct {
	number int64
	object client.Object
	gone   bool
}

func (r revision) key() string { return fmt.Sprintf("%T/%s", r.object, r.object.GetName()) }

// snapshot is an organization as it was stored at one revision.
type snapshot struct {
	organization *v1alpha1.Organization
	users        map[string]*v1alpha1.OrgUser
}

// raceHistory is every revision of an organization and its users since before they were created. It is safe for concurrent use.
type raceHistory struct {
	namespace string

	mu        sync.Mutex
	revisions []revision
	broken    []string
}

// record starts a history in an empty namespace. It comes from two watches without gaps, and is ordered by the resource
// versions, which come from a single store.
func record(ctx context.Context, namespace string) *raceHistory {
	GinkgoHelper()
	h := &raceHistory{namespace: namespace}
	c, err := client.NewWithWatch(env.Config, client.Options{Scheme: env.Scheme, Mapper: env.Client.RESTMapper()})
	Expect(err).NotTo(HaveOccurred())
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var all sync.WaitGroup
	for _, list := range []client.ObjectList{&v1alpha1.OrganizationList{}, &v1alpha1.OrgUserList{}} {
		Expect(c.List(ctx, list, client.InNamespace(namespace))).To(Succeed())
		watcher, err := c.Watch(ctx, list, client.InNamespace(namespace), &client.ListOptions{Raw: &metav1.ListOptions{
			ResourceVersion: list.GetResourceVersion(), TimeoutSeconds: ptr.To[int64](12 * 3600),
		}})
		Expect(err).NotTo(HaveOccurred())
		all.Go(func() { h.follow(ctx, watcher) })
	}
	DeferCleanup(func() {
		cancel()
		all.Wait()
	})
	return h
}

func (h *raceHistory) follow(ctx context.Context, watcher watch.Interface) {
	defer watcher.Stop()
	for event := range watcher.ResultChan() {
		h.add(event)
	}
	if ctx.Err() == nil {
		h.mu.Lock()
		h.broken = append(h.broken, "a watch ended")
		h.mu.Unlock()
	}
}

func (h *raceHistory) add(event watch.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	object, ok := event.Object.(client.Object)
	if !ok {
		h.broken = append(h.broken, fmt.Sprintf("%s: %v", event.Type, event.Object))
		return
	}
	number, err := strconv.ParseInt(object.GetResourceVersion(), 10, 64)
	if err != nil {
		h.broken = append(h.broken, err.Error())
	}
	h.revisions = append(h.revisions, revision{number: number, object: object, gone: event.Type == watch.Deleted})
}

// length returns the number of revisions so far.
func (h *raceHistory) length() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.revisions)
}

// await waits until this many revisions have arrived.
func (h *raceHistory) await(ctx context.Context, length int) error {
	return wait.PollUntilContextTimeout(ctx, time.Millisecond, eventually, true, func(context.Context) (bool, error) {
		return h.length() >= length, nil
	})
}

// complete waits until the history is up to date and returns it in order.
func (h *raceHistory) complete(ctx context.Context) []revision {
	GinkgoHelper()
	Eventually(ctx, func(g Gomega) {
		var organizations v1alpha1.OrganizationList
		var users v1alpha1.OrgUserList
		g.Expect(env.Client.List(ctx, &organizations, client.InNamespace(h.namespace))).To(Succeed())
		g.Expect(env.Client.List(ctx, &users, client.InNamespace(h.namespace))).To(Succeed())
		present := map[string]string{}
		for i := range organizations.Items {
			present[revision{object: &organizations.Items[i]}.key()] = organizations.Items[i].ResourceVersion
		}
		for i := range users.Items {
			present[revision{object: &users.Items[i]}.key()] = users.Items[i].ResourceVersion
		}
		g.Expect(h.newest()).To(Equal(present))
	}).WithTimeout(eventually).Should(Succeed())
	h.mu.Lock()
	defer h.mu.Unlock()
	Expect(h.broken).To(BeEmpty(), "the history has gaps")
	slices.SortFunc(h.revisions, func(a, b revision) int { return cmp.Compare(a.number, b.number) })
	return slices.Clone(h.revisions)
}

// newest returns the resource version of each object that still exists.
func (h *raceHistory) newest() map[string]string {
	h.mu.Lock()
	defer h.mu.Unlock()
	numbers := map[string]int64{}
	for _, r := range h.revisions {
		if last, known := numbers[r.key()]; known && last > r.number {
			continue
		}
		numbers[r.key()] = r.number
	}
	for _, r := range h.revisions {
		if r.gone && numbers[r.key()] == r.number {
			delete(numbers, r.key())
		}
	}
	newest := make(map[string]string, len(numbers))
	for key, number := range numbers {
		newest[key] = strconv.FormatInt(number, 10)
	}
	return newest
}

// violations replays a history and returns each revision that newly breaks a rule. A rule returns what is wrong with a
// snapshot, or "" if nothing is.
func violations(revisions []revision, rule func(snapshot) string) []string {
	now, last := snapshot{users: map[string]*v1alpha1.OrgUser{}}, ""
	var found []string
	for _, r := range revisions {
		switch o := r.object.(type) {
		case *v1alpha1.Organization:
			now.organization = o
		case *v1alpha1.OrgUser:
			now.users[o.Name] = o
			if r.gone {
				delete(now.users, o.Name)
			}
		}
		broken := rule(now)
		if broken != "" && broken != last {
			found = append(found, fmt.Sprintf("revision %d, after a change of %s: %s; %s", r.number, r.key(), broken, now))
		}
		last = broken
	}
	return found
}

// timesHeldBack counts how often the status of a user began to say that a request is held back for a reason.
func timesHeldBack(revisions []revision, reason string) int {
	count, last := 0, map[string]bool{}
	for _, r := range revisions {
		u, ok := r.object.(*v1alpha1.OrgUser)
		if !ok {
			continue
		}
		ready := meta.FindStatusCondition(u.Status.Conditions, v1alpha1.ConditionReady)
		is := ready != nil && ready.Reason == reason
		if is && !last[u.Name] {
			count++
		}
		last[u.Name] = is && !r.gone
	}
	return count
}

// String says which users exist, what they request and what is in force.
func (w snapshot) String() string {
	text := ""
	for _, name := range slices.Sorted(maps.Keys(w.users)) {
		u := w.users[name]
		text += fmt.Sprintf("%s(requested %s suspend=%t deleted=%t, in force %s %s %v) ", name, u.Spec.Role, u.Spec.Suspend,
			!u.DeletionTimestamp.IsZero(), u.Status.State, u.Status.Role, u.Status.Modules)
	}
	if w.organization != nil {
		text += fmt.Sprintf("administrators %v", w.organization.Status.Administrators)
		for _, m := range w.organization.Status.Modules {
			text += fmt.Sprintf(" %s %v", m.Name, m.Holders)
		}
	}
	return text
}
