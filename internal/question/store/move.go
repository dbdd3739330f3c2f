// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"cmp"
	"context"
	"fmt"
	"maps"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/question"
)

// identityOf returns the UID of the Secret that a question was first kept in.
func identityOf(secret *corev1.Secret) types.UID {
	return cmp.Or(types.UID(secret.Annotations[v1alpha1.AnnotationQuestionUID]), secret.UID)
}

// MoveHere moves a question that is kept in another namespace to the store's: it creates a copy, to which the same links lead, and deletes
// the original after that. The program may end in between: calling MoveHere again goes on. An original that has changed since it was read
// stays, and the error is a conflict.
func (s *Store) MoveHere(ctx context.Context, original *corev1.Secret) error {
	err := s.Client.Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: s.Namespace, Name: original.Name, Labels: maps.Clone(original.Labels),
			Annotations: map[string]string{v1alpha1.AnnotationQuestionUID: string(identityOf(original))},
		},
		Type: original.Type, Data: original.Data,
	}, fieldOwner)
	if apierrors.IsAlreadyExists(err) {
		err = s.catchUp(ctx, original)
	}
	if err != nil {
		return fmt.Errorf("cannot move the question in Secret %s/%s to namespace %s: %w", original.Namespace, original.Name, s.Namespace,
			withoutObject(err))
	}
	return s.Discard(ctx, original)
}

// catchUp confirms a copy if the original was confirmed after it was copied, at a portal that does not know of the copy yet. Nobody else
// changes an original that was copied: only the leader does, and it is the leader who moves it.
func (s *Store) catchUp(ctx context.Context, original *corev1.Secret) error {
	before, err := Read(original)
	if err != nil || before.State == question.Waiting {
		return nil //nolint:nilerr // what cannot be read has nothing to catch up with; the copy is reported
	}
	_, err = s.Amend(ctx, original.Name, func(q *question.Question) error {
		q.Confirm(before.Confirmed)
		return nil
	})
	return err
}
