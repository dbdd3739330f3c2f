// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"context"
	"encoding/json"
	"slices"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
)

// invitationDefaulter fills in who invites: the acting user when an Invitation is created or when they change what it grants, and the
// present inviter when another update leaves the field out. It also records with whose authority, whatever the request says about it.
type invitationDefaulter struct {
	authorizer
	decoder admission.Decoder
}

// Default fills in spec.invitedBy, and the annotation that records the kind of the inviter.
func (d *invitationDefaulter) Default(ctx context.Context, i *v1alpha1.Invitation) error {
	actor, request, err := d.actor(ctx)
	if err != nil {
		return err
	}
	var old *v1alpha1.Invitation
	if request.Operation == admissionv1.Update {
		old = &v1alpha1.Invitation{}
		if err := d.decoder.DecodeRaw(request.OldObject, old); err != nil {
			return err
		}
	}
	i.Spec.InvitedBy = authz.DefaultInviter(actor, old, i, appliesInviter(request, i))
	named, err := d.cache.Inviter(ctx, i)
	if err != nil {
		return err
	}
	record(i, authz.AdmittedInviterKind(actor, named, old, i))
	return nil
}

// record sets the annotation that holds the kind of the inviter, or removes it if there is none.
func record(i *v1alpha1.Invitation, kind v1alpha1.InviterKind) {
	if kind == "" {
		delete(i.Annotations, v1alpha1.AnnotationInviterKind)
		return
	}
	metav1.SetMetaDataAnnotation(&i.ObjectMeta, v1alpha1.AnnotationInviterKind, string(kind))
}

// appliesInviter reports whether a request declares spec.invitedBy by server-side apply. The API server has noted so in the object's
// managed fields before it asks.
func appliesInviter(r admission.Request, i *v1alpha1.Invitation) bool {
	manager := fieldManager(r)
	if manager == "" {
		return false
	}
	return slices.ContainsFunc(i.ManagedFields, func(m metav1.ManagedFieldsEntry) bool {
		var owned struct {
			Spec map[string]json.RawMessage `json:"f:spec"`
		}
		if m.Manager != manager || m.Operation != metav1.ManagedFieldsOperationApply || m.FieldsV1 == nil ||
			json.Unmarshal(m.FieldsV1.GetRawBytes(), &owned) != nil {
			return false
		}
		_, owns := owned.Spec["f:invitedBy"]
		return owns
	})
}

// fieldManager returns who a request says writes the fields, if it says so.
func fieldManager(r admission.Request) string {
	var options struct {
		FieldManager string `json:"fieldManager"`
	}
	if json.Unmarshal(r.Options.Raw, &options) != nil {
		return ""
	}
	return options.FieldManager
}
