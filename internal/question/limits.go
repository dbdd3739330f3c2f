// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package question

import "time"

// Limits on how many questions are accepted. They count what is kept; one replica of the operator may be a moment behind another.
//
// A question whose asker has not confirmed the address is anybody's: such questions have limits of their own and use up nothing of what
// confirmed questions may take.
const (
	// OpenPerAddress limits the questions of one address that are not passed on, in all workspaces: those that are confirmed together
	// with the unconfirmed ones from the same network. So nobody who only knows an address uses up its owner's limit from elsewhere.
	OpenPerAddress = 5
	// WaitingPerAddress limits the unconfirmed questions of one address from all networks, since each of them is a mail to it.
	WaitingPerAddress = 15
	// DailyPerAddress limits the questions of one address within a day, counted like those of OpenPerAddress.
	DailyPerAddress = 20
	// OpenPerWorkspace limits the confirmed questions to one workspace that are not passed on.
	OpenPerWorkspace = 200
	// OpenPerOrganization limits those to one organization.
	OpenPerOrganization = 1000
	// WaitingPerWorkspace limits the unconfirmed questions to one workspace. Beyond it a new one displaces another; see Displaced.
	WaitingPerWorkspace = 200
	// WaitingPerOrganization limits those to one organization.
	WaitingPerOrganization = 1000
	// KeptPerOrganization limits the records of questions to one organization that were passed on. The oldest are deleted first.
	KeptPerOrganization = 5000
)

// Limit is the name of a limit; empty: none is reached.
type Limit string

const (
	// LimitAddress is OpenPerAddress or WaitingPerAddress.
	LimitAddress Limit = "Address"
	// LimitDay is DailyPerAddress.
	LimitDay Limit = "Day"
	// LimitNetwork limits the questions from one network within an hour.
	LimitNetwork Limit = "Network"
	// LimitWorkspace is OpenPerWorkspace or OpenPerOrganization.
	LimitWorkspace Limit = "Workspace"
)

// Day is the time within which questions count against DailyPerAddress.
const Day = 24 * time.Hour

// Counts are the numbers of existing questions.
type Counts struct {
	// AddressOpen and AddressToday count those of the same address, the unconfirmed ones only from the same network. AddressWaiting
	// counts the unconfirmed ones of the address from all networks.
	AddressOpen, AddressToday, AddressWaiting int
	// WorkspaceOpen and OrganizationOpen count the confirmed ones to the same workspace and organization, and the others the unconfirmed.
	WorkspaceOpen, OrganizationOpen, WorkspaceWaiting, OrganizationWaiting int
}

// Reached returns the limit that admits no further question; empty: there is none.
func (c Counts) Reached() Limit {
	switch {
	case c.AddressOpen >= OpenPerAddress, c.AddressWaiting >= WaitingPerAddress:
		return LimitAddress
	case c.AddressToday >= DailyPerAddress:
		return LimitDay
	case c.WorkspaceOpen >= OpenPerWorkspace, c.OrganizationOpen >= OpenPerOrganization:
		return LimitWorkspace
	default:
		return ""
	}
}

// Displaced returns the index of the unconfirmed question that makes room for another one: the oldest from the network with the most of
// them. So whoever fills the room displaces their own questions, and others keep the time to confirm theirs. It returns -1 if there is no
// question.
func Displaced(waiting []*Record) int {
	from := map[string]int{}
	for _, r := range waiting {
		from[r.Network]++
	}
	found := -1
	for n, r := range waiting {
		switch {
		case found < 0, from[r.Network] > from[waiting[found].Network],
			from[r.Network] == from[waiting[found].Network] && r.Asked.Before(waiting[found].Asked):
			found = n
		}
	}
	return found
}
