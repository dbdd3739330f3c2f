// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Command usher is the operator.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	_ "time/tzdata" // organizations have time zones; a minimal image has none

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"

	"github.com/usher-operator/usher/internal/memory"
	"github.com/usher-operator/usher/internal/setup"
	"github.com/usher-operator/usher/internal/version"
)

func main() {
	options, zapOptions, err := parse(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if errors.Is(err, errVersion) {
		fmt.Printf("usher %s (%s)\n", version.String(), runtime.Version())
		return
	}
	if err == nil {
		ctrl.SetLogger(zap.New(zap.UseFlagOptions(zapOptions)))
		err = run(ctrl.SetupSignalHandler(), options)
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "usher: %v\n", err)
		os.Exit(1)
	}
}

// errVersion says that only the version was asked for.
var errVersion = errors.New("version requested")

// adjust changes the options of a program that is built for a test: see clock.go.
var adjust = func(*setup.Options) {}

func run(ctx context.Context, options setup.Options) error {
	adjust(&options)
	cfg, err := ctrl.GetConfig()
	if err != nil {
		return fmt.Errorf("cannot find the API server: run in a pod, or set --kubeconfig or KUBECONFIG: %w", err)
	}
	memory.FollowLimit(ctx, ctrl.Log.WithName("memory"))
	mgr, err := setup.NewManager(ctx, cfg, options)
	if err != nil {
		return err
	}
	return mgr.Start(ctx)
}
