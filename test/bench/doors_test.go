// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/directory/tokens"
	"github.com/usher-operator/usher/internal/setup"
	"github.com/usher-operator/usher/internal/status"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/suite"
)

// asks is how many requests of each kind are made with one client, and as many again with atOnce clients.
const (
	asks   = 300
	atOnce = 16
)

// BenchmarkDoors asks the portal and the SCIM door with one client and with 16: people view the page of their invitation, register, and
// accept; a directory looks people up, creates them and changes them. It reports requests per second, the 99th percentile of their time,
// and, for requests that write, the ratio of their time to that of a bare client that makes the same write at the API server.
func BenchmarkDoors(b *testing.B) {
	ctx := b.Context()
	d := startDoors(ctx, b, sizeOr(b, asks))
	for b.Loop() {
		d.people(ctx, b)
		d.directory(ctx, b)
	}
}

// doors is an organization, and the parts of the operator that people and their directories ask.
type doors struct {
	*post

	asks  int
	scim  string
	token string
}

func startDoors(ctx context.Context, b *testing.B, asks int) *doors {
	all := suite.Start(b, nil)
	d := &doors{asks: asks, post: &post{
		all: all, env: all.Env, box: all.Mailbox, namespace: all.Env.Namespace(ctx, "doors"), meter: &meter{counts: map[string]int{}},
		past: all.Env.As("system:kube-controller-manager", "system:masters"),
	}}
	d.usher = all.StartOperator(ctx, func(o *setup.Options) {
		o.SettleDelay, o.DirectoryRequestsPerSecond, o.Mail.Connections = time.Millisecond, -1, many
	})
	must(b, d.env.Client.Create(ctx, builders.Organization(d.namespace).Obj()))
	must(b, d.env.Client.Create(ctx, builders.OrgUser(d.namespace, "ana").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj()))
	var err error
	d.scim = d.usher.PortalURL + "/scim/v2/" + d.namespace
	kept := tokens.Tokens{Client: d.env.Client, Organization: d.namespace, FieldOwner: "bench"}
	d.token, err = kept.Make(ctx, "bench", time.Now(), time.Time{})
	must(b, err)
	must(b, wait.PollUntilContextTimeout(ctx, look, time.Minute, true, func(ctx context.Context) (bool, error) {
		return d.send(ctx, http.MethodGet, "/Users?count=0", nil, nil) == nil, nil
	}))
	return d
}

// people measures what invited people do. Each person does it once: one half with one client, the other with several.
func (d *doors) people(ctx context.Context, b *testing.B) {
	all := 4 * d.asks // two for the portal, two for the bare client
	d.invite(ctx, all)
	links := d.links(ctx, b, all, "/i/")
	d.recorded(ctx, b)
	view := func(n int) error { return ask(ctx, http.MethodGet, links[d.person(n)], nil, http.StatusOK) }
	d.measure(b, "page", view, nil)
	register := url.Values{"action": {"accept"}, "displayName": {"Somebody"}, "language": {"en"}}
	bare := func(n int) error { return d.write(ctx, n+2*d.asks) }
	d.measure(b, "register", func(n int) error {
		return ask(ctx, http.MethodPost, links[d.person(n)], register, http.StatusSeeOther)
	}, bare)
	links = d.links(ctx, b, 2*d.asks, "/c/")
	d.measure(b, "accept", func(n int) error {
		return ask(ctx, http.MethodPost, links[d.person(n)], url.Values{}, http.StatusSeeOther)
	}, bare)
}

// directory measures what an identity provider does.
func (d *doors) directory(ctx context.Context, b *testing.B) {
	ids := make([]string, 2*d.asks)
	d.measure(b, "scim-create", func(n int) error {
		var made struct{ ID string }
		err := d.send(ctx, http.MethodPost, "/Users", map[string]any{
			"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:User"}, "externalId": fmt.Sprint(n), "userName": d.synced(n),
			"active": true, "displayName": "Somebody", "emails": []any{map[string]any{"type": "work", "primary": true, "value": d.synced(n)}},
		}, &made)
		ids[n] = made.ID
		return err
	}, func(n int) error {
		return d.past.Create(ctx, admitted(builders.OrgUser(d.namespace, fmt.Sprintf("bare-%d", n)).Existing().Obj()))
	})
	d.measure(b, "scim-find", func(n int) error {
		return d.send(ctx, http.MethodGet, "/Users?filter="+url.QueryEscape(fmt.Sprintf("userName eq %q", d.synced(n))), nil, nil)
	}, nil)
	d.measure(b, "scim-change", func(n int) error {
		return d.send(ctx, http.MethodPatch, "/Users/"+ids[n], map[string]any{
			"schemas":    []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"},
			"Operations": []any{map[string]any{"op": "replace", "path": "displayName", "value": "Somebody Else"}},
		}, nil)
	}, func(n int) error {
		return d.past.Patch(ctx, builders.OrgUser(d.namespace, fmt.Sprintf("bare-%d", n)).Obj(),
			client.RawPatch("application/merge-patch+json", []byte(`{"spec":{"displayName":"Somebody Else"}}`)))
	})
}

func (d *doors) person(n int) string { return address(d.namespace, n) }

func (d *doors) synced(n int) string { return fmt.Sprintf("synced-%d@%s.example", n, d.namespace) }

// measure asks with one client and then with several, beside the bare write if there is one, and reports each as a benchmark of its own.
func (d *doors) measure(b *testing.B, what string, request, bare func(n int) error) {
	for half, clients := range []int{1, atOnce} {
		b.Run(fmt.Sprintf("%s-by-%d", what, clients), func(b *testing.B) {
			for b.Loop() {
				asked := timesOf(clients, half*d.asks, d.asks, request)
				b.ReportMetric(float64(d.asks)/asked.took.Seconds(), "req/s")
				b.ReportMetric(float64(asked.p99())/float64(time.Millisecond), "p99-ms")
				if bare == nil {
					continue
				}
				wrote := timesOf(clients, half*d.asks, d.asks, bare)
				b.ReportMetric(float64(d.asks)/wrote.took.Seconds(), "writes/s-bare")
				b.ReportMetric(float64(wrote.p99())/float64(time.Millisecond), "p99-ms-bare")
				b.ReportMetric(asked.took.Seconds()/wrote.took.Seconds(), "usher:bare")
			}
		})
	}
}

// times are how long requests took, each and all together.
type times struct {
	took time.Duration
	each []time.Duration
}

func (t times) p99() time.Duration {
	slices.Sort(t.each)
	return t.each[len(t.each)*99/100]
}

// timesOf makes requests for the numbers from first on, with that many clients.
func timesOf(clients, first, count int, request func(n int) error) times {
	t := times{each: make([]time.Duration, count)}
	numbers := make(chan int)
	var all sync.WaitGroup
	began := time.Now()
	for range clients {
		all.Go(func() {
			for n := range numbers {
				start := time.Now()
				check(request(first + n))
				t.each[n] = time.Since(start)
			}
		})
	}
	for n := range count {
		numbers <- n
	}
	close(numbers)
	all.Wait()
	t.took = time.Since(began)
	return t
}

// links waits until mails with such links have arrived, and returns the links by address.
func (d *doors) links(ctx context.Context, b *testing.B, count int, path string) map[string]string {
	var links map[string]string
	must(b, wait.PollUntilContextTimeout(ctx, look, mailWait, true, func(context.Context) (bool, error) {
		messages, err := d.box.Messages()
		links = map[string]string{}
		for _, m := range messages {
			for _, link := range m.Links() {
				if strings.Contains(link, path) {
					links[m.EnvelopeTo[0]] = link
				}
			}
		}
		return len(links) >= count, err
	}))
	return links
}

// write reads an Invitation and writes its status, as the portal has to for each answer of a person.
func (d *doors) write(ctx context.Context, n int) error {
	i := d.invitation(n).Obj()
	return status.Amend(ctx, d.past, d.past, i, func() error {
		name := v1alpha1.DisplayName(fmt.Sprintf("At %d", time.Now().UnixNano()))
		i.Status.Recipients[0].Registration = &v1alpha1.Registration{DisplayName: name}
		return nil
	})
}

// browser follows no redirects, and keeps a connection for each client.
var browser = &http.Client{
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Transport:     &http.Transport{MaxIdleConnsPerHost: atOnce},
}

func ask(ctx context.Context, method, link string, form url.Values, wanted int) error {
	r, err := http.NewRequestWithContext(ctx, method, link, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return exchanged(r, func(code int) bool { return code == wanted }, nil)
}

func (d *doors) send(ctx context.Context, method, path string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, method, d.scim+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+d.token)
	r.Header.Set("Content-Type", "application/scim+json")
	return exchanged(r, func(code int) bool { return code < http.StatusMultipleChoices }, into)
}

func exchanged(r *http.Request, fits func(code int) bool, into any) error {
	response, err := browser.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return err
	case !fits(response.StatusCode):
		return fmt.Errorf("%s %s: %s: %.200s", r.Method, r.URL.Path, response.Status, answer)
	case into == nil:
		return nil
	}
	return json.Unmarshal(answer, into)
}
