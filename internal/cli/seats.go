// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

func newSeats(t *tool) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "seats",
		Short:   "List the seats of modules, and who has or waits for one",
		GroupID: groupFind,
		Long:    "List the modules of the subscription: how many seats there are, who has one, and who waits for one.",
		Example: examples("seats", "seats -o wide"),
		Args:    between(0, 0),
	}
	o := addOutput(cmd, formWide, formCSV)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := o.check(); err != nil {
			return err
		}
		s, err := t.connect()
		if err != nil {
			return err
		}
		org, err := s.organization(cmd.Context())
		if err != nil {
			return err
		}
		if o.isObject() {
			return o.printObject(t.streams, org)
		}
		users, err := s.users(cmd.Context(), s.namespace)
		if err != nil {
			return err
		}
		return o.printTable(t.streams, seatTable(org, users, o.form() != formTable))
	}
	return cmd
}

func seatTable(org *v1alpha1.Organization, users []v1alpha1.OrgUser, wide bool) table {
	t := table{header: []string{"MODULE", "SEATS", "USED", "FREE", "WAITING"}}
	if wide {
		t.header = append(t.header, "HOLDERS", "LEAVING", "WAITING-USERS")
	}
	for _, module := range modulesOf(org) {
		seats := effective.SeatsFor(org, v1alpha1.ObjectName(module), "")
		holders, leaving := seatHolders(org, module)
		waiting := waitingFor(org, users, v1alpha1.ObjectName(module))
		row := []string{
			module, strconv.Itoa(seats.Total), strconv.Itoa(len(holders) + len(leaving)), strconv.Itoa(seats.Free),
			strconv.Itoa(len(waiting)),
		}
		if wide {
			row = append(row, orNone(strings.Join(holders, ",")), orNone(strings.Join(leaving, ",")), orNone(strings.Join(waiting, ",")))
		}
		t.rows = append(t.rows, row)
	}
	return t
}

// modulesOf returns the names of the modules that are bought, and of those that somebody still has.
func modulesOf(org *v1alpha1.Organization) []string {
	var names []string
	for _, m := range org.Spec.Subscription.Modules {
		names = append(names, string(m.Name))
	}
	for _, m := range org.Status.Modules {
		names = append(names, m.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func seatHolders(org *v1alpha1.Organization, module string) (holders, leaving []string) {
	for _, m := range org.Status.Modules {
		if m.Name == module {
			return m.Holders, m.Leaving
		}
	}
	return nil, nil
}

// waitingFor returns the users who request a module, would take a seat now, and have none.
func waitingFor(org *v1alpha1.Organization, users []v1alpha1.OrgUser, module v1alpha1.ObjectName) []string {
	var names []string
	for n := range users {
		u := &users[n]
		if effective.RequestsSeat(u, module) && !effective.HoldsSeat(org, module, u.Name) {
			names = append(names, u.Name)
		}
	}
	return names
}
