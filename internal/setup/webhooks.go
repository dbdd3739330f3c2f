// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"fmt"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/client-go/kubernetes"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/usher-operator/usher/internal/effective"
	webhooks "github.com/usher-operator/usher/internal/webhook/v1alpha1"
)

// addWebhooks adds the webhooks. They recognize the operator by the name that the API server knows it by. Full returns why nothing can be
// added.
func addWebhooks(ctx context.Context, mgr ctrl.Manager, o *Options, full func() error) error {
	clientset, err := kubernetes.NewForConfigAndClient(mgr.GetConfig(), mgr.GetHTTPClient())
	if err != nil {
		return err
	}
	self, err := clientset.AuthenticationV1().SelfSubjectReviews().
		Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("cannot ask the API server who the operator is: %w", err)
	}
	platform := o.live.platform.Load()
	platform.Operator = self.Status.UserInfo.Username
	o.live.platform.Store(platform)
	seen, err := addActivity(mgr, o)
	if err != nil {
		return err
	}
	return webhooks.Setup(mgr, webhooks.Options{
		Reader: mgr.GetCache(), Live: mgr.GetAPIReader(), Platform: o.live.platform, Seen: seen,
		Namespace: o.Namespace, NamespaceLabels: o.live.namespaceLabels, IntakeDomains: o.live.intakeDomains,
		IdentityGroups: o.live.identityGroups, Appointing: o.Appointing, Issuers: issuers(o), IntakeOff: o.IntakeAddress == "",
		Usernames: o.Usernames, Full: full,
	})
}

// identityGroups returns the allow-list, which Validate has already checked.
func identityGroups(o *Options) effective.IdentityGroups {
	groups, err := effective.ParseIdentityGroups(o.IdentityPrefixes)
	utilruntime.Must(err)
	return groups
}

// namespaceLabels returns the allow-list, which Validate has already checked.
func namespaceLabels(o *Options) effective.NamespaceLabels {
	labels, err := effective.ParseNamespaceLabels(o.NamespaceLabels)
	utilruntime.Must(err)
	return labels
}
