// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// isForPeople reports whether an annotation with Usher's prefix is one with which people ask for something, on an object of
// this kind.
func isForPeople(object metav1.Object, key string) bool {
	switch key {
	case v1alpha1.AnnotationResend:
		return true
	case v1alpha1.AnnotationReport:
		return hasContacts(object)
	default:
		return false
	}
}

// hasContacts reports whether an object is of a kind with contacts, who can be sent a report.
func hasContacts(object metav1.Object) bool {
	switch object.(type) {
	case *v1alpha1.Organization, *v1alpha1.Workspace:
		return true
	default:
		return false
	}
}

// judgeReport refuses to let others than those who manage the organization's contacts request its report. A workspace's
// report can be requested by those who manage workspaces, like any other change of it (GTA-12).
func judgeReport(r Request) []Violation {
	const key = v1alpha1.AnnotationReport
	if r.Operation != Update || r.Old.GetAnnotations()[key] == r.New.GetAnnotations()[key] ||
		PowerOf(r.Actor.Role, AreaProfile) == PowerManage {
		return nil
	}
	return []Violation{r.deny("metadata.annotations["+key+"]", "report-requested", managersOf(AreaProfile),
		"request a report for the organization's contacts")}
}
