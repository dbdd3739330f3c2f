// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apiserver/pkg/util/webhook"
	"k8s.io/client-go/rest"

	"github.com/usher-operator/usher/internal/testing/ports"
	"github.com/usher-operator/usher/internal/trust"
)

const (
	hookService = "usher-webhook-service"
	hookPath    = "/validate-accounts-usher-dev-v1alpha1-orguser"
	review      = `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","response":{"uid":"1","allowed":true}}`
)

// hookReplica serves a webhook as a pod does.
type hookReplica struct {
	address string
	doors   *doors
	// answered counts the requests that reached the webhook.
	answered atomic.Int32
	// meanwhile is called while a request is in progress.
	meanwhile atomic.Pointer[func(*http.Request)]
}

// startReplica returns a replica that serves until its doors close.
func startReplica(ctx context.Context, certificate *servingCertificate) *hookReplica {
	GinkgoHelper()
	const host = "127.0.0.1"
	port, err := ports.Free(host)
	Expect(err).NotTo(HaveOccurred())
	r := &hookReplica{address: net.JoinHostPort(host, strconv.Itoa(port)), doors: newDoors(0)}
	server, err := webhookServer(&Options{WebhookHost: host, WebhookPort: port}, certificate, r.doors)
	Expect(err).NotTo(HaveOccurred())
	server.Register(hookPath, r)
	ended := make(chan error, 1)
	go func() { ended <- server.Start(ctx) }()
	Eventually(func() error { return server.StartedChecker()(nil) }).Should(Succeed())
	DeferCleanup(func() {
		r.doors.close()
		Eventually(ended, doorsTimeout).Should(Receive(BeNil()))
	})
	return r
}

// ServeHTTP allows everything.
func (r *hookReplica) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	r.answered.Add(1)
	if f := r.meanwhile.Load(); f != nil {
		(*f)(request)
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, review)
}

// apiServer calls a webhook as an API server does, with its client.
type apiServer struct {
	client *rest.RESTClient
	// leadsTo is the replica that new connections of the Service lead to.
	leadsTo atomic.Pointer[hookReplica]

	mu          sync.Mutex
	connections []*slowConn
}

// newAPIServer returns an API server that trusts an authority.
func newAPIServer(authority []byte) *apiServer {
	GinkgoHelper()
	s := &apiServer{}
	manager, err := webhook.NewClientManager([]schema.GroupVersion{admissionv1.SchemeGroupVersion}, admissionv1.AddToScheme)
	Expect(err).NotTo(HaveOccurred())
	manager.SetServiceResolver(s)
	manager.SetAuthenticationInfoResolver(&webhook.AuthenticationInfoResolverDelegator{
		ClientConfigForServiceFunc: func(string, string, int) (*rest.Config, error) { return &rest.Config{Dial: s.dial}, nil },
	})
	s.client, err = manager.HookClient(webhook.ClientConfig{
		Name: "orgusers.accounts.usher.dev", CABundle: authority,
		Service: &webhook.ClientConfigService{Name: hookService, Namespace: "usher-system", Path: hookPath, Port: 443},
	})
	Expect(err).NotTo(HaveOccurred())
	return s
}

// ResolveEndpoint returns the address of a Service.
func (*apiServer) ResolveEndpoint(string, string, int32) (*url.URL, error) {
	return &url.URL{Scheme: "https", Host: "10.96.0.7:443"}, nil
}

// dial connects with one of the Service's endpoints.
func (s *apiServer) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, s.leadsTo.Load().address)
	if err != nil {
		return nil, err
	}
	slow := &slowConn{Conn: conn, arrived: make(chan struct{}), passed: make(chan struct{})}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connections = append(s.connections, slow)
	return slow, nil
}

// ask has a change admitted.
func (s *apiServer) ask(ctx context.Context) error {
	// An object that does not fit into one write, like most.
	request := &admissionv1.AdmissionRequest{UID: types.UID("1"), Name: strings.Repeat("a", 8<<10)}
	answer := &admissionv1.AdmissionReview{}
	return s.client.Post().Body(&admissionv1.AdmissionReview{Request: request}).Timeout(10 * time.Second).Do(ctx).Into(answer)
}

// isolate has what a server sends from now on reach the API server only after it has written its next request.
func (s *apiServer) isolate() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.connections {
		c.slow.Store(true)
	}
}

// slowConn is a connection on which request and farewell cross each other.
type slowConn struct {
	net.Conn
	slow            atomic.Bool
	arrive, pass    sync.Once
	arrived, passed chan struct{}
}

// Read implements net.Conn.
func (c *slowConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.slow.Load() {
		c.arrive.Do(func() { close(c.arrived) })
		<-c.passed
	}
	return n, err
}

// Write implements net.Conn.
func (c *slowConn) Write(p []byte) (int, error) {
	if !c.slow.Load() {
		return c.Conn.Write(p)
	}
	<-c.arrived
	n, err := c.Conn.Write(p)
	c.pass.Do(func() { close(c.passed) })
	return n, err
}

// Close implements net.Conn.
func (c *slowConn) Close() error {
	c.pass.Do(func() { close(c.passed) })
	return c.Conn.Close()
}

var _ = Describe("OPS-3 the webhooks' server", func() {
	var (
		cluster       *apiServer
		ending, other *hookReplica
	)

	BeforeEach(func(ctx context.Context) {
		data, _, err := trust.Renew(nil, []string{hookService + ".usher-system.svc"}, time.Now())
		Expect(err).NotTo(HaveOccurred())
		pair, err := parsePair(data)
		Expect(err).NotTo(HaveOccurred())
		certificate := newServingCertificate()
		certificate.use(pair)
		ctx = context.WithoutCancel(ctx)
		ending, other = startReplica(ctx, certificate), startReplica(ctx, certificate)
		cluster = newAPIServer(data[trust.AuthorityKey])
		cluster.leadsTo.Store(ending)
	})

	It("loses no request that the API server sends over an unused connection while the replica ends", func(ctx SpecContext) {
		Expect(cluster.ask(ctx)).To(Succeed())
		cluster.leadsTo.Store(other)
		cluster.isolate()
		go ending.doors.drain()
		Expect(cluster.ask(ctx)).To(Succeed())
		Expect(ending.answered.Load()).To(BeEquivalentTo(1))
		Expect(other.answered.Load()).To(BeEquivalentTo(1), "not once by each")
	})

	It("loses no request that follows one which was in progress when the replica ended", func(ctx SpecContext) {
		requests, goOn := make(chan *http.Request, 1), make(chan struct{})
		ending.meanwhile.Store(new(func(r *http.Request) {
			requests <- r
			<-goOn
		}))
		first, drained := make(chan error, 1), make(chan struct{})
		go func() { first <- cluster.ask(ctx) }()
		request := <-requests
		cluster.leadsTo.Store(other)
		go func() {
			defer close(drained)
			ending.doors.drain()
		}()
		Eventually(ending.doors.closed.Done()).Should(BeClosed())
		Expect(request.Context().Err()).NotTo(HaveOccurred(), "it may still read from the API server")
		Expect(drained).NotTo(BeClosed())
		close(goOn)
		Eventually(first).Should(Receive(BeNil()))
		Expect(cluster.ask(ctx)).To(Succeed())
		Expect(ending.answered.Load()).To(BeEquivalentTo(1))
		Expect(other.answered.Load()).To(BeEquivalentTo(1))
		Eventually(drained).Should(BeClosed(), "without waiting for anything else")
	})

	It("keeps connections for longer than an API server, which closes them itself", func() {
		transport, ok := http.DefaultTransport.(*http.Transport)
		Expect(ok).To(BeTrue())
		Expect(webhookIdle).To(BeNumerically(">", transport.IdleConnTimeout))
	})
})
