// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package lookup

import (
	"context"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
)

// RequestFacts gathers everything that authz.Judge has to know besides the objects of a request. Operator is the operator's own
// namespace. The cost does not grow with the number of users.
func (r Reader) RequestFacts(ctx context.Context, q authz.Request, operator string) (authz.Facts, error) {
	var err error
	q.Facts.Usernames = r.names
	if q.Facts.Organization, err = r.Organization(ctx, q.Organization); err != nil {
		return q.Facts, err
	}
	switch o := objectOf(q).(type) {
	case *v1alpha1.Organization:
		q.Facts.Appointing = r.appointing
		q.Facts.Issuers = r.issuers
		q.Facts.ClusterRoles, err = r.ClusterRoles(ctx, o)
	case *v1alpha1.OrgUser:
		q.Facts.OtherAdministrator, err = r.otherAdministrator(ctx, q.Facts.Organization, o.Name)
		if err == nil && q.Operation == authz.Delete && effective.InLedger(q.Facts.Organization, o) && !q.Facts.OtherAdministrator {
			q.Facts.Succession, err = r.Succession(ctx, o)
		}
		if err == nil && q.RequestsResend() {
			q.Facts.Resend, err = r.resendFacts(ctx, q.Facts.Organization, o)
		}
	case *v1alpha1.Workspace:
		err = r.workspaceFacts(ctx, &q, o, operator)
	case *v1alpha1.OrgGroup:
		err = r.groupFacts(ctx, &q, o)
	}
	if err == nil {
		q.Facts.Named, err = r.named(ctx, q.Organization, authz.AssignmentKeys(q))
	}
	return q.Facts, err
}

// AdministratorFacts reads again what decides whether the user of a request is the last administrator of an organization that
// is not being deleted.
func (r APIReader) AdministratorFacts(ctx context.Context, q *authz.Request) error {
	var err error
	if q.Facts.Organization, err = r.Organization(ctx, q.Organization); err != nil {
		return err
	}
	q.Facts.OtherAdministrator, err = r.otherAdministrator(ctx, q.Facts.Organization, objectOf(*q).GetName())
	return err
}

func objectOf(q authz.Request) metav1.Object {
	if q.Operation == authz.Delete {
		return q.Old
	}
	return q.New
}

// otherAdministrator reports whether an administrator in force other than this one requests to stay. It is false for a user who is
// not an administrator in force. It costs a look-up for each administrator who requests to leave, and one more.
func (r objects) otherAdministrator(ctx context.Context, o *v1alpha1.Organization, user string) (bool, error) {
	if o == nil || !slices.Contains(o.Status.Administrators, user) {
		return false, nil
	}
	for _, name := range o.Status.Administrators {
		if name == user {
			continue
		}
		other, err := r.User(ctx, o.Namespace, name)
		if err != nil {
			return false, err
		}
		if other != nil && effective.CandidateOf(other).Requested {
			return true, nil
		}
	}
	return false, nil
}

// workspaceFacts adds who has the intake address, the serial numbers and the namespace that a workspace requests.
func (r Reader) workspaceFacts(ctx context.Context, q *authz.Request, w *v1alpha1.Workspace, operator string) error {
	if q.Operation == authz.Delete || q.Status {
		return nil
	}
	var err error
	q.Facts.IntakeDomains = r.domains.Load()
	if q.Facts.IntakeHolder, err = r.OtherIntakeHolder(ctx, w); err != nil {
		return err
	}
	if q.Facts.IntakeChain, err = r.IntakeChain(ctx, w); err != nil {
		return err
	}
	old, _ := q.Old.(*v1alpha1.Workspace)
	if q.Facts.SerialHolders, err = r.newSerialHolders(ctx, q.Organization, old, w); err != nil {
		return err
	}
	if q.Operation == authz.Create {
		q.Facts.Namespace, err = r.NamespaceFacts(ctx, operator, w)
	}
	return err
}

// groupFacts adds which of the addresses that a group lists newly, or no longer, belong to somebody above the role Member, and who has the
// name for people that it requests.
func (r Reader) groupFacts(ctx context.Context, q *authz.Request, g *v1alpha1.OrgGroup) error {
	if q.Status {
		return nil
	}
	q.Facts.IdentityGroups = r.identityGroups.Load()
	for _, address := range authz.GroupAddresses(*q) {
		users, err := r.UsersByEmail(ctx, q.Organization, address)
		if err != nil {
			return err
		}
		for _, u := range users {
			if role := authz.ProtectedRole(u); role != v1alpha1.RoleMember {
				if q.Facts.Protected == nil {
					q.Facts.Protected = map[string]v1alpha1.Role{}
				}
				q.Facts.Protected[address] = role
			}
		}
	}
	if q.Operation == authz.Delete {
		return nil
	}
	var err error
	q.Facts.TitleHolder, err = r.GroupWithTitle(ctx, g)
	return err
}
