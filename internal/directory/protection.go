// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/scim"
)

const (
	defaultPeople  = 5
	defaultPercent = 20
	defaultHours   = 24
	// maxRemovals is how many people a directory can remove whatever the percentage: each is in the status until it no longer counts.
	maxRemovals = 1000
)

// Limit is how many people a directory can remove, which is to suspend or delete them, within a time.
type Limit struct {
	People int
	Within time.Duration
}

// LimitOf returns the limit of an organization: the larger one of a number and a percentage of its people, so that a small organization is
// not kept from removing anybody.
func LimitOf(o *v1alpha1.Organization) Limit {
	p := o.Spec.Directory.Protection
	people := int(ptr.Deref(o.Status.Directory.PeopleBefore, ptr.Deref(o.Status.Directory.People, 0)))
	share := people * int(ptr.Deref(p.Percent, defaultPercent)) / 100
	within := time.Duration(cmp.Or(p.Hours, defaultHours)) * time.Hour
	return Limit{People: min(max(int(ptr.Deref(p.People, defaultPeople)), share), maxRemovals), Within: within}
}

// IsStopped reports whether a directory can remove nobody, and take nobody out of a group, until an administrator allows it.
func IsStopped(o *v1alpha1.Organization) bool {
	stopped := o.Status.Directory.StoppedTime
	return stopped != nil && !IsAllowed(o, stopped.Time)
}

// IsAllowed reports whether what a directory does at a time does not count, because an administrator has set the limit aside until later.
func IsAllowed(o *v1alpha1.Organization, at time.Time) bool {
	until := o.Spec.Directory.Protection.AllowUntil
	return until != nil && at.Before(until.Time)
}

// Removals returns the people whom a directory has removed, as far as they count at a time.
func Removals(o *v1alpha1.Organization, now time.Time) []v1alpha1.DirectoryRemoval {
	since := now.Add(-LimitOf(o).Within)
	return slices.DeleteFunc(slices.Clone(o.Status.Directory.Removals), func(r v1alpha1.DirectoryRemoval) bool {
		return !r.Time.After(since) || IsAllowed(o, r.Time.Time)
	})
}

// Remove counts that a directory removes a person, in the status of the organization, or returns why it cannot. A person counts once,
// however often the directory tries. Both times the status may have changed; it has to be written, under the resource version that was
// read, before the person is removed: so the limit holds with several replicas and requests at the same time.
func Remove(o *v1alpha1.Organization, account types.UID, now time.Time) error {
	s := &o.Status.Directory
	if IsAllowed(o, now) {
		return nil
	}
	if IsStopped(o) {
		return stopped(o)
	}
	s.Removals, s.StoppedTime, s.MaxRemovals = Removals(o, now), nil, nil
	if slices.ContainsFunc(s.Removals, func(r v1alpha1.DirectoryRemoval) bool { return r.UID == string(account) }) {
		return nil
	}
	if len(s.Removals) == 0 {
		s.PeopleBefore = s.People
	}
	if limit := LimitOf(o).People; len(s.Removals) >= limit {
		return stop(o, limit, now)
	}
	s.Removals = append(s.Removals, v1alpha1.DirectoryRemoval{UID: string(account), Time: metav1.NewTime(now.Truncate(time.Second))})
	return nil
}

// TakeOut judges that a directory takes people out of a group at once, by a change or a deletion of the group, and returns why it cannot.
// It stops the directory if they are more than it can remove and the group opens something: they would be locked out as if they were
// suspended. Fewer do not count, since people change teams every day. Once it is stopped, a directory takes nobody out of anything. What
// it changes in the status has to be written before the group is.
func TakeOut(o *v1alpha1.Organization, g *v1alpha1.OrgGroup, people int, now time.Time) error {
	if people == 0 || IsAllowed(o, now) {
		return nil
	}
	if IsStopped(o) {
		return stopped(o)
	}
	if limit := LimitOf(o).People; people > limit && opens(o, g) {
		return stop(o, limit, now)
	}
	return nil
}

// opens reports whether being in a group is worth anything.
func opens(o *v1alpha1.Organization, g *v1alpha1.OrgGroup) bool {
	role, modules := effective.GroupGives(o, v1alpha1.ObjectName(g.Name))
	return role != "" || len(modules) > 0 || len(g.Status.Workspaces) > 0
}

// stop keeps a directory from taking away anything until an administrator allows it, and returns the refusal.
func stop(o *v1alpha1.Organization, limit int, now time.Time) error {
	s := &o.Status.Directory
	s.StoppedTime, s.MaxRemovals = new(metav1.NewTime(now.Truncate(time.Second))), new(int32(limit)) //nolint:gosec // at most 1,000
	return stopped(o)
}

// Forget drops from the status what no longer counts because an administrator has set the limit aside. What falls out of the time by itself
// is dropped by the next removal.
func Forget(o *v1alpha1.Organization) {
	s := &o.Status.Directory
	if s.StoppedTime != nil && !IsStopped(o) {
		s.StoppedTime, s.MaxRemovals = nil, nil
	}
	s.Removals = slices.DeleteFunc(slices.Clone(s.Removals), func(r v1alpha1.DirectoryRemoval) bool { return IsAllowed(o, r.Time.Time) })
	if len(s.Removals) == 0 {
		s.Removals, s.PeopleBefore = nil, nil
	}
}

// StoppedMessage says why a directory can take nothing away from anybody, and what to do.
func StoppedMessage(o *v1alpha1.Organization) string {
	limit := int(ptr.Deref(o.Status.Directory.MaxRemovals, 0))
	return fmt.Sprintf("the directory wanted to suspend or delete more than %d people within %s, or to take so many out of a group at "+
		"once, which is the limit of organization %q (spec.directory.protection). Until that is allowed, it suspends and deletes "+
		"nobody, and takes nobody out of a group. An OrganizationAdmin has to look at it: if it is right, allow it with "+
		"`kubectl usher directory allow -n %s`; if not, correct the directory first", limit, inHours(LimitOf(o).Within), o.Name, o.Name)
}

func inHours(d time.Duration) string {
	if d == time.Hour {
		return "an hour"
	}
	return fmt.Sprintf("%d hours", int(d.Hours()))
}

func stopped(o *v1alpha1.Organization) error {
	return &scim.Error{Status: 409, Detail: StoppedMessage(o)}
}

// OnboardingOf returns how the people join whom the directory of an organization sends.
func OnboardingOf(o *v1alpha1.Organization) v1alpha1.Onboarding {
	if o.Spec.Directory.Onboarding == v1alpha1.DirectoryInvite {
		return v1alpha1.OnboardingInvite
	}
	return v1alpha1.OnboardingNone
}
