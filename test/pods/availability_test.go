// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package pods

import (
	"context"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	"github.com/usher-operator/usher/internal/testing/load"
)

var _ = Describe("An installation that is maintained under load", func() {
	It("OPS-3 refuses nothing while nothing happens", func(ctx context.Context) {
		expectNoneRefused(underLoad(ctx, "calm", func(run *load.Run) string {
			for range 2 * rounds {
				keepOn(run)
			}
			return ""
		}))
	})

	It("OPS-3 refuses nothing while its pods are replaced", func(ctx context.Context) {
		expectNoneRefused(underLoad(ctx, times("rolling restart"), func(*load.Run) string {
			for range rounds {
				restart(ctx)
			}
			return ""
		}))
	})

	It("OPS-3 refuses nothing while each node is drained, without flags for its pods", func(ctx context.Context) {
		expectNoneRefused(underLoad(ctx, "drain of each node", func(*load.Run) string {
			for _, n := range env.nodes {
				DeferCleanup(func(ctx context.Context) { env.kubectl(ctx, "uncordon", n.Name) })
				env.kubectl(ctx, "drain", n.Name, "--ignore-daemonsets", "--timeout=120s")
				Expect(podsOf(ctx, Default)).NotTo(ContainElement(HaveField("Spec.NodeName", n.Name)))
				settle(ctx)
				env.kubectl(ctx, "uncordon", n.Name)
			}
			return ""
		}))
	})

	It("OPS-3 hands the lead over when the leader's pod is deleted, and refuses nothing", func(ctx context.Context) {
		expectNoneRefused(underLoad(ctx, times("leader's pod deleted"), func(*load.Run) string {
			var note string
			for range rounds {
				note = deleteLeader(ctx)
				settle(ctx)
			}
			return note
		}))
	})

	It("OPS-3 refuses nothing but what the API server itself does not take while that is restarted", long, func(ctx context.Context) {
		result := underLoad(ctx, "API server restarted", func(*load.Run) string {
			env.restartAPIServer(ctx)
			return ""
		})
		Expect(result.Of(load.Write).Refused().Requests).To(BeEmpty(), "%s", explained(result, result.Refused()))
		// A page is read from the API server, and says after ten seconds that it could not.
		lost := result.Of(load.Page).Refused().Outside(result.Unreached().Span())
		Expect(lost.Requests).To(BeEmpty(), "%s", explained(result, lost))
	})
})

// deleteLeader deletes the leader's pod, and returns how long it took until somebody else led.
func deleteLeader(ctx context.Context) string {
	GinkgoHelper()
	former, pod := holderOf(ctx, Default), leaderPod(ctx)
	c := watch(ctx)
	deleted := time.Now()
	Expect(env.admin.Delete(ctx, pod)).To(Succeed())
	released := c.released(ctx, deleted, former)
	next := c.newLeader(ctx, released, former)
	Expect(next.Sub(released)).To(BeNumerically("<", leaseDuration), "the lease was not handed over: it had to expire")
	return fmt.Sprintf("new leader %s after the deletion, %s after the former one had ended",
		inSeconds(next.Sub(deleted)), inSeconds(next.Sub(released)))
}

// times says how often something is done.
func times(action string) string {
	if rounds == 1 {
		return action
	}
	return fmt.Sprintf("%d times: %s", rounds, action)
}

// podsOn returns the pods on a node.
func podsOn(ctx context.Context, node string) []corev1.Pod {
	GinkgoHelper()
	var found []corev1.Pod
	for _, pod := range podsOf(ctx, Default) {
		if pod.Spec.NodeName == node {
			found = append(found, pod)
		}
	}
	return found
}
