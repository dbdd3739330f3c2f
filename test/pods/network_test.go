// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package pods

import (
	"context"
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

const probePods = `apiVersion: v1
kind: Namespace
metadata: {name: probe}
---
apiVersion: v1
kind: Pod
metadata: {name: listener, namespace: probe, labels: {app: server}}
spec:
  nodeName: node1
  containers: [{name: probe, image: %[1]q, args: [serve, ":8000"]}]
---
apiVersion: v1
kind: Service
metadata: {name: server, namespace: probe}
spec:
  selector: {app: server}
  ports: [{port: 80, targetPort: 8000}]
---
apiVersion: v1
kind: Pod
metadata: {name: client, namespace: probe, labels: {app: client}}
spec:
  nodeName: node2
  containers: [{name: probe, image: %[1]q, args: [serve, ":8000"]}]
---
apiVersion: v1
kind: Pod
metadata: {name: neighbor, namespace: probe, labels: {app: client}}
spec:
  nodeName: node1
  containers: [{name: probe, image: %[1]q, args: [serve, ":8000"]}]
`

const nobody = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: nobody, namespace: probe}
spec:
  podSelector: {matchLabels: {app: server}}
  policyTypes: [Ingress]
`

var _ = Describe("The network of the nodes", Ordered, func() {
	BeforeAll(func(ctx context.Context) {
		out, err := env.pipeKubectl(ctx, fmt.Sprintf(probePods, env.probeImage), "apply", "-f", "-")
		Expect(err).NotTo(HaveOccurred(), out)
		DeferCleanup(func(ctx context.Context) { env.kubectl(ctx, "delete", "namespace", "probe") })
		env.kubectl(ctx, "wait", "-n", "probe", "--for=condition=Ready", "--timeout=2m", "pod", "--all")
	})
	probe := func(ctx context.Context, pod, command, argument string) (string, error) {
		return env.tryKubectl(ctx, "exec", "-n", "probe", pod, "--", "/probe", command, argument)
	}

	It("resolves the names of Services in pods of both nodes", func(ctx context.Context) {
		for _, pod := range []string{"client", "listener"} {
			for name, service := range map[string][]string{
				"kubernetes.default.svc": {"default", "kubernetes"},
				"server":                 {"probe", "server"},
				"usher-portal.usher-system.svc.cluster.local": {usherNamespace, "usher-portal"},
			} {
				address := env.kubectl(ctx, "get", "service", "-n", service[0], service[1], "-o", "jsonpath={.spec.clusterIP}")
				out, err := probe(ctx, pod, "resolve", name)
				Expect(err).NotTo(HaveOccurred(), out)
				Expect(out).To(Equal(address+"\n"), name)
			}
		}
	})

	It("leads to Services, from one node to the other and from a pod to itself", func(ctx context.Context) {
		for _, pod := range []string{"client", "neighbor", "listener"} {
			out, err := probe(ctx, pod, "dial", "server:80")
			Expect(err).NotTo(HaveOccurred(), "from %s: %s", pod, out)
		}
	})

	It("enforces NetworkPolicies, from the other node and from the same", func(ctx context.Context) {
		out, err := env.pipeKubectl(ctx, nobody, "apply", "-f", "-")
		Expect(err).NotTo(HaveOccurred(), out)
		for _, pod := range []string{"client", "neighbor"} {
			Eventually(func() error {
				_, err := probe(ctx, pod, "dial", "server:80")
				return err
			}).ShouldNot(Succeed(), "from %s", pod)
		}
		env.kubectl(ctx, "delete", "networkpolicy", "-n", "probe", "nobody")
		for _, pod := range []string{"client", "neighbor"} {
			Eventually(func() error {
				_, err := probe(ctx, pod, "dial", "server:80")
				return err
			}).Should(Succeed(), "from %s", pod)
		}
	})
})
