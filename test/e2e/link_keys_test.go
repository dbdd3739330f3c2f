// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/testing/builders"
)

var _ = Describe("The keys for links", func() {
	It("can be rotated without invalidating outstanding links, and removed", func(ctx context.Context) {
		org := organization(ctx)
		keys := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "usher-system", Name: "usher-link-keys"}}
		first := get(ctx, keys)(Default).DeepCopy().Data
		DeferCleanup(func(ctx context.Context) { setKeys(ctx, keys, first) })
		invite := func(name string) string {
			create(ctx, builders.Invitation(org, name, name+"@"+org+".example").Obj())
			_, link := mailTo(ctx, name+"@"+org+".example", "/i/")
			return link
		}
		old := invite("before")

		both := map[string][]byte{"0002": linktoken.NewKey()}
		for name, key := range first {
			both[name] = key
		}
		setKeys(ctx, keys, both)
		Expect(visit(ctx, old)).To(Equal(http.StatusOK))

		By("signing with the new key after the old one is removed")
		setKeys(ctx, keys, map[string][]byte{"0002": both["0002"]})
		Eventually(func() int { return visit(ctx, old) }).Should(Equal(http.StatusNotFound))
		Expect(visit(ctx, invite("after"))).To(Equal(http.StatusOK))

		By("keeping the keys in use when the Secret becomes invalid")
		setKeys(ctx, keys, map[string][]byte{"0003": []byte("short")})
		Expect(visit(ctx, invite("still"))).To(Equal(http.StatusOK))
	})
})

func setKeys(ctx context.Context, secret *corev1.Secret, data map[string][]byte) {
	GinkgoHelper()
	edit(ctx, secret, func(s *corev1.Secret) { s.Data = data })
}
