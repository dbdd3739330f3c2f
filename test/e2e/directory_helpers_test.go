// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/directory/tokens"
	"github.com/usher-operator/usher/internal/setup"
	"github.com/usher-operator/usher/internal/testing/operator"
)

// identityProvider is the directory of an organization, such as Entra ID, which knows a URL and a token.
type identityProvider struct{ url, token string }

// answer is what the identity provider's log shows.
type answer struct {
	Status int
	Header http.Header
	Body   map[string]any
}

func (a answer) id() string {
	id, _ := a.Body["id"].(string)
	return id
}

func (a answer) detail() string {
	detail, _ := a.Body["detail"].(string)
	return detail
}

// send sends a request, as the identity provider does.
func (p identityProvider) send(ctx context.Context, method, path string, body any) answer {
	GinkgoHelper()
	text, err := json.Marshal(body)
	Expect(err).NotTo(HaveOccurred())
	r, err := http.NewRequestWithContext(ctx, method, p.url+path, bytes.NewReader(text))
	Expect(err).NotTo(HaveOccurred())
	r.Header.Set("Authorization", "Bearer "+p.token)
	r.Header.Set("Content-Type", "application/scim+json")
	response, err := http.DefaultClient.Do(r)
	Expect(err).NotTo(HaveOccurred())
	defer response.Body.Close()
	a := answer{Status: response.StatusCode, Header: response.Header}
	if a.Status != http.StatusNoContent {
		Expect(json.NewDecoder(response.Body).Decode(&a.Body)).To(Succeed())
	}
	return a
}

// post creates a person.
func (p identityProvider) post(ctx context.Context, externalID, email string) answer {
	GinkgoHelper()
	return p.send(ctx, http.MethodPost, "/Users", map[string]any{
		"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:User"}, "externalId": externalID, "userName": email, "active": true,
		"displayName": "Luis Gil", "emails": []any{map[string]any{"type": "work", "primary": true, "value": email}},
	})
}

// set changes values of a person, as Entra ID does.
func (p identityProvider) set(ctx context.Context, id string, values map[string]any) answer {
	GinkgoHelper()
	var operations []any
	for path, value := range values {
		operations = append(operations, map[string]any{"op": "Replace", "path": path, "value": value})
	}
	return p.send(ctx, http.MethodPatch, "/Users/"+id, map[string]any{"Operations": operations})
}

func (p identityProvider) find(ctx context.Context, filter string) int {
	GinkgoHelper()
	a := p.send(ctx, http.MethodGet, "/Users?filter="+url.QueryEscape(filter), nil)
	Expect(a.Status).To(Equal(http.StatusOK))
	total, is := a.Body["totalResults"].(float64)
	Expect(is).To(BeTrue())
	return int(total)
}

// directoryOf makes a token in the name of an administrator of an organization, enters it at the identity provider, and waits until the
// directory is open.
func directoryOf(ctx context.Context, org string) (identityProvider, tokens.Tokens) {
	GinkgoHelper()
	kept := tokens.Tokens{Client: env.As("ana@" + org + ".example"), Organization: org, FieldOwner: "kubectl-usher"}
	secret, err := kept.Make(ctx, "entra", time.Now(), time.Time{})
	Expect(err).NotTo(HaveOccurred())
	p := identityProvider{usher.PortalURL + "/scim/v2/" + org, secret}
	Eventually(func() int { return p.send(ctx, http.MethodGet, "/Users?count=0", nil).Status }).Should(Equal(http.StatusOK))
	return p, kept
}

// anotherPortal starts another replica of what faces the internet, and returns its URL.
func anotherPortal(ctx context.Context) string {
	GinkgoHelper()
	options, err := operator.Options(env, box)
	Expect(err).NotTo(HaveOccurred())
	options.Components = []setup.Component{setup.ComponentPortal}
	portal, err := operator.StartWith(ctx, env.PortalConfig(), options)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(portal.Stop()).To(Succeed()) })
	return portal.PortalURL
}
