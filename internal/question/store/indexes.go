// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/question"
)

// index is the field by which the cache finds questions. It has several kinds of keys.
const index = "usher.question"

func byUID(uid types.UID) string                       { return "uid/" + string(uid) }
func byAsker(digest string) string                     { return "asker/" + digest }
func byOrganization(organization string) string        { return "organization/" + organization }
func waitingOfOrganization(organization string) string { return "waiting/organization/" + organization }

func provenOfOrganization(organization string) string { return "proven/organization/" + organization }

func passedOfOrganization(organization string) string { return "passed/organization/" + organization }

func inState(state question.State) string { return "state/" + string(state) }

func openOfWorkspace(organization, name string) string {
	return "open/workspace/" + organization + "/" + name
}

// AddIndexes adds the index of questions to the cache. It must be called before the cache starts.
func AddIndexes(ctx context.Context, indexer client.FieldIndexer) error {
	if err := indexer.IndexField(ctx, &corev1.Secret{}, index, keys); err != nil {
		return fmt.Errorf("index %s of Secrets: %w", index, err)
	}
	return nil
}

func keys(o client.Object) []string {
	if !IsQuestion(o) {
		return nil
	}
	kept, err := Read(o.(*corev1.Secret)) //nolint:forcetypeassert // IsQuestion has checked it
	if err != nil {
		return nil // the controller reports it
	}
	all := []string{byUID(kept.UID), byAsker(kept.Asker), byOrganization(kept.Organization), inState(kept.State)}
	if !kept.Open() {
		return append(all, passedOfOrganization(kept.Organization))
	}
	all = append(all, openOfWorkspace(kept.Organization, kept.Workspace))
	if kept.State == question.Waiting {
		return append(all, waitingOfOrganization(kept.Organization))
	}
	return append(all, provenOfOrganization(kept.Organization))
}

func (s *Store) list(ctx context.Context, key string) ([]corev1.Secret, error) {
	var list corev1.SecretList
	err := s.Client.List(ctx, &list, client.InNamespace(s.Namespace), client.UnsafeDisableDeepCopy, client.MatchingFields{index: key})
	return list.Items, err
}

func (s *Store) kept(ctx context.Context, key string) ([]*Kept, error) {
	secrets, err := s.list(ctx, key)
	var all []*Kept
	for n := range secrets {
		if kept, err := Read(&secrets[n]); err == nil { // it is indexed, so it can be read
			all = append(all, kept)
		}
	}
	return all, err
}

// workspaceOf returns the workspace of a question without decoding it.
func workspaceOf(secret *corev1.Secret) string { return secret.Labels[v1alpha1.LabelWorkspace] }

// ByUID returns the question of a link as the API server has it; ErrGone if it is no longer kept.
func (s *Store) ByUID(ctx context.Context, uid types.UID) (*Kept, error) {
	found, err := s.list(ctx, byUID(uid))
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, ErrGone
	}
	return s.Get(ctx, found[0].Name)
}

// OfAsker returns the questions of an address, by its digest, to a Workspace: the newest first.
func (s *Store) OfAsker(ctx context.Context, digest string, workspace types.UID) ([]*Kept, error) {
	all, err := s.kept(ctx, byAsker(digest))
	all = slices.DeleteFunc(all, func(k *Kept) bool { return k.WorkspaceUID != workspace })
	slices.SortStableFunc(all, func(a, b *Kept) int { return b.Asked.Compare(a.Asked) })
	return all, err
}

// OpenOfWorkspace returns the keys of the Secrets with questions to a workspace that are not passed on.
func (s *Store) OpenOfWorkspace(ctx context.Context, organization, workspace string) ([]types.NamespacedName, error) {
	return s.secretKeys(ctx, openOfWorkspace(organization, workspace))
}

// OfOrganization returns the keys of all Secrets with questions to an organization.
func (s *Store) OfOrganization(ctx context.Context, organization string) ([]types.NamespacedName, error) {
	return s.secretKeys(ctx, byOrganization(organization))
}

func (s *Store) secretKeys(ctx context.Context, key string) ([]types.NamespacedName, error) {
	secrets, err := s.list(ctx, key)
	names := make([]types.NamespacedName, 0, len(secrets))
	for n := range secrets {
		names = append(names, client.ObjectKeyFromObject(&secrets[n]))
	}
	return names, err
}

// Surplus returns the oldest records of questions to an organization that were passed on, if there are more than most.
func (s *Store) Surplus(ctx context.Context, organization string, most int) ([]*Kept, error) {
	secrets, err := s.list(ctx, passedOfOrganization(organization))
	if err != nil || len(secrets) <= most {
		return nil, err
	}
	all, err := s.kept(ctx, passedOfOrganization(organization))
	slices.SortStableFunc(all, func(a, b *Kept) int { return a.PassedOn.Compare(b.PassedOn) })
	return all[:max(len(all)-most, 0)], err
}
