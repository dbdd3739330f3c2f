// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// dryRun is kubectl's flag --dry-run.
type dryRun string

const (
	dryRunNone   dryRun = "none"
	dryRunServer dryRun = "server"
	dryRunClient dryRun = "client"
)

// unsaid is the flag without a value. As in kubectl, the word after it is none.
const unsaid = "unsaid"

func addDryRun(cmd *cobra.Command) *dryRun {
	d := new(string)
	cmd.Flags().StringVar(d, "dry-run", string(dryRunNone), "none, client, or server: the API server answers as it would.")
	cmd.Flags().Lookup("dry-run").NoOptDefVal = unsaid
	must(cmd.RegisterFlagCompletionFunc("dry-run", cobra.FixedCompletions(
		[]string{string(dryRunNone), string(dryRunClient), string(dryRunServer)}, cobra.ShellCompDirectiveNoFileComp)))
	return (*dryRun)(d)
}

func (d dryRun) check() error {
	switch d {
	case dryRunNone, dryRunServer, dryRunClient:
		return nil
	case unsaid:
		return errors.New("--dry-run: say which one, --dry-run=server or --dry-run=client")
	}
	return fmt.Errorf("--dry-run: choose one of none, client and server, not %q", string(d))
}

// note is what results end in.
func (d dryRun) note() string {
	switch d {
	case dryRunServer:
		return " (server dry run)"
	case dryRunClient:
		return " (dry run)"
	}
	return ""
}

// writer returns what writes: nothing at all, for the server to answer only, or in earnest.
func (d dryRun) writer(c client.Client) client.Client {
	if d == dryRunServer {
		return client.NewDryRunClient(c)
	}
	return c
}
