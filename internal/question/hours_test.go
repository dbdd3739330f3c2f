// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package question

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
)

func hours(opens, closes string, days ...v1alpha1.Weekday) v1alpha1.OpeningHours {
	return v1alpha1.OpeningHours{Days: days, Opens: opens, Closes: closes}
}

var office = []v1alpha1.OpeningHours{
	hours("09:00", "14:00", v1alpha1.Monday, v1alpha1.Tuesday, v1alpha1.Wednesday, v1alpha1.Thursday, v1alpha1.Friday),
	hours("16:00", "18:30", v1alpha1.Monday, v1alpha1.Thursday),
	hours("22:00", "24:00", v1alpha1.Saturday), hours("00:00", "02:30", v1alpha1.Sunday),
}

var _ = DescribeTable("AtHand follows the organization's clock (GTA-8)", func(at string, open bool, next Opening) {
	madrid, err := time.LoadLocation("Europe/Madrid")
	Expect(err).NotTo(HaveOccurred())
	now, err := time.Parse(time.RFC3339, at)
	Expect(err).NotTo(HaveOccurred())
	isOpen, opening := AtHand(office, now, madrid)
	Expect(isOpen).To(Equal(open))
	Expect(opening).To(Equal(next))
},
	Entry("Monday at the opening", "2026-11-23T09:00:00+01:00", true, Opening{}),
	Entry("Monday a minute before", "2026-11-23T08:59:59+01:00", false, Opening{0, time.Monday, "09:00"}),
	Entry("Monday at lunch", "2026-11-23T14:00:00+01:00", false, Opening{0, time.Monday, "16:00"}),
	Entry("Monday in the evening", "2026-11-23T18:30:00+01:00", false, Opening{1, time.Tuesday, "09:00"}),
	Entry("Friday afternoon", "2026-11-27T15:00:00+01:00", false, Opening{1, time.Saturday, "22:00"}),
	Entry("Saturday before midnight", "2026-11-28T23:59:59+01:00", true, Opening{}),
	Entry("Sunday after midnight", "2026-11-29T00:00:00+01:00", true, Opening{}),
	Entry("Sunday morning", "2026-11-29T02:30:00+01:00", false, Opening{1, time.Monday, "09:00"}),
	Entry("given in another zone", "2026-11-23T08:00:00Z", true, Opening{}),
	Entry("in summer time", "2026-07-06T07:00:00Z", true, Opening{}),
	Entry("in summer time, an hour before", "2026-07-06T06:59:00Z", false, Opening{0, time.Monday, "09:00"}),
	Entry("the night to winter time, 02:15 the first time", "2026-10-25T00:15:00Z", true, Opening{}),
	Entry("the night to winter time, 02:15 the second time", "2026-10-25T01:15:00Z", true, Opening{}),
	Entry("the night to winter time, 02:30", "2026-10-25T01:30:00Z", false, Opening{1, time.Monday, "09:00"}),
	Entry("the night to summer time, 01:59", "2026-03-29T00:59:00Z", true, Opening{}),
	Entry("the night to summer time, 03:00", "2026-03-29T01:00:00Z", false, Opening{1, time.Monday, "09:00"}),
)

var _ = Describe("Opening hours", func() {
	It("are combined for people to read, from Monday", func() {
		Expect(Runs(office)).To(Equal([]Run{
			{time.Monday, time.Friday, "09:00", "14:00"},
			{time.Monday, time.Monday, "16:00", "18:30"},
			{time.Thursday, time.Thursday, "16:00", "18:30"},
			{time.Saturday, time.Saturday, "22:00", "24:00"},
			{time.Sunday, time.Sunday, "00:00", "02:30"},
		}))
	})

	It("of one period a week recur after a week, of no period never", func() {
		sunday := time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)
		open, next := AtHand([]v1alpha1.OpeningHours{hours("09:00", "10:00", v1alpha1.Sunday)}, sunday, time.UTC)
		Expect(open).To(BeFalse())
		Expect(next).To(Equal(Opening{7, time.Sunday, "09:00"}))
		open, next = AtHand(nil, sunday, time.UTC)
		Expect(open).To(BeFalse())
		Expect(next).To(BeZero())
	})
})
