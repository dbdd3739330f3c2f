// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Command probe tries the network from within a pod. Images of static programs have no shell that could.
//
//	probe serve ADDRESS     accepts connections and closes them, until it is told to end
//	probe dial ADDRESS      fails unless somebody accepts a connection there
//	probe resolve NAME      prints the addresses of a name
package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

const timeout = 3 * time.Second

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("expected serve, dial or resolve, and an address or a name, not %q", args)
	}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	switch args[0] {
	case "serve":
		return serve(args[1])
	case "dial":
		connection, err := new(net.Dialer).DialContext(ctx, "tcp", args[1])
		if err != nil {
			return err
		}
		return connection.Close()
	case "resolve":
		found, err := net.DefaultResolver.LookupHost(ctx, args[1])
		if err == nil {
			_, err = fmt.Println(strings.Join(found, " "))
		}
		return err
	default:
		return fmt.Errorf("there is no command %q", args[0])
	}
}

func serve(address string) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			_ = connection.Close()
		}
	}()
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGINT, syscall.SIGTERM)
	<-stop
	return nil
}
