// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/directory/tokens"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/entra"
	"github.com/usher-operator/usher/internal/testing/mailbox"
	"github.com/usher-operator/usher/internal/testing/operator"
	"github.com/usher-operator/usher/internal/testing/suite"
	"github.com/usher-operator/usher/internal/testing/testenv"
)

// peopleInGroup is how many people are in each of the directory's groups.
const peopleInGroup = 20

// BenchmarkDirectory measures the first synchronization of a directory with 3,000 people, or as many as USHER_BENCH_PEOPLE says, in groups
// of 20, over several connections at once as Entra ID makes them, from the first request until everybody is in force. Beside it, a bare
// client makes the same writes with as many connections. Then the directory sends everything again, which must not write anything.
func BenchmarkDirectory(b *testing.B) {
	ctx := b.Context()
	s := newSynchronization(ctx, b)
	for b.Loop() {
		s.measure(ctx)
	}
}

// synchronization is a control plane with the operator, and an organization whose directory is about to send everybody.
type synchronization struct {
	b        *testing.B
	env      *testenv.Env
	box      *mailbox.Mailbox
	past     client.Client
	meter    *meter
	requests *requestMeter
	usher    *operator.Operator
	idp      *idp
}

func newSynchronization(ctx context.Context, b *testing.B) *synchronization {
	all := suite.Start(b, nil)
	s := &synchronization{
		b: b, env: all.Env, box: all.Mailbox, meter: &meter{counts: map[string]int{}}, past: past(all.Env),
		requests: &requestMeter{},
	}
	s.organization(ctx, crowdName)
	options, err := operator.Options(s.env, s.box)
	must(b, err)
	options.DirectoryRequestsPerSecond = -1
	cfg := s.env.OperatorConfig()
	cfg.Wrap(s.meter.wrap)
	cfg.Wrap(s.requests.wrap)
	s.usher, err = operator.StartWith(ctx, cfg, options)
	must(b, err)
	b.Cleanup(s.stop)
	s.idp = connect(ctx, b, s.env, s.usher.PortalURL)
	return s
}

func past(env *testenv.Env) client.Client {
	return env.As("system:kube-controller-manager", "system:masters")
}

func (s *synchronization) organization(ctx context.Context, name string) {
	must(s.b, s.env.Client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}))
	must(s.b, s.past.Create(ctx, admitted(builders.Organization(name).Obj())))
}

func (s *synchronization) stop() {
	if s.usher != nil {
		must(s.b, s.usher.Stop())
		s.usher = nil
	}
}

func (s *synchronization) measure(ctx context.Context) {
	s.meter.settled(ctx)
	before := heap()
	s.meter.keep()
	s.requests.sent.Store(0)
	began := s.meter.begin()
	s.idp.people(ctx)
	forPeople, people := s.requests.sent.Load(), time.Since(began)
	s.idp.groups(ctx)
	answered := time.Since(began)
	s.meter.settled(ctx)
	// The numbers of people follow when they are at rest: see mapper.Counts. Nobody waits for them.
	ended := s.meter.lastOf("patch orgusers/status", "patch rolebindings", "patch orggroups")
	counts, total := s.meter.written()
	refused := s.meter.failed()
	s.complete(ctx)
	kept := spill(s.b, s.meter.until(ended))
	after := heap()
	s.b.Logf("%d people answered after %s, their groups after %s, all in force after %s, writes %v, refused %v, "+
		"requests in the directory's name %d, repeated by it %d",
		s.idp.size, people, answered, ended.Sub(began), counts, refused, s.requests.sent.Load(), s.idp.Repeated())

	s.requests.sent.Store(0)
	s.meter.begin()
	again := time.Now()
	s.idp.people(ctx)
	s.idp.groups(ctx)
	s.meter.settled(ctx)
	counts, second := s.meter.written()
	if second > 0 {
		s.b.Errorf("the second run writes: %v", counts)
	}
	s.b.Logf("sent again in %s, with %d requests in the directory's name", time.Since(again), s.requests.sent.Load())
	s.stop()
	bare := s.bare(ctx, kept)
	size := float64(s.idp.size)
	s.b.ReportMetric(ended.Sub(began).Seconds()/bare.Seconds(), "usher:same-writes")
	s.b.ReportMetric(float64(total)/size, "writes/person")
	s.b.ReportMetric(float64(forPeople)/size, "requests/person")
	s.b.ReportMetric(float64(second), "writes-again")
	s.b.ReportMetric((after-before)*1024/size, "KiB-heap/person")
}

// complete fails unless everybody is there once and Ready, and each in their group.
func (s *synchronization) complete(ctx context.Context) {
	var users v1alpha1.OrgUserList
	var groups v1alpha1.OrgGroupList
	must(s.b, s.env.Client.List(ctx, &users, client.InNamespace(crowdName)))
	must(s.b, s.env.Client.List(ctx, &groups, client.InNamespace(crowdName)))
	crowd := crowd{b: s.b}
	for n := range users.Items {
		crowd.ready(&users.Items[n], users.Items[n].Status.Conditions)
		if len(users.Items[n].Status.Groups) != 1 {
			s.b.Fatalf("%s is in the groups %v", users.Items[n].Name, users.Items[n].Status.Groups)
		}
	}
	members := 0
	for n := range groups.Items {
		crowd.ready(&groups.Items[n], groups.Items[n].Status.Conditions)
		members += len(groups.Items[n].Spec.Members)
	}
	if len(users.Items) != s.idp.size || members != s.idp.size || len(groups.Items) != s.idp.size/peopleInGroup {
		s.b.Fatalf("there are %d people, and %d groups with %d members", len(users.Items), len(groups.Items), members)
	}
}

// bare makes the same writes for another organization, while the operator is stopped and without calling the webhooks. The writes of one
// object keep their order.
func (s *synchronization) bare(ctx context.Context, kept string) time.Duration {
	twin := "tw" + strings.Repeat("0", len(crowdName)-len("tw"))
	s.organization(ctx, twin)
	cfg := rest.CopyConfig(s.env.Config)
	cfg.Impersonate = rest.ImpersonationConfig{UserName: "system:kube-controller-manager", Groups: []string{"system:masters"}}
	c, err := rest.HTTPClientFor(cfg)
	must(s.b, err)
	var objects []string
	writes := map[string][]write{}
	for _, w := range restored(s.b, kept) {
		w = w.plain().in(twin)
		if writes[w.object()] == nil {
			objects = append(objects, w.object())
		}
		writes[w.object()] = append(writes[w.object()], w)
	}
	began := time.Now()
	each(len(objects), func(n int) {
		for _, w := range writes[objects[n]] {
			check(w.do(c, strings.TrimSuffix(cfg.Host, "/")))
		}
	})
	return time.Since(began)
}

// each does something for each number, several at a time.
func each(count int, do func(n int)) { (&crowd{}).parallel(count, do) }

// keptWrite is a write as it is kept on disk, so that it is not in the heap that is measured.
type keptWrite struct {
	Method, URI, Content, Type string
	Body                       []byte
}

func spill(b *testing.B, writes []write) string {
	path := filepath.Join(b.TempDir(), "writes")
	kept := make([]keptWrite, 0, len(writes))
	for _, w := range writes {
		// In a long run, what the operator does from time to time for itself is among them.
		if w.typ != "events" && strings.Contains(w.uri, "/namespaces/"+crowdName+"/") {
			kept = append(kept, keptWrite{w.method, w.uri, w.content, w.typ, w.body})
		}
	}
	body, err := json.Marshal(kept)
	must(b, err)
	must(b, os.WriteFile(path, body, 0o600))
	return path
}

func restored(b *testing.B, path string) []write {
	body, err := os.ReadFile(path)
	must(b, err)
	var kept []keptWrite
	must(b, json.Unmarshal(body, &kept))
	writes := make([]write, 0, len(kept))
	for _, k := range kept {
		writes = append(writes, write{method: k.Method, uri: k.URI, content: k.Content, typ: k.Type, body: k.Body})
	}
	return writes
}

// requestMeter counts the requests that the door sends in the name of the directory.
type requestMeter struct{ sent atomic.Int64 }

// wrap is for rest.Config.Wrap.
func (m *requestMeter) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		if r.Header.Get("Impersonate-User") == authz.DirectoryUsername(crowdName) {
			m.sent.Add(1)
		}
		return next.RoundTrip(r)
	})
}

// idp is an identity provider with everybody in it.
type idp struct {
	*entra.Provider

	size int
	ids  []string
}

// connect gives an identity provider a token, and waits until the directory is open.
func connect(ctx context.Context, b *testing.B, env *testenv.Env, portal string) *idp {
	kept := tokens.Tokens{Client: env.Client, Organization: crowdName, FieldOwner: "bench"}
	token, err := kept.Make(ctx, "entra", time.Now(), time.Time{})
	must(b, err)
	i := &idp{
		Provider: &entra.Provider{
			URLs: []string{portal + "/scim/v2/" + crowdName}, Token: token,
			Client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: concurrency}},
		},
		size: sizeOfDirectory(b),
	}
	i.ids = make([]string, i.size)
	must(b, wait.PollUntilContextTimeout(ctx, look, patience, true, func(ctx context.Context) (bool, error) {
		return i.Open(ctx), nil
	}))
	return i
}

// sizeOfDirectory returns how many people the directory has.
func sizeOfDirectory(b *testing.B) int {
	return sizeOr(b, 3000) / peopleInGroup * peopleInGroup
}

// people sends everybody.
func (i *idp) people(ctx context.Context) {
	each(i.size, func(n int) {
		var err error
		i.ids[n], err = i.Person(ctx, entra.Person{
			ExternalID: fmt.Sprintf("e-%d", n), Address: fmt.Sprintf("person-%d@large.example", n), Name: fmt.Sprintf("Person %d", n),
		})
		check(err)
	})
}

// groups sends all groups.
func (i *idp) groups(ctx context.Context) {
	each(i.size/peopleInGroup, func(n int) {
		check(i.Group(ctx, entra.Group{ExternalID: fmt.Sprintf("g-%d", n), Name: fmt.Sprintf("Team %d", n)},
			i.ids[n*peopleInGroup:(n+1)*peopleInGroup]))
	})
}
