// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import "slices"

// Lane is one of the two ways on which a kind's messages go, with a controller and workers of its own each: those that somebody waits for
// in front of a page never wait for a worker that is busy with bulk. A message belongs to one lane, so none is sent twice.
type Lane struct {
	// Suffix ends the names of the lane's controllers.
	Suffix  string
	awaited bool
}

// Lanes returns both lanes.
func Lanes() []Lane { return []Lane{{}, {Suffix: "-awaited", awaited: true}} }

// Of returns the part of an outbox that goes on the lane.
func (l Lane) Of(box Outbox) Outbox { return laneOutbox{box, l.awaited} }

// laneOutbox is the part of an outbox that goes on a lane.
type laneOutbox struct {
	Outbox

	awaited bool
}

// Pending returns the messages of the lane.
func (b laneOutbox) Pending() []Message {
	return slices.DeleteFunc(slices.Clone(b.Outbox.Pending()), func(m Message) bool { return m.Awaited() != b.awaited })
}
