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

// slowest is the longest delay of a slow network.
const slowest = 40 * time.Millisecond

// network is how a replica reaches the API server.
type network func() *rest.Config

// direct has no delays.
func direct() *rest.Config { return env.OperatorConfig() }

// slow delays half of the writes and of their answers, and every watch event, by a random time. So each replica knows less
// than the API server, differently for each kind, and acts on it late.
func slow() *rest.Config {
	GinkgoHelper()
	wait := func() { <-time.After(time.Duration(rand.Int64N(int64(slowest)))) }
	return throughProxy(env.OperatorConfig(), func(at faultPoint, _ string) bool {
		if at != request && rand.IntN(2) == 0 {
			wait()
		}
		return false
	}, func(string) { wait() })
}

// startReplicas runs operators side by side until the specs are over. If webhooks are on, the API server calls them through
// a balancer in front of all replicas. Without leader election every replica is a leader, as in a cluster with a network
// partition.
func startReplicas(ctx context.Context, s setting) {
	GinkgoHelper()
	DeferCleanup(func(ctx context.Context) { // after the replicas, which would acquire it again
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
	// Each replica has its own directory for its log and certificate.
	link := filepath.Join(GinkgoT().TempDir(), filepath.Base(usher.binary))
	Expect(os.Link(usher.binary, link)).To(Succeed())
	options, err := operator.Options(env, box)
	Expect(err).NotTo(HaveOccurred())
	options.WebhookPort, options.LeaderElection = port, s.election
	process, err := operator.Launch(s.connect(), link, options)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() {
		Expect(process.Ended()).NotTo(BeClosed(), "a replica ended unexpectedly")
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
