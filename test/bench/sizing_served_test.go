// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bufio"
	"context"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
)

// watchCacheVersion is the metric that says up to which revision of etcd the API server's cache of a resource has come.
const watchCacheVersion = "apiserver_watch_cache_resource_version"

// awaitServed waits until the API server's watch caches hold everything that was stored. They follow etcd by a watch, and are minutes behind
// after so many objects: an operator that starts meanwhile would list few of them and be sent the rest, which is not what a start is.
//
// A cache advances with the events of its own resource only. So an object of each is stored again, as the last one.
func (c *copies) awaitServed(ctx context.Context) {
	revisions := map[string]int64{}
	for n := range c.objects {
		o := &c.objects[n]
		if _, resource, _ := strings.Cut("/"+o.resource, "/"); revisions[resource] == 0 {
			revisions[resource] = c.store(ctx, []pair{c.pairOf(o, c.made-1)})
		}
	}
	admin, err := kubernetes.NewForConfig(c.env.Config)
	check(err)
	check(wait.PollUntilContextTimeout(ctx, time.Second, patience, true, func(ctx context.Context) (bool, error) {
		text, err := admin.RESTClient().Get().AbsPath("/metrics").DoRaw(ctx)
		if err != nil {
			return false, nil // it is busy
		}
		reached := watchCacheVersions(string(text))
		for resource, revision := range revisions {
			if reached[resource[strings.LastIndex(resource, "/")+1:]] < revision {
				return false, nil
			}
		}
		return true, nil
	}))
}

// watchCacheVersions returns the revisions that the API server's caches have reached, by resource.
func watchCacheVersions(metrics string) map[string]int64 {
	versions := map[string]int64{}
	for lines := bufio.NewScanner(strings.NewReader(metrics)); lines.Scan(); {
		labels, is := strings.CutPrefix(lines.Text(), watchCacheVersion+"{")
		if !is {
			continue
		}
		labels, value, _ := strings.Cut(labels, "} ")
		_, resource, _ := strings.Cut(labels, `resource="`)
		version, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
		check(err)
		versions[strings.TrimSuffix(resource, `"`)] = int64(version)
	}
	return versions
}
