// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Command mailbox is the mail server of the development cluster: it accepts every mail, stores it in a directory and shows
// it in a browser. It logs errors only.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/usher-operator/usher/internal/testing/mailbox"
)

const (
	headerTimeout   = 5 * time.Second
	shutdownTimeout = 5 * time.Second
)

func main() {
	smtpAddr := flag.String("smtp-addr", "127.0.0.1:0", "address of the SMTP server")
	httpAddr := flag.String("http-addr", "127.0.0.1:0", "address of the web pages that show the mails")
	dir := flag.String("dir", "", "directory to store the mails in, one .eml file each")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, *smtpAddr, *httpAddr, *dir)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, smtpAddr, httpAddr, dir string) error {
	box := mailbox.New(mailbox.Options{
		Addr: smtpAddr, Dir: dir, ErrorLog: log.New(os.Stderr, "", log.LstdFlags),
	})
	if err := box.Start(); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", httpAddr)
	if err != nil {
		return errors.Join(fmt.Errorf("mailbox: cannot listen for HTTP: %w", err), box.Close())
	}
	server := &http.Server{Handler: box, ReadHeaderTimeout: headerTimeout}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err = <-served:
		return errors.Join(err, box.Close())
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	return errors.Join(server.Shutdown(grace), box.Close())
}
