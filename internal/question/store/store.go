// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package store keeps customers' questions until they are passed on: one Secret for each question, all in one namespace. The portal and
// the controller of questions meet here; package question decides about a question's states.
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

// fieldOwner is the name under which the store writes them.
const fieldOwner = client.FieldOwner("usher")

// Store keeps questions. It is safe for concurrent use, and must not be copied.
type Store struct {
	// Client reads from the cache, with the indexes of AddIndexes, and writes to the API server.
	Client client.Client
	// API reads from the API server.
	API client.Reader
	// Namespace is where the Secrets are.
	Namespace string
	// Now is the clock.
	Now func() time.Time

	mu     sync.Mutex
	claims map[string]claim
	// displaced are the questions that this process has displaced, or is displacing, and that the cache may still show, with the time.
	displaced map[string]time.Time
}

// LimitError says that no further question is accepted.
type LimitError struct{ Limit question.Limit }

// Error names the limit.
func (e *LimitError) Error() string {
	return fmt.Sprintf("too many questions: limit %s is reached", e.Limit)
}

// Kept is a question with the Secret that holds it.
type Kept struct {
	*question.Question

	// Name and ResourceVersion are the Secret's.
	Name            string
	ResourceVersion string
	// UID is what links and mails identify the question by: the UID of the Secret that it was first kept in.
	UID types.UID

	secretUID types.UID
}

// IsQuestion reports whether an object is a Secret that holds a question.
func IsQuestion(o client.Object) bool {
	secret, is := o.(*corev1.Secret)
	return is && secret.Type == SecretType && secret.Labels[v1alpha1.LabelQuestion] == "true"
}

// Read returns the question that a Secret holds. Its error names the Secret, and never quotes what the asker wrote.
func Read(secret *corev1.Secret) (*Kept, error) {
	q, err := question.Decode(secret.Data)
	if err != nil {
		return nil, fmt.Errorf("cannot read the question in Secret %s/%s: %w", secret.Namespace, secret.Name, err)
	}
	return &Kept{
		Question: q, Name: secret.Name, ResourceVersion: secret.ResourceVersion, UID: identityOf(secret), secretUID: secret.UID,
	}, nil
}

// Keep stores a new question. The same form, sent again with the same words, is the same question. Keep returns a *LimitError if no
// further question is accepted.
func (s *Store) Keep(ctx context.Context, form string, q *question.Question) error {
	name := question.Name(form, q)
	q.Reference = question.Reference(name)
	q.Ask(s.Now())
	data, err := question.Encode(q)
	if err != nil {
		return err
	}
	displaced, err := s.claim(ctx, name, q)
	if err != nil {
		var reached *LimitError
		if errors.As(err, &reached) {
			CountLimited(reached.Limit)
		}
		return err
	}
	err = s.Client.Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: s.Namespace, Name: name,
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
		s.unclaim(name)
		return fmt.Errorf("cannot store the question: %w", withoutObject(err))
	}
	outcomes.WithLabelValues(outcomeAsked).Inc()
	if displaced != nil {
		s.displace(ctx, displaced)
	}
	return nil
}

// displace deletes an unconfirmed question that made room for another one. One that its asker has confirmed meanwhile stays. Any other
// failure is no reason to refuse the new question: as long as there are too many, each further one displaces another.
func (s *Store) displace(ctx context.Context, k *Kept) {
	if err := s.remove(ctx, k); err == nil {
		outcomes.WithLabelValues(outcomeDisplaced).Inc()
	}
}

// withoutObject reduces an API server's refusal, whose text may quote the object, to its reason.
func withoutObject(err error) error {
	if reason := apierrors.ReasonForError(err); reason != metav1.StatusReasonUnknown {
		return fmt.Errorf("the API server answered %s", reason)
	}
	return err
}

// ErrGone says that a question is no longer kept.
var ErrGone = errors.New("the question is no longer kept")

// Get returns a question as the API server has it; ErrGone if there is none.
func (s *Store) Get(ctx context.Context, name string) (*Kept, error) {
	var secret corev1.Secret
	return s.read(ctx, name, &secret)
}

func (s *Store) read(ctx context.Context, name string, into *corev1.Secret) (*Kept, error) {
	err := s.API.Get(ctx, client.ObjectKey{Namespace: s.Namespace, Name: name}, into)
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

// patience is how long Amend retries against other writers, unless its context ends first.
var patience = wait.Backoff{Steps: 200, Duration: 20 * time.Millisecond, Factor: 1, Jitter: 1}

// Amend changes a question that somebody else may be changing at the same time: it starts from the newest state, and again after a
// conflict. An error of change ends it and is returned as it is.
func (s *Store) Amend(ctx context.Context, name string, change func(*question.Question) error) (*Kept, error) {
	var kept *Kept
	err := retry.RetryOnConflict(patience, func() error {
		var secret corev1.Secret
		var err error
		if kept, err = s.read(ctx, name, &secret); err != nil {
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
		if err := s.Client.Update(ctx, &secret, fieldOwner); err != nil {
			return err
		}
		kept.ResourceVersion = secret.ResourceVersion
		countTransition(before, kept.State)
		return nil
	})
	return kept, err
}

// Remove deletes a question in the state that was read. A question that is gone already is no error. A question that has changed since,
// for example because the asker has just confirmed it, stays, and the error is a conflict.
func (s *Store) Remove(ctx context.Context, k *Kept) error {
	err := s.remove(ctx, k)
	if err == nil && k.Question != nil {
		countEnd(k.State)
	}
	return client.IgnoreNotFound(err)
}

// Discard deletes a Secret that holds no readable question, in the state that was read.
func (s *Store) Discard(ctx context.Context, secret *corev1.Secret) error {
	return client.IgnoreNotFound(s.delete(ctx, secret.Namespace, secret.Name, secret.UID, secret.ResourceVersion))
}

func (s *Store) remove(ctx context.Context, k *Kept) error {
	return s.delete(ctx, s.Namespace, k.Name, k.secretUID, k.ResourceVersion)
}

func (s *Store) delete(ctx context.Context, namespace, name string, uid types.UID, resourceVersion string) error {
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	return s.Client.Delete(ctx, secret, client.Preconditions{UID: &uid, ResourceVersion: &resourceVersion})
}
