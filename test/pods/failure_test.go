// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package pods

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/internal/testing/load"
)

// timeLag is how much later than the API server the nodes may know that a Service leads to a pod no longer: as long as a webhook has for
// its answer.
const timeLag = 5 * time.Second

var _ = Describe("An installation of which a part is killed under load", func() {
	It("OPS-3 refuses only what the killed leader held, and another one leads when the lease has expired", long, func(ctx context.Context) {
		var killed, bypassed time.Time
		result := underLoad(ctx, "leader killed", func(*load.Run) string {
			former, pod := holderOf(ctx, Default), leaderPod(ctx)
			c := watch(ctx)
			killed = kill(pod.UID)
			bypassed = c.bypassed(ctx, killed, pod.Name)
			return lease(killed, c.newLeader(ctx, killed, former))
		})
		expectOnlyHeld(result, killed, bypassed)
	})

	It("OPS-3 refuses only what the replica on a killed node held, and goes on without the node", long, func(ctx context.Context) {
		restart(ctx) // what was drained before may have left all replicas on one node
		var killed, bypassed time.Time
		var dead *node
		DeferCleanup(func(ctx context.Context) { dead.Start(ctx) })
		result := underLoad(ctx, "leader's node killed", func(*load.Run) string {
			former, pod := holderOf(ctx, Default), leaderPod(ctx)
			dead = env.nodes[slices.IndexFunc(env.nodes, func(n *node) bool { return n.Name == pod.Spec.NodeName })]
			lost := podsOn(ctx, dead.Name)
			c := watch(ctx)
			killed = time.Now()
			dead.Kill()
			next := c.newLeader(ctx, killed, former)
			for _, p := range lost {
				bypassed = c.bypassed(ctx, killed, p.Name)
			}
			return lease(killed, next) + ", the node was given up after " + inSeconds(bypassed.Sub(killed))
		}, func() { dead.Start(ctx) })
		expectOnlyHeld(result, killed, bypassed)
	})
})

// expectOnlyHeld fails if something was refused that a killed replica did not hold: that was answered before the kill or began after
// nothing led to the replica any more, or that got an answer. Nothing else can be known of what a dead program held.
func expectOnlyHeld(result load.Result, killed, bypassed time.Time) {
	GinkgoHelper()
	refused := result.Refused()
	Expect(refused.Outside(killed, bypassed.Add(timeLag)).Requests).To(BeEmpty(), "%s", explained(result, refused))
	for _, request := range refused.Requests {
		Expect(request.Refusal).NotTo(Or(ContainSubstring("denied the request"), HavePrefix("the portal answered"),
			HavePrefix("the page has")), "a replica that lived refused this")
	}
	expectReached(result)
}

func lease(killed, next time.Time) string {
	GinkgoHelper()
	Expect(next.Sub(killed)).To(BeNumerically("<", 4*leaseDuration))
	return fmt.Sprintf("new leader after %s", inSeconds(next.Sub(killed)))
}

// kill kills the operator in a pod, and returns when.
func kill(pod types.UID) time.Time {
	GinkgoHelper()
	pids := programs(pod, "usher")
	Expect(pids).To(HaveLen(1))
	killed := time.Now()
	Expect(syscall.Kill(pids[0], syscall.SIGKILL)).To(Succeed())
	return killed
}

// programs returns the processes of a program in a pod, as this machine sees them. A process belongs to the pod whose UID is in the name
// of its control group.
func programs(pod types.UID, program string) []int {
	GinkgoHelper()
	var pids []int
	for _, process := range processes() {
		groups, err := os.ReadFile(filepath.Join("/proc", process, "cgroup"))
		if err != nil { // it has ended meanwhile
			continue
		}
		name, err := os.ReadFile(filepath.Join("/proc", process, "comm"))
		if err != nil || string(bytes.TrimSpace(name)) != program || !strings.Contains(string(groups), string(pod)) {
			continue
		}
		pid, err := strconv.Atoi(process)
		Expect(err).NotTo(HaveOccurred())
		pids = append(pids, pid)
	}
	return pids
}
