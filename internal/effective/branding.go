// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package effective

import (
	"cmp"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// LogoOf returns the organization's logo, or nil if it has none that pages can show: one that bypassed the webhooks may be anything.
func LogoOf(o *v1alpha1.Organization) []byte {
	if _, err := LogoType(o.Spec.Branding.Logo); err != nil {
		return nil
	}
	return o.Spec.Branding.Logo
}

// AccentColorOf returns the color of the organization's pages, or "". A workspace's page for customers can have its own; nil is no
// workspace.
func AccentColorOf(o *v1alpha1.Organization, w *v1alpha1.Workspace) string {
	if w == nil || w.Spec.Portal == nil {
		return o.Spec.Branding.AccentColor
	}
	return cmp.Or(w.Spec.Portal.AccentColor, o.Spec.Branding.AccentColor)
}
