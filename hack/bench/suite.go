// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"
	"time"
)

// benchmark is one of test/bench.
type benchmark struct {
	name string
	full mode
	// quick is nil if there is no quick way to run it.
	quick   *mode
	figures []figure
}

// mode says how to run a benchmark.
type mode struct {
	// benchtime is how often it measures.
	benchtime string
	// people is the size of the organization; empty: the benchmark's own.
	people string
	// limit is how long it may take on two cores.
	limit time.Duration
}

// figure is a number that a benchmark reports.
type figure struct {
	// of is the rest of the benchmark's name, such as "/start".
	of, unit string
	// what the figure is, and what its floor is: what it would be if Usher cost nothing.
	what, floor string
	// atMost is the goal; 0: it has none and is shown.
	atMost float64
	// fullOnly says that the quick mode has too few people for it.
	fullOnly bool
}

const (
	sameWrites = "1: a bare client that makes the same writes, each after what it depends on"
	onlyAccess = "1: a bare client that creates the RoleBindings alone"
	leastMail  = "1: a bare loop of the mail library with the least writes"
	amongFew   = "1: the same among 500 people"
	requests   = "1: the bare requests"
	oneWrite   = "1: a bare client that makes the same write"
	noWrite    = "nothing is written"
)

// suite are the benchmarks in the order in which they run.
var suite = []benchmark{
	{
		name: "Admission", full: mode{benchtime: "1000x", limit: 20 * time.Minute},
		quick:   &mode{benchtime: "60x", people: "10000", limit: 5 * time.Minute},
		figures: slices.Concat(admission("/1", "one client"), admission("/50", "50 clients")),
	},
	{
		name: "Scale", full: mode{benchtime: "1x", limit: 25 * time.Minute},
		figures: []figure{
			{of: "/user", unit: "many:500", what: "one user in three workspaces, among 50,000 people", floor: amongFew, atMost: 1.3},
			{of: "/member", unit: "many:500", what: "one member to a workspace of 25, the same", floor: amongFew, atMost: 1.3},
			{of: "/removal", unit: "many:500", what: "one user removed, the same", floor: amongFew, atMost: 1.3},
		},
	},
	{
		name: "Workspaces", full: mode{benchtime: "1x", limit: 40 * time.Minute},
		quick: &mode{benchtime: "1x", people: "600", limit: 10 * time.Minute},
		figures: []figure{
			{of: "/start", unit: "writes:least", what: "first start: writes", floor: "1: the least", atMost: 1.05, fullOnly: true},
			{of: "/start", unit: "events", what: "first start: events", floor: "2: of the leader election", atMost: 2},
			{of: "/start", unit: "usher:same-writes", what: "first start: time", floor: sameWrites, atMost: 1.3, fullOnly: true},
			{of: "/start", unit: "usher:bare", what: "the same, beside access", floor: onlyAccess},
			{of: "/restart", unit: "writes", what: "a later start: writes", floor: "2: events of the leader election", atMost: 2},
			{of: "/user", unit: "usher:same-writes", what: "one user in three workspaces", floor: sameWrites, atMost: 1.3},
			{of: "/workspace", unit: "usher:same-writes", what: "one workspace of 25", floor: sameWrites, atMost: 1.3},
			{of: "/group", unit: "usher:same-writes", what: "a group of 500 to a workspace", floor: sameWrites, atMost: 1.3},
			{of: "/member-of-25", unit: "usher:same-writes", what: "one member to a workspace of 25", floor: sameWrites, atMost: 1.3},
			{of: "/everybody", unit: "usher:same-writes", what: "a workspace that lists everybody", floor: sameWrites, atMost: 1.3},
			{of: "/member-of-5000", unit: "usher:same-writes", what: "one member to that", floor: sameWrites, atMost: 1.3},
			{of: "/member-of-5000", unit: "usher:bare", what: "the same, beside access", floor: onlyAccess, atMost: 1.3, fullOnly: true},
			{of: "/delete", unit: "writes:least", what: "the organization deleted: writes", floor: "1: the least"},
			{of: "/delete", unit: "usher:bare", what: "the same: time", floor: "1: a bare client that deletes the RoleBindings alone"},
		},
	},
	{
		name: "Mail", full: mode{benchtime: "1x", limit: 30 * time.Minute},
		figures: []figure{
			{of: "/near", unit: "invited:bare", what: "5,000 invitations, server near", floor: leastMail, atMost: 1.3},
			{of: "/near", unit: "resent:bare", what: "1,000 of them sent again", floor: leastMail, atMost: 1.3},
			{of: "/near", unit: "writes/mail", what: "writes for each of the 5,000", floor: "6: the least", atMost: 6.3},
			{of: "/20ms", unit: "invited:bare", what: "1,000 invitations, server 20 ms away, 8 connections", floor: leastMail, atMost: 1.3},
			{of: "/20ms", unit: "resent:bare", what: "the same sent again, 20 ms away", floor: leastMail, atMost: 1.3},
			{of: "/list", unit: "500:100", what: "an Invitation that named 400 before invites 100", floor: "one that did not", atMost: 1.3},
			{of: "/list", unit: "status-writes", what: "its writes of status for 100 mails", floor: "2: due, and sent", atMost: 4},
		},
	},
	{
		name: "Intake", full: mode{benchtime: "1x", limit: 10 * time.Minute}, quick: &mode{benchtime: "1x", limit: 5 * time.Minute},
		figures: []figure{
			{unit: "known:relay", what: "1,000 mails of known senders", floor: "1: a relay that does nothing else"},
			{unit: "unknown:relay+create", what: "1,000 mails of 300 unknown senders", floor: "1: the relay, and creating 300 accounts"},
		},
	},
	{
		name: "Doors", full: mode{benchtime: "1x", limit: 15 * time.Minute},
		quick:   &mode{benchtime: "1x", people: "60", limit: 2 * time.Minute},
		figures: doors(),
	},
	{
		name: "Isolation", full: mode{benchtime: "1x", limit: 15 * time.Minute},
		figures: []figure{
			{of: "/apart", unit: "pages:calm-p50", what: "admission, median, while the portal is flooded", floor: "1: in peace"},
			{of: "/apart", unit: "mails:calm-p50", what: "admission, median, while the intake is flooded", floor: "1: in peace"},
		},
	},
	{
		name: "Directory", full: mode{benchtime: "1x", limit: 30 * time.Minute},
		quick: &mode{benchtime: "1x", people: "300", limit: 2 * time.Minute},
		figures: []figure{
			{unit: "usher:same-writes", what: "first synchronization of a directory, to the end", floor: sameWrites, atMost: 1.3},
			{unit: "requests/person", what: "the same: requests in the directory's name, for a person", floor: "1: the POST", atMost: 2.1},
			{unit: "writes/person", what: "the same: writes for a person in a group", floor: "5.3: a person alone and a status"},
			{unit: "writes-again", what: "a second synchronization: writes", floor: "0"},
			{unit: "KiB-heap/person", what: "heap for a person of a directory", floor: "what the cache keeps of them"},
		},
	},
	{
		name: "Groups", full: mode{benchtime: "1x", limit: 30 * time.Minute},
		quick: &mode{benchtime: "1x", people: "200", limit: time.Minute},
		figures: []figure{
			{unit: "usher:bare", what: "first start with OrgGroups of 20, until all have access", floor: onlyAccess},
			{unit: "writes/person", what: "the same: writes for a person", floor: "4: two RoleBindings and two statuses", atMost: 5},
			{unit: "statuses/group", what: "the same: statuses of a group", floor: "1", atMost: 5},
		},
	},
	{
		name: "Plugin", full: mode{benchtime: "1x", limit: 15 * time.Minute},
		quick: &mode{benchtime: "1x", people: "600", limit: 5 * time.Minute},
		figures: []figure{
			{of: "/users", unit: "ratio", what: "`kubectl usher users` over 5,000 people", floor: requests},
			{of: "/tree", unit: "ratio", what: "`kubectl usher tree`", floor: requests},
			{of: "/why", unit: "ratio", what: "`kubectl usher why`", floor: requests},
			{of: "/invite", unit: "ratio", what: "`kubectl usher invite` of a file of 5,000", floor: requests},
		},
	},
}

// admission returns the figures of BenchmarkAdmission with a number of clients.
func admission(of, clients string) []figure {
	const (
		size    = "1: the size costs nothing"
		nothing = "1: a webhook that does nothing"
	)
	return []figure{
		{of: of, unit: "p50-slowest:fastest", what: "admission with 10 to 50,000 users, " + clients + ", median", floor: size, atMost: 1.3},
		{of: of, unit: "p99-slowest:fastest", what: "the same, 99th percentile", floor: size, atMost: 1.3},
		{of: of, unit: "p50-slowest:nothing", what: "the slowest of them beside another webhook, median", floor: nothing, atMost: 1.15},
		{of: of, unit: "p99-slowest:nothing", what: "the same, 99th percentile", floor: nothing, atMost: 1.15},
	}
}

// doors returns the figures of the portal and the SCIM door. Requests that write nothing have no floor, and are shown.
func doors() []figure {
	var figures []figure
	for _, clients := range []string{"1", "16"} {
		for _, request := range []struct{ of, what, floor string }{
			{"register", "a person registers", oneWrite},
			{"accept", "a person accepts", oneWrite},
			{"scim-create", "a directory creates a person", oneWrite},
			{"scim-change", "a directory changes a person", oneWrite},
			{"page", "the page of an invitation", noWrite},
			{"scim-find", "a directory looks a person up", noWrite},
		} {
			of, what := "/"+request.of+"-by-"+clients, request.what+", "+clients+" at a time"
			if request.floor == oneWrite {
				figures = append(figures, figure{of: of, unit: "usher:bare", what: what, floor: oneWrite, atMost: 1.3})
			}
			figures = append(figures,
				figure{of: of, unit: "req/s", what: what + ": a second", floor: request.floor},
				figure{of: of, unit: "p99-ms", what: what + ": p99 in ms", floor: request.floor})
		}
	}
	return figures
}
