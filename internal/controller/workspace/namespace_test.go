// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package workspace

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("Namespaces", func() {
	w := builders.Workspace("acme", "support").Obj()
	namespaceFor := func(w *v1alpha1.Workspace, name string) *corev1.Namespace {
		return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: namespaceLabels(w)}}
	}

	It("belong to a workspace only if they were created for this very one", func() {
		mine := namespaceFor(w, "acme-support")
		Expect(owns(w, mine)).To(BeTrue())
		for _, label := range []string{"app.kubernetes.io/managed-by", "accounts.usher.dev/organization", "accounts.usher.dev/workspace"} {
			other := mine.DeepCopy()
			other.Labels[label] = "other"
			Expect(owns(w, other)).To(BeFalse(), label)
			delete(other.Labels, label)
			Expect(owns(w, other)).To(BeFalse(), label)
		}
	})

	It("of others are left alone, and the message says what to do", func() {
		other := namespaceFor(builders.Workspace("acme", "helpdesk").Obj(), "acme-support")
		Expect(effective.NamespaceTaken(w, other.Labels)).To(Equal(
			`namespace "acme-support" belongs to workspace "helpdesk": delete this Workspace and create one with another spec.namespace`))
		foreign := namespaceFor(builders.Workspace("rival", "support").Obj(), "acme-support")
		Expect(effective.NamespaceTaken(w, foreign.Labels)).To(And(Not(ContainSubstring("rival")), ContainSubstring("never adopts a namespace")))
		Expect(effective.NamespaceOfSibling(w, "helpdesk", builders.Workspace("acme", "helpdesk").Obj())).To(Equal(`namespace "acme-support" belongs to ` +
			`workspace "helpdesk": delete this Workspace and create one with another spec.namespace. If this is that workspace under a new ` +
			`name, delete workspace "helpdesk", which leaves the namespace behind. If only the name that people see is to change, set ` +
			`spec.displayName of workspace "helpdesk" instead`))
		Expect(effective.NamespaceOfSibling(w, "helpdesk", builders.Workspace("acme", "helpdesk").DeletedWithNamespace().Obj())).To(HaveSuffix(
			`first set its spec.deletionPolicy to Retain, or everything in the namespace is deleted with it. If only the name that people ` +
				`see is to change, set spec.displayName of workspace "helpdesk" instead`))
		foreign.Labels = nil
		Expect(effective.NamespaceTaken(w, foreign.Labels)).To(ContainSubstring("was not created by Usher"))
	})
})
