// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package v1alpha1 adapts admission requests to package authz: it finds out who asks, lets authz judge, and answers. It reads
// the cache, and asks the API server before it refuses the removal of a last administrator. When it cannot decide, it refuses.
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
	"github.com/usher-operator/usher/internal/live"
	"github.com/usher-operator/usher/internal/lookup"
)

// Options configure the webhooks.
type Options struct {
	// Reader is the cache.
	Reader client.Reader
	// Live reads the API server, past the cache.
	Live client.Reader
	// Platform names the identities that roles do not bind.
	Platform live.Value[authz.Platform]
	// Seen, unless it is nil, is called with the namespace and the name of the OrgUser of every person who asks for a change.
	// It must neither wait nor write, because the person waits for it.
	Seen func(namespace, user string)
	// Namespace is the operator's own.
	Namespace string
	// NamespaceLabels are the labels that Workspaces may have copied to their namespaces.
	NamespaceLabels live.Value[effective.NamespaceLabels]
	// IntakeDomains say which organization may receive mail at which addresses.
	IntakeDomains live.Value[effective.IntakeDomains]
	// IdentityGroups say which groups of the identity provider OrgGroups may name.
	IdentityGroups live.Value[effective.IdentityGroups]
	// Appointing lists the organizations in which a group can give the role OrganizationAdmin.
	Appointing effective.Appointing
	// Issuers are the hosts at which organizations may have OpenID providers of their own.
	Issuers effective.Issuers
	// Usernames maps people's addresses to the names by which the API server knows them.
	Usernames effective.Usernames
	// IntakeOff is true if the operator does not receive mail.
	IntakeOff bool
	// Full, unless it is nil, returns why nothing can be added, or nil if something can.
	Full func() error
}

// The validating webhooks have a side effect: the operator notes that a person was seen, and writes it later. Dry runs, which
// must change nothing, do not have it.
//
// +kubebuilder:webhook:path=/validate-accounts-usher-dev-v1alpha1-organization,mutating=false,failurePolicy=fail,sideEffects=NoneOnDryRun,groups=accounts.usher.dev,resources=organizations;organizations/status,verbs=create;update;delete,versions=v1alpha1,name=organizations.accounts.usher.dev,admissionReviewVersions=v1,timeoutSeconds=5,matchPolicy=Equivalent
// +kubebuilder:webhook:path=/validate-accounts-usher-dev-v1alpha1-orguser,mutating=false,failurePolicy=fail,sideEffects=NoneOnDryRun,groups=accounts.usher.dev,resources=orgusers;orgusers/status,verbs=create;update;delete,versions=v1alpha1,name=orgusers.accounts.usher.dev,admissionReviewVersions=v1,timeoutSeconds=5,matchPolicy=Equivalent
// +kubebuilder:webhook:path=/validate-accounts-usher-dev-v1alpha1-invitation,mutating=false,failurePolicy=fail,sideEffects=NoneOnDryRun,groups=accounts.usher.dev,resources=invitations;invitations/status,verbs=create;update;delete,versions=v1alpha1,name=invitations.accounts.usher.dev,admissionReviewVersions=v1,timeoutSeconds=5,matchPolicy=Equivalent
// +kubebuilder:webhook:path=/validate-accounts-usher-dev-v1alpha1-workspace,mutating=false,failurePolicy=fail,sideEffects=NoneOnDryRun,groups=accounts.usher.dev,resources=workspaces;workspaces/status,verbs=create;update;delete,versions=v1alpha1,name=workspaces.accounts.usher.dev,admissionReviewVersions=v1,timeoutSeconds=5,matchPolicy=Equivalent
// +kubebuilder:webhook:path=/validate-accounts-usher-dev-v1alpha1-orggroup,mutating=false,failurePolicy=fail,sideEffects=NoneOnDryRun,groups=accounts.usher.dev,resources=orggroups;orggroups/status,verbs=create;update;delete,versions=v1alpha1,name=orggroups.accounts.usher.dev,admissionReviewVersions=v1,timeoutSeconds=5,matchPolicy=Equivalent
// +kubebuilder:webhook:path=/mutate-accounts-usher-dev-v1alpha1-invitation,mutating=true,failurePolicy=fail,sideEffects=None,groups=accounts.usher.dev,resources=invitations,verbs=create;update,versions=v1alpha1,name=inviter.accounts.usher.dev,admissionReviewVersions=v1,timeoutSeconds=5,matchPolicy=Equivalent,reinvocationPolicy=Never
// +kubebuilder:webhook:path=/mutate-accounts-usher-dev-v1alpha1-finalizers,mutating=true,failurePolicy=fail,sideEffects=None,groups=accounts.usher.dev,resources=organizations;orgusers;invitations;workspaces;orggroups,verbs=create;update,versions=v1alpha1,name=finalizers.accounts.usher.dev,admissionReviewVersions=v1,timeoutSeconds=5,matchPolicy=Equivalent,reinvocationPolicy=IfNeeded
// +kubebuilder:webhook:path=/mutate--v1-configmap-whoami,mutating=true,failurePolicy=ignore,sideEffects=None,groups="",resources=configmaps,verbs=create;update,versions=v1,name=whoami.accounts.usher.dev,admissionReviewVersions=v1,timeoutSeconds=5,matchPolicy=Equivalent,reinvocationPolicy=Never

// Setup registers the webhooks of the five kinds with the manager's webhook server.
func Setup(mgr ctrl.Manager, o Options) error {
	a := authorizer{
		cache: lookup.New(o.Reader, effective.IntakeDomains{}).WithLiveDomains(o.IntakeDomains).WithUsernames(o.Usernames).
			WithIdentityGroups(o.IdentityGroups).WithAppointing(o.Appointing).WithIssuers(o.Issuers),
		api:      lookup.NewAPIReader(o.Live),
		platform: o.Platform, seen: o.Seen,
		operatorNamespace: o.Namespace, labels: o.NamespaceLabels, intakeOff: o.IntakeOff, full: o.Full,
	}
	scheme, server := mgr.GetScheme(), mgr.GetWebhookServer()
	server.Register("/validate-accounts-usher-dev-v1alpha1-organization", validating[*v1alpha1.Organization](scheme, a))
	server.Register("/validate-accounts-usher-dev-v1alpha1-orguser", validating[*v1alpha1.OrgUser](scheme, a))
	server.Register("/validate-accounts-usher-dev-v1alpha1-invitation", validating[*v1alpha1.Invitation](scheme, a))
	server.Register("/validate-accounts-usher-dev-v1alpha1-workspace", validating[*v1alpha1.Workspace](scheme, a))
	server.Register("/validate-accounts-usher-dev-v1alpha1-orggroup", validating[*v1alpha1.OrgGroup](scheme, a))
	server.Register("/mutate-accounts-usher-dev-v1alpha1-invitation", admission.WithDefaulter[*v1alpha1.Invitation](scheme,
		&invitationDefaulter{a, admission.NewDecoder(scheme)}))
	server.Register("/mutate-accounts-usher-dev-v1alpha1-finalizers", &admission.Webhook{Handler: omissionKeeper{}})
	server.Register("/mutate--v1-configmap-whoami", &admission.Webhook{Handler: selfAnswerer{a}})
	return nil
}

// validating returns the webhook that judges every change of one kind.
func validating[T object](scheme *runtime.Scheme, a authorizer) *admission.Webhook {
	webhook := admission.WithValidator[T](scheme, validator[T]{a})
	webhook.Handler = audited{webhook.Handler}
	return webhook
}

// authorizer finds out who asks, and judges.
type authorizer struct {
	cache    lookup.Reader
	api      lookup.APIReader
	platform live.Value[authz.Platform]
	seen     func(namespace, user string)

	operatorNamespace string
	labels            live.Value[effective.NamespaceLabels]
	intakeOff         bool
	full              func() error
}

// actor returns who makes the request, as seen in the organization of the request's namespace.
func (a authorizer) actor(ctx context.Context) (authz.Actor, admission.Request, error) {
	request, err := admission.RequestFromContext(ctx)
	if err != nil {
		return authz.Actor{}, request, err
	}
	actor, err := a.cache.Actor(ctx, a.platform.Load(), request.Namespace, request.UserInfo.Username, request.UserInfo.Groups)
	if err != nil {
		return actor, request, fmt.Errorf("cannot determine the role of user %q in organization %q: %w",
			request.UserInfo.Username, request.Namespace, err)
	}
	return actor, request, nil
}
