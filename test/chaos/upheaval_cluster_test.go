// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/setup"
	"github.com/usher-operator/usher/internal/testing/operator"
	"github.com/usher-operator/usher/internal/testing/ports"
)

// installation is two replicas with a network around each: to the API server, to the mail server, and from people and the API server.
type installation struct {
	replicas []*replica
	// webhooks and portal are in front of the replicas, smtp before the mail server.
	webhooks, portal, smtp *relay
}

// replica is an operator that is started again whenever it ends.
type replica struct {
	api     *relay
	binary  string
	options setup.Options

	mu      sync.Mutex
	process *operator.Process
	stopped bool
	kills   int
	// ended is how often it ended by itself, and the last words of its log.
	ended []string
	over  chan struct{}
	pause time.Duration
}

// install starts an installation, which ends after the spec.
func install(ctx context.Context) *installation {
	GinkgoHelper()
	target, err := url.Parse(env.Config.Host)
	Expect(err).NotTo(HaveOccurred())
	i := &installation{}
	var hooks, pages []string
	for range replicas {
		r := &replica{api: newRelay("127.0.0.1:0", target.Host), over: make(chan struct{})}
		dir := GinkgoT().TempDir()
		r.binary = filepath.Join(dir, filepath.Base(usher.binary))
		Expect(os.Link(usher.binary, r.binary)).To(Succeed())
		r.options, err = operator.Options(env, box)
		Expect(err).NotTo(HaveOccurred())
		r.options.SettleDelay = settleDelay
		r.options.WebhookPort, err = ports.Free(env.WebhookHost)
		Expect(err).NotTo(HaveOccurred())
		hooks = append(hooks, net.JoinHostPort(env.WebhookHost, strconv.Itoa(r.options.WebhookPort)))
		pages = append(pages, r.options.PortalAddress)
		i.replicas = append(i.replicas, r)
	}
	i.webhooks = newRelay(net.JoinHostPort(env.WebhookHost, strconv.Itoa(env.WebhookPort)), hooks...)
	i.portal = newRelay("127.0.0.1:0", pages...)
	i.smtp = newRelay("127.0.0.1:0", box.Addr())
	for _, r := range i.replicas {
		r.options.PortalURL = "http://" + i.portal.address
		r.options.Mail.Address = i.smtp.address
		go r.run()
		DeferCleanup(r.end)
	}
	i.awaitReady(ctx, Default)
	return i
}

// run starts the replica again and again.
func (r *replica) run() {
	defer GinkgoRecover()
	defer close(r.over)
	for {
		r.mu.Lock()
		if r.stopped {
			r.mu.Unlock()
			return
		}
		cfg := env.OperatorConfig()
		cfg.Host = "https://" + r.api.address
		process, err := operator.Launch(cfg, r.binary, r.options)
		Expect(err).NotTo(HaveOccurred())
		kills := r.kills
		r.process = process
		r.mu.Unlock()
		<-process.Ended()
		r.mu.Lock()
		if r.kills == kills && !r.stopped {
			r.ended = append(r.ended, process.Stop().Error())
		}
		pause := r.pause
		r.mu.Unlock()
		<-time.After(pause)
	}
}

// kill kills the replica, which stays down for this long.
func (r *replica) kill(pause time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.process == nil || r.stopped {
		return
	}
	r.kills++
	r.pause = pause
	Expect(r.process.Kill()).To(Succeed())
}

// end ends the replica permanently.
func (r *replica) end() {
	r.mu.Lock()
	r.stopped = true
	process := r.process
	r.mu.Unlock()
	if process != nil {
		Expect(process.Kill()).To(Succeed())
	}
	<-r.over
	log, err := process.Log()
	Expect(err).NotTo(HaveOccurred())
	Expect(log).NotTo(ContainSubstring("Observed a panic"))
	if directory := os.Getenv("USHER_CHAOS_ARTIFACTS"); directory != "" {
		name := "replica-" + strconv.Itoa(r.options.WebhookPort) + ".log"
		Expect(os.WriteFile(filepath.Join(directory, name), []byte(log), 0o600)).To(Succeed())
	}
}

// jump sets how far the replica's clock is from the system's.
func (r *replica) jump(offset time.Duration) {
	Expect(os.WriteFile(filepath.Join(filepath.Dir(r.binary), "clock"), []byte(offset.String()), 0o600)).To(Succeed())
}

// awaitReady waits until all replicas are ready.
func (i *installation) awaitReady(ctx context.Context, g Gomega) {
	for _, r := range i.replicas {
		g.Eventually(ctx, func() error {
			_, err := (&portalVisitors{}).request(ctx, "GET", "http://"+r.options.HealthAddress+"/readyz", nil, 200)
			return err
		}).WithTimeout(settleTimeout).Should(Succeed())
	}
}

func (i *installation) kills() int {
	n := 0
	for _, r := range i.replicas {
		r.mu.Lock()
		n += r.kills
		r.mu.Unlock()
	}
	return n
}

// ended returns how the replicas ended by themselves.
func (i *installation) ended() []string {
	var all []string
	for _, r := range i.replicas {
		r.mu.Lock()
		all = append(all, r.ended...)
		r.mu.Unlock()
	}
	return all
}
