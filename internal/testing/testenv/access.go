// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package testenv

import (
	"context"
	"fmt"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	operatorNamespace      = "usher-system"
	operatorServiceAccount = "usher-controller-manager"
	portalServiceAccount   = "usher-portal"
	// tokenValidity is longer than any test run.
	tokenValidity = 12 * time.Hour
)

// As returns a client that impersonates a user, so that its requests go through RBAC and webhooks.
// Without groups, the API server adds those that such a user always has: system:authenticated, and the groups of a service
// account. It panics if it cannot build the client, which is a bug of the test environment.
func (e *Env) As(username string, groups ...string) client.Client {
	cfg := rest.CopyConfig(e.Config)
	cfg.Impersonate = rest.ImpersonationConfig{UserName: username, Groups: groups}
	c, err := client.New(cfg, client.Options{Scheme: e.Scheme, Mapper: e.Client.RESTMapper()})
	if err != nil {
		panic(fmt.Sprintf("build a client for user %q: %v", username, err))
	}
	return c
}

// OperatorConfig returns the configuration of the operator's ServiceAccount: a bearer token and nothing else, so that the
// operator can do in a test exactly what the roles in config/rbac allow. It is nil with Options.CRDsOnly
// and Options.Empty.
func (e *Env) OperatorConfig() *rest.Config {
	if e.operator == nil {
		return nil
	}
	return rest.CopyConfig(e.operator)
}

// PortalConfig returns the configuration of the portal's ServiceAccount, in the same way.
func (e *Env) PortalConfig() *rest.Config {
	if e.portal == nil {
		return nil
	}
	return rest.CopyConfig(e.portal)
}

// requestTokens requests tokens of both ServiceAccounts.
func (e *Env) requestTokens(ctx context.Context) error {
	var err error
	if e.operator, err = e.ServiceAccountConfig(ctx, operatorNamespace, operatorServiceAccount); err != nil {
		return err
	}
	e.portal, err = e.ServiceAccountConfig(ctx, operatorNamespace, portalServiceAccount)
	return err
}

// ServiceAccountConfig returns the configuration of a ServiceAccount: a bearer token and nothing else.
func (e *Env) ServiceAccountConfig(ctx context.Context, namespace, name string) (*rest.Config, error) {
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	seconds := int64(tokenValidity.Seconds())
	token := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &seconds}}
	if err := e.Client.SubResource("token").Create(ctx, account, token); err != nil {
		return nil, fmt.Errorf("request a token of ServiceAccount %s/%s: %w", namespace, name, err)
	}
	cfg := &rest.Config{
		Host:            e.Config.Host,
		BearerToken:     token.Status.Token,
		TLSClientConfig: rest.TLSClientConfig{CAData: e.Config.CAData},
		QPS:             -1,
	}
	return cfg, nil
}

// Namespace creates a namespace with a unique name, which starts with the prefix and a hyphen, and returns the name. It
// panics if the API server refuses, so that callers can use it where they cannot handle an error.
func (e *Env) Namespace(ctx context.Context, prefix string) string {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: prefix + "-"}}
	if err := e.Client.Create(ctx, namespace); err != nil {
		panic(fmt.Sprintf("create a namespace %s-…: %v", prefix, err))
	}
	return namespace.Name
}
