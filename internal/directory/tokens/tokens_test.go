// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package tokens_test

import (
	"context"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	k8sruntime "k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/directory/token"
	"github.com/usher-operator/usher/internal/directory/tokens"
)

func TestTokens(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Tokens")
}

var _ = Describe("The tokens of a directory", func() {
	now := time.Date(2026, 11, 30, 10, 0, 0, 5, time.UTC)
	key := client.ObjectKey{Namespace: "acme", Name: v1alpha1.DirectoryTokensSecret}

	// between is called once, before a change of the Secret.
	var between func(ctx context.Context)
	world := func(objects ...client.Object) tokens.Tokens {
		inner := fake.NewClientBuilder().WithObjects(objects...).Build()
		c := interceptor.NewClient(inner, interceptor.Funcs{
			Apply: func(ctx context.Context, c client.WithWatch, _ k8sruntime.ApplyConfiguration, _ ...client.ApplyOption) error {
				// The fake client gives no UIDs.
				return c.Create(ctx, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{
					Namespace: key.Namespace, Name: key.Name, UID: types.UID("uid"),
				}})
			},
			Patch: func(ctx context.Context, c client.WithWatch, o client.Object, p client.Patch, opts ...client.PatchOption) error {
				if f := between; f != nil {
					between = nil
					f(ctx)
				}
				return c.Patch(ctx, o, p, opts...)
			},
		})
		return tokens.Tokens{Client: c, Organization: "acme", FieldOwner: "test"}
	}
	held := func(ctx context.Context, t tokens.Tokens) token.Set {
		GinkgoHelper()
		var secret corev1.Secret
		Expect(t.Client.Get(ctx, key, &secret)).To(Succeed())
		set, err := token.Read(secret.Data)
		Expect(err).NotTo(HaveOccurred())
		return set
	}

	It("DIR-2 are made, listed with their last use, paused and removed, at most two at a time", func(ctx context.Context) {
		t := world(&corev1.ConfigMap{
			ObjectMeta: metav1.ObjectMeta{Namespace: "acme", Name: v1alpha1.DirectoryUseConfigMap},
			Data:       map[string]string{"entra": "2026-11-30T09:00:00Z"},
		})
		Expect(t.List(ctx)).To(BeEmpty())
		Expect(t.Remove(ctx, "entra")).To(MatchError(tokens.ErrNotFound))

		secret, err := t.Make(ctx, "entra", now, now.Add(time.Hour))
		Expect(err).NotTo(HaveOccurred())
		Expect(held(ctx, t).Find(secret, now)).To(Equal("entra"))
		_, err = t.Make(ctx, "entra", now, time.Time{})
		Expect(err).To(MatchError(tokens.ErrExists))
		_, err = t.Make(ctx, "Entra ID", now, time.Time{})
		Expect(err).To(MatchError(ContainSubstring("cannot be the name of a token")))
		next, err := t.Make(ctx, "next", now, time.Time{})
		Expect(err).NotTo(HaveOccurred())
		_, err = t.Make(ctx, "third", now, time.Time{})
		Expect(err).To(MatchError(tokens.ErrFull))

		list, err := t.List(ctx)
		Expect(err).NotTo(HaveOccurred())
		Expect(list).To(HaveExactElements(
			And(HaveField("Name", "entra"), HaveField("LastUse", now.Add(-time.Hour).Truncate(time.Second)),
				HaveField("CreationTime", now.Truncate(time.Second)), HaveField("ExpirationTime", now.Add(time.Hour).Truncate(time.Second))),
			And(HaveField("Name", "next"), HaveField("LastUse", time.Time{}), HaveField("ExpirationTime", time.Time{})),
		))

		Expect(t.SetPaused(ctx, "next", true)).To(Succeed())
		_, err = held(ctx, t).Find(next, now)
		Expect(err).To(MatchError(token.ErrUnknown))
		Expect(t.SetPaused(ctx, "next", false)).To(Succeed())
		Expect(held(ctx, t).Find(next, now)).To(Equal("next"))
		Expect(t.Remove(ctx, "entra")).To(Succeed())
		_, err = held(ctx, t).Find(secret, now)
		Expect(err).To(MatchError(token.ErrUnknown))
	})

	It("DIR-2 are counted anew when somebody else makes one at the same time", func(ctx context.Context) {
		t := world()
		_, err := t.Make(ctx, "first", now, time.Time{})
		Expect(err).NotTo(HaveOccurred())
		between = func(ctx context.Context) {
			_, err := t.Make(ctx, "theirs", now, time.Time{})
			Expect(err).NotTo(HaveOccurred())
		}
		_, err = t.Make(ctx, "mine", now, time.Time{})
		Expect(err).To(MatchError(tokens.ErrFull))
		Expect(held(ctx, t)).To(And(HaveLen(2), HaveKey("theirs")))
	})
})
