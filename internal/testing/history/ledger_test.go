// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package history

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
)

var _ = Describe("A ledger", func() {
	at := func(seconds int) time.Time { return time.Unix(int64(1000+seconds), 0) }
	request := func(received, answered int, write bool, holders ...string) LedgerRequest {
		o := seated(holders, nil)
		o.UID = "1"
		return LedgerRequest{Received: at(received), Answered: at(answered), Write: write, Result: o}
	}
	check := func(requests ...LedgerRequest) LedgerResult {
		l := NewLedger()
		for _, r := range requests {
			l.Add(r)
		}
		return l.Check(time.Minute)
	}
	legal, illegal := BeEmpty(), HaveExactElements("1 acme/support")

	DescribeTable("GTA-11 judges whether requests can have been carried out one after the other",
		func(expected OmegaMatcher, requests ...LedgerRequest) {
			Expect(check(requests...).Illegal).To(expected)
		},
		Entry("a seat is taken and read", legal, request(1, 2, true), request(3, 4, true, "ana"), request(5, 6, false, "ana")),
		Entry("a read that overlaps a write sees what was before", legal, request(1, 2, true), request(3, 6, true, "ana"), request(4, 5, false)),
		Entry("a read that overlaps a write sees what comes after", legal, request(1, 2, true), request(3, 6, true, "ana"),
			request(4, 5, false, "ana")),
		Entry("a read after a write sees what was before", illegal, request(1, 2, true), request(3, 4, true, "ana"), request(5, 6, false)),
		Entry("two reads see a write in the wrong order", illegal, request(1, 2, true), request(3, 9, true, "ana"),
			request(4, 5, false, "ana"), request(6, 7, false)),
		Entry("two writers take the only seat at once", illegal, request(1, 2, true), request(3, 5, true, "ana"), request(4, 6, true, "bea")),
		Entry("a writer who did not see the other lets both have it", illegal, request(1, 2, true), request(3, 4, true, "ana"),
			request(5, 6, true, "ana", "bea")),
	)

	line := func(verb, version string, code int, o *v1alpha1.Organization) []byte {
		o.UID, o.ResourceVersion = "1", version
		answer, err := json.Marshal(o)
		Expect(err).NotTo(HaveOccurred())
		return fmt.Appendf(nil, `{"stage":"ResponseComplete","verb":"%s","requestURI":"/apis","objectRef":{"resource":"organizations"},`+
			`"responseStatus":{"code":%d},"responseObject":%s,"requestReceivedTimestamp":"2026-01-01T00:00:%sZ",`+
			`"stageTimestamp":"2026-01-01T00:00:%s.5Z"}`, verb, code, answer, version, version)
	}

	It("GTA-11 reads the audit log, and takes writes whose answer is missing from what was stored", func() {
		l := NewLedger()
		Expect(l.AddAudit(line("create", "10", 201, seated(nil, nil)))).To(Succeed())
		Expect(l.AddAudit(line("patch", "11", 409, seated([]string{"eve"}, nil)))).To(Succeed())
		Expect(l.AddAudit(line("get", "14", 200, seated([]string{"ana"}, nil)))).To(Succeed())
		unanswered := *l
		Expect(unanswered.Check(time.Minute).Illegal).To(illegal, "nobody has written what was read")
		var s scene
		o := seated([]string{"ana"}, nil)
		o.UID = "1"
		s.put(o)
		s.revisions[0].Number = 12
		Expect(l.AddStored(s.revisions[0])).To(Succeed())
		Expect(l.Check(time.Minute)).To(Equal(LedgerResult{Operations: 3, Ledgers: 1}))
	})
})

var _ = Describe("A recording", func() {
	It("is replayed as it was recorded", func() {
		path := filepath.Join(GinkgoT().TempDir(), "history.jsonl.gz")
		var s scene
		s.put(organization("ana"), active("ana", administrator))
		s.drop(active("ana", administrator))
		r, err := Record(path)
		Expect(err).NotTo(HaveOccurred())
		for _, revision := range s.revisions {
			Expect(r.Add(revision)).To(Succeed())
		}
		Expect(r.Close()).To(Succeed())
		var again []Revision
		Expect(Replay(path, func(r Revision) error {
			again = append(again, r)
			return nil
		})).To(Succeed())
		Expect(again).To(Equal(s.revisions))
	})
})
