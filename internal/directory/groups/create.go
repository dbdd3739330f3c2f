// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package groups

import (
	"context"
	"errors"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/directory"
	"github.com/usher-operator/usher/internal/directory/refusal"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/object"
	"github.com/usher-operator/usher/internal/scim"
)

// Create creates a group.
func (g *Groups) Create(ctx context.Context, r scim.Resource) (after scim.Resource, created bool, err error) {
	if err := g.store().Accepts(ctx); err != nil {
		return nil, false, err
	}
	group, err := directory.NewGroup(g.Organization, r, g.Now())
	if err != nil {
		return nil, false, err
	}
	if err := free(ctx, g.store().OtherKnown, group, r, true, true); err != nil {
		return nil, false, err
	}
	if _, err := g.bring(ctx, group, r); err != nil {
		return nil, false, err
	}
	if group, err = g.create(ctx, group, r); err != nil {
		return nil, false, refusal.Of(asConflict(err))
	}
	if err := g.store().Claim(ctx, group, v1alpha1.LabelDirectoryName, v1alpha1.LabelDirectoryID); err != nil {
		return nil, false, refusal.Of(err)
	}
	after, err = g.show(true)(group)
	return after, true, err
}

// create creates a group under the first of its names that no other group of the directory has.
func (g *Groups) create(ctx context.Context, group *v1alpha1.OrgGroup, r scim.Resource) (*v1alpha1.OrgGroup, error) {
	for name := range directory.GroupNames(directory.GroupName(r)) {
		for range maxAttempts {
			candidate := group.DeepCopy()
			candidate.Name = name
			err := g.Client.Create(ctx, candidate, object.FieldOwner)
			if err == nil {
				return candidate, nil
			}
			if !apierrors.IsAlreadyExists(err) {
				return nil, err
			}
			var holder v1alpha1.OrgGroup
			err = g.Client.Get(ctx, client.ObjectKeyFromObject(candidate), &holder)
			if apierrors.IsNotFound(err) {
				continue // it went meanwhile
			}
			if err == nil {
				err = nameTaken(&holder, r)
			}
			if err != nil {
				return nil, err
			}
			break
		}
	}
	return nil, scim.Conflict("other groups have all the names that an OrgGroup for %q may get: rename the group", directory.GroupName(r))
}

// maxAttempts bounds how often one name is tried whose holder is gone when it is looked at.
const maxAttempts = 3

// nameTaken returns why a group cannot be created while another one has its name; nil: it gets another name.
func nameTaken(holder *v1alpha1.OrgGroup, r scim.Resource) error {
	kept := directory.KeepsGroup(holder)
	same := holder.Labels[v1alpha1.LabelDirectoryName] == directory.ByName(directory.GroupName(r))[v1alpha1.LabelDirectoryName]
	switch {
	case !holder.DeletionTimestamp.IsZero():
		return refusal.Later("the OrgGroup %q is being deleted: try again", holder.Name)
	case !kept:
		return scim.Conflict("there is an OrgGroup %q, which the directory did not create: delete or rename that OrgGroup, or leave the "+
			"group out of the directory's assignment", holder.Name)
	case same:
		return titleTaken(holder)
	}
	return nil
}

func titleTaken(holder *v1alpha1.OrgGroup) error {
	return scim.Conflict("the directory has a group with this displayName already, with the id %s", holder.Name)
}

// judge refuses a change that would take too much away, or give a group what another one has.
func (g *Groups) judge(ctx context.Context, before, after *v1alpha1.OrgGroup, wanted scim.Resource) error {
	if err := g.takesOut(ctx, before, effective.GroupMembers(after)); err != nil {
		return err
	}
	return free(ctx, g.store().Other, after, wanted,
		before.Labels[v1alpha1.LabelDirectoryName] != after.Labels[v1alpha1.LabelDirectoryName],
		before.Labels[v1alpha1.LabelDirectoryID] != after.Labels[v1alpha1.LabelDirectoryID])
}

// otherGroup returns one of the directory's groups with labels, other than a given one. Ok is false if there is none.
type otherGroup func(ctx context.Context, labels map[string]string, except *v1alpha1.OrgGroup,
) (other *v1alpha1.OrgGroup, ok bool, err error)

// free refuses a group whose displayName or externalId is another one's.
func free(ctx context.Context, find otherGroup, group *v1alpha1.OrgGroup, r scim.Resource, name, id bool) error {
	if id && directory.GroupID(r) != "" {
		other, taken, err := find(ctx, directory.ByID(directory.GroupID(r)), group)
		if err != nil {
			return err
		}
		if taken {
			return scim.Conflict("the directory has a group with this externalId already, with the id %s", other.Name)
		}
	}
	if !name {
		return nil
	}
	other, taken, err := find(ctx, directory.ByName(directory.GroupName(r)), group)
	if err != nil {
		return err
	}
	if taken {
		return titleTaken(other)
	}
	return nil
}

// asConflict returns the refusal of a displayName that another OrgGroup has as a conflict, which is what directories know. The webhook
// refuses it by its index, so that not all groups need to be read here.
func asConflict(err error) error {
	var refused apierrors.APIStatus
	if !errors.As(err, &refused) || !apierrors.IsInvalid(err) || refused.Status().Details == nil {
		return err
	}
	for _, cause := range refused.Status().Details.Causes {
		if cause.Type == metav1.CauseTypeFieldValueInvalid && cause.Field == "spec.displayName" &&
			strings.Contains(cause.Message, "OrgGroup") {
			return scim.Conflict("displayName: %s", cause.Message)
		}
	}
	return err
}
