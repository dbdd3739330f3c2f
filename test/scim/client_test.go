// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package scim

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"time"

	"github.com/go-logr/logr"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/directory/door"
	"github.com/usher-operator/usher/internal/directory/groups"
	"github.com/usher-operator/usher/internal/directory/people"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/live"
	"github.com/usher-operator/usher/internal/lookup"
)

// replica is a process that serves directories: each has a door and a cache of its own, and they share the API server alone.
type replica struct{ *httptest.Server }

// everybody opens the directory of every organization.
type everybody struct{ cache lookup.Reader }

func (e everybody) Open(_ context.Context, organization, _, base string) (*door.Directory, error) {
	return &door.Directory{
		Users: &people.People{
			Client: env.Client, Cache: &e.cache, Organization: organization, Location: base + "/Users", Onboarding: v1alpha1.OnboardingNone, Now: time.Now,
		},
		Groups: &groups.Groups{Client: env.Client, Cache: &e.cache, Organization: organization, Base: base, Now: time.Now},
	}, nil
}

func startReplica(ctx context.Context) replica {
	server := httptest.NewServer(door.New(everybody{startCache(ctx)}, door.Options{
		URL: "https://usher.example", RequestsPerSecond: live.Of(10000.0), Now: time.Now, Log: logr.Discard(),
	}))
	DeferCleanup(server.Close)
	return replica{server}
}

// startCache returns a cache that follows the API server.
func startCache(ctx context.Context) lookup.Reader {
	GinkgoHelper()
	c, err := cache.New(env.Config, cache.Options{Scheme: env.Scheme})
	Expect(err).NotTo(HaveOccurred())
	Expect(lookup.AddPortalIndexes(ctx, lookup.NewIndexer(c))).To(Succeed())
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	ended := make(chan error, 1)
	go func() { ended <- c.Start(running) }()
	DeferCleanup(func() {
		stop()
		Expect(<-ended).To(Succeed())
	})
	Expect(c.WaitForCacheSync(ctx)).To(BeTrue())
	cached, err := client.New(env.Config, client.Options{Scheme: env.Scheme, Cache: &client.CacheOptions{Reader: c}})
	Expect(err).NotTo(HaveOccurred())
	return lookup.New(cached, effective.IntakeDomains{})
}

// send sends a request as a directory does, and returns the status and the body of the answer.
func (r replica) send(ctx context.Context, method, path string, body any) (int, map[string]any) {
	GinkgoHelper()
	text, err := json.Marshal(body)
	Expect(err).NotTo(HaveOccurred())
	request, err := http.NewRequestWithContext(ctx, method, r.URL+path, bytes.NewReader(text))
	Expect(err).NotTo(HaveOccurred())
	request.Header.Set("Authorization", "Bearer token")
	request.Header.Set("Content-Type", "application/scim+json")
	answer, err := r.Client().Do(request)
	Expect(err).NotTo(HaveOccurred())
	defer answer.Body.Close()
	var content map[string]any
	if answer.StatusCode != http.StatusNoContent {
		Expect(json.NewDecoder(answer.Body).Decode(&content)).To(Succeed())
	}
	return answer.StatusCode, content
}

func (r replica) find(ctx context.Context, users, filter string) []any {
	GinkgoHelper()
	status, page := r.send(ctx, http.MethodGet, users+"?filter="+url.QueryEscape(filter), nil)
	Expect(status).To(Equal(http.StatusOK))
	list, ok := page["Resources"].([]any)
	Expect(ok).To(BeTrue())
	return list
}

// synchronize brings one person to what the directory has, as Entra ID does: it looks for the person first.
func (r replica) synchronize(ctx context.Context, users string, person map[string]any) {
	GinkgoHelper()
	found := r.find(ctx, users, `externalId eq "`+person["externalId"].(string)+`"`) //nolint:forcetypeassert // we made it up
	if len(found) == 0 {
		status, answer := r.send(ctx, http.MethodPost, users, person)
		Expect(status).To(BeElementOf(http.StatusCreated, http.StatusConflict), "%v", answer)
		return
	}
	var operations []any
	for name, value := range person {
		operations = append(operations, map[string]any{"op": "Replace", "path": name, "value": value})
	}
	status, answer := r.send(ctx, http.MethodPatch, users+"/"+found[0].(map[string]any)["id"].(string), //nolint:forcetypeassert // a resource
		map[string]any{"Operations": operations})
	Expect(status).To(Equal(http.StatusOK), "%v", answer)
}
