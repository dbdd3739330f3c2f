// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"flag"
	"fmt"

	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/usher-operator/usher/internal/delivery"
	"github.com/usher-operator/usher/internal/delivery/budget"
)

// budgetsSecret is the Secret in the operator's namespace that keeps what was sent over a restart.
const budgetsSecret = "usher-send-budgets"

// budgetFlag is a flag that sets one budget.
type budgetFlag struct {
	name, usage string
	value       func(*budget.Limits) *int
}

// budgetFlags returns the flags of the budgets.
func budgetFlags() []budgetFlag {
	const each = ", of each kind"
	return []budgetFlag{
		{"organization-hour", "mails an hour for one organization" + each, func(l *budget.Limits) *int { return &l.OrganizationHour }},
		{"organization-day", "mails a day for one organization" + each, func(l *budget.Limits) *int { return &l.OrganizationDay }},
		{"address-day", "mails a day for one organization to one address" + each, func(l *budget.Limits) *int { return &l.AddressDay }},
		{
			"address-notices-day", "alerts and reports a day for one organization to one address",
			func(l *budget.Limits) *int { return &l.AddressNoticesDay },
		},
		{"queue-day", "questions a day for one organization to one queue", func(l *budget.Limits) *int { return &l.QueueDay }},
		{"phones-hour", "messages an hour to phones for one organization", func(l *budget.Limits) *int { return &l.PhonesHour }},
		{"phones-day", "messages a day to phones for one organization", func(l *budget.Limits) *int { return &l.PhonesDay }},
		{"phone-day", "messages a day for one organization to one phone", func(l *budget.Limits) *int { return &l.PhoneDay }},
	}
}

// BudgetFlags declares the flags of the budgets that no organization exceeds.
func BudgetFlags(flags *flag.FlagSet, o *Options) {
	for _, f := range budgetFlags() {
		flags.IntVar(f.value(&o.Budgets), "budget-"+f.name, *f.value(&o.Budgets), "maximum number of "+f.usage+"; 0: no limit")
	}
}

// validateBudgets returns what is wrong with the budgets.
func (o *Options) validateBudgets() []error {
	var wrong []error
	for _, f := range budgetFlags() {
		if value := *f.value(&o.Budgets); value < 0 {
			wrong = append(wrong, fmt.Errorf("--budget-%s %d is negative: set it to the maximum number of %s, or 0 for no limit",
				f.name, value, f.usage))
		}
	}
	return wrong
}

// BudgetArguments returns the flags that set the budgets, for a program that is started with the options.
func BudgetArguments(o *Options) []string {
	var all []string
	for _, f := range budgetFlags() {
		all = append(all, fmt.Sprintf("--budget-%s=%d", f.name, *f.value(&o.Budgets)))
	}
	return all
}

// newBudgets returns the budgets of a term, which begin with what any leader has saved.
func newBudgets(mgr ctrl.Manager, o *Options) *delivery.Budgets {
	key := types.NamespacedName{Namespace: o.Namespace, Name: budgetsSecret}
	return delivery.NewBudgets(o.live.budgets, delivery.NewSecretKeeper(mgr.GetClient(), mgr.GetAPIReader(), key), o.now())
}
