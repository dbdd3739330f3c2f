// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package directory

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/scim"
)

const (
	// maxRecord bounds what is kept of a person, in bytes. It leaves room for the rest of the object.
	maxRecord = 64 << 10
	// digestLength is the length of a digest, in bytes. As text it fits in a label.
	digestLength = 20
)

// record is what the annotation holds.
type record struct {
	// Resource is what the directory sent, without what Usher adds.
	Resource scim.Resource `json:"resource"`
	// Modified is when it last sent something else.
	Modified time.Time `json:"modified"`
}

// Keeps reports whether the directory keeps an account. Everybody else's is declared by Git or a person, or Usher's own.
func Keeps(u *v1alpha1.OrgUser) bool {
	return effective.FromDirectory(u)
}

// Selector returns the labels of the accounts and groups that a directory keeps.
func Selector() map[string]string {
	return map[string]string{v1alpha1.LabelOrigin: v1alpha1.OriginDirectory}
}

// ByID returns the labels of the account or group with an externalId.
func ByID(externalID string) map[string]string {
	return map[string]string{v1alpha1.LabelOrigin: v1alpha1.OriginDirectory, v1alpha1.LabelDirectoryID: digest(externalID)}
}

// ByName returns the labels of the account with a userName, or the group with a displayName, in any case.
func ByName(userName string) map[string]string {
	return map[string]string{v1alpha1.LabelOrigin: v1alpha1.OriginDirectory, v1alpha1.LabelDirectoryName: digest(scim.Fold(userName))}
}

// IsName reports whether an identifier that a directory sends can be an object's name. For others, there is nothing to ask for.
func IsName(id string) bool { return len(validation.IsDNS1123Subdomain(id)) == 0 }

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:digestLength])
}

// readRecord returns what the directory sent about an account, as a resource with its identifier and schemas.
func readRecord(u *v1alpha1.OrgUser) (record, error) {
	var r record
	body := u.Annotations[v1alpha1.AnnotationDirectory]
	if err := json.Unmarshal([]byte(body), &r); err != nil {
		return r, fmt.Errorf("the annotation %s of the OrgUser %q cannot be read: restore it, or delete the OrgUser and have the "+
			"directory send the person again: %w", v1alpha1.AnnotationDirectory, u.Name, err)
	}
	if r.Resource == nil {
		r.Resource = scim.Resource{}
	}
	r.Resource["id"], r.Resource["schemas"] = u.Name, schemasOf(r.Resource)
	return r, nil
}

// writeRecord keeps what the directory sent, and the labels by which it is found.
func writeRecord(u *v1alpha1.OrgUser, resource scim.Resource, now time.Time) error {
	own := resource.Clone()
	for _, added := range []string{"id", "meta", "groups", "schemas"} {
		delete(own, added)
	}
	body, err := json.Marshal(record{Resource: own, Modified: now.UTC().Truncate(time.Second)})
	if err != nil {
		return err
	}
	if len(body) > maxRecord {
		return invalid("the person's attributes take %d bytes: map fewer of them, Usher keeps at most %d bytes", len(body), maxRecord)
	}
	if u.Labels == nil {
		u.Labels = map[string]string{}
	}
	if u.Annotations == nil {
		u.Annotations = map[string]string{}
	}
	u.Annotations[v1alpha1.AnnotationDirectory] = string(body)
	u.Labels[v1alpha1.ManagedByLabel], u.Labels[v1alpha1.LabelOrigin] = v1alpha1.ManagedByValue, v1alpha1.OriginDirectory
	u.Labels[v1alpha1.LabelDirectoryName] = digest(scim.Fold(text(resource, "userName")))
	delete(u.Labels, v1alpha1.LabelDirectoryID)
	if id := text(resource, "externalId"); id != "" {
		u.Labels[v1alpha1.LabelDirectoryID] = digest(id)
	}
	return nil
}

func text(r scim.Resource, path string) string { return scim.Users().Text(r, path) }

func invalid(format string, args ...any) error {
	return &scim.Error{Status: 400, Type: scim.InvalidValue, Detail: fmt.Sprintf(format, args...)}
}
