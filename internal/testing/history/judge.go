// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package history

import (
	"fmt"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Rule is something that must hold at every revision.
type Rule struct {
	// Requirements are the ids of the requirements that it follows from.
	Requirements string
	// Text says what must hold.
	Text string

	// judge returns what a change has broken, "" nothing. The world is the one after the change.
	judge func(w *world, c change) string
	// end returns what is broken once everything has settled; nil: nothing can be.
	end func(w *world, f Facts) string
}

// String returns the rule in one line.
func (r Rule) String() string { return r.Requirements + " " + r.Text }

// Violation is a revision that broke a rule.
type Violation struct {
	// Rule is the rule in one line.
	Rule string
	// Revision is the revision; 0: the end of the history.
	Revision int64
	// What says what was broken.
	What string
	// Around are the revisions of the same organization around it.
	Around []string

	organization string
}

// String returns the violation with the revisions around it.
func (v Violation) String() string {
	return fmt.Sprintf("%s\n  at revision %d: %s\n    %s", v.Rule, v.Revision, v.What, strings.Join(v.Around, "\n    "))
}

const (
	// near is how many revisions before and after a violation are told.
	near = 12
	// most is how many violations of a rule are told. The others are counted.
	most = 20
)

// Judge judges a history. It is not safe for concurrent use.
type Judge struct {
	rules []Rule
	world *world
	late  func() int
	// Revisions is how many revisions were judged, and Counts how often each rule was broken.
	Revisions int
	Counts    map[string]int

	last   map[string]string // what was last found broken, by rule
	recent []seen
	found  []*Violation
	open   []*Violation // those that still lack revisions after them
	number int64
}

// seen is a revision in a line, with the namespace of its organization.
type seen struct{ organization, line string }

// NewJudge returns a judge who has seen nothing yet.
func NewJudge() *Judge {
	access := newAccessRules()
	return &Judge{
		rules: rules(access), world: newWorld(), late: func() int { return access.count },
		Counts: map[string]int{}, last: map[string]string{},
	}
}

// Rules returns the table of the rules.
func Rules() []Rule { return rules(newAccessRules()) }

// Late returns how often access was given that the status did not name any more, by a request that was under way too long.
func (j *Judge) Late() int { return j.late() }

// Add judges the next revision. Revisions of other kinds than those that are judged are ignored.
func (j *Judge) Add(r Revision) error {
	if !Judged(r.Key) {
		return nil
	}
	if r.Number < j.number {
		return fmt.Errorf("revision %d comes after revision %d", r.Number, j.number)
	}
	after, err := r.object()
	if err != nil {
		return err
	}
	j.number = r.Number
	j.Revisions++
	c := change{number: r.Number, key: r.Key, before: j.world.find(newObject(r.Key), r.Key), after: after}
	if after == nil {
		j.world.remove(c.before)
	} else {
		after.SetResourceVersion(fmt.Sprint(r.Number))
		j.world.put(c.before, after)
	}
	j.remember(c)
	for _, rule := range j.rules {
		if rule.judge != nil {
			j.note(rule, c.number, organizationOf(c), rule.judge(j.world, c))
		}
	}
	return nil
}

// End judges what is left when everything has settled, and returns all violations.
func (j *Judge) End(f Facts) []Violation {
	for _, rule := range j.rules {
		if rule.end != nil {
			for _, what := range strings.Split(rule.end(j.world, f), "\n") {
				j.note(rule, 0, "", what)
			}
		}
	}
	return j.Violations()
}

// Violations returns the violations so far.
func (j *Judge) Violations() []Violation {
	found := make([]Violation, 0, len(j.found))
	for _, v := range j.found {
		found = append(found, *v)
	}
	return found
}

// note notes what a rule has found. What stays broken, as before, is told once.
func (j *Judge) note(rule Rule, number int64, organization, what string) {
	name := rule.String()
	if what == "" || what == j.last[name] {
		return
	}
	j.last[name] = what
	if j.Counts[name]++; j.Counts[name] > most {
		return
	}
	v := &Violation{Rule: name, Revision: number, What: what, organization: organization}
	for _, s := range j.recent {
		if s.organization == organization || organization == "" {
			v.Around = append(v.Around, s.line)
		}
	}
	v.Around = v.Around[max(0, len(v.Around)-near):]
	j.found, j.open = append(j.found, v), append(j.open, v)
}

func (j *Judge) remember(c change) {
	s := seen{organizationOf(c), line(c)}
	j.recent = append(j.recent, s)
	if len(j.recent) > 20*near {
		j.recent = j.recent[10*near:]
	}
	open := j.open[:0]
	for _, v := range j.open {
		if v.Revision == 0 || len(v.Around) >= 2*near {
			continue
		}
		if s.organization == v.organization {
			v.Around = append(v.Around, s.line)
		}
		open = append(open, v)
	}
	j.open = open
}

// find returns the object of a key as it is now, nil if there is none.
func (w *world) find(like client.Object, key string) client.Object {
	parts := strings.Split(key, "/")
	name := client.ObjectKey{Name: parts[len(parts)-1]}
	if len(parts) > 4 {
		name.Namespace = parts[len(parts)-2]
	}
	return w.get(like, name)
}
