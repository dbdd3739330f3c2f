// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
)

const (
	// maxSetting is longer than the value of any setting, in bytes.
	maxSetting = 64
	// maxSettings is more than there are settings.
	maxSettings = 32
)

// trimSettings drops from a ConfigMap of settings what Usher has not written, before the cache keeps it. Everybody may create a ConfigMap
// of that name, of up to a mebibyte, in every namespace that they may write to. What is kept still differs from what Usher has written,
// so a ConfigMap that somebody has changed is restored.
func trimSettings(object client.Object) {
	if c, is := object.(*corev1.ConfigMap); is {
		c.Labels, c.Annotations = own(c.Labels), own(c.Annotations)
		c.Data = few(c.Data, func(value string) string { return strings.Clone(value[:min(len(value), maxSetting)]) })
		c.BinaryData = few(c.BinaryData, func([]byte) []byte { return nil })
		c.OwnerReferences = nil
	}
}

// own returns the labels or annotations that Usher sets, as far as their values can be its own.
func own(values map[string]string) map[string]string {
	kept := maps.Clone(values)
	maps.DeleteFunc(kept, func(key, _ string) bool {
		return key != v1alpha1.ManagedByLabel && !strings.HasPrefix(key, v1alpha1.GroupVersion.Group+"/") &&
			!strings.HasPrefix(key, v1alpha1.AnnotationOriginPrefix)
	})
	return few(kept, func(value string) string { return strings.Clone(value[:min(len(value), maxSetting)]) })
}

// few returns the first entries of a map by name, with their values cut.
func few[V any](values map[string]V, cut func(V) V) map[string]V {
	if len(values) == 0 {
		return nil
	}
	kept := map[string]V{}
	for n, key := range slices.Sorted(maps.Keys(values)) {
		if n == maxSettings {
			break
		}
		kept[strings.Clone(key)] = cut(values[key])
	}
	return kept
}
