// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz_test

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("GTA-3 The namespace of a workspace", func() {
	wanting := func(organization, namespace string) *v1alpha1.Workspace {
		return builders.Workspace(organization, "w").Namespace(namespace).Obj()
	}

	DescribeTable("could belong to these organizations before its own", func(organization, namespace string, names ...string) {
		Expect(authz.OtherNamespaceOwners(wanting(organization, namespace))).To(HaveExactElements(names))
	},
		Entry("one that is called so", "acme", "acme-support", "acme-support"),
		Entry("those with a longer prefix, the longest first", "acme", "acme-labs-x-1", "acme-labs-x-1", "acme-labs-x", "acme-labs"),
		Entry("of an organization with hyphens", "acme-labs", "acme-labs-x", "acme-labs-x"),
		Entry("not one whose name only begins like it", "acme", "acme-l-", "acme-l-", "acme-l"),
		Entry("none without the prefix", "acme", "other-labs"),
		Entry("none with nothing after it", "acme", "acme-"),
	)

	DescribeTable("is out of reach", func(organization, namespace string, f authz.NamespaceFacts, rule, message string) {
		found := authz.NamespaceViolation(wanting(organization, namespace), f)
		Expect(found).To(HaveValue(And(
			HaveField("Field", "spec.namespace"), HaveField("Reason", authz.Invalid), HaveField("Rule", rule),
			HaveField("Value", namespace), HaveField("Message", ContainSubstring(message)))))
	},
		Entry("without the prefix", "acme", "other-x", authz.NamespaceFacts{}, "namespace-prefixed", `must start with "acme-"`),
		Entry("with a prefix of Kubernetes, for an organization of that name", "kube", "kube-system", authz.NamespaceFacts{},
			"namespace-system", `start with "kube-" belong to the cluster`),
		Entry("with one of OpenShift", "openshift", "openshift-x", authz.NamespaceFacts{}, "namespace-system", `"openshift-"`),
		Entry("longer than a name may be", "acme", "acme-"+strings.Repeat("x", 59), authz.NamespaceFacts{}, "namespace-length",
			"longer than 63 characters"),
		Entry("the operator's own", "usher", "usher-system", authz.NamespaceFacts{Operator: "usher-system"}, "namespace-system",
			"the namespace that the operator itself runs in"),
		Entry("another organization's", "acme", "acme-labs-x", authz.NamespaceFacts{OtherOwner: "acme-labs"},
			"namespace-of-another", `belongs to organization "acme-labs", to which all namespaces called "acme-labs" or starting with `+
				`"acme-labs-" belong: give workspace "w" another spec.namespace that starts with "acme-"`),
	)

	It("can be made otherwise", func() {
		facts := authz.NamespaceFacts{Operator: "usher-system"}
		Expect(authz.NamespaceViolation(builders.Workspace("acme", "support").Obj(), facts)).To(BeNil())
		Expect(authz.NamespaceViolation(wanting("acme", "acme-"+strings.Repeat("x", 58)), facts)).To(BeNil())
		Expect(authz.NamespaceViolation(wanting("kubernetes", "kubernetes-x"), facts)).To(BeNil())
	})

	It("is refused when it is asked for, and not any more afterwards", func() {
		w := wanting("acme", "acme-labs-x")
		r := authz.Request{
			Operation: authz.Create, Actor: authz.Actor{Kind: authz.ActorPlatform}, Organization: "acme", New: w,
			Facts: authz.Facts{Namespace: authz.NamespaceFacts{OtherOwner: "acme-labs"}},
		}
		Expect(authz.Judge(r)).To(HaveExactElements(HaveField("Rule", "namespace-of-another")))
		r.Operation, r.Old, r.New = authz.Update, w, builders.Workspace("acme", "w").Namespace("acme-labs-x").
			Group("helpdesk", v1alpha1.WorkspaceEdit).Obj()
		Expect(authz.Judge(r)).To(BeEmpty())
	})
})

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
			"metadata.labels[namespace.accounts.usher.dev/pod-security.kubernetes.io_enforce]: the namespace does not get the label "+
				"pod-security.kubernetes.io/enforce=privileged, which the operator's --namespace-labels does not allow",
			HavePrefix("metadata.labels[namespace.accounts.usher.dev/tier]")))
	})

	DescribeTable("cannot be allowed", func(entry, message string) {
		_, err := effective.ParseNamespaceLabels([]string{"team", entry, "tier"})
		Expect(err).To(MatchError(And(HavePrefix(`"`+entry+`" `), ContainSubstring(message))))
	},
		Entry("when they are Usher's", "accounts.usher.dev/workspace", "kept by Usher"),
		Entry("when all of Usher's are", "accounts.usher.dev/*", "kept by Usher"),
		Entry("when they are of Usher's subdomains", "x.accounts.usher.dev/*", "kept by Usher"),
		Entry("when they say who manages the namespace", "app.kubernetes.io/managed-by", "kept by Usher"),
		Entry("when the API server keeps them", "kubernetes.io/metadata.name", "Kubernetes itself"),
		Entry("when they are no keys", "-team", "is no label's key"),
		Entry("when all keys are meant", "*", "is no label's key"),
		Entry("when a part of the key is left open", "acme.example/x*", "is no label's key"),
		Entry("when the value is none", "team=a b", "value that no label can have"),
		Entry("when all keys of a domain get one value", "acme.example/*=x", "name the key"),
		Entry("when no label of a Workspace can name the domain", "local/team", "domain without a dot"),
	)
})
