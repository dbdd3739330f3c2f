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
	// resolveInterval is how often the address of a Service is looked up.
	resolveInterval = time.Second
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
			lookup := newServiceLookup(paths{data: *data}, *api, namespace, name, port)
			f.target = lookup.address
			go lookup.keep(ctx)
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

// serviceLookup knows the address of a Service, as long as there is one. Nobody waits for the API server, which may not answer while the
// Service does.
type serviceLookup struct {
	client          *http.Client
	url, port, name string

	mu   sync.Mutex
	last string
}

func newServiceLookup(p paths, api, namespace, name, port string) *serviceLookup {
	return &serviceLookup{
		client: certificateClient(p, "admin"), port: port, name: namespace + "/" + name,
		url: "https://" + api + "/api/v1/namespaces/" + namespace + "/services/" + name,
	}
}

// keep looks the Service up now and then, until the context ends. A Service that is deleted and created again has another address, and
// what connects to the former one waits for nothing.
func (l *serviceLookup) keep(ctx context.Context) {
	ticker := time.NewTicker(resolveInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			_, _ = l.refresh(ctx)
		}
	}
}

func (l *serviceLookup) address(ctx context.Context) (string, error) {
	l.mu.Lock()
	last := l.last
	l.mu.Unlock()
	if last != "" {
		return last, nil
	}
	return l.refresh(ctx)
}

func (l *serviceLookup) refresh(ctx context.Context) (string, error) {
	found, err := l.lookUp(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err == nil:
		l.last = found
	case errors.Is(err, errNotFound):
		l.last = ""
	}
	return found, err
}

func (l *serviceLookup) lookUp(ctx context.Context) (string, error) {
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
	return net.JoinHostPort(service.Spec.ClusterIP, l.port), nil
}
