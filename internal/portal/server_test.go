// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/portal"
	"github.com/usher-operator/usher/internal/testing/timing"
)

// slowLinks does not return from Open until a test says so.
type slowLinks struct {
	*fakeLinks

	// entered is closed when a call of Open has begun. Closing release lets it return.
	entered, release chan struct{}
}

func (l *slowLinks) Open(ctx context.Context, purpose portal.Purpose, token string) (*portal.Link, error) {
	close(l.entered)
	<-l.release
	return l.fakeLinks.Open(ctx, purpose, token)
}

var _ = Describe("Server", func() {
	It("serves until it is told to stop, in every replica", func(ctx SpecContext) {
		links := newFakeLinks()
		server, err := portal.NewServer(links, portal.Options{Address: "127.0.0.1:0", URL: "http://127.0.0.1"})
		Expect(err).NotTo(HaveOccurred())
		Expect(server.NeedLeaderElection()).To(BeFalse())
		Expect(server.Ready(nil)).To(MatchError(ContainSubstring("not listening")))

		running, stop := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() { ended <- server.Start(running) }()
		Eventually(ctx, func() error { return server.Ready(nil) }).Should(Succeed())
		response, err := http.Get("http://" + server.Addr() + "/i/" + inviteToken)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(response.Body.Close)
		Expect(response).To(HaveHTTPStatus(http.StatusOK))

		stop()
		Eventually(ctx, ended).Should(Receive(BeNil()))
		Expect(server.Ready(nil)).NotTo(Succeed())
	}, SpecTimeout(timing.Timeout))

	It("reports that its address is in use", func(ctx SpecContext) {
		taken := httptest.NewUnstartedServer(http.NotFoundHandler())
		taken.Config.ErrorLog = log.New(GinkgoWriter, "", 0)
		DeferCleanup(taken.Close)
		server, err := portal.NewServer(newFakeLinks(), portal.Options{
			Address: taken.Listener.Addr().String(), URL: "http://127.0.0.1",
		})
		Expect(err).NotTo(HaveOccurred())
		Expect(server.Start(ctx)).To(MatchError(ContainSubstring("portal cannot listen")))
	})

	It("finishes the requests in progress when it is told to stop, and accepts no more", func(ctx SpecContext) {
		links := &slowLinks{fakeLinks: newFakeLinks(), entered: make(chan struct{}), release: make(chan struct{})}
		server, err := portal.NewServer(links, portal.Options{Address: "127.0.0.1:0", URL: "http://127.0.0.1"})
		Expect(err).NotTo(HaveOccurred())
		running, stop := context.WithCancel(ctx)
		ended := make(chan error, 1)
		go func() { ended <- server.Start(running) }()
		Eventually(ctx, server.Addr).ShouldNot(BeEmpty())
		address := server.Addr()

		answered := make(chan *http.Response, 1)
		go func() {
			defer GinkgoRecover()
			response, err := http.Get("http://" + address + "/i/" + inviteToken)
			Expect(err).NotTo(HaveOccurred())
			answered <- response
		}()
		Eventually(ctx, links.entered).Should(BeClosed())
		stop()
		Eventually(ctx, func() error {
			conn, err := net.Dial("tcp", address)
			if err == nil {
				return errors.Join(conn.Close(), errors.New("it still listens"))
			}
			return nil
		}).Should(Succeed())
		Expect(ended).NotTo(Receive())
		close(links.release)
		var response *http.Response
		Eventually(ctx, answered).Should(Receive(&response))
		Expect(response).To(HaveHTTPStatus(http.StatusOK))
		Expect(io.ReadAll(response.Body)).To(ContainSubstring("te invita a unirte"))
		Expect(response.Body.Close()).To(Succeed())
		Eventually(ctx, ended).Should(Receive(BeNil()))
	}, SpecTimeout(timing.Timeout))

	DescribeTable("refuses invalid options", func(opts portal.Options, text string) {
		_, err := portal.NewServer(newFakeLinks(), opts)
		Expect(err).To(MatchError(ContainSubstring(text)))
	},
		Entry(nil, portal.Options{Address: "8082", URL: "https://portal.acme.example"}, "host:port"),
		Entry(nil, portal.Options{Address: ":8082", URL: "portal.acme.example"}, "must be absolute"),
	)
})
