// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package store keeps customers' questions until they are passed on: one Secret per question, in the operator's own
// namespace. The portal and the questions controller meet here; package question holds a question's states.
package store

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/question"
)

// SecretType is the type of the Secrets that hold questions.
const SecretType = corev1.SecretType("accounts.usher.dev/question")

// fieldOwner is who writes them.
const fieldOwner = client.FieldOwner("usher")

// Store keeps questions. It is safe for concurrent use, and must not be copied.
type Store struct {
	// Client reads from the cache, with the indexes of AddIndexes, and writes to the API server.
	Client client.Client
	// Live reads from the API server.
	Live client.Reader
	// Namespace is the operator's own.
	Namespace string
	// Now is the clock.
	Now func() time.Time

	mu     sync.Mutex
	claims map[string]claim
}

// LimitError says that no further question is taken.
type LimitError struct{ Limit question.Limit }

// Error names the limit.
func (e *LimitError) Error() string {
	return fmt.Sprintf("too many questions: limit %s is reached", e.Limit)
}

// Kept is a question with the Secret that holds it.
type Kept struct {
	*question.Question

	// Name, UID and ResourceVersion are the Secret's.
	Name            string
	UID             types.UID
	ResourceVersion string
}

// IsQuestion tells whether an object is a Secret that holds a question.
func IsQuestion(o client.Object) bool {
	secret, is := o.(*corev1.Secret)
	return is && secret.Type == SecretType && secret.Labels[v1alpha1.LabelQuestion] == "true"
}

// Read gives the question that a Secret holds. Its error names the Secret, and never holds what the asker wrote.
func Read(secret *corev1.Secret) (*Kept, error) {
	q, err := question.Decode(secret.Data)
	if err != nil {
		return nil, fmt.Errorf("the question in Secret %s/%s cannot be read: %w", secret.Namespace, secret.Name, err)
	}
	return &Kept{Question: q, Name: secret.Name, UID: secret.UID, ResourceVersion: secret.ResourceVersion}, nil
}

// Keep keeps a new question. The same form, sent again with the same words, is the same question. A *LimitError says that no
// further one is taken.
func (d *Store) Keep(ctx context.Context, form string, q *question.Question) error {
	name := question.Name(form, q)
	q.Reference = question.Reference(name)
	q.Ask(d.Now())
	data, err := question.Encode(q)
	if err != nil {
		return err
	}
	if err := d.claim(ctx, name, q); err != nil {
		var reached *LimitError
		if errors.As(err, &reached) {
			CountLimited(reached.Limit)
		}
		return err
	}
	err = d.Client.Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: d.Namespace, Name: name,
			Labels: map[string]string{
				v1alpha1.ManagedByLabel: v1alpha1.ManagedByValue, v1alpha1.LabelQuestion: "true",
				v1alpha1.LabelOrganization: q.Organization, v1alpha1.LabelWorkspace: q.Workspace, v1alpha1.LabelAsker: q.Asker,
			},
		},
		Type: SecretType, Data: data,
	}, fieldOwner)
	switch {
	case apierrors.IsAlreadyExists(err):
		return nil
	case err != nil:
		d.unclaim(name)
		return fmt.Errorf("the question cannot be kept: %w", withoutObject(err))
	}
	outcomes.WithLabelValues(outcomeAsked).Inc()
	return nil
}

// withoutObject leaves only the reason of an API server's refusal, whose text may quote the object.
func withoutObject(err error) error {
	if reason := apierrors.ReasonForError(err); reason != metav1.StatusReasonUnknown {
		return fmt.Errorf("the API server answered %s", reason)
	}
	return err
}

// ErrGone says that a question is not kept any more.
var ErrGone = errors.New("the question is not kept any more")

// Get gives a question as the API server has it; ErrGone when there is none.
func (d *Store) Get(ctx context.Context, name string) (*Kept, error) {
	var secret corev1.Secret
	return d.read(ctx, name, &secret)
}

func (d *Store) read(ctx context.Context, name string, into *corev1.Secret) (*Kept, error) {
	err := d.Live.Get(ctx, client.ObjectKey{Namespace: d.Namespace, Name: name}, into)
	switch {
	case apierrors.IsNotFound(err):
		return nil, ErrGone
	case err != nil:
		return nil, err
	}
	if !IsQuestion(into) {
		return nil, ErrGone
	}
	return Read(into)
}

// patience is how long Amend goes on against other writers, or until its context ends.
var patience = wait.Backoff{Steps: 200, Duration: 20 * time.Millisecond, Factor: 1, Jitter: 1}

// Amend changes a question that somebody else may be changing at the same time: from the newest state, again on a conflict.
// An error of change ends it and comes back as it is.
func (d *Store) Amend(ctx context.Context, name string, change func(*question.Question) error) (*Kept, error) {
	var kept *Kept
	err := retry.RetryOnConflict(patience, func() error {
		var secret corev1.Secret
		var err error
		if kept, err = d.read(ctx, name, &secret); err != nil {
			return err
		}
		before := kept.State
		if err := change(kept.Question); err != nil {
			return err
		}
		data, err := question.Encode(kept.Question)
		if err != nil || equality.Semantic.DeepEqual(secret.Data, data) {
			return err
		}
		secret.Data = data
		if err := d.Client.Update(ctx, &secret, fieldOwner); err != nil {
			return err
		}
		kept.ResourceVersion = secret.ResourceVersion
		countStep(before, kept.State)
		return nil
	})
	return kept, err
}

// Remove takes a question out as it was read; one that is gone already is no error. One that has changed since, as when the
// asker has just confirmed it, stays, and the error is a conflict.
func (d *Store) Remove(ctx context.Context, k *Kept) error {
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: d.Namespace, Name: k.Name}}
	err := d.Client.Delete(ctx, secret, client.Preconditions{UID: &k.UID, ResourceVersion: &k.ResourceVersion})
	if err == nil && k.Question != nil {
		countEnd(k.State)
	}
	return client.IgnoreNotFound(err)
}
