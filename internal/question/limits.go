// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package question

import "time"

// Limits of how many questions are taken. They count what is kept; a replica of the operator may be a moment behind another.
const (
	// OpenPerAddress bounds the questions of one address that are not passed on, confirmed or not, in all workspaces.
	OpenPerAddress = 5
	// DailyPerAddress bounds the questions of one address within a day, in all workspaces.
	DailyPerAddress = 20
	// OpenPerWorkspace bounds the questions of one workspace that are not passed on.
	OpenPerWorkspace = 200
	// OpenPerOrganization bounds those of one organization.
	OpenPerOrganization = 1000
	// KeptPerOrganization bounds the records of an organization's questions that were passed on: the oldest go first.
	KeptPerOrganization = 5000
)

// Limit is the name of a limit; empty: none is reached.
type Limit string

const (
	// LimitAddress is OpenPerAddress.
	LimitAddress Limit = "Address"
	// LimitDay is DailyPerAddress.
	LimitDay Limit = "Day"
	// LimitNetwork is how many questions come from one network within an hour.
	LimitNetwork Limit = "Network"
	// LimitWorkspace is OpenPerWorkspace or OpenPerOrganization.
	LimitWorkspace Limit = "Workspace"
)

// Day is the time within which DailyPerAddress counts.
const Day = 24 * time.Hour

// Counts are the questions that are there already.
type Counts struct {
	// AddressOpen and AddressToday are of the same address, WorkspaceOpen and OrganizationOpen of the same place.
	AddressOpen, AddressToday, WorkspaceOpen, OrganizationOpen int
}

// Reached gives the limit that lets no further question in; empty: there is none.
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
