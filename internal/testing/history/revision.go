// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package history

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// Revision is one write of one object, as etcd has it.
type Revision struct {
	// Number is the revision of the whole store, which is the object's resource version.
	Number int64 `json:"number"`
	// Key is etcd's: /registry/<group and resource>/<namespace>/<name>.
	Key string `json:"key"`
	// Value is the object in the form in which it is stored; empty: the object was deleted.
	Value []byte `json:"value,omitempty"`
}

// prefixes are the beginnings of the keys of objects that are judged, with the kind.
var prefixes = map[string]func() client.Object{
	"/registry/accounts.usher.dev/organizations/": func() client.Object { return &v1alpha1.Organization{} },
	"/registry/accounts.usher.dev/orgusers/":      func() client.Object { return &v1alpha1.OrgUser{} },
	"/registry/accounts.usher.dev/invitations/":   func() client.Object { return &v1alpha1.Invitation{} },
	"/registry/accounts.usher.dev/workspaces/":    func() client.Object { return &v1alpha1.Workspace{} },
	"/registry/rolebindings/":                     func() client.Object { return &rbacv1.RoleBinding{} },
	"/registry/namespaces/":                       func() client.Object { return &corev1.Namespace{} },
}

// Judged reports whether the object of a key in etcd is of a kind that is judged.
func Judged(key string) bool { return newObject(key) != nil }

func newObject(key string) client.Object {
	for prefix, create := range prefixes {
		if strings.HasPrefix(key, prefix) {
			return create()
		}
	}
	return nil
}

var decoder = func() runtime.Decoder {
	scheme := runtime.NewScheme()
	utilruntime.Must(v1alpha1.AddToScheme(scheme))
	utilruntime.Must(rbacv1.AddToScheme(scheme))
	utilruntime.Must(corev1.AddToScheme(scheme))
	return serializer.NewCodecFactory(scheme).UniversalDeserializer()
}()

// object returns the object of a revision; nil: it was deleted.
func (r Revision) object() (client.Object, error) {
	if len(r.Value) == 0 {
		return nil, nil //nolint:nilnil // no object is what a deletion leaves
	}
	object, _, err := decoder.Decode(r.Value, nil, newObject(r.Key))
	if err != nil {
		return nil, fmt.Errorf("revision %d of %s: %w", r.Number, r.Key, err)
	}
	return object.(client.Object), nil //nolint:forcetypeassert // decoded into one
}
