// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"
)

const (
	commandForward = "forward"

	dialTimeout = 10 * time.Second
	// resolveInterval is how long the address of a Service is used before it is looked up again.
	resolveInterval = 5 * time.Second
)

// forwarder connects what arrives at one address to another one, or to a Service.
type forwarder struct {
	listen string
	target func(ctx context.Context) (string, error)
}

// forward runs forwarders, given as LISTEN=TARGET, until the context ends. A target is HOST:PORT or NAMESPACE/SERVICE:PORT.
func forward(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet(commandForward, flag.ContinueOnError)
	data := flags.String("data", "", "the directory of the cluster")
	api := flags.String("api", "", "the address of the API server, which knows the addresses of Services")
	if err := flags.Parse(args); err != nil {
		return err
	}
	failed := make(chan error, flags.NArg())
	for _, pair := range flags.Args() {
		listen, target, _ := strings.Cut(pair, "=")
		f := forwarder{listen: listen, target: func(context.Context) (string, error) { return target, nil }}
		if namespace, service, found := strings.Cut(target, "/"); found {
			name, port, err := net.SplitHostPort(service)
			if err != nil {
				return err
			}
			f.target = newServiceLookup(paths{data: *data}, *api, namespace, name, port).address
		}
		go func() { failed <- f.serve(ctx) }()
	}
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
		return nil
	}
}

func (f forwarder) serve(ctx context.Context) error {
	listener, err := net.Listen("tcp", f.listen)
	if err != nil {
		return err
	}
	for {
		accepted, err := listener.Accept()
		if err != nil {
			return err
		}
		go f.connect(ctx, accepted)
	}
}

// connect passes bytes on in both directions until both sides are done. What cannot be reached looks like that to the client.
func (f forwarder) connect(ctx context.Context, client net.Conn) {
	defer func() { _ = client.Close() }()
	target, err := f.target(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, f.listen, err)
		return
	}
	server, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, "tcp", target)
	if err != nil {
		fmt.Fprintln(os.Stderr, f.listen, err)
		return
	}
	defer func() { _ = server.Close() }()
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{client, server}, {server, client}} {
		both.Go(func() { pass(way[0], way[1]) })
	}
	both.Wait()
}

// pass copies until the sender is done or has failed, and tells the receiver which of the two it was.
func pass(from, to net.Conn) {
	_, err := io.Copy(to, from)
	if tcp, ok := to.(*net.TCPConn); ok && err == nil {
		_ = tcp.CloseWrite()
		return
	}
	if tcp, ok := to.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = to.Close()
}

// serviceLookup finds the address of a Service. It looks again now and then, without keeping anybody waiting for that: the API server
// may not answer while the Service does.
type serviceLookup struct {
	client          *http.Client
	url, port, name string

	mu   sync.Mutex
	last string
	at   time.Time
}

func newServiceLookup(p paths, api, namespace, name, port string) *serviceLookup {
	return &serviceLookup{
		client: certificateClient(p, "admin"), port: port, name: namespace + "/" + name,
		url: "https://" + api + "/api/v1/namespaces/" + namespace + "/services/" + name,
	}
}

func (l *serviceLookup) address(ctx context.Context) (string, error) {
	l.mu.Lock()
	last, stale := l.last, time.Since(l.at) > resolveInterval
	if stale {
		l.at = time.Now()
	}
	l.mu.Unlock()
	if last == "" {
		return l.refresh(ctx)
	}
	if stale {
		go func() { _, _ = l.refresh(ctx) }()
	}
	return last, nil
}

func (l *serviceLookup) refresh(ctx context.Context) (string, error) {
	var service struct {
		Spec struct {
			ClusterIP string `json:"clusterIP"`
		} `json:"spec"`
	}
	content, err := read(ctx, l.client, l.url, "")
	if err == nil {
		err = json.Unmarshal(content, &service)
	}
	if err == nil && service.Spec.ClusterIP == "" {
		err = errors.New("it has no address")
	}
	if err != nil {
		return "", fmt.Errorf("the Service %s: %w", l.name, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = net.JoinHostPort(service.Spec.ClusterIP, l.port)
	return l.last, nil
}
