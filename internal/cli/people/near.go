// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package people

import (
	"cmp"
	"slices"
	"strings"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// maxNear is how many users Near returns.
const maxNear = 3

// Near returns the few users whom somebody may mean who gives a name or an address that nobody has: those whose name, display name or
// address contains it, and those from whose name or address it differs in one or two letters.
func Near(who string, users []v1alpha1.OrgUser) []v1alpha1.OrgUser {
	type candidate struct {
		user     v1alpha1.OrgUser
		distance int
	}
	wanted := Fold(strings.TrimSpace(who))
	var near []candidate
	for _, u := range users {
		distance := -1
		for _, word := range append(strings.Fields(Fold(searchText(&u))), localPart(string(u.Spec.Email))) {
			if d := distanceOf(wanted, word); d >= 0 && (distance < 0 || d < distance) {
				distance = d
			}
		}
		if distance >= 0 {
			near = append(near, candidate{u, distance})
		}
	}
	slices.SortStableFunc(near, func(a, b candidate) int { return cmp.Compare(a.distance, b.distance) })
	found := make([]v1alpha1.OrgUser, 0, maxNear)
	for _, c := range near[:min(len(near), maxNear)] {
		found = append(found, c.user)
	}
	return found
}

func localPart(address string) string {
	local, _, _ := strings.Cut(Fold(address), "@")
	return local
}

// distanceOf returns how far a word is from the wanted one, or -1 if nobody would mistake one for the other.
func distanceOf(wanted, word string) int {
	const least = 2 // a single letter is near to everything
	if len(wanted) < least {
		return -1
	}
	if strings.HasPrefix(word, wanted) {
		return 0
	}
	d := levenshtein(wanted, word)
	if d > 2 || d*2 >= len(wanted) {
		return -1
	}
	return d
}

// levenshtein returns how many letters must be added, removed or replaced to make one word of the other.
func levenshtein(a, b string) int {
	from, to := []rune(a), []rune(b)
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range from {
		diagonal := row[0]
		row[0] = i + 1
		for j, y := range to {
			cost := diagonal
			if x != y {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(to)]
}
