// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	versions "k8s.io/apimachinery/pkg/util/version"
	"k8s.io/apimachinery/pkg/version"
	"k8s.io/client-go/discovery"

	usher "github.com/usher-operator/usher/internal/version"
)

// oldestKubernetes is the oldest minor version 1.x that Usher supports.
const oldestKubernetes = 36

// kubernetesVersion asks the API server for its version, which it tells everybody.
func (s *session) kubernetesVersion(ctx context.Context) (*version.Info, error) {
	asker, err := discovery.NewDiscoveryClientForConfig(s.config)
	if err != nil {
		return nil, err
	}
	return asker.ServerVersionWithContext(ctx)
}

// kubernetes checks the API server's version.
func (c *checkup) kubernetes(server *version.Info) error {
	parsed, err := versions.ParseGeneric(server.GitVersion)
	if err != nil {
		return fmt.Errorf("the API server's version %q cannot be read: %w", server.GitVersion, err)
	}
	if parsed.Minor() < oldestKubernetes {
		return fmt.Errorf("the API server is Kubernetes %s, older than 1.%d, the oldest that Usher supports: upgrade the cluster",
			server.GitVersion, oldestKubernetes)
	}
	c.ok("kubernetes", "Kubernetes %s is a version that Usher supports", server.GitVersion)
	return nil
}

// labelVersion is the version of the release from which a CRD was installed.
const labelVersion = "app.kubernetes.io/version"

// versions compares the versions of the plugin, the operator and the kinds. Programs built in a checkout have none to compare.
func (c *checkup) versions(ctx context.Context, name string) error {
	kinds, err := c.kindVersions(ctx)
	if err != nil && !apierrors.IsForbidden(err) {
		return err
	}
	plugin, operator := usher.String(), c.operator
	var problems []string
	if differs(plugin, operator) {
		problems = append(problems, "install the plugin of the operator's version")
	}
	if len(kinds) > 1 || len(kinds) == 1 && differs(kinds[0], operator) {
		problems = append(problems, "apply the CRDs of the operator's version, before the operator when you upgrade")
	}
	found := fmt.Sprintf("plugin %s, operator %s, kinds %s", plugin, orUnknown(operator), orUnknown(strings.Join(kinds, " and ")))
	if len(problems) > 0 {
		return fmt.Errorf("%s: %s", found, strings.Join(problems, "; "))
	}
	c.ok(name, "%s", found)
	return nil
}

// kindVersions returns the versions of the CRDs, each once.
func (c *checkup) kindVersions(ctx context.Context) ([]string, error) {
	list := &metav1.PartialObjectMetadataList{}
	list.SetGroupVersionKind(crdKind.GroupVersion().WithKind(crdKind.Kind + "List"))
	if err := c.List(ctx, list); err != nil {
		return nil, err
	}
	var found []string
	for _, crd := range list.Items {
		if v := crd.Labels[labelVersion]; v != "" && strings.HasSuffix(crd.Name, ".accounts.usher.dev") {
			found = append(found, v)
		}
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

// differs reports whether two releases are of different versions, patch releases aside. What is no release is like any.
func differs(a, b string) bool {
	first, second := release(a), release(b)
	return first != nil && second != nil && (first.Major() != second.Major() || first.Minor() != second.Minor())
}

// release returns the version of a release, or nil for what was built in between or in a checkout.
func release(text string) *versions.Version {
	v, err := versions.ParseSemantic(text)
	if err != nil || v.PreRelease() != "" {
		return nil
	}
	return v
}

func orUnknown(v string) string {
	if v == "" {
		return "of an unknown version"
	}
	return v
}
