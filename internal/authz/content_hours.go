// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"fmt"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// span is a time span on one day.
type span struct {
	day           v1alpha1.Weekday
	opens, closes string
}

// checkHours refuses a time span that the page's hours list twice for a day.
func checkHours(w *v1alpha1.Workspace) []Violation {
	if w.Spec.Portal == nil {
		return nil
	}
	var found []Violation
	places := map[span]int{}
	for n, h := range w.Spec.Portal.Hours {
		for _, day := range h.Days {
			s := span{day, h.Opens, h.Closes}
			if place, listed := places[s]; listed && place != n {
				found = append(found, invalid(fmt.Sprintf("spec.portal.hours[%d]", n), "hours-listed-once",
					fmt.Sprintf("%s %s-%s", day, h.Opens, h.Closes),
					fmt.Sprintf("is already listed in spec.portal.hours[%d]: remove the day from one of them", place)))
			} else {
				places[s] = n
			}
		}
	}
	return few(found)
}
