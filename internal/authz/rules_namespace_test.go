// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz_test

import (
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("GTA-3 The namespace of a workspace", func() {
	wanting := func(organization, namespace string) *v1alpha1.Workspace {
		return builders.Workspace(organization, "w").Namespace(namespace).Obj()
	}

	DescribeTable("may belong to these organizations instead", func(organization, namespace string, names ...string) {
		Expect(authz.OtherNamespaceOwners(wanting(organization, namespace))).To(HaveExactElements(names))
	},
		Entry("the one with that very name", "acme", "acme-support", "acme-support"),
		Entry("those with a longer prefix, the longest first", "acme", "acme-labs-x-1", "acme-labs-x-1", "acme-labs-x", "acme-labs"),
		Entry("for an organization with a hyphen in its name", "acme-labs", "acme-labs-x", "acme-labs-x"),
		Entry("but none whose name is not followed by a hyphen", "acme", "acme-l-", "acme-l-", "acme-l"),
		Entry("none if the prefix is missing", "acme", "other-labs"),
		Entry("none if nothing follows the prefix", "acme", "acme-"),
	)

	DescribeTable("is refused", func(organization, namespace string, f authz.NamespaceFacts, rule, message string) {
		found := authz.NamespaceViolation(wanting(organization, namespace), f)
		Expect(found).To(HaveValue(And(
			HaveField("Field", "spec.namespace"), HaveField("Reason", authz.Invalid), HaveField("Rule", rule),
			HaveField("Value", namespace), HaveField("Message", ContainSubstring(message)))))
	},
		Entry("without the prefix", "acme", "other-x", authz.NamespaceFacts{}, "namespace-prefixed", `must start with "acme-"`),
		Entry("with a prefix of Kubernetes, to an organization of that name", "kube", "kube-system", authz.NamespaceFacts{},
			"namespace-system", `start with "kube-" belong to the cluster`),
		Entry("with a prefix of OpenShift", "openshift", "openshift-x", authz.NamespaceFacts{}, "namespace-system", `"openshift-"`),
		Entry("with a name that is too long", "acme", "acme-"+strings.Repeat("x", 59), authz.NamespaceFacts{}, "namespace-length",
			"longer than 63 characters"),
		Entry("if it is the operator's own", "usher", "usher-system", authz.NamespaceFacts{Operator: "usher-system"}, "namespace-system",
			"is the namespace that the operator runs in"),
		Entry("if it belongs to another organization", "acme", "acme-labs-x", authz.NamespaceFacts{OtherOwner: "acme-labs"},
			"namespace-of-another", `belongs to organization "acme-labs", as do all namespaces that start with "acme-labs-": `+
				`set spec.namespace of workspace "w" to another name that starts with "acme-"`),
	)

	It("can be created otherwise", func() {
		facts := authz.NamespaceFacts{Operator: "usher-system"}
		Expect(authz.NamespaceViolation(builders.Workspace("acme", "support").Obj(), facts)).To(BeNil())
		Expect(authz.NamespaceViolation(wanting("acme", "acme-"+strings.Repeat("x", 58)), facts)).To(BeNil())
		Expect(authz.NamespaceViolation(wanting("kubernetes", "kubernetes-x"), facts)).To(BeNil())
	})

	It("is refused when a Workspace is created, but not when it is updated", func() {
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

var _ = Describe("The name of a workspace's namespace", func() {
	DescribeTable("must start with the organization's prefix", func(namespace, rule string) {
		found := authz.CheckContent(builders.Workspace("acme", "support").Namespace(namespace).Obj())
		if rule == "" {
			Expect(found).To(BeEmpty())
			return
		}
		Expect(found).To(HaveExactElements(And(
			HaveField("Rule", rule), HaveField("Field", "spec.namespace"), HaveField("Value", namespace))))
	},
		Entry("by default", "", ""),
		Entry(nil, "acme-support", ""),
		Entry("another organization's prefix", "other-support", "namespace-prefixed"),
		Entry("a namespace of the cluster", "kube-system", "namespace-prefixed"),
		Entry("the organization's own namespace", "acme", "namespace-prefixed"),
		Entry("the prefix without its hyphen", "acmesupport", "namespace-prefixed"),
		Entry("63 characters", "acme-"+strings.Repeat("x", 58), ""),
		Entry("64 characters", "acme-"+strings.Repeat("x", 59), "namespace-length"),
	)

	It("is refused if the default is too long, with a request for a shorter one", func() {
		found := authz.CheckContent(builders.Workspace("acme", strings.Repeat("x", 59)).Obj())
		Expect(found).To(HaveLen(1))
		Expect(found[0].Message).To(HaveSuffix(
			`which is longer than 63 characters: set spec.namespace to a shorter name that starts with "acme-"`))
	})
})
