// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"context"
	"net/http/httptest"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/live"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/portal"
	"github.com/usher-operator/usher/internal/question"
)

// stock answers the portal's handlers with what a picture is to show. It changes nothing, so a page can be seen again on each screen.
type stock struct {
	link    portal.Link
	contact portal.ContactPage
	asked   portal.Question
	list    []portal.Question
	queue   portal.QueueRequest
	// err is the error of every call, askErr that of asking a question.
	err, askErr error
	options     portal.Options
}

// newStock returns an invitation, a contact page and a request for a queue in a language, all of one organization.
func newStock(language string) *stock {
	GinkgoHelper()
	madrid, err := time.LoadLocation("Europe/Madrid")
	Expect(err).NotTo(HaveOccurred())
	words := stockTexts[language]
	friday := time.Date(2026, time.November, 20, 16, 30, 0, 0, time.UTC) // 17:30 in Madrid
	s := &stock{
		link: portal.Link{
			State: v1alpha1.RecipientInvited, Email: "luis.gil@acme.example", Organization: "Acme S.A.", Inviter: "Ana Pérez",
			Language: language, Message: words.message, Role: v1alpha1.RoleMember, Namespace: "acme",
			Workspaces: []portal.Workspace{
				{Title: words.support, Access: v1alpha1.WorkspaceEdit, Namespace: "acme-support"},
				{Title: words.sales, Access: v1alpha1.WorkspaceView, Namespace: "acme-sales"},
			},
			Contact:        lookup.Contact{Name: "Ana Pérez", Email: "ana.perez@acme.example"},
			ExpirationTime: friday.Add(7 * 24 * time.Hour), Location: madrid, Username: "luis.gil@acme.example", NeedsConfirmation: true, CanReconsider: true,
		},
		contact: portal.ContactPage{
			Organization: "Acme S.A.", Title: "Soporte Acme", Introduction: words.introduction, Language: language,
			Hours: []v1alpha1.OpeningHours{
				{Days: []v1alpha1.Weekday{v1alpha1.Monday, v1alpha1.Tuesday, v1alpha1.Wednesday, v1alpha1.Thursday}, Opens: "09:00", Closes: "18:00"},
				{Days: []v1alpha1.Weekday{v1alpha1.Friday}, Opens: "09:00", Closes: "15:00"},
			},
			Location: madrid, Now: friday.Add(-6 * time.Hour), Path: "/w/acme/support",
		},
		queue: portal.QueueRequest{
			Organization: "Acme S.A.", Workspace: "Soporte Acme", Address: "cola@acme.example", Language: language, State: v1alpha1.QueueRequested,
		},
		options: portal.Options{RequestsPerSecond: live.Of(-1.0), QuestionsPerHour: live.Of(-1.0)},
	}
	for n, state := range []question.State{question.Waiting, question.Received, question.Failed, question.Passed} {
		at := friday.Add(-time.Duration(n) * 26 * time.Hour)
		s.list = append(s.list, portal.Question{
			Reference: "K7M29QX" + string(rune('A'+n)), Subject: words.subjects[n], Name: "Clara Ruiz", Address: "clara.ruiz@customer.example",
			Text: words.question, State: state, At: at, ConfirmedAt: at.Add(time.Hour), PassedOnAt: at.Add(2 * time.Hour), Asker: "asker",
		})
	}
	s.asked = s.list[0]
	return s
}

// open serves the portal until the spec ends and returns its URL.
func (s *stock) open() string {
	s.options.Questions, s.options.Queues = stockQuestions{stock: s}, stockQueues{stock: s}
	server := httptest.NewServer(portal.New(stockLinks{stock: s}, s.options))
	DeferCleanup(server.Close)
	return server.URL
}

// stockLinks returns the link. What a picture does not need is missing.
type stockLinks struct {
	portal.Links
	*stock
}

// Open implements portal.Links.
func (s stockLinks) Open(context.Context, portal.Purpose, string) (*portal.Link, error) {
	return new(s.link), s.err
}

// OpenAddress implements portal.Links.
func (s stockLinks) OpenAddress(context.Context, string) (*portal.Link, error) {
	return new(s.link), s.err
}

// stockQuestions returns the contact page and its questions.
type stockQuestions struct {
	portal.Questions
	*stock
}

// ContactPage implements portal.Questions.
func (s stockQuestions) ContactPage(context.Context, string, string) (*portal.ContactPage, error) {
	return new(s.contact), s.err
}

// Ask implements portal.Questions.
func (s stockQuestions) Ask(context.Context, string, string, portal.Submission) error {
	return s.askErr
}

// Question implements portal.Questions.
func (s stockQuestions) Question(context.Context, string) (*portal.ContactPage, *portal.Question, error) {
	return new(s.contact), new(s.asked), s.err
}

// ByAsker implements portal.Questions.
func (s stockQuestions) ByAsker(context.Context, string) (*portal.ContactPage, []portal.Question, error) {
	return new(s.contact), s.list, s.err
}

// stockQueues returns the request to a queue's owner.
type stockQueues struct {
	portal.Queues
	*stock
}

// Open implements portal.Queues.
func (s stockQueues) Open(context.Context, string) (*portal.QueueRequest, error) {
	return new(s.queue), s.err
}

// stockWords are what people have written, in a language.
type stockWords struct {
	message, support, sales, introduction, question string
	subjects                                        [4]string
}

var stockTexts = map[string]stockWords{
	"es": {
		message: "Bienvenido al equipo, Luis.\nEl lunes a las 9 te enseñamos la casa.", support: "Soporte Norte", sales: "Ventas",
		introduction: "Escríbenos si algo no funciona.\nTen a mano el número de serie: está debajo de la pantalla.",
		question:     "Desde ayer pita tres veces al encenderlo y la pantalla sigue negra.\n\nLo he apagado y encendido dos veces.",
		subjects:     [4]string{"El quiosco no arranca", "Falta papel en la caja 3", "¿Cuándo llega el repuesto?", "La pantalla parpadea"},
	},
	"en": {
		message: "Welcome to the team, Luis.\nOn Monday at 9 we show you around.", support: "Support North", sales: "Sales",
		introduction: "Write to us when something does not work.\nHave the serial number at hand: it is below the screen.",
		question:     "Since yesterday it beeps three times when it is switched on, and the screen stays black.\n\nI have switched it off and on twice.",
		subjects:     [4]string{"The kiosk does not start", "Till 3 is out of paper", "When does the spare part arrive?", "The screen flickers"},
	},
}
