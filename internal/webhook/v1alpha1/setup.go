// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package v1alpha1 adapts admission requests to policy: it finds out who is asking, asks policy, and answers. It reads
// the cache, makes sure at the API server before it keeps a last administrator, and says no when it cannot decide.
package v1alpha1

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/lookup"
)

// Options are what the webhooks work with.
type Options struct {
	// Reader is the cache.
	Reader client.Reader
	// Live is the API server.
	Live client.Reader
	// Platform names the identities that are not bound by roles.
	Platform authz.Platform
	// Seen is told the namespace and the name of the OrgUser of every person who asks for a change, unless it is nil. It
	// must neither wait nor write: whoever asks for the change waits meanwhile.
	Seen func(namespace, user string)
	// Namespace is the operator's own.
	Namespace string
	// NamespaceLabels are the labels that Workspaces may have copied to their namespaces.
	NamespaceLabels effective.NamespaceLabels
	// IntakeDomains say which organization may take mails in at which addresses.
	IntakeDomains effective.IntakeDomains
	// IntakeOff tells that the operator takes no mails in.
	IntakeOff bool
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
	g := authorizer{
		cache: lookup.New(o.Reader, o.IntakeDomains), api: lookup.NewAPIReader(o.Live),
		platform: o.Platform, seen: o.Seen,
		operatorNamespace: o.Namespace, labels: o.NamespaceLabels, intakeOff: o.IntakeOff,
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
func validating[T object](scheme *runtime.Scheme, g authorizer) *admission.Webhook {
	webhook := admission.WithValidator[T](scheme, validator[T]{g})
	webhook.Handler = audited{webhook.Handler}
	return webhook
}

// authorizer finds who is asking and judges.
type authorizer struct {
	cache    lookup.Reader
	api      lookup.APIReader
	platform authz.Platform
	seen     func(namespace, user string)

	operatorNamespace string
	labels            effective.NamespaceLabels
	intakeOff         bool
}

// actor finds as what the requester acts in the organization of the request's namespace.
func (g authorizer) actor(ctx context.Context) (authz.Actor, admission.Request, error) {
	request, err := admission.RequestFromContext(ctx)
	if err != nil {
		return authz.Actor{}, request, err
	}
	actor, err := g.cache.Actor(ctx, g.platform, request.Namespace, request.UserInfo.Username, request.UserInfo.Groups)
	if err != nil {
		return actor, request, fmt.Errorf("cannot find out as what user %q acts in organization %q: %w",
			request.UserInfo.Username, request.Namespace, err)
	}
	return actor, request, nil
}
