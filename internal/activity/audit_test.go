// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package activity

import (
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// events gives an EventList of these items.
func events(items string) []byte {
	return []byte(`{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[` + items + `]}`)
}

// full is an event as a kube-apiserver sends it.
const full = `{"level":"Metadata","auditID":"8d9f2c5e-0f0a-4c53-9a3c-2d3f0a0f9c11","stage":"ResponseComplete",
"requestURI":"/api/v1/namespaces/acme-support/configmaps/usher-settings","verb":"get",
"user":{"username":"admin","groups":["system:masters","system:authenticated"]},
"impersonatedUser":{"username":"ana@acme.example","groups":["system:authenticated"]},
"sourceIPs":["192.0.2.7"],"userAgent":"kubectl/v1.36.3 (linux/amd64) kubernetes/abcdef",
"objectRef":{"resource":"configmaps","namespace":"acme-support","name":"usher-settings","apiVersion":"v1"},
"responseStatus":{"metadata":{},"code":200},"requestReceivedTimestamp":"2026-11-21T12:00:00.123456Z",
"stageTimestamp":"2026-11-21T12:00:00.130000Z","annotations":{"authorization.k8s.io/decision":"allow"}}`

// short gives an event with what matters.
func short(stage, user, namespace, code, at string) string {
	return `{"stage":"` + stage + `","user":{"username":"` + user + `"},"objectRef":{"namespace":"` + namespace +
		`"},"responseStatus":{"code":` + code + `},"requestReceivedTimestamp":"` + at + `"}`
}

var _ = Describe("Audit events", func() {
	It("are a visit of whom the request was made as", func() {
		visits, err := readEvents(events(full))
		Expect(err).NotTo(HaveOccurred())
		Expect(visits).To(Equal(map[visitor]visit{
			{"acme-support", "ana@acme.example"}: {
				groups: []string{"system:authenticated"}, at: noon.Add(123456 * time.Microsecond),
			},
		}))
	})

	It("are the last visit of everybody to every namespace", func() {
		visits, err := readEvents(events(
			short(stageComplete, "ana", "acme", "200", "2026-11-21T12:00:00Z") + "," +
				short(stageComplete, "ana", "acme", "200", "2026-11-21T12:00:02Z") + "," +
				short(stageComplete, "ana", "acme", "200", "2026-11-21T12:00:01Z") + "," +
				short(stageComplete, "ana", "beta", "200", "2026-11-21T12:00:03Z") + "," +
				short(stageComplete, "bea", "acme", "200", "2026-11-21T12:00:04Z")))
		Expect(err).NotTo(HaveOccurred())
		Expect(visits).To(Equal(map[visitor]visit{
			{"acme", "ana"}: {at: noon.Add(2 * time.Second)},
			{"beta", "ana"}: {at: noon.Add(3 * time.Second)},
			{"acme", "bea"}: {at: noon.Add(4 * time.Second)},
		}))
	})

	DescribeTable("count when the API server knew who it answered, whatever the answer", func(event string, count int) {
		visits, err := readEvents(events(event))
		Expect(err).NotTo(HaveOccurred())
		Expect(visits).To(HaveLen(count))
	},
		Entry("done", short(stageComplete, "ana", "acme", "200", "2026-11-21T12:00:00Z"), 1),
		Entry("refused", short(stageComplete, "ana", "acme", "403", "2026-11-21T12:00:00Z"), 1),
		Entry("not found", short(stageComplete, "ana", "acme", "404", "2026-11-21T12:00:00Z"), 1),
		Entry("not authenticated", short(stageComplete, "ana", "acme", "401", "2026-11-21T12:00:00Z"), 0),
		Entry("not answered yet", short("RequestReceived", "ana", "acme", "200", "2026-11-21T12:00:00Z"), 0),
		Entry("a watch that goes on", short("ResponseStarted", "ana", "acme", "200", "2026-11-21T12:00:00Z"), 0),
		Entry("a panic", short("Panic", "ana", "acme", "500", "2026-11-21T12:00:00Z"), 0),
		Entry("nobody", short(stageComplete, "", "acme", "200", "2026-11-21T12:00:00Z"), 0),
		Entry("no namespace", short(stageComplete, "ana", "", "200", "2026-11-21T12:00:00Z"), 0),
		Entry("about no object", `{"stage":"ResponseComplete","user":{"username":"ana"},"objectRef":null}`, 0),
		Entry("no time", `{"stage":"ResponseComplete","user":{"username":"ana"},"objectRef":{"namespace":"acme"}}`, 0),
		Entry("nothing", `null`, 0),
	)

	DescribeTable("say what is wrong with them", func(body, message string) {
		_, err := readEvents([]byte(body))
		Expect(err).To(MatchError(And(HavePrefix("the body is no EventList of audit.k8s.io/v1: "), ContainSubstring(message))))
	},
		Entry("nothing", "", "unexpected end of JSON input"),
		Entry("no JSON", "hello", "invalid character 'h'"),
		Entry("cut off", string(events(full)[:200]), "unexpected end of JSON input"),
		Entry("another kind", `{"kind":"Event","apiVersion":"audit.k8s.io/v1"}`, `it says kind "Event"`),
		Entry("another version", `{"kind":"EventList","apiVersion":"audit.k8s.io/v1beta1"}`, `apiVersion "audit.k8s.io/v1beta1"`),
		Entry("another shape", `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":{}}`, "cannot unmarshal object"),
		Entry("no time", string(events(short(stageComplete, "ana", "acme", "200", "today"))), `cannot parse "today"`),
	)
})

// FuzzReadEvents: whatever is sent, nothing panics, and a visit has a name, a namespace and a time.
func FuzzReadEvents(f *testing.F) {
	f.Add(events(full))
	f.Add(events(short(stageComplete, "ana", "acme", "401", "2026-11-21T12:00:00Z")))
	f.Add(events(`null,{"objectRef":null,"user":null,"impersonatedUser":{"username":"x"}}`))
	f.Add([]byte(`{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":null}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		visits, err := readEvents(body)
		if err != nil && visits != nil {
			t.Fatalf("visits with an error: %v", err)
		}
		for who, v := range visits {
			if who.namespace == "" || who.username == "" || v.at.IsZero() {
				t.Fatalf("%+v at %v", who, v.at)
			}
		}
	})
}
