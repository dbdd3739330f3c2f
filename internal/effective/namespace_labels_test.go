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

// labelled returns a workspace with these labels, whose keys get the prefix, and with others.
func labelled(labels map[string]string) *v1alpha1.Workspace {
	return builders.Workspace("acme", "support").With(func(w *v1alpha1.Workspace) {
		w.Labels = map[string]string{"team": "not asked for", "accounts.usher.dev/x": "not asked for"}
		for key, value := range labels {
			w.Labels["namespace.accounts.usher.dev/"+key] = value
		}
	}).Obj()
}

var _ = Describe("GTA-3 The labels that a namespace gets from its workspace", func() {
	DescribeTable("have the key that the Workspace's label names", func(label, key string) {
		found, asks := effective.NamespaceLabelKey("namespace.accounts.usher.dev/" + label)
		Expect(asks).To(BeTrue())
		Expect(found).To(Equal(key))
	},
		Entry("without a domain", "team", "team"),
		Entry("with a domain, after which _ stands for the slash", "pod-security.kubernetes.io_enforce", "pod-security.kubernetes.io/enforce"),
		Entry("with the first _ as the slash", "acme.example_cost_center", "acme.example/cost_center"),
		Entry("unchanged if no domain precedes the _", "cost_center", "cost_center"),
		Entry("unchanged if what precedes the _ is not a domain", "Acme.example_x", "Acme.example_x"),
	)

	It("are requested only with their prefix", func() {
		for _, label := range []string{"team", "accounts.usher.dev/workspace", "namespace.accounts.usher.dev", "x.namespace.accounts.usher.dev/y"} {
			_, asks := effective.NamespaceLabelKey(label)
			Expect(asks).To(BeFalse(), label)
		}
	})

	requested := map[string]string{
		"team": "red", "tier": "gold", "pod-security.kubernetes.io_enforce": "restricted", "acme.example_unit": "7",
		"accounts.usher.dev_workspace": "other", "kubernetes.io_metadata.name": "kube-system",
		"app.kubernetes.io_managed-by": "me", "app.kubernetes.io_part-of": "shop", "acme.example__odd": "x",
	}

	DescribeTable("are those that are allowed", func(entries []string, want map[string]string) {
		allowed, err := effective.ParseNamespaceLabels(entries)
		Expect(err).NotTo(HaveOccurred())
		copied, refused := allowed.For(labelled(requested))
		Expect(copied).To(Equal(want))
		Expect(refused).To(HaveLen(len(requested) - len(want)))
	},
		Entry("none by default", nil, map[string]string{}),
		Entry("by key", []string{"team", "pod-security.kubernetes.io/enforce"},
			map[string]string{"team": "red", "pod-security.kubernetes.io/enforce": "restricted"}),
		Entry("by domain, without its subdomains", []string{"kubernetes.io/*", "acme.example/*"}, map[string]string{"acme.example/unit": "7"}),
		Entry("by domain, except labels that record who owns the namespace", []string{"app.kubernetes.io/*", "kubernetes.io/*"},
			map[string]string{"app.kubernetes.io/part-of": "shop"}),
		Entry("by value", []string{"team=blue", "team=red", "tier=silver"}, map[string]string{"team": "red"}),
		Entry("by value in a domain that allows all its other keys", []string{"pod-security.kubernetes.io/*", "pod-security.kubernetes.io/enforce=baseline"},
			map[string]string{}),
		Entry("with any value if one entry says so", []string{"team=blue", "team", "team=green"}, map[string]string{"team": "red"}),
	)

	It("cause a warning if they are not copied, each with its key", func() {
		allowed, err := effective.ParseNamespaceLabels([]string{"team"})
		Expect(err).NotTo(HaveOccurred())
		w := labelled(map[string]string{"team": "red", "tier": "gold", "pod-security.kubernetes.io_enforce": "privileged"})
		Expect(allowed.Warnings(w)).To(HaveExactElements(
			"metadata.labels[namespace.accounts.usher.dev/pod-security.kubernetes.io_enforce]: the label "+
				"pod-security.kubernetes.io/enforce=privileged is not copied to the namespace, because the operator's --namespace-labels does not allow it",
			HavePrefix("metadata.labels[namespace.accounts.usher.dev/tier]")))
	})

	DescribeTable("cannot be allowed with an entry", func(entry, message string) {
		_, err := effective.ParseNamespaceLabels([]string{"team", entry, "tier"})
		Expect(err).To(MatchError(And(HavePrefix(`"`+entry+`" `), ContainSubstring(message))))
	},
		Entry("if it is Usher's", "accounts.usher.dev/workspace", "is reserved: Usher"),
		Entry("if it is all of Usher's", "accounts.usher.dev/*", "is reserved: Usher"),
		Entry("if it is that of a subdomain of Usher's", "x.accounts.usher.dev/*", "is reserved: Usher"),
		Entry("if it records who manages the namespace", "app.kubernetes.io/managed-by", "is reserved: Usher"),
		Entry("if the API server manages it", "kubernetes.io/metadata.name", "or Kubernetes"),
		Entry("if it is not a label key", "-team", "is neither a label key"),
		Entry("if it is a wildcard for all keys", "*", "is neither a label key"),
		Entry("if it is a wildcard for a part of a key", "acme.example/x*", "is neither a label key"),
		Entry("if the value is invalid", "team=a b", "not a valid label value"),
		Entry("if all keys of a domain get one value", "acme.example/*=x", "name the key"),
		Entry("if no label of a Workspace can name the domain", "local/team", "domain without a dot"),
	)
})
