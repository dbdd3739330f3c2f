// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package pods

import (
	"context"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// inventory returns everything in the cluster as Kind/namespace/name, except events, which tell what has happened.
func inventory(ctx context.Context) []string {
	GinkgoHelper()
	var all []string
	Eventually(ctx, func(g Gomega) {
		kinds, err := env.tryKubectl(ctx, "api-resources", "--verbs=list", "-o", "name")
		g.Expect(err).NotTo(HaveOccurred(), kinds)
		listed := slices.DeleteFunc(strings.Fields(kinds), func(kind string) bool {
			return strings.HasPrefix(kind, "events") || strings.HasPrefix(kind, "componentstatuses")
		})
		const line = `{range .items[*]}{.kind}/{.metadata.namespace}/{.metadata.name}{"\n"}{end}`
		found, err := env.tryKubectl(ctx, "get", strings.Join(listed, ","), "-A", "--ignore-not-found", "-o", "jsonpath="+line)
		g.Expect(err).NotTo(HaveOccurred(), found) // a kind may just have gone
		all = strings.Fields(found)
	}).Should(Succeed())
	return all
}

// expectLeft expects that, in the end, the cluster has what it had before something was installed, the given objects, and nothing else.
func expectLeft(ctx context.Context, before []string, objects ...string) {
	GinkgoHelper()
	var missing, more []string
	Eventually(ctx, func() []string {
		now := inventory(ctx)
		more = without(now, append(slices.Clone(before), objects...))
		missing = without(append(slices.Clone(before), objects...), now)
		return append(slices.Clone(more), missing...)
	}).WithPolling(lookInterval).Should(BeEmpty(), func() string {
		return "left:\n" + strings.Join(more, "\n") + "\nmissing:\n" + strings.Join(missing, "\n")
	})
}

// without returns the elements of a list that are not in another one.
func without(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(other, s) })
}

// withDefaults returns a namespace, and what Kubernetes puts into each.
func withDefaults(namespace string) []string {
	return []string{"Namespace//" + namespace, "ServiceAccount/" + namespace + "/default", "ConfigMap/" + namespace + "/kube-root-ca.crt"}
}
