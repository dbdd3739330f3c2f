// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/usher-operator/usher/internal/setup"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/operator"
	"github.com/usher-operator/usher/internal/testing/ports"
	"github.com/usher-operator/usher/internal/testing/suite"
)

const (
	strangers = 16
	// requests is how many changes are timed in each situation.
	requests = 400
)

// BenchmarkIsolation measures how long an administrator's change takes, as a dry run, while strangers flood the portal with requests, and
// while they bring mails that are made to be expensive, both as fast as they can and without limits (OPS-3). It does so with the portal in
// a process of its own, as installed, and with everything in one process. It reports medians and 99th percentiles as ratios of those in
// peace.
func BenchmarkIsolation(b *testing.B) {
	for _, apart := range []bool{true, false} {
		b.Run(map[bool]string{true: "apart", false: "together"}[apart], func(b *testing.B) {
			i := newIsolation(b, apart)
			for b.Loop() {
				calm := i.measure(b, nil)
				i.report(b, "pages", calm, i.measure(b, i.askForPage))
				i.report(b, "mails", calm, i.measure(b, i.bringPoison))
			}
		})
	}
}

// isolation is an organization whose administrator works while strangers are at the doors.
type isolation struct {
	*organization

	intake, page, address string
}

func newIsolation(b *testing.B, apart bool) *isolation {
	ctx := b.Context()
	all := suite.Start(b, nil)
	built, err := operator.Build(ctx, b.TempDir())
	must(b, err)
	o, err := operator.Options(all.Env, all.Mailbox)
	must(b, err)
	o.SkipNameValidation, o.SettleDelay = false, time.Millisecond
	components := []setup.Component{setup.ComponentControllers + "," + setup.ComponentPortal}
	if apart {
		components = []setup.Component{setup.ComponentControllers, setup.ComponentPortal}
	}
	for n, component := range components {
		// Each process has its kubeconfig beside its program.
		binary := filepath.Join(b.TempDir(), "usher")
		must(b, os.Link(built, binary))
		cfg := all.Env.OperatorConfig()
		if n > 0 {
			cfg = all.Env.PortalConfig()
			o.HealthAddress, err = ports.Address()
			must(b, err)
		}
		p, err := operator.Launch(cfg, binary, o, "--components="+string(component))
		must(b, err)
		b.Cleanup(func() { must(b, p.Kill()) })
		must(b, p.AwaitReady(ctx))
	}
	in := newInbound(ctx, b, all, o.IntakeAddress)
	admin := &organization{admin: all.Env.As("ana@" + in.org + ".example"), user: builders.OrgUser(in.org, "eva").Obj()}
	must(b, all.Env.Client.Create(ctx, admin.user.DeepCopy()))
	admin.await(ctx)
	return &isolation{organization: admin, intake: o.IntakeAddress, page: o.PortalURL + "/w/" + in.org + "/support", address: in.address}
}

// measure times changes while strangers do something, as often as they can.
func (i *isolation) measure(b *testing.B, stranger func(ctx context.Context) error) []time.Duration {
	ctx, stop := context.WithCancel(b.Context())
	var all sync.WaitGroup
	if stranger != nil {
		for range strangers {
			all.Go(func() {
				for ctx.Err() == nil {
					if err := stranger(ctx); err != nil && ctx.Err() == nil {
						panic(err)
					}
				}
			})
		}
	}
	for range warmUp {
		i.ask(b.Context(), b, 1)
	}
	times := make([]time.Duration, requests)
	for n := range times {
		times[n] = i.ask(b.Context(), b, 1)[0]
	}
	stop()
	all.Wait()
	return times
}

func (*isolation) report(b *testing.B, what string, calm, loaded []time.Duration) {
	b.ReportMetric(float64(median(loaded))/float64(median(calm)), what+":calm-p50")
	b.ReportMetric(float64(loaded[requests*99/100])/float64(calm[requests*99/100]), what+":calm-p99")
}

// askForPage views a page that anybody may ask for.
func (i *isolation) askForPage(ctx context.Context) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, i.page, http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", i.page, response.Status)
	}
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

// bringPoison brings a mail that is expensive to read: parts within parts, and very many headers. Whether it is accepted does not matter.
func (i *isolation) bringPoison(ctx context.Context) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", i.intake)
	if err != nil {
		return err
	}
	c := smtp.NewClientLMTP(conn)
	defer c.Close() //nolint:errcheck // the answer is of no interest
	for _, step := range []func() error{
		func() error { return c.Hello("mx.acme.example") },
		func() error { return c.Mail("mallory@customers.example", nil) },
		func() error { return c.Rcpt(i.address, nil) },
		func() error { return deliver(c, poison) },
	} {
		if err := step(); err != nil {
			if refused := (*smtp.SMTPError)(nil); errors.As(err, &refused) {
				return nil
			}
			return err
		}
	}
	return nil
}

func deliver(c *smtp.Client, text string) error {
	w, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, text); err != nil {
		return err
	}
	_, err = w.CloseWithLMTPResponse()
	return err
}

// poison is a mail of some megabytes.
var poison = func() string {
	var m strings.Builder
	m.WriteString("From: mallory@customers.example\r\nSubject: " + strings.Repeat("=?utf-8?q?=C3=A9?= ", 20_000) + "\r\n")
	for n := range 20_000 {
		fmt.Fprintf(&m, "X-Trace-%d: %s\r\n", n, strings.Repeat("x", 40))
	}
	m.WriteString("Content-Type: multipart/mixed; boundary=b0\r\n\r\n")
	for n := range 20_000 {
		fmt.Fprintf(&m, "--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n", n, n+1)
	}
	m.WriteString(strings.Repeat("=C3=A9=\r\n", 200_000))
	return m.String()
}()
