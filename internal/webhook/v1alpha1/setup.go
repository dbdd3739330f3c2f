// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package v1alpha1 adapts admission requests to policy: it finds out who is asking, asks policy, and answers. It reads
// the cache only, and says no when it cannot decide.
package v1alpha1

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/policy"
)

// Options are what the webhooks work with.
type Options struct {
	// Reader is the cache.
	Reader client.Reader
	// Platform names the identities that are not bound by roles.
	Platform policy.Platform
	// Seen is told the namespace and the name of the OrgUser of every person who asks for a change, unless it is nil. It
	// must neither wait nor write: whoever asks for the change waits meanwhile.
	Seen func(namespace, user string)
	// Namespace is the operator's own.
	Namespace string
	// NamespaceLabels are the labels that Workspaces may have copied to their namespaces.
	NamespaceLabels policy.NamespaceLabels
}

// The validating webhooks have a side effect: the operator notes that a person was seen, and writes it later. They leave
// it out of dry runs, which are to change nothing.
//
// +kubebuilder:webhook:path=/validate-accounts-usher-dev-v1alpha1-organization,mutating=false,failurePolicy=fail,sideEffects=NoneOnDryRun,groups=accounts.usher.dev,resources=organizations;organizations/status,verbs=create;update;delete,versions=v1alpha1,name=organizations.accounts.usher.dev,admissionReviewVersions=v1,timeoutSeconds=5,matchPolicy=Equivalent
// +kubebuilder:webhook:path=/validate-accounts-usher-dev-v1alpha1-orguser,mutating=false,failurePolicy=fail,sideEffects=NoneOnDryRun,groups=accounts.usher.dev,resources=orgusers;orgusers/status,verbs=create;update;delete,versions=v1alpha1,name=orgusers.accounts.usher.dev,admissionReviewVersions=v1,timeoutSeconds=5,matchPolicy=Equivalent
// +kubebuilder:webhook:path=/validate-accounts-usher-dev-v1alpha1-invitation,mutating=false,failurePolicy=fail,sideEffects=NoneOnDryRun,groups=accounts.usher.dev,resources=invitations;invitations/status,verbs=create;update;delete,versions=v1alpha1,name=invitations.accounts.usher.dev,admissionReviewVersions=v1,timeoutSeconds=5,matchPolicy=Equivalent
// +kubebuilder:webhook:path=/validate-accounts-usher-dev-v1alpha1-workspace,mutating=false,failurePolicy=fail,sideEffects=NoneOnDryRun,groups=accounts.usher.dev,resources=workspaces;workspaces/status,verbs=create;update;delete,versions=v1alpha1,name=workspaces.accounts.usher.dev,admissionReviewVersions=v1,timeoutSeconds=5,matchPolicy=Equivalent
// +kubebuilder:webhook:path=/mutate-accounts-usher-dev-v1alpha1-invitation,mutating=true,failurePolicy=fail,sideEffects=None,groups=accounts.usher.dev,resources=invitations,verbs=create;update,versions=v1alpha1,name=inviter.accounts.usher.dev,admissionReviewVersions=v1,timeoutSeconds=5,matchPolicy=Equivalent,reinvocationPolicy=Never

// Setup registers the webhooks of the four kinds with the manager's webhook server.
func Setup(mgr ctrl.Manager, o Options) error {
	g := gate{
		lookup: lookup.Reader{Reader: o.Reader}, platform: o.Platform, seen: o.Seen,
		namespaceOfOperator: o.Namespace, labels: o.NamespaceLabels,
	}
	scheme, server := mgr.GetScheme(), mgr.GetWebhookServer()
	server.Register("/validate-accounts-usher-dev-v1alpha1-organization", validating[*v1alpha1.Organization](scheme, g))
	server.Register("/validate-accounts-usher-dev-v1alpha1-orguser", validating[*v1alpha1.OrgUser](scheme, g))
	server.Register("/validate-accounts-usher-dev-v1alpha1-invitation", validating[*v1alpha1.Invitation](scheme, g))
	server.Register("/validate-accounts-usher-dev-v1alpha1-workspace", validating[*v1alpha1.Workspace](scheme, g))
	server.Register("/mutate-accounts-usher-dev-v1alpha1-invitation", admission.WithDefaulter[*v1alpha1.Invitation](scheme,
		&invitationDefaulter{g, admission.NewDecoder(scheme)}))
	return nil
}

// validating gives the webhook that judges every change of one kind.
func validating[T object](scheme *runtime.Scheme, g gate) *admission.Webhook {
	webhook := admission.WithValidator[T](scheme, validator[T]{g})
	webhook.Handler = audited{webhook.Handler}
	return webhook
}

// gate finds who is asking and judges.
type gate struct {
	lookup   lookup.Reader
	platform policy.Platform
	seen     func(namespace, user string)

	namespaceOfOperator string
	labels              policy.NamespaceLabels
}

// actor finds as what the requester acts in the organization of the request's namespace.
func (g gate) actor(ctx context.Context) (policy.Actor, admission.Request, error) {
	request, err := admission.RequestFromContext(ctx)
	if err != nil {
		return policy.Actor{}, request, err
	}
	actor, err := g.lookup.Actor(ctx, g.platform, request.Namespace, request.UserInfo.Username, request.UserInfo.Groups)
	if err != nil {
		return actor, request, fmt.Errorf("cannot find out as what user %q acts in organization %q: %w",
			request.UserInfo.Username, request.Namespace, err)
	}
	return actor, request, nil
}

// object is what the webhooks judge: a pointer to one of Usher's kinds.
type object interface {
	runtime.Object
	client.Object
}

// validator judges every change of one kind.
type validator[T object] struct{ gate }

// ValidateCreate judges a new object.
func (v validator[T]) ValidateCreate(ctx context.Context, created T) (admission.Warnings, error) {
	return v.judge(ctx, created, policy.Request{Operation: policy.Create, New: created})
}

// ValidateUpdate judges a change.
func (v validator[T]) ValidateUpdate(ctx context.Context, before, after T) (admission.Warnings, error) {
	return v.judge(ctx, after, policy.Request{Operation: policy.Update, Old: before, New: after})
}

// ValidateDelete judges a deletion.
func (v validator[T]) ValidateDelete(ctx context.Context, deleted T) (admission.Warnings, error) {
	return v.judge(ctx, deleted, policy.Request{Operation: policy.Delete, Old: deleted})
}

func (v validator[T]) judge(ctx context.Context, o T, r policy.Request) (admission.Warnings, error) {
	actor, request, err := v.actor(ctx)
	if err != nil {
		return nil, err
	}
	v.note(actor, request)
	r.Actor, r.Organization, r.Status = actor, request.Namespace, request.SubResource == "status"
	if r.Facts, err = v.lookup.JudgementFacts(ctx, request.Namespace, o); err != nil {
		return nil, fmt.Errorf("cannot find out how organization %q stands: %w", request.Namespace, err)
	}
	if r.Facts.Named, err = v.lookup.Named(ctx, request.Namespace, policy.PlacementKeys(r)); err != nil {
		return nil, fmt.Errorf("cannot find out who is in which workspace of organization %q: %w", request.Namespace, err)
	}
	if err := v.serials(ctx, &r); err != nil {
		return nil, err
	}
	if err := v.namespace(ctx, &r); err != nil {
		return nil, err
	}
	violations := policy.Judge(r)
	audit(ctx, actor, violations)
	switch {
	case len(violations) > 0 || r.Status:
		return nil, refusal(request, violations)
	case r.Operation == policy.Delete:
		return v.lookup.Remaining(ctx, o)
	}
	warnings, err := v.lookup.Missing(ctx, o)
	if w, is := any(o).(*v1alpha1.Workspace); is {
		warnings = append(warnings, v.labels.Warn(w)...)
	}
	return warnings, err
}

// namespace finds out whose the namespace would be that a new workspace wants.
func (v validator[T]) namespace(ctx context.Context, r *policy.Request) (err error) {
	w, is := r.New.(*v1alpha1.Workspace)
	if !is || r.Operation != policy.Create {
		return nil
	}
	if r.Facts.Namespace, err = v.lookup.NamespaceFacts(ctx, v.namespaceOfOperator, w); err != nil {
		return fmt.Errorf("cannot find out whose the namespace %q would be: %w", policy.NamespaceOf(w), err)
	}
	return nil
}

// serials finds who has the serial numbers that a request brings into a workspace.
func (v validator[T]) serials(ctx context.Context, r *policy.Request) (err error) {
	wished, is := r.New.(*v1alpha1.Workspace)
	if !is || r.Operation == policy.Delete || r.Status {
		return nil
	}
	old, _ := r.Old.(*v1alpha1.Workspace)
	if r.Facts.SerialHolders, err = v.lookup.NewSerialHolders(ctx, r.Organization, old, wished); err != nil {
		return fmt.Errorf("cannot find out whose serial numbers those of workspace %q are: %w", wished.Name, err)
	}
	return nil
}
