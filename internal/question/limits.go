// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package question

import "time"

// Limits on how many questions are accepted. They count what is kept; one replica of the operator may be a moment behind another.
const (
	// OpenPerAddress limits the questions of one address that are not passed on, confirmed or not, in all workspaces.
	OpenPerAddress = 5
	// DailyPerAddress limits the questions of one address within a day, in all workspaces.
	DailyPerAddress = 20
	// OpenPerWorkspace limits the questions to one workspace that are not passed on.
	OpenPerWorkspace = 200
	// OpenPerOrganization limits those to one organization.
	OpenPerOrganization = 1000
	// KeptPerOrganization limits the records of questions to one organization that were passed on. The oldest are deleted first.
	KeptPerOrganization = 5000
)

// Limit is the name of a limit; empty: none is reached.
type Limit string

const (
	// LimitAddress is OpenPerAddress.
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
	// AddressOpen and AddressToday count those of the same address, WorkspaceOpen and OrganizationOpen those to the same workspace and
	// organization.
	AddressOpen, AddressToday, WorkspaceOpen, OrganizationOpen int
}

// Reached returns the limit that admits no further question; empty: there is none.
func (c Counts) Reached() Limit {
	switch {
	case c.AddressOpen >= OpenPerAddress:
		return LimitAddress
	case c.AddressToday >= DailyPerAddress:
		return LimitDay
	case c.WorkspaceOpen >= OpenPerWorkspace, c.OrganizationOpen >= OpenPerOrganization:
		return LimitWorkspace
	default:
		return ""
	}
}
