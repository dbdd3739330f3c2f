// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

func newWorkspaces(t *tool) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "workspaces",
		Short:   "List workspaces",
		GroupID: groupFind,
		Long:    "List the workspaces of the organization, with their namespaces and how many people have access.",
		Example: examples("workspaces", "workspaces -o csv"),
		Args:    between(0, 0),
	}
	o := addOutput(cmd, formWide, formCSV)
	all := cmd.Flags().BoolP("all-namespaces", "A", false, "Workspaces of all organizations.")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := o.check(); err != nil {
			return err
		}
		s, err := t.connect()
		if err != nil {
			return err
		}
		namespace := s.namespace
		if *all {
			namespace = ""
		}
		found, err := s.workspaces(cmd.Context(), namespace)
		if err != nil {
			return err
		}
		slices.SortFunc(found, func(a, b v1alpha1.Workspace) int {
			return cmp.Or(strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.Name, b.Name))
		})
		if o.isObject() {
			return o.printObject(t.streams, &v1alpha1.WorkspaceList{Items: found})
		}
		if len(found) == 0 && !*all {
			if _, err := s.organization(cmd.Context()); err != nil {
				return err
			}
		}
		return o.printTable(t.streams, t.workspaceList(found, o, *all))
	}
	return cmd
}

func (t *tool) workspaceList(found []v1alpha1.Workspace, o *output, all bool) table {
	list := table{header: []string{"NAME", "TITLE", "NAMESPACE", "PEOPLE", "DEVICES", "READY"}}
	if o.form() != formTable {
		list.header = append(list.header, "LANGUAGE", "SESSION-RECORDING", "QUEUE", "CREATED")
	}
	if all {
		list.header = append([]string{"ORGANIZATION"}, list.header...)
	}
	for n := range found {
		w := &found[n]
		row := []string{
			w.Name, effective.WorkspaceTitle(w), orNone(w.Status.Namespace), count(w.Status.Members), count(w.Status.Devices),
			readiness(w.Status.Conditions),
		}
		if o.form() != formTable {
			row = append(row, settingOf(w, "language"), settingOf(w, "sessionRecording"), orNone(effective.QueueInForce(w)),
				t.age(w.CreationTimestamp))
		}
		if all {
			row = append([]string{w.Namespace}, row...)
		}
		list.rows = append(list.rows, row)
	}
	return list
}

// settingOf returns a setting in force.
func settingOf(w *v1alpha1.Workspace, setting string) string {
	for _, s := range w.Status.Settings {
		if s.Name == setting {
			return s.Value
		}
	}
	return none
}

// count returns a number that the operator may not have written yet.
func count(n *int32) string {
	if n == nil {
		return none
	}
	return strconv.Itoa(int(*n))
}
