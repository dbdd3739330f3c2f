// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Command golangci-lint is golangci-lint with the Kubernetes API linter compiled in.
//
// golangci-lint loads module plugins at compile time only, hence a main package of our own.
package main

import (
	"fmt"
	"os"
	"runtime"

	"github.com/golangci/golangci-lint/v2/pkg/commands"
	"github.com/golangci/golangci-lint/v2/pkg/exitcodes"
	_ "sigs.k8s.io/kube-api-linter" // registers the linter "kubeapilinter"
)

// version is set at link time to the version of golangci-lint in go.mod.
var version = "unknown"

func main() {
	info := commands.BuildInfo{Version: version, GoVersion: runtime.Version(), Commit: "with kube-api-linter", Date: "(unknown)"}
	if err := commands.Execute(info); err != nil {
		fmt.Fprintln(os.Stderr, "golangci-lint ended with an error:", err)
		os.Exit(exitcodes.Failure)
	}
}
