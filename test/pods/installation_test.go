// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package pods

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/internal/leadership"
)

// leaseName is the lease of the leader.
const leaseName = "usher-controller-manager"

// leaseDuration is how long a lease that is not renewed is respected.
var leaseDuration = leadership.DefaultTiming().Lease

// usherLabels are the labels of all pods of the installation.
var usherLabels = client.MatchingLabels{"app.kubernetes.io/name": "usher"}

// settle waits until every Deployment has all of its pods ready, and no pod is ending.
func settle(ctx context.Context) {
	GinkgoHelper()
	Eventually(ctx, func(g Gomega) {
		wanted := 0
		for _, d := range deployments(ctx, g) {
			wanted += int(*d.Spec.Replicas)
			g.Expect(d.Status.ObservedGeneration).To(Equal(d.Generation))
			g.Expect(d.Status).To(And(HaveField("ReadyReplicas", *d.Spec.Replicas), HaveField("UpdatedReplicas", *d.Spec.Replicas)), d.Name)
		}
		pods := podsOf(ctx, g)
		g.Expect(pods).To(HaveLen(wanted))
		g.Expect(pods).NotTo(ContainElement(HaveField("DeletionTimestamp", Not(BeNil()))))
	}).Should(Succeed())
}

func deployments(ctx context.Context, g Gomega) []appsv1.Deployment {
	var list appsv1.DeploymentList
	g.Expect(env.admin.List(ctx, &list, client.InNamespace(usherNamespace))).To(Succeed())
	g.Expect(list.Items).NotTo(BeEmpty())
	return list.Items
}

func podsOf(ctx context.Context, g Gomega) []corev1.Pod {
	var list corev1.PodList
	g.Expect(env.admin.List(ctx, &list, client.InNamespace(usherNamespace), usherLabels)).To(Succeed())
	return list.Items
}

// restart replaces all pods as `kubectl rollout restart` does, and returns when the new ones are ready and the old ones have ended.
func restart(ctx context.Context) {
	GinkgoHelper()
	env.kubectl(ctx, "rollout", "restart", "deployment", "-n", usherNamespace)
	settle(ctx)
}

// leaderPod returns the pod that holds the lease.
func leaderPod(ctx context.Context) *corev1.Pod {
	GinkgoHelper()
	pod := &corev1.Pod{}
	Eventually(ctx, func(g Gomega) {
		holder, _, _ := strings.Cut(holderOf(ctx, g), "_")
		g.Expect(env.admin.Get(ctx, client.ObjectKey{Namespace: usherNamespace, Name: holder}, pod)).To(Succeed())
	}).Should(Succeed())
	return pod
}

// holderOf returns who holds the lease. It begins with the name of the pod.
func holderOf(ctx context.Context, g Gomega) string {
	var lease coordinationv1.Lease
	g.Expect(env.admin.Get(ctx, client.ObjectKey{Namespace: usherNamespace, Name: leaseName}, &lease)).To(Succeed())
	if lease.Spec.HolderIdentity == nil {
		return ""
	}
	return *lease.Spec.HolderIdentity
}

// servingPods returns the pods that Services lead to, as Service/pod.
func servingPods(ctx context.Context, g Gomega) []string {
	var slicesOf discoveryv1.EndpointSliceList
	g.Expect(env.admin.List(ctx, &slicesOf, client.InNamespace(usherNamespace))).To(Succeed())
	var serving []string
	for _, s := range slicesOf.Items {
		for _, e := range s.Endpoints {
			if e.TargetRef != nil && e.Conditions.Ready != nil && *e.Conditions.Ready {
				serving = append(serving, fmt.Sprintf("%s/%s", s.Labels[discoveryv1.LabelServiceName], e.TargetRef.Name))
			}
		}
	}
	slices.Sort(serving)
	return serving
}

// installToday installs the version of the checkout as make up does, or upgrades to it.
func installToday(ctx context.Context) {
	GinkgoHelper()
	apply(ctx, filepath.Join(env.dir, "overlay"))
}

// apply applies an overlay as docs/install.md says, and returns when its pods are the only ones.
func apply(ctx context.Context, overlay string) {
	GinkgoHelper()
	env.kubectl(ctx, "apply", "--server-side", "-k", overlay)
	settle(ctx)
}
