// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"flag"
	"fmt"
)

// ProvisionalFlags declares the flags about the accounts that Usher creates for outsiders.
func ProvisionalFlags(flags *flag.FlagSet, o *Options) {
	flags.DurationVar(&o.Provisional.Age, "provisional-account-age", o.Provisional.Age,
		"time after which an account that Usher created for somebody who wrote or asked is deleted, unless somebody has changed it; "+
			"0: never")
	flags.IntVar(&o.Provisional.Unproven, "provisional-accounts", o.Provisional.Unproven,
		"maximum number of accounts per organization that exist only because a mail came: the oldest are deleted first; 0: no limit")
}

func (o *Options) validateProvisional() []error {
	var wrong []error
	if o.Provisional.Age < 0 {
		wrong = append(wrong, fmt.Errorf("--provisional-account-age %s is negative: set it to a time such as 2160h, or to 0 to keep "+
			"accounts", o.Provisional.Age))
	}
	if o.Provisional.Unproven < 0 {
		wrong = append(wrong, fmt.Errorf("--provisional-accounts %d is negative: set it to a number, or to 0 for no limit",
			o.Provisional.Unproven))
	}
	return wrong
}
