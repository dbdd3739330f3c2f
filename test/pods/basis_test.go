// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package pods

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

var _ = Describe("Usher on nodes", func() {
	It("OPS-3 has a ready replica on each of two nodes", func(ctx context.Context) {
		var on []string
		for _, pod := range usherPods(ctx, "controller-manager") {
			Expect(pod.Status.Conditions).To(ContainElement(And(
				HaveField("Type", corev1.PodReady), HaveField("Status", corev1.ConditionTrue))), pod.Name)
			Expect(pod.Spec.Containers).To(HaveEach(HaveField("Image", env.image)), pod.Name)
			on = append(on, pod.Spec.NodeName)
		}
		Expect(on).To(ConsistOf("node1", "node2"))
		for _, node := range env.nodes {
			Expect(env.kubectl(ctx, "get", "node", node.Name, "-o", "jsonpath={.status.nodeInfo.containerRuntimeVersion}")).
				To(HavePrefix("containerd://2."))
		}
	})

	It("shows its logs and answers its probes through the nodes", func(ctx context.Context) {
		Expect(env.kubectl(ctx, "logs", "-n", usherNamespace, "deployment/usher-controller-manager", "--tail=5")).NotTo(BeEmpty())
		Expect(env.kubectl(ctx, "get", "--raw", "/api/v1/namespaces/"+usherNamespace+"/pods/"+
			usherPods(ctx, "controller-manager")[0].Name+":8081/proxy/readyz")).To(Equal("ok"))
	})

	It("runs as it is declared: as a user without capabilities, on a root file system that it cannot write", func(ctx context.Context) {
		for _, pod := range usherPods(ctx, "") {
			status, root := inside(pod)
			Expect(status).To(HaveKeyWithValue("Uid", "65532\t65532\t65532\t65532"), pod.Name)
			Expect(status).To(HaveKeyWithValue("Gid", "65532\t65532\t65532\t65532"), pod.Name)
			for _, set := range []string{"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"} {
				Expect(status).To(HaveKeyWithValue(set, "0000000000000000"), pod.Name)
			}
			Expect(status).To(HaveKeyWithValue("NoNewPrivs", "1"), pod.Name)
			Expect(status).To(HaveKeyWithValue("Seccomp", "2"), pod.Name)
			Expect(strings.Split(root, ",")).To(ContainElement("ro"), pod.Name)
		}
	})
})

// usherPods returns the pods of a component of Usher, all of them if it is empty, that are not about to end.
func usherPods(ctx context.Context, component string) []corev1.Pod {
	GinkgoHelper()
	labels := client.MatchingLabels{"app.kubernetes.io/name": "usher"}
	if component != "" {
		labels["app.kubernetes.io/component"] = component
	}
	var list corev1.PodList
	Expect(env.admin.List(ctx, &list, client.InNamespace(usherNamespace), labels)).To(Succeed())
	pods := slices.DeleteFunc(list.Items, func(p corev1.Pod) bool { return p.DeletionTimestamp != nil })
	Expect(pods).NotTo(BeEmpty())
	return pods
}

// inside returns what the kernel says about the process of a pod: its status, and the options of the mount of its root. The image has
// no program that could be asked.
func inside(pod corev1.Pod) (status map[string]string, root string) {
	GinkgoHelper()
	for _, process := range processes() {
		cgroup, err := os.ReadFile(filepath.Join("/proc", process, "cgroup"))
		if err != nil || !strings.Contains(string(cgroup), "pod"+string(pod.UID)) {
			continue
		}
		program, err := os.ReadFile(filepath.Join("/proc", process, "cmdline"))
		if err != nil || !strings.HasPrefix(string(program), "/usher") {
			continue
		}
		return kernelStatus(process), rootMount(process)
	}
	Fail("no process of this machine is in the pod " + pod.Name)
	return nil, ""
}

func processes() (ids []string) {
	GinkgoHelper()
	entries, err := os.ReadDir("/proc")
	Expect(err).NotTo(HaveOccurred())
	for _, entry := range entries {
		if strings.Trim(entry.Name(), "0123456789") == "" {
			ids = append(ids, entry.Name())
		}
	}
	return ids
}

func kernelStatus(process string) map[string]string {
	GinkgoHelper()
	content, err := os.ReadFile(filepath.Join("/proc", process, "status"))
	Expect(err).NotTo(HaveOccurred())
	status := map[string]string{}
	for line := range strings.Lines(string(content)) {
		name, value, _ := strings.Cut(line, ":")
		status[name] = strings.TrimSpace(value)
	}
	return status
}

func rootMount(process string) string {
	GinkgoHelper()
	content, err := os.ReadFile(filepath.Join("/proc", process, "mounts"))
	Expect(err).NotTo(HaveOccurred())
	for line := range strings.Lines(string(content)) {
		if fields := strings.Fields(line); fields[1] == "/" {
			return fields[3]
		}
	}
	Fail("process " + process + " has no root")
	return ""
}

var _ = Describe("The cluster with nodes", Serial, func() {
	It("is not changed by a second make up", func(ctx context.Context) {
		before := uids(ctx)
		env.up(ctx)
		Expect(uids(ctx)).To(Equal(before))
	})
})

// uids returns the pods and processes of the cluster.
func uids(ctx context.Context) map[string]string {
	GinkgoHelper()
	found := map[string]string{}
	var list corev1.PodList
	Expect(env.admin.List(ctx, &list)).To(Succeed())
	for _, pod := range list.Items {
		found[pod.Namespace+"/"+pod.Name] = string(pod.UID)
	}
	content, err := os.ReadFile(filepath.Join(env.dir, "state.json"))
	Expect(err).NotTo(HaveOccurred())
	var state struct{ Processes map[string]json.RawMessage }
	Expect(json.Unmarshal(content, &state)).To(Succeed())
	for name, process := range state.Processes {
		found[name] = string(process)
	}
	return found
}
