// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package load puts an installation of Usher under load and counts what it refuses.
//
// The load is an open loop: requests begin at a fixed rate, whether or not earlier ones have been answered, as those of independent people
// do. So an installation that stands still for a second is asked as often as one that works. A wait is measured from the moment at which
// the request was due.
//
//	organization, err := load.Prepare(ctx, options)
//	run := organization.Start(ctx)
//	…
//	result := run.Stop()
//
// Begin puts on a load of a test's own requests, each of which begins when the former one is answered.
package load

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/rand"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// Options say what is put under load, and how much.
type Options struct {
	// Config is a cluster administrator's, who may impersonate others.
	Config *rest.Config
	// Organization is the name of the organization that Prepare creates.
	Organization string
	// MailDir is the directory in which the mailbox keeps the mails.
	MailDir string
	// PortalURL is where the portal is reached. It takes the place of the URL that links in mails begin with.
	PortalURL string
	// Writes and Pages are how many of them begin in a second.
	Writes, Pages float64
}

// Organization is an organization whose people write and view pages.
type Organization struct {
	options Options
	admin   client.Client
	// ana is an OrganizationAdmin, eva a UserAdmin.
	ana, eva client.Client
	link     string
	visitors *visitors
	// written counts the writes of all runs. With the nonce, no two objects have the same name.
	written sequence
	nonce   string
	guests  queue
	teams   queue
}

// newOrganization returns an organization without creating anything.
func newOrganization(options Options) (*Organization, error) {
	scheme := runtime.NewScheme()
	if err := clientgoscheme.AddToScheme(scheme); err != nil {
		return nil, err
	}
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		return nil, err
	}
	o := &Organization{options: options, visitors: newVisitors(), nonce: rand.String(5)}
	for username, c := range map[string]*client.Client{"": &o.admin, o.address(ana): &o.ana, o.address(eva): &o.eva} {
		config := rest.CopyConfig(options.Config)
		config.QPS, config.Timeout, config.WarningHandler = -1, answerTimeout, rest.NoWarnings{}
		config.Impersonate.UserName = username
		var err error
		if *c, err = client.New(config, client.Options{Scheme: scheme}); err != nil {
			return nil, fmt.Errorf("build a client for user %q: %w", username, err)
		}
	}
	return o, nil
}

// address returns the email address of a person, which is the Kubernetes user name as well.
func (o *Organization) address(person string) string {
	return person + "@" + o.options.Organization + ".example"
}

const (
	ana = "ana"
	eva = "eva"
	// answerTimeout is longer than any answer of an API server that works: a webhook has five seconds, and a write calls three.
	answerTimeout = 30 * time.Second
)

// Run is a load that is on.
type Run struct {
	stop     context.CancelFunc
	done     chan Result
	began    time.Time
	recorder *recorder
}

// Start puts the load on.
func (o *Organization) Start(ctx context.Context) *Run {
	return Begin(ctx,
		Source{kind: Write, pace: atRate(o.options.Writes), request: o.write},
		Source{kind: Page, pace: atRate(o.options.Pages), request: o.view},
		Source{kind: Reference, pace: atRate(referencesPerSecond), request: o.refer})
}

// Source is a part of a load.
type Source struct {
	kind Kind
	// pace begins requests until ctx ends, and returns when all are over.
	pace    func(ctx context.Context, request func(due time.Time))
	request func(context.Context) outcome
}

// Writes returns a source of writes that begin one after another, each when the former one is answered. So it is never more than the
// machine can take, and a refusal is not the machine's. The name says in the result which writes they were.
func Writes(name string, write func(context.Context) error) Source {
	return Source{kind: Write, pace: oneByOne, request: func(ctx context.Context) outcome { return judged(name, write(ctx)) }}
}

// Begin puts a load on that consists of several sources. Requests use ctx, and are not interrupted when the load is taken off.
func Begin(ctx context.Context, sources ...Source) *Run {
	pacing, stop := context.WithCancel(ctx)
	r := &Run{stop: stop, done: make(chan Result, 1), recorder: &recorder{}}
	r.began = time.Now()
	go func() {
		var pacers group
		for _, s := range sources {
			pacers.run(func() {
				s.pace(pacing, func(due time.Time) { r.recorder.record(s.kind, due, s.request(ctx)) })
			})
		}
		pacers.wait()
		r.done <- r.Result()
	}()
	return r
}

// Stop takes the load off, and returns what happened when every request has been answered.
func (r *Run) Stop() Result {
	stopped := time.Now()
	r.stop()
	result := <-r.done
	result.Stopped = stopped
	return result
}

// Result returns what has happened until now.
func (r *Run) Result() Result {
	return Result{Began: r.began, Stopped: time.Now(), Requests: r.recorder.recorded()}
}

// Answered returns how many requests have been answered until now.
func (r *Run) Answered() int { return r.recorder.count() }
