// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package history

// rules returns the table of what must hold, whatever fails. Some rules remember what they have seen, so each judge has its own.
func rules(access *accessRules) []Rule {
	onboarding := newOnboardingRules()
	mails := newMailRules()
	return []Rule{
		{Requirements: "ORG-4", Text: "the list of administrators in force is never empty once it has named somebody", judge: listEmptied},
		{Requirements: "ORG-4", Text: "whoever the list of administrators names exists", judge: listedGone},
		{Requirements: "ORG-4", Text: "an administrator's role is always in force once it was", judge: newAdministratorRule()},
		{
			Requirements: "GTA-11",
			Text:         "no more seats are taken than were bought, and none changes hands before its holder has left",
			judge:        seatsExceeded,
		},
		{Requirements: "GTA-11", Text: "a module is in force for those only who have its seat", judge: seatless},
		{Requirements: "ORG-28", Text: "an address belongs to one active account of an organization", judge: addressShared},
		{Requirements: "GTA-9", Text: "a user name belongs to one active account of an organization", judge: usernameShared},
		{Requirements: "WXP-3", Text: "an organization invites one primary administrator by itself", judge: primariesDoubled},
		{
			Requirements: "ORG-14 NOV-12 GTA-10", Text: "access is given to those only whose status names it, and only where",
			judge: access.given,
		},
		{
			Requirements: "ORG-26 NOV-13", Text: "a status stops naming access, and a user is gone, only after the access is gone",
			judge: access.left,
		},
		{Requirements: "WXP-5", Text: "access is given in namespaces of the organization only", judge: foreignNamespace},
		{
			Requirements: "ORG-26",
			Text:         "in the end everybody has the access that the status names, and nothing of what was deleted is left",
			end:          accessDiffers,
		},
		{
			Requirements: "NOV-9 NOV-11",
			Text:         "the state of an invited person changes along the table of transitions only",
			judge:        onboarding.transitions,
		},
		{Requirements: "ORG-21 NOV-12", Text: "an invited person becomes active only after accepting", judge: onboarding.accepted},
		{Requirements: "NOV-10", Text: "the link of one mail is accepted at most once", judge: onboarding.acceptedTwice},
		{
			Requirements: "ORG-26 NOV-13",
			Text:         "a user who was active does not become pending, and who is being removed does not return",
			judge:        userTurnsBack,
		},
		{
			Requirements: "WXP-4 WXP-7",
			Text:         "one mail of one sending has one Message-ID, and a mail that was sent stays sent",
			judge:        mails.states,
		},
		{Requirements: "ORG-20", Text: "each mail that a status calls sent arrived, and no other mail arrived", end: mails.arrived},
		{
			Requirements: "ORG-20",
			Text:         "a mail has one recipient and one link, and comes again only after an interruption",
			end:          mails.copies,
		},
		{Requirements: "ORG-20", Text: "in the end no mail is queued", end: mails.queued},
		{Requirements: "DIR-3", Text: "Usher writes no spec of what people declare", judge: specWritten},
	}
}
