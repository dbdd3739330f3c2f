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
	counterPath   = "/w/acme/support"
	questionToken = "Question_0123456789-abcdef"
	askerToken    = "Asker_0123456789-abcdef"
)

// fakeQuestions is one workspace's page and one question in memory, with the answers that a test sets.
type fakeQuestions struct {
	counter portal.Counter
	asked   portal.Asked
	err     error
	asks    []portal.Ask
	// confirmed counts how often the question was confirmed.
	confirmed int
}

func newFakeQuestions() *fakeQuestions {
	madrid, err := time.LoadLocation("Europe/Madrid")
	Expect(err).NotTo(HaveOccurred())
	at := time.Date(2026, time.November, 20, 16, 30, 0, 0, time.UTC) // a Friday, 17:30 in Madrid
	return &fakeQuestions{
		counter: portal.Counter{
			Organization: "Acme S.A.", Title: "Soporte Acme", Introduction: "Escríbenos.\nContestamos pronto.", Language: "es",
			Hours: []v1alpha1.OpeningHours{{Days: []v1alpha1.Weekday{
				v1alpha1.Monday, v1alpha1.Tuesday, v1alpha1.Wednesday, v1alpha1.Thursday, v1alpha1.Friday,
			}, Opens: "09:00", Closes: "18:00"}},
			Location: madrid, Now: at, Own: []string{"cola@acme.example", ""},
		},
		asked: portal.Asked{
			Reference: "K7M29QXD", Subject: "El quiosco", Name: "Clara Ruiz", Address: "clara@customer.example",
			Text: "Pita tres veces.\n<b>Nada más.</b>", State: question.Waiting, At: at, ConfirmedAt: at, PassedOnAt: at, Asker: askerToken,
		},
	}
}

func (f *fakeQuestions) Counter(_ context.Context, organization, workspace string) (*portal.Counter, error) {
	if organization != "acme" || workspace != "support" {
		return nil, portal.ErrUnknown
	}
	counter := f.counter
	return &counter, nil
}

func (f *fakeQuestions) Ask(_ context.Context, _, _ string, a portal.Ask) error {
	f.asks = append(f.asks, a)
	return f.err
}

func (f *fakeQuestions) Question(_ context.Context, token string) (*portal.Counter, *portal.Asked, error) {
	if token != questionToken {
		return nil, nil, portal.ErrUnknown
	}
	counter, asked := f.counter, f.asked
	return &counter, &asked, f.err
}

func (f *fakeQuestions) Confirm(ctx context.Context, token string) (*portal.Counter, *portal.Asked, error) {
	if token == questionToken && f.err == nil {
		f.confirmed++
		f.asked.State = question.Received
	}
	return f.Question(ctx, token)
}

func (f *fakeQuestions) OfAsker(_ context.Context, token string) (*portal.Counter, []portal.Asked, error) {
	if token != askerToken {
		return nil, nil, portal.ErrUnknown
	}
	counter := f.counter
	return &counter, []portal.Asked{f.asked}, f.err
}

// asking is an honest form with changes: pairs of field and value.
func asking(pairs ...string) url.Values {
	form := url.Values{
		"form": {"8a7b1f1c-0000-4000-8000-000000000001"}, "name": {" Clara   Ruiz "}, "email": {" clara@customer.example "},
		"subject": {"El quiosco"}, "text": {"\r\nPita tres veces.\r\nNada más.\r\n\r\n"}, "website": {""},
	}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return form
}
