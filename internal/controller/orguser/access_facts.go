// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package orguser

import (
	"strconv"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/accesschange"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/mail"
)

// maxListed is how many workspaces of each kind of change a mail lists.
const maxListed = 20

// first returns as many workspaces as a mail lists.
func first(all []accesschange.Workspace) []accesschange.Workspace {
	return all[:min(len(all), maxListed)]
}

// listed returns the workspaces that a mail lists.
func listed(s *accesschange.Summary) []v1alpha1.WorkspaceGrant {
	var grants []v1alpha1.WorkspaceGrant
	for _, all := range [][]accesschange.Workspace{s.Added, s.Changed, s.Removed, s.Present} {
		for _, w := range first(all) {
			grants = append(grants, v1alpha1.WorkspaceGrant{Name: v1alpha1.ObjectName(w.Name)})
		}
	}
	return grants
}

// accessFacts returns the lines of a mail about changed access, one for each workspace. A workspace that is not among workspaces goes by
// its object's name.
func accessFacts(s *accesschange.Summary, workspaces []*v1alpha1.Workspace) []mail.Fact {
	var facts []mail.Fact
	if s.Role != "" {
		facts = append(facts, mail.FactOf("change.role", roleWord(s.Role)), mail.FactOf("change.formerRole", roleWord(s.FormerRole)))
	}
	if s.AllWorkspaces {
		facts = append(facts, mail.FactOf("change.present", mail.PhraseOf("change.all")))
	}
	known := make(map[string]*v1alpha1.Workspace, len(workspaces))
	for _, w := range workspaces {
		known[w.Name] = w
	}
	add := func(label string, all []accesschange.Workspace) {
		for _, w := range first(all) {
			facts = append(facts, mail.FactOf(label, workspaceWord(w, known[w.Name])))
		}
		if more := len(all) - maxListed; more > 0 {
			facts = append(facts, mail.FactOf(label, mail.PhraseOf("more", "n", strconv.Itoa(more))))
		}
	}
	add("change.added", s.Added)
	add("change.changed", s.Changed)
	add("change.removed", s.Removed)
	add("change.present", s.Present)
	if s.ListsPresent && len(s.Present) == 0 {
		facts = append(facts, mail.FactOf("change.present", mail.PhraseOf("change.none")))
	}
	facts = appendModules(facts, "change.addedModules", s.AddedModules)
	return appendModules(facts, "change.removedModules", s.RemovedModules)
}

func appendModules(facts []mail.Fact, label string, modules []v1alpha1.ObjectName) []mail.Fact {
	if len(modules) == 0 {
		return facts
	}
	words := make([]mail.Word, 0, len(modules))
	for _, m := range modules {
		words = append(words, mail.WordOf(string(m)))
	}
	return append(facts, mail.FactOf(label, words...))
}

func roleWord(role v1alpha1.Role) mail.Word { return mail.PhraseOf("role." + string(role)) }

// workspaceWord says which workspace it is, and what access the person has there and had before.
func workspaceWord(c accesschange.Workspace, w *v1alpha1.Workspace) mail.Word {
	place := c.Name
	if w != nil {
		place = effective.WorkspaceTitle(w) + " (" + effective.NamespaceOf(w) + ")"
	}
	switch {
	case c.Access == "":
		return mail.WordOf(place)
	case c.Former == "":
		return mail.PhraseOf("grant."+string(c.Access), "workspace", place)
	default:
		return mail.PhraseOf("grant."+string(c.Access)+"."+string(c.Former), "workspace", place)
	}
}
