// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/usher-operator/usher/internal/cli/spreadsheet"
)

// The forms of output beside those of kubectl's printers.
const (
	formTable = ""
	formWide  = "wide"
	formCSV   = "csv"
)

// output is the flag -o, with kubectl's forms, a table, a wide table, and CSV.
type output struct {
	flags     *genericclioptions.PrintFlags
	own       []string
	noHeaders bool
	// printed is true once a document has been printed.
	printed bool
}

// addOutput adds the flag -o to a command. Own are the forms that the command has beside kubectl's.
func addOutput(cmd *cobra.Command, own ...string) *output {
	o := &output{flags: genericclioptions.NewPrintFlags("").WithTypeSetter(scheme), own: own}
	o.flags.AddFlags(cmd)
	flag := cmd.Flags().Lookup("output")
	flag.Usage = "Form of the output: " + strings.Join(o.forms(), ", ") + "."
	must(cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(o.forms(), cobra.ShellCompDirectiveNoFileComp)))
	for _, rare := range []string{"allow-missing-template-keys", "show-managed-fields", "template"} {
		if flag := cmd.Flags().Lookup(rare); flag != nil {
			flag.Hidden = true
		}
	}
	if len(own) > 0 {
		cmd.Flags().BoolVar(&o.noHeaders, "no-headers", false, "Print no headers.")
	}
	return o
}

// noOutput is what stands for the flag in commands without it.
func noOutput() *genericclioptions.PrintFlags { return genericclioptions.NewPrintFlags("") }

func (o *output) form() string { return *o.flags.OutputFormat }

func (o *output) forms() []string { return append(slices.Clone(o.own), o.flags.AllowedFormats()...) }

// isObject reports whether objects are to be printed, by one of kubectl's printers.
func (o *output) isObject() bool { return o.form() != formTable && !slices.Contains(o.own, o.form()) }

// check refuses a form that does not exist, before anything is asked of the API server.
func (o *output) check() error {
	if !o.isObject() {
		return nil
	}
	if _, err := o.flags.ToPrinter(); genericclioptions.IsNoCompatiblePrinterError(err) {
		return fmt.Errorf("there is no output form %q: choose one of %s", o.form(), strings.Join(o.forms(), ", "))
	} else if err != nil {
		return err
	}
	return nil
}

// printObject prints an object or a list by one of kubectl's printers.
func (o *output) printObject(streams genericiooptions.IOStreams, object runtime.Object) error {
	printer, err := o.flags.ToPrinter()
	if err != nil {
		return err
	}
	if o.form() != "name" || !meta.IsListType(object) {
		return printer.PrintObj(object, streams.Out)
	}
	// This printer knows no lists, and kubectl prints the names one by one as well.
	return meta.EachListItem(object, func(item runtime.Object) error { return printer.PrintObj(item, streams.Out) })
}

// printTable prints a table: in columns, or as CSV.
func (o *output) printTable(streams genericiooptions.IOStreams, t table) error {
	if o.form() == formCSV {
		rows := t.rows
		if !o.noHeaders {
			rows = append([][]string{t.header}, rows...)
		}
		return spreadsheet.Write(streams.Out, rows)
	}
	return t.print(streams.Out, "", !o.noHeaders)
}
