// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// FromDirectory reports whether the organization's directory created an account or a group, and keeps it. Everything else is declared by
// Git or a person, or Usher's own.
func FromDirectory(o metav1.Object) bool {
	return o.GetLabels()[v1alpha1.LabelOrigin] == v1alpha1.OriginDirectory
}
