// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"errors"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/question"
)

var _ = Describe("The store", func() {
	It("keeps a question as a Secret in its own namespace, one for each form", func(ctx context.Context) {
		s := newStore(nil, interceptor.Funcs{})
		for range 3 {
			Expect(s.Keep(ctx, "form", by("Clara@customer.example", "support", "text"))).To(Succeed())
		}
		var list corev1.SecretList
		Expect(s.API.List(ctx, &list)).To(Succeed())
		Expect(list.Items).To(HaveLen(1))
		Expect(list.Items[0]).To(And(
			HaveField("Namespace", "usher-system"), HaveField("Type", SecretType),
			HaveField("Labels", Equal(map[string]string{
				v1alpha1.ManagedByLabel: "usher", v1alpha1.LabelQuestion: "true", v1alpha1.LabelOrganization: "acme",
				v1alpha1.LabelWorkspace: "support", v1alpha1.LabelAsker: linktoken.AddressDigest("clara@customer.example"),
			})),
		))
		found, err := s.OfAsker(ctx, linktoken.AddressDigest("clara@CUSTOMER.example"), "uid-of-support")
		Expect(err).NotTo(HaveOccurred())
		Expect(found).To(HaveLen(1))
		Expect(found[0].State).To(Equal(question.Waiting))
		Expect(s.OfAsker(ctx, found[0].Asker, "uid-of-another")).To(BeEmpty())
	})

	It("changes a question from its newest state, whoever else changes it", func(ctx context.Context) {
		conflicts := 3
		s := newStore(nil, interceptor.Funcs{Update: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.UpdateOption) error {
			if conflicts--; conflicts >= 0 {
				return apierrors.NewConflict(schema.GroupResource{Resource: "secrets"}, o.GetName(), errors.New("changed"))
			}
			return c.Update(ctx, o, opts...)
		}})
		Expect(s.Keep(ctx, "form", by("clara@customer.example", "support", "text"))).To(Succeed())
		all, err := s.OfAsker(ctx, linktoken.AddressDigest("clara@customer.example"), "uid-of-support")
		Expect(err).NotTo(HaveOccurred())
		kept, err := s.Amend(ctx, all[0].Name, func(q *question.Question) error { q.Confirm(noon); return nil })
		Expect(err).NotTo(HaveOccurred())
		Expect(kept.State).To(Equal(question.Received))
		Expect(s.Get(ctx, kept.Name)).To(HaveField("State", question.Received))
		_, err = s.Amend(ctx, kept.Name, func(*question.Question) error { return errors.New("no") })
		Expect(err).To(MatchError("no"))
		Expect(apierrors.IsConflict(s.Remove(ctx, all[0]))).To(BeTrue(), "a state from before the confirmation deletes nothing")
		Expect(s.Remove(ctx, kept)).To(Succeed())
		Expect(s.Remove(ctx, kept)).To(Succeed())
		_, err = s.Get(ctx, kept.Name)
		Expect(err).To(MatchError(ErrGone))
	})

	It("reads only Secrets that are questions, and quotes nothing of broken ones", func(ctx context.Context) {
		s := newStore(nil, interceptor.Funcs{})
		foreign := &corev1.Secret{Data: map[string][]byte{"0001": []byte("key")}}
		foreign.Namespace, foreign.Name = "usher-system", "usher-link-keys"
		Expect(s.Client.Create(ctx, foreign)).To(Succeed())
		_, err := s.Get(ctx, "usher-link-keys")
		Expect(err).To(MatchError(ErrGone))
		Expect(keys(foreign)).To(BeEmpty())
		broken := foreign.DeepCopy()
		broken.Type, broken.Labels = SecretType, map[string]string{v1alpha1.LabelQuestion: "true"}
		broken.Data = map[string][]byte{"record.json": []byte("secret text")}
		_, err = Read(broken)
		Expect(err).To(MatchError(And(ContainSubstring("usher-system/usher-link-keys"), Not(ContainSubstring("secret text")))))
		Expect(keys(broken)).To(BeEmpty())
	})
})
