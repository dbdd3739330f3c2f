// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package rolebinding

import (
	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
)

const (
	// directoryRole is what a directory may do in its organization's namespace.
	directoryRole = "usher-directory"
	// directoryDoorRole lets whoever serves the portal act as the directory, and know its tokens.
	directoryDoorRole = "usher-directory-door"
)

// Grant is what a holder is to have.
type Grant struct {
	Holder   Holder
	Bindings []Binding
}

// ForDirectory returns what makes an organization's directory work (LMI-10): its own rights, and those of the user who serves the portal.
func ForDirectory(o *v1alpha1.Organization, portal string) []Grant {
	grant := func(name, username, clusterRole string) Grant {
		return Grant{
			Holder:   Holder{organization: o.Namespace, label: v1alpha1.LabelDelegate, Name: name, username: username},
			Bindings: []Binding{{Namespace: o.Namespace, ClusterRole: clusterRole}},
		}
	}
	return []Grant{
		grant("directory", authz.DirectoryUsername(o.Namespace), directoryRole),
		grant("directory-door", portal, directoryDoorRole),
	}
}
