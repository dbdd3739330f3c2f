// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/portal"
)

const queueToken = "Queue_0123456789-abcdef"

// fakeQueues implements Queues with one request in memory. A test sets the error that it returns.
type fakeQueues struct {
	state   v1alpha1.QueueState
	err     error
	answers []bool
}

func (f *fakeQueues) Open(_ context.Context, token string) (*portal.QueueRequest, error) {
	if token != queueToken {
		return nil, portal.ErrUnknown
	}
	return &portal.QueueRequest{
		Organization: "Acme <S.A.>", Workspace: "Soporte", Address: "cola@acme.example", Language: "es", State: f.state,
	}, f.err
}

func (f *fakeQueues) Answer(ctx context.Context, token string, agree bool) (*portal.QueueRequest, error) {
	if f.err == nil && f.state == v1alpha1.QueueRequested && token == queueToken {
		f.answers = append(f.answers, agree)
		f.state = map[bool]v1alpha1.QueueState{true: v1alpha1.QueueConfirmed, false: v1alpha1.QueueDeclined}[agree]
	}
	return f.Open(ctx, token)
}

var _ = Describe("The page for the owner of a queue", func() {
	var queues *fakeQueues
	var pages site
	const path = "/d/" + queueToken
	BeforeEach(func() {
		queues = &fakeQueues{state: v1alpha1.QueueRequested}
		pages = site{portal.New(newFakeLinks(), portal.Options{URL: "https://portal.acme.example", Queues: queues})}
	})

	It("GTA-8 says who asks for what, and changes nothing when it is opened", func() {
		page := pages.get(path + ">")
		Expect(page).To(HaveHTTPHeaderWithValue("Location", path), "as a mail program may have it")
		page = pages.get(path + "?lang=en")
		Expect(page).To(HaveHTTPStatus(http.StatusOK))
		Expect(page.Body.String()).To(And(ContainSubstring("Acme &lt;S.A.&gt;"), ContainSubstring("Soporte"), ContainSubstring("cola@acme.example"),
			ContainSubstring("Confirm address"), ContainSubstring("Decline")))
		Expect(pages.get(path).Body.String()).To(ContainSubstring("Confirmar dirección"))
		Expect(queues.answers).To(BeEmpty())
	})

	DescribeTable("GTA-8 takes the owner's first answer", func(action, said string, answered bool) {
		posted := pages.post(path+"?lang=en", url.Values{"action": {action}})
		Expect(posted).To(HaveHTTPStatus(http.StatusSeeOther))
		Expect(posted).To(HaveHTTPHeaderWithValue("Location", path+"?lang=en"))
		Expect(pages.post(path, url.Values{"action": {"confirm"}})).To(HaveHTTPStatus(http.StatusSeeOther))
		Expect(queues.answers).To(HaveExactElements(answered))
		Expect(pages.get(path + "?lang=en").Body.String()).To(ContainSubstring(said))
	},
		Entry("agreed", "confirm", "The address is confirmed", true),
		Entry("declined", "decline", "You declined", false),
	)

	DescribeTable("GTA-8 says what is wrong, and takes no answer", func(link string, err error, status int, said string) {
		queues.err = err
		for _, page := range []interface{ Result() *http.Response }{pages.get(link), pages.post(link, url.Values{"action": {"confirm"}})} {
			Expect(page).To(HaveHTTPStatus(status))
			Expect(page).To(HaveHTTPBody(ContainSubstring(said)))
		}
		Expect(queues.answers).To(BeEmpty())
	},
		Entry("a forged link", "/d/nobody", nil, http.StatusNotFound, "This page does not exist"),
		Entry("an old link", path, portal.ErrRevoked, http.StatusGone, "This request is no longer valid"),
		Entry("a pause", path, portal.ErrPaused, http.StatusServiceUnavailable, "Please come back later"),
		Entry("a failure", path, errors.New("etcd is away"), http.StatusServiceUnavailable, "Something went wrong"),
	)

	It("GTA-8 refuses forms from other sites, and without an answer", func() {
		foreign := postRequest(path, url.Values{"action": {"confirm"}})
		foreign.Header.Set("Sec-Fetch-Site", "cross-site")
		Expect(pages.do(foreign)).To(HaveHTTPStatus(http.StatusForbidden))
		Expect(pages.post(path, nil)).To(HaveHTTPStatus(http.StatusBadRequest))
		Expect(queues.answers).To(BeEmpty())
	})

	It("GTA-7 leaves the contact page closed meanwhile", func() {
		questions := newFakeQuestions()
		questions.contactPage.Closed = true
		pages = site{portal.New(newFakeLinks(), portal.Options{Questions: questions})}
		Expect(pages.get(contactPagePath).Body.String()).To(ContainSubstring("Soporte Acme</bdi></strong> todavía no está disponible"))
		posted := pages.post(contactPagePath, questionForm())
		Expect(posted).To(HaveHTTPStatus(http.StatusServiceUnavailable))
		Expect(posted).To(HaveHTTPHeaderWithValue("Retry-After", "3600"))
		Expect(questions.submissions).To(BeEmpty())
		questions.contactPage.Closed, questions.err = false, portal.ErrClosed
		Expect(pages.post(contactPagePath, questionForm()).Body.String()).To(ContainSubstring("todavía no está disponible"), "closed just now")
	})
})
