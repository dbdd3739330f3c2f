// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package pods

import (
	"context"
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
)

// traces returns everything in the cluster whose name, label or annotation mentions Usher, as Kind/namespace/name. Events tell what has
// happened, and what the development cluster has made is not Usher's.
func traces(ctx context.Context) []string {
	GinkgoHelper()
	kinds := strings.Fields(env.kubectl(ctx, "api-resources", "--verbs=list", "-o", "name"))
	kinds = slices.DeleteFunc(kinds, func(kind string) bool { return strings.HasPrefix(kind, "events") })
	const line = `{range .items[*]}{.kind}/{.metadata.namespace}/{.metadata.name} {.metadata.labels} {.metadata.annotations}{"\n"}{end}`
	found := env.kubectl(ctx, "get", strings.Join(kinds, ","), "-A", "--ignore-not-found", "-o", "jsonpath="+line)
	var all []string
	for object := range strings.Lines(found) {
		name, _, _ := strings.Cut(object, " ")
		if strings.Contains(object, "usher") && !strings.Contains(name, "usher-devcluster") {
			all = append(all, name)
		}
	}
	return all
}
