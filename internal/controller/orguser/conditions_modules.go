// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"fmt"
	"strings"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/status"
	"github.com/usher-operator/usher/internal/wording"
)

// maxWaiting is about how many modules a message says why they are not in force.
const maxWaiting = 3

// setAwaitingSeats says why requested modules are not in force: there is no seat, or no such module in the subscription.
func setAwaitingSeats(u *v1alpha1.OrgUser, o *v1alpha1.Organization, modules []string) {
	var waiting, missing, words []string
	for _, name := range modules {
		seats := effective.SeatsFor(o, v1alpha1.ObjectName(name), u.Name)
		switch {
		case !seats.Bought:
			missing = append(missing, name)
		case seats.Available() > 0:
			waiting = append(waiting, fmt.Sprintf("a seat of the module %q is free, and given to whoever has waited longest", name))
		default:
			waiting = append(waiting, fmt.Sprintf("%s: the person waits %s", seats.Shortage(), seats.Remedy()))
		}
	}
	if more := len(waiting) - maxWaiting; more > 0 {
		waiting = append(waiting[:maxWaiting], fmt.Sprintf("and %d more", more))
	}
	words = append(words, waiting...)
	if len(missing) > 0 {
		words = append(words, fmt.Sprintf("the subscription does not have these modules, or no longer has them: %s. Add them to "+
			"spec.subscription.modules of Organization %q, or remove them from spec.modules here", wording.Some(missing), u.Namespace))
	}
	if len(waiting) > 0 {
		status.Progressing(u, v1alpha1.ReasonAwaitingSeat, strings.Join(words, "; "))
	} else {
		status.Progressing(u, v1alpha1.ReasonModulesMissing, strings.Join(words, "; "))
	}
}
