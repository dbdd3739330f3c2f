// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal_test

import (
	"context"
	"net/url"
	"time"

	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/portal"
	"github.com/usher-operator/usher/internal/question"
)

const (
	contactPagePath = "/w/acme/support"
	questionToken   = "Question_0123456789-abcdef"
	askerToken      = "Asker_0123456789-abcdef"
)

// fakeQuestions implements Questions with one contact page and one question in memory. A test sets the error that it returns.
type fakeQuestions struct {
	contactPage portal.ContactPage
	asked       portal.Question
	err         error
	submissions []portal.Submission
	// confirmed is how often the question was confirmed.
	confirmed int
}

func newFakeQuestions() *fakeQuestions {
	madrid, err := time.LoadLocation("Europe/Madrid")
	Expect(err).NotTo(HaveOccurred())
	at := time.Date(2026, time.November, 20, 16, 30, 0, 0, time.UTC) // a Friday, 17:30 in Madrid
	return &fakeQuestions{
		contactPage: portal.ContactPage{
			Organization: "Acme S.A.", Title: "Soporte Acme", Introduction: "Escríbenos.\nContestamos pronto.", Language: "es", Path: contactPagePath,
			Hours: []v1alpha1.OpeningHours{{Days: []v1alpha1.Weekday{
				v1alpha1.Monday, v1alpha1.Tuesday, v1alpha1.Wednesday, v1alpha1.Thursday, v1alpha1.Friday,
			}, Opens: "09:00", Closes: "18:00"}},
			Location: madrid, Now: at, OwnAddresses: []string{"cola@acme.example", ""},
		},
		asked: portal.Question{
			Reference: "K7M29QXD", Subject: "El quiosco", Name: "Clara Ruiz", Address: "clara@customer.example",
			Text: "Pita tres veces.\n<b>Nada más.</b>", State: question.Waiting, At: at, ConfirmedAt: at, PassedOnAt: at, Asker: askerToken,
		},
	}
}

func (f *fakeQuestions) ContactPage(_ context.Context, organization, workspace string) (*portal.ContactPage, error) {
	if organization != "acme" || workspace != "support" {
		return nil, portal.ErrUnknown
	}
	contactPage := f.contactPage
	return &contactPage, nil
}

func (f *fakeQuestions) Ask(_ context.Context, _, _ string, s portal.Submission) error {
	f.submissions = append(f.submissions, s)
	return f.err
}

func (f *fakeQuestions) Question(_ context.Context, token string) (*portal.ContactPage, *portal.Question, error) {
	if token != questionToken {
		return nil, nil, portal.ErrUnknown
	}
	contactPage, asked := f.contactPage, f.asked
	return &contactPage, &asked, f.err
}

func (f *fakeQuestions) Confirm(ctx context.Context, token string) (*portal.ContactPage, *portal.Question, error) {
	if token == questionToken && f.err == nil {
		f.confirmed++
		f.asked.State = question.Received
	}
	return f.Question(ctx, token)
}

func (f *fakeQuestions) ByAsker(_ context.Context, token string) (*portal.ContactPage, []portal.Question, error) {
	if token != askerToken {
		return nil, nil, portal.ErrUnknown
	}
	contactPage := f.contactPage
	return &contactPage, []portal.Question{f.asked}, f.err
}

// questionForm returns a valid form with changes: pairs of field and value.
func questionForm(pairs ...string) url.Values {
	form := url.Values{
		"form": {"8a7b1f1c-0000-4000-8000-000000000001"}, "name": {" Clara   Ruiz "}, "email": {" clara@customer.example "},
		"subject": {"El quiosco"}, "text": {"\r\nPita tres veces.\r\nNada más.\r\n\r\n"}, "website": {""},
	}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return form
}
