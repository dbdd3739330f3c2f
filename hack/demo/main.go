// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Command demo plays the story of the README on the development cluster of the checkout in the working directory, and prints every
// command with its real output. It leaves the cluster and the organization in place. Playing it again starts by deleting the
// organization. It exits with 1 if anything differs from the story.
package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"flag"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

func main() {
	data := flag.String("data", "", "the directory of the cluster's files; empty: .dev in the checkout")
	signIn := flag.Bool("sign-in", true, "play what Nora does with a password at Dex; the installation has to be connected to it")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	start := time.Now()
	teller := &teller{w: os.Stdout}
	err := run(ctx, teller, *data, *signIn)
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	stop()
	if err != nil {
		teller.stopped(err)
		os.Exit(1)
	}
	teller.say("The story took %.0f s.", time.Since(start).Seconds())
}

func run(ctx context.Context, t *teller, data string, signIn bool) error {
	root, err := os.Getwd()
	if err != nil {
		return err
	}
	c, err := findCluster(root, cmp.Or(data, filepath.Join(root, ".dev")))
	if err != nil {
		return err
	}
	s := &story{teller: t, cluster: c, mails: &mails{dir: c.mailDir()}, browser: newBrowser()}
	if signIn {
		s.password = rand.Text()
	}
	return s.play(ctx)
}
