// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

// What a directory decides. The ValidatingAdmissionPolicy usher-directory says the same.
const (
	ruleDirectoryBounds = "directory-bounds"
	ruleDirectoryKept   = "directory-kept"
)

// decides returns the fields of an object's spec that the directory decides, if the directory keeps it; nil: it keeps no such objects.
func decides(object metav1.Object) []string {
	switch object.(type) {
	case *v1alpha1.OrgUser:
		return []string{"spec.email", "spec.displayName", "spec.phone", "spec.suspend"}
	case *v1alpha1.OrgGroup:
		return []string{"spec.displayName", "spec.members"}
	}
	return nil
}

// judgeDirectory refuses whatever is not the directory's to write (DIR-2, DIR-3): objects that it does not keep, and everything in those
// that it keeps but a few fields, what it sent, and the labels by which it finds them.
func judgeDirectory(r Request) []Violation {
	switch {
	case countsRemovals(r):
		return nil
	case decides(r.object()) == nil:
		return []Violation{r.denyDirectory("", "can %s neither %s nor anything else but accounts and groups", r.Operation,
			noun(r.object()))}
	case r.Status:
		return []Violation{r.denyDirectory("status", "cannot change the status")}
	case r.Operation != Create && !effective.FromDirectory(r.Old):
		return []Violation{r.denyDirectory("", "cannot %s %q, which it does not keep: Git or a person declared it, or Usher created it "+
			"for another reason", r.Operation, r.Old.GetName())}
	case r.Operation == Delete:
		return nil
	case !effective.FromDirectory(r.New):
		return []Violation{r.denyDirectory("metadata.labels["+v1alpha1.LabelOrigin+"]", "keeps only what has the label %s=%s",
			v1alpha1.LabelOrigin, v1alpha1.OriginDirectory)}
	}
	return slices.Concat(judgeDirectoryMetadata(r), judgeDirectorySpec(r), judgeDirectoryAddress(r))
}

// countsRemovals reports whether a request changes nothing but the count of the people whom the directory has removed, which it writes
// before it removes somebody.
func countsRemovals(r Request) bool {
	before, was := r.Old.(*v1alpha1.Organization)
	after, is := r.New.(*v1alpha1.Organization)
	if !was || !is || !r.Status || r.Operation != Update {
		return false
	}
	counted := before.Status.DeepCopy()
	counted.Directory = after.Status.Directory
	return equality.Semantic.DeepEqual(*counted, after.Status)
}

// directoryLabels and directoryAnnotations are what the directory writes in the metadata of what it keeps.
var (
	directoryLabels = []string{
		v1alpha1.ManagedByLabel, v1alpha1.LabelOrigin, v1alpha1.LabelDirectoryID, v1alpha1.LabelDirectoryName,
	}
	directoryAnnotations = []string{v1alpha1.AnnotationDirectory}
)

func judgeDirectoryMetadata(r Request) []Violation {
	old := metav1.Object(&metav1.ObjectMeta{Finalizers: []string{v1alpha1.Finalizer}})
	if r.Operation == Update {
		old = r.Old
	}
	var found []Violation
	deny := func(field string) { found = append(found, r.denyDirectory(field, "cannot change %s", field)) }
	for _, m := range []struct {
		name          string
		before, after map[string]string
		own           []string
	}{
		{"metadata.labels", old.GetLabels(), r.New.GetLabels(), directoryLabels},
		{"metadata.annotations", old.GetAnnotations(), r.New.GetAnnotations(), directoryAnnotations},
	} {
		for _, key := range differingKeys(m.before, m.after) {
			if !slices.Contains(m.own, key) {
				deny(m.name + "[" + key + "]")
			}
		}
	}
	if !slices.Equal(old.GetFinalizers(), r.New.GetFinalizers()) {
		deny("metadata.finalizers")
	}
	if !equality.Semantic.DeepEqual(old.GetOwnerReferences(), r.New.GetOwnerReferences()) {
		deny("metadata.ownerReferences")
	}
	return found
}

// differingKeys returns the keys whose values differ, sorted.
func differingKeys(before, after map[string]string) []string {
	keys := maps.Clone(before)
	if keys == nil {
		keys = map[string]string{}
	}
	maps.Copy(keys, after)
	maps.DeleteFunc(keys, func(key, _ string) bool {
		was, had := before[key]
		is, has := after[key]
		return had == has && was == is
	})
	return slices.Sorted(maps.Keys(keys))
}

// judgeDirectorySpec refuses fields that the directory does not decide. A new account is a Member's, and joins as the organization says.
func judgeDirectorySpec(r Request) []Violation {
	var found []Violation
	before := specOf(r.Old)
	if r.Operation == Create {
		before = newFromDirectory(r.New)
	}
	for _, field := range changedFields(before, specOf(r.New)) {
		if !slices.Contains(decides(r.New), field) {
			found = append(found, r.denyDirectory(field, "cannot set %s: that is the organization's to decide", field))
		}
	}
	return found
}

// newFromDirectory returns the spec that a new object of the directory's has beside what the directory decides.
func newFromDirectory(object metav1.Object) any {
	u, is := object.(*v1alpha1.OrgUser)
	if !is {
		return v1alpha1.OrgGroupSpec{}
	}
	return v1alpha1.OrgUserSpec{Role: v1alpha1.RoleMember, Access: v1alpha1.AccessFull, Onboarding: u.Spec.Onboarding}
}

// judgeDirectoryAddress refuses another address for somebody above the role Member. Whoever has the address has the account, and with it
// the role, which an administrator gave to the person and not to the directory. Access can be taken away from everybody.
func judgeDirectoryAddress(r Request) []Violation {
	before, is := r.Old.(*v1alpha1.OrgUser)
	after, stays := r.New.(*v1alpha1.OrgUser)
	if !is || !stays || r.Operation != Update || before.Spec.Email == after.Spec.Email || isMember(before) {
		return nil
	}
	return []Violation{r.refuse("spec.email", Forbidden, "members-only", "only %s may change the address of a user with the role %q, here "+
		"%q: set spec.email to %s as well, and the directory can go on", managersOf(AreaUsers), ProtectedRole(before), before.Name,
		after.Spec.Email)}
}

// judgeKept refuses people and delegates what the directory decides about what it keeps (DIR-3): it would be overwritten, or the directory
// would look for somebody who has another name by then. They may suspend its people, and delete whatever it keeps.
func judgeKept(r Request) []Violation {
	if r.Operation != Update || r.Status || !effective.FromDirectory(r.Old) {
		return nil
	}
	own := decides(r.Old)
	var found []Violation
	for _, field := range r.changed() {
		switch {
		case !slices.Contains(own, field) || field == "spec.suspend":
		// Whoever has the power may do for the directory what it cannot do itself.
		case field == "spec.email" && mayReaddress(r):
		default:
			found = append(found, r.refuse(field, Forbidden, ruleDirectoryKept, "only the organization's directory may change %s of %q, "+
				"which it keeps: change it there", strings.TrimPrefix(field, "spec."), r.Old.GetName()))
		}
	}
	return found
}

// mayReaddress reports whether an actor may change the address of an account that the directory may not: see judgeDirectoryAddress.
func mayReaddress(r Request) bool {
	u, is := r.Old.(*v1alpha1.OrgUser)
	return is && !isMember(u) && PowerOf(r.Actor.Role, AreaUsers) == PowerManage
}

func (r Request) denyDirectory(field, format string, args ...any) Violation {
	return r.refuse(field, Forbidden, ruleDirectoryBounds, "%s", fmt.Sprintf(format, args...))
}
