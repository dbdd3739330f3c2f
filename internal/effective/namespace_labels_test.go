// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

// labelled gives a workspace with these labels, without the prefix.
func labelled(labels map[string]string) *v1alpha1.Workspace {
	return builders.Workspace("acme", "support").With(func(w *v1alpha1.Workspace) {
		w.Labels = map[string]string{"team": "not asked for", "accounts.usher.dev/x": "not asked for"}
		for key, value := range labels {
			w.Labels["namespace.accounts.usher.dev/"+key] = value
		}
	}).Obj()
}

var _ = Describe("GTA-3 The labels that a namespace gets from its workspace", func() {
	DescribeTable("have the key", func(label, key string) {
		found, asks := effective.NamespaceLabelKey("namespace.accounts.usher.dev/" + label)
		Expect(asks).To(BeTrue())
		Expect(found).To(Equal(key))
	},
		Entry("without a domain", "team", "team"),
		Entry("with one, of which _ stands for the slash", "pod-security.kubernetes.io_enforce", "pod-security.kubernetes.io/enforce"),
		Entry("the first _ only", "acme.example_cost_center", "acme.example/cost_center"),
		Entry("as it is, when no domain comes before the _", "cost_center", "cost_center"),
		Entry("as it is, when that cannot be a domain", "Acme.example_x", "Acme.example_x"),
	)

	It("are asked for by their prefix only", func() {
		for _, label := range []string{"team", "accounts.usher.dev/workspace", "namespace.accounts.usher.dev", "x.namespace.accounts.usher.dev/y"} {
			_, asks := effective.NamespaceLabelKey(label)
			Expect(asks).To(BeFalse(), label)
		}
	})

	wished := map[string]string{
		"team": "red", "tier": "gold", "pod-security.kubernetes.io_enforce": "restricted", "acme.example_unit": "7",
		"accounts.usher.dev_workspace": "other", "kubernetes.io_metadata.name": "kube-system",
		"app.kubernetes.io_managed-by": "me", "app.kubernetes.io_part-of": "shop", "acme.example__odd": "x",
	}

	DescribeTable("are those that are allowed", func(entries []string, want map[string]string) {
		allowed, err := effective.ParseNamespaceLabels(entries)
		Expect(err).NotTo(HaveOccurred())
		copied, refused := allowed.For(labelled(wished))
		Expect(copied).To(Equal(want))
		Expect(refused).To(HaveLen(len(wished) - len(want)))
	},
		Entry("none unless any is", nil, map[string]string{}),
		Entry("by key", []string{"team", "pod-security.kubernetes.io/enforce"},
			map[string]string{"team": "red", "pod-security.kubernetes.io/enforce": "restricted"}),
		Entry("by domain, which is not its subdomains", []string{"kubernetes.io/*", "acme.example/*"}, map[string]string{"acme.example/unit": "7"}),
		Entry("by domain, but never what says whose the namespace is", []string{"app.kubernetes.io/*", "kubernetes.io/*"},
			map[string]string{"app.kubernetes.io/part-of": "shop"}),
		Entry("by value", []string{"team=blue", "team=red", "tier=silver"}, map[string]string{"team": "red"}),
		Entry("by value in a domain that is open otherwise", []string{"pod-security.kubernetes.io/*", "pod-security.kubernetes.io/enforce=baseline"},
			map[string]string{}),
		Entry("with any value when one entry says so", []string{"team=blue", "team", "team=green"}, map[string]string{"team": "red"}),
	)

	It("are said not to be copied, each with its key", func() {
		allowed, err := effective.ParseNamespaceLabels([]string{"team"})
		Expect(err).NotTo(HaveOccurred())
		w := labelled(map[string]string{"team": "red", "tier": "gold", "pod-security.kubernetes.io_enforce": "privileged"})
		Expect(allowed.Warnings(w)).To(HaveExactElements(
			"metadata.labels[namespace.accounts.usher.dev/pod-security.kubernetes.io_enforce]: the label "+
				"pod-security.kubernetes.io/enforce=privileged is not copied to the namespace, because the operator's --namespace-labels does not allow it",
			HavePrefix("metadata.labels[namespace.accounts.usher.dev/tier]")))
	})

	DescribeTable("cannot be allowed", func(entry, message string) {
		_, err := effective.ParseNamespaceLabels([]string{"team", entry, "tier"})
		Expect(err).To(MatchError(And(HavePrefix(`"`+entry+`" `), ContainSubstring(message))))
	},
		Entry("when they are Usher's", "accounts.usher.dev/workspace", "is reserved: Usher"),
		Entry("when all of Usher's are", "accounts.usher.dev/*", "is reserved: Usher"),
		Entry("when they are of Usher's subdomains", "x.accounts.usher.dev/*", "is reserved: Usher"),
		Entry("when they say who manages the namespace", "app.kubernetes.io/managed-by", "is reserved: Usher"),
		Entry("when the API server keeps them", "kubernetes.io/metadata.name", "or Kubernetes"),
		Entry("when they are no keys", "-team", "is neither a label key"),
		Entry("when all keys are meant", "*", "is neither a label key"),
		Entry("when a part of the key is left open", "acme.example/x*", "is neither a label key"),
		Entry("when the value is none", "team=a b", "not a valid label value"),
		Entry("when all keys of a domain get one value", "acme.example/*=x", "name the key"),
		Entry("when no label of a Workspace can name the domain", "local/team", "domain without a dot"),
	)
})
