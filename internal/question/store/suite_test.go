// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/question"
)

func TestStore(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Store")
}

var noon = time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)

// newStore returns a store on an API server in memory. Lists come from a cache that shows nothing new while blind is set.
func newStore(blind *atomic.Bool, funcs interceptor.Funcs) *Store {
	if blind != nil {
		funcs.List = func(ctx context.Context, c client.WithWatch, list client.ObjectList, opts ...client.ListOption) error {
			if blind.Load() {
				return nil
			}
			return c.List(ctx, list, opts...)
		}
	}
	b := fake.NewClientBuilder().WithIndex(&corev1.Secret{}, index, keys)
	api := b.Build()
	cached := interceptor.NewClient(api, funcs)
	s := &Store{Client: cached, API: api, Namespace: "usher-system", Now: func() time.Time { return noon }}
	if blind != nil {
		s.Client = interceptor.NewClient(api, interceptor.Funcs{List: funcs.List, Get: func(ctx context.Context, c client.WithWatch,
			key client.ObjectKey, o client.Object, opts ...client.GetOption,
		) error {
			if blind.Load() {
				return apierrors.NewNotFound(schema.GroupResource{Resource: "secrets"}, key.Name)
			}
			return c.Get(ctx, key, o, opts...)
		}})
	}
	return s
}

func by(email, workspace, text string) *question.Question {
	return &question.Question{
		Record: question.Record{
			Organization: "acme", Workspace: workspace, WorkspaceUID: types.UID("uid-of-" + workspace), Subject: "subject",
			Asker: linktoken.AddressDigest(email), Address: email, Queue: "queue@acme.example",
		},
		Text: text,
	}
}

// awaiting stores an unconfirmed question, whatever the limits are.
func awaiting(ctx context.Context, s *Store, email, network string) {
	GinkgoHelper()
	q := by(email, "support", "x")
	q.Network = network
	q.Reference = question.Reference(email)
	q.Ask(s.Now())
	data, err := question.Encode(q)
	Expect(err).NotTo(HaveOccurred())
	Expect(s.Client.Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: s.Namespace, Name: question.Name("", q),
			Labels: map[string]string{v1alpha1.LabelQuestion: "true", v1alpha1.LabelWorkspace: "support"},
		},
		Type: SecretType, Data: data,
	})).To(Succeed())
}

// passAll passes on all open questions.
func passAll(ctx context.Context, s *Store) {
	GinkgoHelper()
	waiting, err := s.kept(ctx, waitingOfOrganization("acme"))
	Expect(err).NotTo(HaveOccurred())
	proven, err := s.kept(ctx, provenOfOrganization("acme"))
	Expect(err).NotTo(HaveOccurred())
	for _, k := range append(waiting, proven...) {
		_, err := s.Amend(ctx, k.Name, func(q *question.Question) error {
			q.Confirm(s.Now())
			q.Note(question.KindQuestion, attempt.Result{}, s.Now())
			return nil
		})
		Expect(err).NotTo(HaveOccurred())
	}
}
