// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package invitation

import (
	"context"
	"encoding/json"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/object"
	"github.com/usher-operator/usher/internal/onboarding"
)

// ensureUser gives the OrgUser that has the recipient's address, or a new one, pending (ORG-22). Nil: there is none, and
// the recipient is one who does not get one before being invited again.
func (r *Reconciler) ensureUser(ctx context.Context, i *v1alpha1.Invitation, recipient *v1alpha1.RecipientStatus,
	p emailaddr.Addressee, resend bool,
) (*v1alpha1.OrgUser, error) {
	users, err := r.cache.UsersByEmail(ctx, i.Namespace, string(recipient.Email))
	if err != nil {
		return nil, err
	}
	var account *v1alpha1.OrgUser
	if len(users) > 0 {
		account = slices.MinFunc(users, effective.ByPrecedence)
		if !effective.IsProvisional(account) {
			return account, nil
		}
	}
	over := !onboarding.Open(recipient.State) && recipient.State != v1alpha1.RecipientRevoked
	if over && !resend {
		return account, nil
	}
	if account != nil {
		return r.takeOver(ctx, i, account, p)
	}
	user, made, err := r.createUser(ctx, i, recipient, p)
	if made && recipient.State != v1alpha1.RecipientPending && recipient.State != v1alpha1.RecipientRevoked {
		r.recorder.Eventf(i, user, corev1.EventTypeWarning, "UserMadeAgain", "Reconcile", "the pending OrgUser %s was deleted and is "+
			"made again, as spec.emails names %s: take the address out there", user.Name, recipient.Email)
	}
	return user, err
}

// createUser makes the pending user. One of that name that is there already, and that the cache does not show yet, is
// whoever's it is; made is false then.
func (r *Reconciler) createUser(ctx context.Context, i *v1alpha1.Invitation, recipient *v1alpha1.RecipientStatus,
	p emailaddr.Addressee,
) (user *v1alpha1.OrgUser, made bool, err error) {
	user = userFor(i, string(recipient.Email), p.Name)
	if err = r.client.Create(ctx, user, object.FieldOwner); !apierrors.IsAlreadyExists(err) {
		return user, err == nil, err
	}
	user = &v1alpha1.OrgUser{ObjectMeta: metav1.ObjectMeta{Namespace: user.Namespace, Name: user.Name}}
	if err = r.api.Get(ctx, client.ObjectKeyFromObject(user), user); err == nil && effective.IsProvisional(user) {
		user, err = r.takeOver(ctx, i, user, p)
	}
	return user, false, err
}

// takeOver makes a provisional account the pending user of an Invitation: who has written to the organization before is
// invited like anybody else. The name that the account has stays (LMI-7).
func (r *Reconciler) takeOver(ctx context.Context, i *v1alpha1.Invitation, account *v1alpha1.OrgUser,
	p emailaddr.Addressee,
) (*v1alpha1.OrgUser, error) {
	live := &v1alpha1.OrgUser{}
	if err := r.api.Get(ctx, client.ObjectKeyFromObject(account), live); err != nil {
		return nil, client.IgnoreNotFound(err) // what comes of it brings the next pass
	}
	if live.UID != account.UID || !effective.IsProvisional(live) {
		return live, nil
	}
	before := live.DeepCopy()
	delete(live.Labels, v1alpha1.LabelOrigin)
	live.Labels[v1alpha1.LabelInvitation] = i.Name
	if live.Spec.DisplayName != "" {
		p.Name = string(live.Spec.DisplayName)
	}
	wished := userFor(i, string(live.Spec.Email), p.Name).Spec
	for _, field := range differing(&live.Spec, &wished) {
		field.follow()
	}
	live.Spec.Access, live.Spec.Onboarding = v1alpha1.AccessFull, wished.Onboarding
	return live, object.PatchMetadata(ctx, r.client, live, before)
}

func userFor(i *v1alpha1.Invitation, email, name string) *v1alpha1.OrgUser {
	return &v1alpha1.OrgUser{
		ObjectMeta: metav1.ObjectMeta{
			Namespace:  i.Namespace,
			Name:       emailaddr.ObjectName(email),
			Finalizers: []string{v1alpha1.Finalizer},
			Labels: map[string]string{
				v1alpha1.ManagedByLabel:  v1alpha1.ManagedByValue,
				v1alpha1.LabelInvitation: i.Name,
			},
		},
		Spec: v1alpha1.OrgUserSpec{
			Email:       v1alpha1.EmailAddress(email),
			DisplayName: v1alpha1.DisplayName(name),
			Role:        i.Spec.Role,
			Workspaces:  i.Spec.Workspaces,
			Groups:      i.Spec.Groups,
			Modules:     i.Spec.Modules,
			Onboarding:  v1alpha1.OnboardingInvite,
		},
	}
}

// heldBy names what is inviting the person of a user.
func heldBy(u *v1alpha1.OrgUser) string {
	if name := u.Labels[v1alpha1.LabelInvitation]; name != "" {
		return "Invitation/" + name
	}
	return "OrgUser/" + u.Name
}

// follow gives a pending user what the Invitation gives, as it is by now. A field that somebody else has changed stays.
func (r *Reconciler) follow(ctx context.Context, i *v1alpha1.Invitation, user *v1alpha1.OrgUser,
	p emailaddr.Addressee,
) error {
	wished := userFor(i, string(user.Spec.Email), p.Name).Spec
	if len(differing(&user.Spec, &wished)) == 0 {
		return nil
	}
	// The cache does not hold who changed what.
	var live v1alpha1.OrgUser
	if err := r.api.Get(ctx, client.ObjectKeyFromObject(user), &live); err != nil {
		return client.IgnoreNotFound(err)
	}
	if effective.IsAccepted(&live) || live.UID != user.UID {
		return nil
	}
	before := live.DeepCopy()
	for _, field := range differing(&live.Spec, &wished) {
		if !changedByOthers(&live, field.name) {
			field.follow()
		}
	}
	if equality.Semantic.DeepEqual(before.Spec, live.Spec) {
		return nil
	}
	return client.IgnoreNotFound(object.PatchMetadata(ctx, r.client, &live, before))
}

// followed is a field of a pending user that differs from what the Invitation gives.
type followed struct {
	name   string
	follow func()
}

func differing(has, wished *v1alpha1.OrgUserSpec) []followed {
	var fields []followed
	add := func(name string, a, b any, follow func()) {
		if !equality.Semantic.DeepEqual(a, b) {
			fields = append(fields, followed{name, follow})
		}
	}
	add("displayName", has.DisplayName, wished.DisplayName, func() { has.DisplayName = wished.DisplayName })
	add("role", has.Role, wished.Role, func() { has.Role = wished.Role })
	add("workspaces", has.Workspaces, wished.Workspaces, func() { has.Workspaces = wished.Workspaces })
	add("groups", has.Groups, wished.Groups, func() { has.Groups = wished.Groups })
	add("modules", has.Modules, wished.Modules, func() { has.Modules = wished.Modules })
	return fields
}

// changedByOthers tells whether somebody else than Usher wrote a field of the spec last, or a part of it.
func changedByOthers(o client.Object, field string) bool {
	return slices.ContainsFunc(o.GetManagedFields(), func(m metav1.ManagedFieldsEntry) bool {
		var owned struct {
			Spec map[string]json.RawMessage `json:"f:spec"`
		}
		if m.Manager == string(object.FieldOwner) || m.Subresource != "" || m.FieldsV1 == nil ||
			json.Unmarshal(m.FieldsV1.GetRawBytes(), &owned) != nil {
			return false
		}
		_, owns := owned.Spec["f:"+field]
		return owns
	})
}

// removeDuplicates removes the pending user of this Invitation when another user has the address.
func (r *Reconciler) removeDuplicates(ctx context.Context, i *v1alpha1.Invitation, user *v1alpha1.OrgUser) error {
	users, err := r.cache.UsersByEmail(ctx, i.Namespace, string(user.Spec.Email))
	if err != nil {
		return err
	}
	for _, u := range users {
		if u.Name != user.Name && u.Labels[v1alpha1.LabelInvitation] == i.Name && !effective.IsAccepted(u) {
			if err := r.removeUser(ctx, u); err != nil {
				return err
			}
		}
	}
	return nil
}
