// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package organization

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/directory"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/status"
	"github.com/usher-operator/usher/internal/wording"
)

// reconcileDirectoryState counts what the organization's directory keeps, and says whether it has been stopped (DIR-4). The directory
// itself has written that it was.
func (r *Reconciler) reconcileDirectoryState(_ context.Context, s *scope) (time.Duration, error) {
	o := s.organization
	directory.Forget(o)
	o.Status.Directory.People, o.Status.Directory.Groups = status.Count(keptUsers(s.users)), status.Count(keptGroups(s.groups))
	if *o.Status.Directory.People+*o.Status.Directory.Groups == 0 && equality.Semantic.DeepEqual(o.Spec.Directory, v1alpha1.Directory{}) {
		o.Status.Directory.People, o.Status.Directory.Groups = nil, nil // there has been no directory so far
	}
	if directory.IsStopped(o) {
		status.Set(o, v1alpha1.ConditionDirectoryWithinThreshold, false, v1alpha1.ReasonDirectoryStopped, directory.StoppedMessage(o))
	} else {
		meta.RemoveStatusCondition(&o.Status.Conditions, v1alpha1.ConditionDirectoryWithinThreshold)
	}
	return 0, nil
}

// reconcileDirectoryGaps says in a condition which groups and modules spec.directory names although they do not exist. Nothing waits for
// them, and they may come later, so the organization is Ready nevertheless.
func (r *Reconciler) reconcileDirectoryGaps(ctx context.Context, s *scope) (time.Duration, error) {
	gaps, err := r.cache.DirectoryGaps(ctx, s.organization)
	if err != nil {
		return 0, err
	}
	if len(gaps) == 0 {
		meta.RemoveStatusCondition(&s.organization.Status.Conditions, v1alpha1.ConditionDirectoryNamesExist)
		return 0, nil
	}
	status.Set(s.organization, v1alpha1.ConditionDirectoryNamesExist, false,
		v1alpha1.ReasonDirectoryNameMissing, wording.SomeSentences(gaps))
	return 0, nil
}

func keptUsers(users []*v1alpha1.OrgUser) int {
	kept := 0
	for _, u := range users {
		if effective.FromDirectory(u) && u.DeletionTimestamp.IsZero() {
			kept++
		}
	}
	return kept
}

func keptGroups(groups []*v1alpha1.OrgGroup) int {
	kept := 0
	for _, g := range groups {
		if effective.FromDirectory(g) && g.DeletionTimestamp.IsZero() {
			kept++
		}
	}
	return kept
}

// refusedRoles says which roles groups cannot give, and what to do. It is empty if there are none.
func (r *Reconciler) refusedRoles(o *v1alpha1.Organization) string {
	groups := r.cache.Appointing().RefusedRoles(o)
	if len(groups) == 0 {
		return ""
	}
	return fmt.Sprintf("spec.directory.roles: OrganizationAdmin, for the group %s, %s. Everything else is in force", wording.Some(groups),
		r.cache.Appointing().RoleRefusal(o.Name, v1alpha1.RoleOrganizationAdmin))
}

// recordStop records an event once it is written that the directory has been stopped.
func (r *Reconciler) recordStop(before, after *v1alpha1.Organization) {
	const kind = v1alpha1.ConditionDirectoryWithinThreshold
	is := meta.FindStatusCondition(after.Status.Conditions, kind)
	if is != nil && meta.FindStatusCondition(before.Status.Conditions, kind) == nil {
		r.recorder.Eventf(after, nil, corev1.EventTypeWarning, v1alpha1.ReasonDirectoryStopped, "Reconcile", "%s", is.Message)
	}
}
