// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"fmt"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/usher-operator/usher/internal/controller"
	"github.com/usher-operator/usher/internal/invitation"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/mail"
	"github.com/usher-operator/usher/internal/policy"
	"github.com/usher-operator/usher/internal/portal"
	webhooks "github.com/usher-operator/usher/internal/webhook/v1alpha1"
)

const (
	keySecret    = "usher-link-keys"
	firstKeyName = "0001"
)

// add puts all that Usher is into the manager.
func add(ctx context.Context, mgr ctrl.Manager, o *Options, certificates chan struct{}) error {
	if err := addCertificates(ctx, mgr, o, certificates); err != nil {
		return err
	}
	keys, err := linkKeys(ctx, mgr, o.Namespace)
	if err != nil {
		return err
	}
	for _, object := range lookup.Cached() {
		if _, err := mgr.GetCache().GetInformer(ctx, object); err != nil {
			return fmt.Errorf("cannot watch %T: %w", object, err)
		}
	}
	if err := addWebhooks(ctx, mgr, o); err != nil {
		return err
	}
	if err := addControllers(mgr, o, keys); err != nil {
		return err
	}
	server, err := portal.NewServer(&portal.ClusterLinks{
		Client: mgr.GetClient(), Live: mgr.GetAPIReader(), Keys: keys, MailDomain: o.mailDomain(), Now: o.now(),
	}, portal.Options{
		Address: o.PortalAddress, URL: o.PortalURL, TrustedProxies: o.TrustedProxies,
		RequestsPerSecond: o.PortalRequestsPerSecond, Log: mgr.GetLogger().WithName("portal"),
	})
	if err != nil {
		return err
	}
	if err := mgr.Add(server); err != nil {
		return err
	}
	return addChecks(mgr, certificates, server.Ready)
}

func addControllers(mgr ctrl.Manager, o *Options, keys *invitation.Keys) error {
	sender, err := mail.NewSender(o.Mail)
	if err != nil {
		return err
	}
	return controller.Setup(mgr, controller.Dependencies{
		Client:      mgr.GetClient(),
		Live:        mgr.GetAPIReader(),
		Recorder:    mgr.GetEventRecorder("usher"),
		Mailer:      sender,
		Keys:        keys,
		PortalURL:   strings.TrimRight(o.PortalURL, "/"),
		MailDomain:  o.mailDomain(),
		SettleDelay: o.SettleDelay,
		Now:         o.now(),
	})
}

// addWebhooks: the operator is a platform identity itself, under the name that the API server knows it by.
func addWebhooks(ctx context.Context, mgr ctrl.Manager, o *Options) error {
	clientset, err := kubernetes.NewForConfigAndClient(mgr.GetConfig(), mgr.GetHTTPClient())
	if err != nil {
		return err
	}
	self, err := clientset.AuthenticationV1().SelfSubjectReviews().
		Create(ctx, &authenticationv1.SelfSubjectReview{}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("cannot ask the API server who the operator is: %w", err)
	}
	users := append([]string{self.Status.UserInfo.Username}, o.PlatformUsers...)
	return webhooks.Setup(mgr, webhooks.Options{
		Reader:   mgr.GetCache(),
		Platform: policy.DefaultPlatform(users, o.PlatformGroups),
	})
}

// linkKeys reads the keys that sign links, and makes the first one in a new installation.
func linkKeys(ctx context.Context, mgr ctrl.Manager, namespace string) (*invitation.Keys, error) {
	name := types.NamespacedName{Namespace: namespace, Name: keySecret}
	if err := ensureSecret(ctx, mgr, name, map[string][]byte{firstKeyName: invitation.NewKey()}); err != nil {
		return nil, err
	}
	var secret corev1.Secret
	if err := mgr.GetAPIReader().Get(ctx, name, &secret); err != nil {
		return nil, fmt.Errorf("cannot read the keys that sign links: %w", err)
	}
	keys, err := invitation.NewKeys(secret.Data)
	if err != nil {
		return nil, fmt.Errorf("the keys in Secret %s: %w", name, err)
	}
	return keys, nil
}
