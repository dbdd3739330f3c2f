// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
)

// fieldOwner is who changes fields, in the objects' managedFields.
const fieldOwner = client.FieldOwner("kubectl-usher")

// pageSize is how many objects one request lists, as in kubectl.
const pageSize = 500

// session is a person's connection to the API server, and the organization that a command is about.
type session struct {
	client.Client
	// namespace is the organization's.
	namespace string
	config    *rest.Config
}

var scheme = func() *runtime.Scheme {
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		v1alpha1.AddToScheme, corev1.AddToScheme, authenticationv1.AddToScheme, appsv1.AddToScheme, admissionv1.AddToScheme,
	} {
		must(add(s))
	}
	return s
}()

// clusterRoleKind is read for its labels only.
var clusterRoleKind = schema.GroupVersionKind{Group: "rbac.authorization.k8s.io", Version: "v1", Kind: "ClusterRole"}

// crdKind is read for its labels only, too.
var crdKind = schema.GroupVersionKind{Group: "apiextensions.k8s.io", Version: "v1", Kind: "CustomResourceDefinition"}

// restMapper knows the kinds that the commands use. It asks the API server nothing, which would cost two requests a command.
var restMapper = func() meta.RESTMapper {
	m := meta.NewDefaultRESTMapper(nil)
	add := func(gv schema.GroupVersion, scope meta.RESTScope, kinds ...string) {
		for _, kind := range kinds {
			m.Add(gv.WithKind(kind), scope)
		}
	}
	add(v1alpha1.GroupVersion, meta.RESTScopeNamespace, "Organization", "OrgUser", "Invitation", "Workspace", "OrgGroup")
	add(corev1.SchemeGroupVersion, meta.RESTScopeNamespace, "ConfigMap", "Event")
	add(corev1.SchemeGroupVersion, meta.RESTScopeRoot, "Namespace")
	add(authenticationv1.SchemeGroupVersion, meta.RESTScopeRoot, "SelfSubjectReview")
	add(corev1.SchemeGroupVersion, meta.RESTScopeNamespace, "Secret")
	add(appsv1.SchemeGroupVersion, meta.RESTScopeNamespace, "Deployment")
	add(clusterRoleKind.GroupVersion(), meta.RESTScopeRoot, clusterRoleKind.Kind)
	add(admissionv1.SchemeGroupVersion, meta.RESTScopeRoot, "ValidatingWebhookConfiguration", "MutatingWebhookConfiguration",
		"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding")
	add(crdKind.GroupVersion(), meta.RESTScopeRoot, crdKind.Kind)
	return m
}()

// connect returns a session by the kubeconfig and the flags.
func (t *tool) connect() (*session, error) {
	cfg, err := t.config.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	namespace, _, err := t.config.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return nil, err
	}
	cfg = rest.CopyConfig(cfg)
	cfg.QPS = -1 // the API server's priority and fairness limits requests
	if cfg.WarningHandler == nil {
		cfg.WarningHandler = rest.NewWarningWriter(t.streams.ErrOut, rest.WarningWriterOptions{Deduplicate: true})
	}
	c, err := client.New(cfg, client.Options{Scheme: scheme, Mapper: restMapper})
	if err != nil {
		return nil, err
	}
	return &session{Client: client.WithFieldOwner(c, string(fieldOwner)), namespace: namespace, config: cfg}, nil
}

// connectTo returns a session, and the user whom a name or an address means.
func (t *tool) connectTo(ctx context.Context, user string) (*session, *v1alpha1.OrgUser, error) {
	s, err := t.connect()
	if err != nil {
		return nil, nil, err
	}
	u, err := s.user(ctx, user)
	return s, u, err
}

// organization returns the organization of the namespace.
func (s *session) organization(ctx context.Context) (*v1alpha1.Organization, error) {
	o := &v1alpha1.Organization{}
	err := s.Get(ctx, client.ObjectKey{Namespace: s.namespace, Name: s.namespace}, o)
	if apierrors.IsNotFound(err) && !notInstalled(err) {
		return nil, noOrganization(s.namespace)
	}
	return o, err
}

func noOrganization(namespace string) error {
	return fmt.Errorf("there is no organization in namespace %q: name the organization's namespace with -n, as in -n acme", namespace)
}

// users returns the users of the organization, or of all organizations if namespace is empty.
func (s *session) users(ctx context.Context, namespace string, options ...client.ListOption) ([]v1alpha1.OrgUser, error) {
	var all []v1alpha1.OrgUser
	list := &v1alpha1.OrgUserList{}
	err := s.pages(ctx, list, namespace, options, func() { all = append(all, list.Items...) })
	return all, err
}

// workspaces returns the workspaces of the organization, or of all organizations if namespace is empty.
func (s *session) workspaces(ctx context.Context, namespace string) ([]v1alpha1.Workspace, error) {
	var all []v1alpha1.Workspace
	list := &v1alpha1.WorkspaceList{}
	err := s.pages(ctx, list, namespace, nil, func() { all = append(all, list.Items...) })
	return all, err
}

// invitations returns the invitations of the organization.
func (s *session) invitations(ctx context.Context) ([]v1alpha1.Invitation, error) {
	var all []v1alpha1.Invitation
	list := &v1alpha1.InvitationList{}
	err := s.pages(ctx, list, s.namespace, nil, func() { all = append(all, list.Items...) })
	return all, err
}

// pages lists page by page, so that neither side has to hold one answer with everything.
func (s *session) pages(ctx context.Context, list client.ObjectList, namespace string, options []client.ListOption, page func()) error {
	for token := ""; ; token = list.GetContinue() {
		err := s.List(ctx, list, append(slices.Clone(options),
			client.InNamespace(namespace), client.Limit(pageSize), client.Continue(token))...)
		if err != nil {
			return err
		}
		page()
		if list.GetContinue() == "" {
			return nil
		}
	}
}

// user returns the user whom a person means: by the name of the OrgUser, or by the address.
func (s *session) user(ctx context.Context, who string) (*v1alpha1.OrgUser, error) {
	if strings.Contains(who, "@") {
		return s.userByAddress(ctx, who)
	}
	u := &v1alpha1.OrgUser{}
	err := s.Get(ctx, client.ObjectKey{Namespace: s.namespace, Name: strings.ToLower(who)}, u)
	if apierrors.IsNotFound(err) && !notInstalled(err) {
		return nil, s.noUser(ctx, who)
	}
	return u, err
}

func (s *session) userByAddress(ctx context.Context, address string) (*v1alpha1.OrgUser, error) {
	found, err := s.users(ctx, s.namespace, client.MatchingFields{"status.email": emailaddr.Normalize(address)})
	switch {
	case err != nil:
		return nil, err
	case len(found) == 1:
		return &found[0], nil
	case len(found) > 1:
		return nil, ambiguous(address, found)
	}
	return nil, s.noUser(ctx, address)
}
