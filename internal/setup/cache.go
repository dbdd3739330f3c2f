// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/memory"
	"github.com/usher-operator/usher/internal/rolebinding"
)

// helmRelease is the type of the Secrets in which Helm keeps a release, with everything that was installed: up to a mebibyte each.
const helmRelease = "helm.sh/release.v1"

// cacheOptions keep the cache small: only the operator's own Secrets and the names of directories' tokens, only Usher's Roles, RoleBindings
// and ConfigMaps, and of every object only what is read. The cache is filled as far as there is room.
func cacheOptions(o *Options, guard *memory.Guard, kept *retained) cache.Options {
	if !o.runs(ComponentControllers) {
		return portalCacheOptions(o, guard, kept)
	}
	mine := labels.SelectorFromSet(labels.Set{v1alpha1.ManagedByLabel: v1alpha1.ManagedByValue})
	trimmed := func(trims ...trim) func(any) (any, error) { return transform(guard, kept, trims...) }
	settings := called(v1alpha1.SettingsConfigMap)
	configMaps := cache.ByObject{Field: settings, Transform: trimmed(trimSettings)}
	if o.MailTemplates != "" {
		configMaps = cache.ByObject{Namespaces: map[string]cache.Config{
			cache.AllNamespaces: {FieldSelector: settings, Transform: trimmed(trimSettings)},
			o.Namespace:         {FieldSelector: called(o.MailTemplates)},
		}}
	}
	return cache.Options{
		DefaultTransform: trimmed(),
		ByObject: map[client.Object]cache.ByObject{
			&v1alpha1.OrgUser{}:  {Transform: trimmed(trimUser)},
			&v1alpha1.OrgGroup{}: {Transform: trimmed(trimGroup)},
			&corev1.ConfigMap{}:  configMaps,
			&corev1.Namespace{}:  {Transform: trimmed(trimNamespace)},
			&corev1.Secret{}: {
				Namespaces: withTokens(secretNamespaces(o, fields.OneTermNotEqualSelector("type", helmRelease))),
				Transform:  trimmed(trimSecret(o)),
			},
			&rbacv1.RoleBinding{}: {Label: mine, Transform: trimmed(trimBinding)},
			&admissionregistrationv1.ValidatingWebhookConfiguration{}: {Field: called(validatingWebhooks)},
			&admissionregistrationv1.MutatingWebhookConfiguration{}:   {Field: called(mutatingWebhooks)},
			// Selected by name, like the operator's permissions.
			&rbacv1.Role{}: {Field: called(rolebinding.PaymentRole)},
		},
	}
}

// called selects an object by its name.
func called(name string) fields.Selector { return fields.OneTermEqualSelector("metadata.name", name) }

// portalCacheOptions keep in the cache of a process without controllers what that may read: of the operator's own Secrets the keys that
// sign links, and questions. To read anything else from the cache is an error: it would wait for what is never there.
func portalCacheOptions(o *Options, guard *memory.Guard, kept *retained) cache.Options {
	trimmed := func(trims ...trim) func(any) (any, error) { return transform(guard, kept, trims...) }
	return cache.Options{
		DefaultTransform:            trimmed(),
		ReaderFailOnMissingInformer: true,
		ByObject: map[client.Object]cache.ByObject{
			&v1alpha1.OrgUser{}:  {Transform: trimmed(trimUser)},
			&v1alpha1.OrgGroup{}: {Transform: trimmed(trimGroup)},
			&corev1.Namespace{}:  {Transform: trimmed(trimNamespace)},
			&corev1.Secret{}:     {Namespaces: secretNamespaces(o, called(keySecret)), Transform: trimmed(trimSecret(o))},
		},
	}
}

// secretNamespaces returns which Secrets the cache holds: of the operator's own namespace those that own selects, and of the namespace of
// questions all. If that is the same one, it holds what the controllers' process does there.
func secretNamespaces(o *Options, own fields.Selector) map[string]cache.Config {
	if o.questionsNamespace() == o.Namespace {
		own = fields.OneTermNotEqualSelector("type", helmRelease)
	}
	namespaces := map[string]cache.Config{o.questionsNamespace(): {}}
	namespaces[o.Namespace] = cache.Config{FieldSelector: own}
	return namespaces
}

// withTokens adds the Secrets with the tokens of directories, in all other namespaces.
func withTokens(namespaces map[string]cache.Config) map[string]cache.Config {
	namespaces[cache.AllNamespaces] = cache.Config{FieldSelector: called(v1alpha1.DirectoryTokensSecret)}
	return namespaces
}
