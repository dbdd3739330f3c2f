// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"fmt"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/client-go/kubernetes"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/portal"
	"github.com/usher-operator/usher/internal/question/store"
	webhooks "github.com/usher-operator/usher/internal/webhook/v1alpha1"
)

const (
	keySecret    = "usher-link-keys"
	firstKeyName = "0001"
)

// add adds all parts of Usher to the manager.
func add(ctx context.Context, mgr ctrl.Manager, o *Options, certificates chan struct{}) error {
	if err := addCertificates(ctx, mgr, o, certificates); err != nil {
		return err
	}
	keys, err := linkKeys(ctx, mgr, o)
	if err != nil {
		return err
	}
	err = addSecretWatch(mgr, o, map[types.NamespacedName]secretUser{
		certificateKey(o): {use: certificateWriter(o.CertificateDir), data: noCertificate},
		keysKey(o):        {use: keysReader(keys), data: firstKey},
	})
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
	templates, err := addMailTemplates(ctx, mgr, o)
	if err != nil {
		return err
	}
	questions := &store.Store{Client: mgr.GetClient(), API: mgr.GetAPIReader(), Namespace: o.Namespace, Now: o.now()}
	questions.Measure()
	if err := addControllers(mgr, o, linktoken.NewLinks(keys, o.PortalURL), templates, questions); err != nil {
		return err
	}
	server, err := portal.NewServer(&portal.ClusterLinks{
		Client: mgr.GetClient(), Live: mgr.GetAPIReader(), Keys: keys, MailDomain: o.mailDomain(), Now: o.now(),
	}, portal.Options{
		Address: o.PortalAddress, URL: o.PortalURL, TrustedProxies: o.TrustedProxies,
		RequestsPerSecond: o.PortalRequestsPerSecond, QuestionsPerHour: o.PortalQuestionsPerHour,
		Questions: &portal.ClusterQuestions{
			Client: mgr.GetClient(), Desk: questions, Keys: keys, Now: o.now(),
		},
		Log: mgr.GetLogger().WithName("portal"),
	})
	if err != nil {
		return err
	}
	if err := mgr.Add(server); err != nil {
		return err
	}
	if err := addIntake(mgr, o); err != nil {
		return err
	}
	return addChecks(mgr, certificates, server.Ready)
}

// addWebhooks adds the webhooks. They recognize the operator by the name that the API server knows it by.
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
	platform := authz.Platform{
		Operator: self.Status.UserInfo.Username, Users: o.PlatformUsers, Groups: o.PlatformGroups,
	}
	seen, err := addActivity(mgr, o, platform)
	if err != nil {
		return err
	}
	return webhooks.Setup(mgr, webhooks.Options{
		Reader: mgr.GetCache(), Live: mgr.GetAPIReader(), Platform: platform, Seen: seen,
		Namespace: o.Namespace, NamespaceLabels: namespaceLabels(o), IntakeDomains: intakeDomains(o),
		IntakeOff: o.IntakeAddress == "",
	})
}

// namespaceLabels returns the allow-list, which Validate has already checked.
func namespaceLabels(o *Options) effective.NamespaceLabels {
	labels, err := effective.ParseNamespaceLabels(o.NamespaceLabels)
	utilruntime.Must(err)
	return labels
}

// linkKeys reads the keys that sign links, and creates the first one in a new installation.
func linkKeys(ctx context.Context, mgr ctrl.Manager, o *Options) (*linktoken.KeyRing, error) {
	secret, err := ensureSecret(ctx, mgr, keysKey(o), firstKey())
	if err != nil {
		return nil, err
	}
	ring := &linktoken.KeyRing{}
	return ring, keysReader(ring)(secret)
}

func firstKey() map[string][]byte { return map[string][]byte{firstKeyName: linktoken.NewKey()} }

func keysKey(o *Options) types.NamespacedName {
	return types.NamespacedName{Namespace: o.Namespace, Name: keySecret}
}

// keysReader puts changed keys in use. If they are invalid, the keys in use stay.
func keysReader(ring *linktoken.KeyRing) func(*corev1.Secret) error {
	return func(secret *corev1.Secret) error {
		keys, err := linktoken.NewKeys(secret.Data)
		if err != nil {
			return fmt.Errorf("the keys in Secret %s/%s: %w", secret.Namespace, secret.Name, err)
		}
		ring.Replace(keys)
		return nil
	}
}
