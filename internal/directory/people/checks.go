// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package people

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/directory"
	"github.com/usher-operator/usher/internal/directory/refusal"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/object"
	"github.com/usher-operator/usher/internal/scim"
)

// sameID returns the directory's account with the externalId of a resource, other than a given account; nil: there is none.
func (p *People) sameID(ctx context.Context, r scim.Resource, except *v1alpha1.OrgUser) (*v1alpha1.OrgUser, error) {
	externalID := scim.Users().Text(r, "externalId")
	if externalID == "" {
		return nil, nil //nolint:nilnil // none is an answer, not an error
	}
	known, _, err := p.store().Other(ctx, directory.ByID(externalID), except)
	return known, err
}

// free refuses a person whose userName or address is another one's.
func (p *People) free(ctx context.Context, u *v1alpha1.OrgUser, r scim.Resource) error {
	known, taken, err := p.store().Other(ctx, directory.ByName(scim.Users().Text(r, "userName")), u)
	if err != nil {
		return err
	}
	if taken {
		return scim.Conflict("the directory has a person with this userName already, with the id %s", known.Name)
	}
	email := string(u.Spec.Email)
	for field, value := range map[string]string{"status.email": emailaddr.Normalize(email), "spec.email": email} {
		var list v1alpha1.OrgUserList
		if err := p.Client.List(ctx, &list, client.InNamespace(p.Organization), client.MatchingFields{field: value}); err != nil {
			return refusal.Of(err)
		}
		for n := range list.Items {
			holder := &list.Items[n]
			if holder.UID != u.UID && holder.DeletionTimestamp.IsZero() && !effective.Yields(holder) {
				return addressTaken(holder)
			}
		}
	}
	return nil
}

// addressTaken is the refusal of a person whose address is another account's.
func addressTaken(holder *v1alpha1.OrgUser) error {
	if directory.Keeps(holder) {
		return scim.Conflict("the directory has a person with the address %s already, with the id %s",
			effective.EmailOf(holder), holder.Name)
	}
	return scim.Conflict("the address %s is that of the OrgUser %q, which the directory did not create: delete that OrgUser, or leave the "+
		"person out of the directory's assignment", effective.EmailOf(holder), holder.Name)
}

// manyWriters is for an object that all requests of a directory write that suspend or delete somebody.
var manyWriters = wait.Backoff{Steps: 12, Duration: 5 * time.Millisecond, Factor: 1.5, Jitter: 1}

// removes counts that the directory is about to suspend or delete a person, and refuses it if that would take away the organization's last
// administrator, or if the directory does so too often. It reads and writes past the cache, and again if somebody else has written in
// between.
func (p *People) removes(ctx context.Context, u *v1alpha1.OrgUser, verb string) error {
	return retry.RetryOnConflict(manyWriters, func() error {
		o, err := p.api().Organization(ctx, p.Organization)
		if err != nil || o == nil || !o.DeletionTimestamp.IsZero() {
			return refusal.Of(err)
		}
		if slices.Equal(o.Status.Administrators, []string{u.Name}) {
			return lastAdministrator(o, u, verb)
		}
		if u.Spec.Suspend && verb == "delete" {
			return nil // they had no access
		}
		before := o.DeepCopy()
		refused := directory.Remove(o, u.UID, p.Now())
		if equality.Semantic.DeepEqual(before.Status.Directory, o.Status.Directory) {
			return refused
		}
		patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
		if err := p.Client.Status().Patch(ctx, o, patch, object.FieldOwner); err != nil {
			return err
		}
		return refused
	})
}

// lastAdministrator is the refusal to take away an organization's last administrator.
func lastAdministrator(o *v1alpha1.Organization, u *v1alpha1.OrgUser, verb string) error {
	return &scim.Error{
		Status: http.StatusConflict,
		Detail: fmt.Sprintf("cannot %s %s: the OrgUser %q is the last OrganizationAdmin of organization %q; make somebody else "+
			"OrganizationAdmin first", verb, effective.EmailOf(u), u.Name, o.Name),
	}
}
