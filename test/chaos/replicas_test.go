// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	coordinationv1 "k8s.io/api/coordination/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/internal/testing/operator"
	"github.com/usher-operator/usher/internal/testing/ports"
)

// replicas is how many operators run at the same time.
const replicas = 2

// slowest is the longest that a slow network holds something.
const slowest = 40 * time.Millisecond

// network is how a replica reaches the API server.
type network func() *rest.Config

// direct is as fast as it gets.
func direct() *rest.Config { return env.OperatorConfig() }

// slow delays every other write, its answer and each piece of news of a watch, for a time that nobody can foresee: so
// each replica knows less than the API server, of each kind something else, and acts on it late.
func slow() *rest.Config {
	GinkgoHelper()
	hold := func() { <-time.After(time.Duration(rand.Int64N(int64(slowest)))) }
	return through(env.OperatorConfig(), func(at moment, _ string) bool {
		if at != request && rand.IntN(2) == 0 {
			hold()
		}
		return false
	}, func(string) { hold() })
}

// startReplicas runs operators side by side until the specs are over. If their webhooks are asked, it is by a balancer
// that stands before all of them. Without leader election each of them is a leader, as in a cluster that is split in two.
func startReplicas(ctx context.Context, s setting) {
	GinkgoHelper()
	DeferCleanup(func(ctx context.Context) { // after the replicas, who would take it again
		leases := &coordinationv1.Lease{}
		Expect(env.Client.DeleteAllOf(ctx, leases, client.InNamespace(operator.Namespace))).To(Succeed())
	})
	var listening []int
	var processes []*operator.Process
	for range replicas {
		port, err := ports.Free(env.WebhookHost)
		Expect(err).NotTo(HaveOccurred())
		listening = append(listening, port)
		processes = append(processes, launchReplica(port, s))
	}
	for _, process := range processes {
		Expect(process.AwaitReady(ctx)).To(Succeed())
	}
	if s.webhooks {
		startBalancer(ctx, listening)
	}
}

func launchReplica(port int, s setting) *operator.Process {
	GinkgoHelper()
	// Each has a place of its own for its log and its certificate.
	link := filepath.Join(GinkgoT().TempDir(), filepath.Base(usher.binary))
	Expect(os.Link(usher.binary, link)).To(Succeed())
	options, err := operator.Options(env, box)
	Expect(err).NotTo(HaveOccurred())
	options.WebhookPort, options.LeaderElection = port, s.election
	process, err := operator.Launch(s.reach(), link, options)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() {
		Expect(process.Ended()).NotTo(BeClosed(), "a replica ended by itself")
		Expect(process.Kill()).To(Succeed())
		log, err := process.Log()
		Expect(err).NotTo(HaveOccurred())
		Expect(log).NotTo(ContainSubstring("Observed a panic"))
		if CurrentSpecReport().Failed() {
			AddReportEntry("end of a replica's log", log[max(0, len(log)-4000):])
		}
	})
	return process
}
