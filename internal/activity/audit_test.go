// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package activity

import (
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// eventListOf returns an EventList with these items.
func eventListOf(items string) []byte {
	return []byte(`{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[` + items + `]}`)
}

// fullEvent is an event as a kube-apiserver sends it.
const fullEvent = `{"level":"Metadata","auditID":"8d9f2c5e-0f0a-4c53-9a3c-2d3f0a0f9c11","stage":"ResponseComplete",
"requestURI":"/api/v1/namespaces/acme-support/configmaps/usher-settings","verb":"get",
"user":{"username":"admin","groups":["system:masters","system:authenticated"]},
"impersonatedUser":{"username":"ana@acme.example","groups":["system:authenticated"]},
"sourceIPs":["192.0.2.7"],"userAgent":"kubectl/v1.36.3 (linux/amd64) kubernetes/abcdef",
"objectRef":{"resource":"configmaps","namespace":"acme-support","name":"usher-settings","apiVersion":"v1"},
"responseStatus":{"metadata":{},"code":200},"requestReceivedTimestamp":"2026-11-21T12:00:00.123456Z",
"stageTimestamp":"2026-11-21T12:00:00.130000Z","annotations":{"authorization.k8s.io/decision":"allow"}}`

// shortEvent returns an event with the fields that are used.
func shortEvent(stage, user, namespace, code, at string) string {
	return `{"stage":"` + stage + `","user":{"username":"` + user + `"},"objectRef":{"namespace":"` + namespace +
		`"},"responseStatus":{"code":` + code + `},"requestReceivedTimestamp":"` + at + `"}`
}

var _ = Describe("Audit events", func() {
	It("count for the impersonated user", func() {
		requests, err := readEvents(eventListOf(fullEvent))
		Expect(err).NotTo(HaveOccurred())
		Expect(requests).To(Equal(map[requester]request{
			{"acme-support", "ana@acme.example"}: {
				groups: []string{"system:authenticated"}, at: noon.Add(123456 * time.Microsecond),
			},
		}))
	})

	It("are reduced to the last request of each user in each namespace", func() {
		requests, err := readEvents(eventListOf(
			shortEvent(stageComplete, "ana", "acme", "200", "2026-11-21T12:00:00Z") + "," +
				shortEvent(stageComplete, "ana", "acme", "200", "2026-11-21T12:00:02Z") + "," +
				shortEvent(stageComplete, "ana", "acme", "200", "2026-11-21T12:00:01Z") + "," +
				shortEvent(stageComplete, "ana", "beta", "200", "2026-11-21T12:00:03Z") + "," +
				shortEvent(stageComplete, "bea", "acme", "200", "2026-11-21T12:00:04Z")))
		Expect(err).NotTo(HaveOccurred())
		Expect(requests).To(Equal(map[requester]request{
			{"acme", "ana"}: {at: noon.Add(2 * time.Second)},
			{"beta", "ana"}: {at: noon.Add(3 * time.Second)},
			{"acme", "bea"}: {at: noon.Add(4 * time.Second)},
		}))
	})

	DescribeTable("count if the API server authenticated and answered the request, whatever the answer", func(event string, count int) {
		requests, err := readEvents(eventListOf(event))
		Expect(err).NotTo(HaveOccurred())
		Expect(requests).To(HaveLen(count))
	},
		Entry("successful", shortEvent(stageComplete, "ana", "acme", "200", "2026-11-21T12:00:00Z"), 1),
		Entry("refused", shortEvent(stageComplete, "ana", "acme", "403", "2026-11-21T12:00:00Z"), 1),
		Entry("not found", shortEvent(stageComplete, "ana", "acme", "404", "2026-11-21T12:00:00Z"), 1),
		Entry("not authenticated", shortEvent(stageComplete, "ana", "acme", "401", "2026-11-21T12:00:00Z"), 0),
		Entry("not answered yet", shortEvent("RequestReceived", "ana", "acme", "200", "2026-11-21T12:00:00Z"), 0),
		Entry("a watch that goes on", shortEvent("ResponseStarted", "ana", "acme", "200", "2026-11-21T12:00:00Z"), 0),
		Entry("a panic", shortEvent("Panic", "ana", "acme", "500", "2026-11-21T12:00:00Z"), 0),
		Entry("no user", shortEvent(stageComplete, "", "acme", "200", "2026-11-21T12:00:00Z"), 0),
		Entry("no namespace", shortEvent(stageComplete, "ana", "", "200", "2026-11-21T12:00:00Z"), 0),
		Entry("no object", `{"stage":"ResponseComplete","user":{"username":"ana"},"objectRef":null}`, 0),
		Entry("no time", `{"stage":"ResponseComplete","user":{"username":"ana"},"objectRef":{"namespace":"acme"}}`, 0),
		Entry("a null event", `null`, 0),
	)

	DescribeTable("are refused with what is wrong", func(body, message string) {
		_, err := readEvents([]byte(body))
		Expect(err).To(MatchError(And(HavePrefix("the body is not an EventList of audit.k8s.io/v1: "), ContainSubstring(message))))
	},
		Entry("an empty body", "", "unexpected end of JSON input"),
		Entry("not JSON", "hello", "invalid character 'h'"),
		Entry("truncated", string(eventListOf(fullEvent)[:200]), "unexpected end of JSON input"),
		Entry("another kind", `{"kind":"Event","apiVersion":"audit.k8s.io/v1"}`, `it has kind "Event"`),
		Entry("another version", `{"kind":"EventList","apiVersion":"audit.k8s.io/v1beta1"}`, `apiVersion "audit.k8s.io/v1beta1"`),
		Entry("another structure", `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":{}}`, "cannot unmarshal object"),
		Entry("no time", string(eventListOf(shortEvent(stageComplete, "ana", "acme", "200", "today"))), `cannot parse "today"`),
	)
})

// FuzzReadEvents checks that no body makes readEvents panic, and that every request has a name, a namespace and a time.
func FuzzReadEvents(f *testing.F) {
	f.Add(eventListOf(fullEvent))
	f.Add(eventListOf(shortEvent(stageComplete, "ana", "acme", "401", "2026-11-21T12:00:00Z")))
	f.Add(eventListOf(`null,{"objectRef":null,"user":null,"impersonatedUser":{"username":"x"}}`))
	f.Add([]byte(`{"kind":"EventList","apiVersion":"audit.k8s.io/v1","items":null}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		requests, err := readEvents(body)
		if err != nil && requests != nil {
			t.Fatalf("requests with an error: %v", err)
		}
		for who, v := range requests {
			if who.namespace == "" || who.username == "" || v.at.IsZero() {
				t.Fatalf("%+v at %v", who, v.at)
			}
		}
	})
}
