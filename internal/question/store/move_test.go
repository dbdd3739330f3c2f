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
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/usher-operator/usher/internal/question"
)

var _ = Describe("OPS-4 a question in the namespace of an earlier version", func() {
	var (
		here     *Store
		original *corev1.Secret
		failing  error
	)

	// stored reads the Secret with the question from a namespace.
	stored := func(ctx context.Context, namespace string) (*corev1.Secret, error) {
		var secret corev1.Secret
		err := here.API.Get(ctx, types.NamespacedName{Namespace: namespace, Name: original.Name}, &secret)
		return &secret, err
	}

	BeforeEach(func(ctx context.Context) {
		failing = nil
		here = newStore(nil, interceptor.Funcs{
			Delete: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.DeleteOption) error {
				if failing != nil {
					return failing
				}
				return c.Delete(ctx, o, opts...)
			},
		})
		awaiting(ctx, here, "luis@acme.example", "")
		var all corev1.SecretList
		Expect(here.Client.List(ctx, &all)).To(Succeed())
		original = &all.Items[0]
		original.UID = "6f1c0f0e-7d3a-4e0f-9a43-0d5c2f6a9b11"
		Expect(here.Client.Update(ctx, original)).To(Succeed())
		here.Namespace = "usher-questions"
	})

	It("is moved with everything that its links need", func(ctx context.Context) {
		before, err := Read(original)
		Expect(err).NotTo(HaveOccurred())
		Expect(here.MoveHere(ctx, original)).To(Succeed())
		_, err = stored(ctx, original.Namespace)
		Expect(apierrors.IsNotFound(err)).To(BeTrue())
		copied, err := stored(ctx, here.Namespace)
		Expect(err).NotTo(HaveOccurred())
		Expect(IsQuestion(copied)).To(BeTrue())
		Expect(copied.UID).NotTo(Equal(original.UID))
		found, err := here.ByUID(ctx, original.UID)
		Expect(err).NotTo(HaveOccurred())
		Expect(found.Question).To(Equal(before.Question))
		Expect(found.UID).To(Equal(original.UID))
		Expect(here.Remove(ctx, found)).To(Succeed())
		_, err = stored(ctx, here.Namespace)
		Expect(apierrors.IsNotFound(err)).To(BeTrue())
	})

	It("is there once when the program ends between the two writes, with what happened meanwhile", func(ctx context.Context) {
		failing = errors.New("killed")
		Expect(here.MoveHere(ctx, original)).To(MatchError(failing))
		there := &Store{Client: here.Client, API: here.API, Namespace: original.Namespace, Now: here.Now}
		_, err := there.Amend(ctx, original.Name, func(q *question.Question) error {
			q.Confirm(here.Now())
			return nil
		})
		Expect(err).NotTo(HaveOccurred())
		failing = nil
		Expect(apierrors.IsConflict(here.MoveHere(ctx, original))).To(BeTrue(), "what was read is outdated")
		newest, err := stored(ctx, original.Namespace)
		Expect(err).NotTo(HaveOccurred())
		Expect(here.MoveHere(ctx, newest)).To(Succeed())
		_, err = stored(ctx, original.Namespace)
		Expect(apierrors.IsNotFound(err)).To(BeTrue())
		found, err := here.Get(ctx, original.Name)
		Expect(err).NotTo(HaveOccurred())
		Expect(found.State).To(Equal(question.Received))
	})

	It("keeps what has happened to it in its new place", func(ctx context.Context) {
		failing = errors.New("killed")
		Expect(here.MoveHere(ctx, original)).To(MatchError(failing))
		_, err := here.Amend(ctx, original.Name, func(q *question.Question) error {
			q.Confirm(here.Now())
			return nil
		})
		Expect(err).NotTo(HaveOccurred())
		failing = nil
		Expect(here.MoveHere(ctx, original)).To(Succeed())
		found, err := here.Get(ctx, original.Name)
		Expect(err).NotTo(HaveOccurred())
		Expect(found.State).To(Equal(question.Received))
	})
})
