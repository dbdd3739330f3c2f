// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/linktoken"
	"github.com/usher-operator/usher/internal/portal"
	"github.com/usher-operator/usher/internal/signin"
	"github.com/usher-operator/usher/internal/testing/timing"
)

func TestPortal(t *testing.T) {
	RegisterFailHandler(Fail)
	timing.SetDefaults()
	RunSpecs(t, "Portal")
}

const (
	inviteToken  = "Invite_0123456789-abcdef"
	confirmToken = "Confirm_0123456789-abcdef"
)

// fakeLinks implements Links with one invitation in memory. A test sets the errors that it returns.
type fakeLinks struct {
	mu   sync.Mutex
	link portal.Link
	// err is the error of Open.
	err error
	// writeErr is the error of the calls that change something.
	writeErr error
	// changes are the calls that may change something, in order.
	changes []string
	// registration is the argument of the last Register.
	registration v1alpha1.Registration
	// signedIn is who has signed in, by the last AcceptSignedIn.
	signedIn signin.Identity
}

func newFakeLinks() *fakeLinks {
	madrid, err := time.LoadLocation("Europe/Madrid")
	Expect(err).NotTo(HaveOccurred())
	return &fakeLinks{link: portal.Link{
		State: v1alpha1.RecipientInvited, Email: "luis@acme.example", Organization: "Acme S.A.", Inviter: "Ana Pérez",
		Language: "es", Message: "Bienvenidos\nal equipo", Role: v1alpha1.RoleMember,
		Workspaces: []portal.Workspace{
			{Title: "Soporte", Access: v1alpha1.WorkspaceEdit, Namespace: "acme-support"}, {Title: "Ventas", Access: v1alpha1.WorkspaceView},
		}, Namespace: "acme",
		ExpirationTime: time.Date(2026, time.November, 28, 10, 0, 0, 0, time.UTC), Location: madrid,
		Registration: v1alpha1.Registration{DisplayName: "Luis Gil"}, Username: "luis@acme.example", NeedsConfirmation: true,
	}}
}

func (f *fakeLinks) answer(purpose portal.Purpose, token string, err error) (*portal.Link, error) {
	want := inviteToken
	if purpose == linktoken.PurposeConfirm {
		want = confirmToken
	}
	if token != want {
		return nil, portal.ErrUnknown
	}
	link := f.link
	return &link, err
}

func (f *fakeLinks) Open(_ context.Context, purpose portal.Purpose, token string) (*portal.Link, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.answer(purpose, token, f.err)
}

func (f *fakeLinks) move(
	purpose portal.Purpose, token, change string, state v1alpha1.RecipientState,
) (*portal.Link, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changes = append(f.changes, change)
	if f.writeErr == nil {
		f.link.State = state
	}
	return f.answer(purpose, token, f.writeErr)
}

func (f *fakeLinks) Register(_ context.Context, token string, r v1alpha1.Registration) (*portal.Link, error) {
	f.registration = r
	state := v1alpha1.RecipientActive
	if f.link.NeedsConfirmation {
		state = v1alpha1.RecipientRegistered
	}
	return f.move(linktoken.PurposeInvite, token, "register", state)
}

func (f *fakeLinks) AcceptSignedIn(
	_ context.Context, token string, who signin.Identity, r v1alpha1.Registration,
) (*portal.Link, error) {
	f.registration, f.signedIn = r, who
	return f.move(linktoken.PurposeInvite, token, "accept signed in", v1alpha1.RecipientActive)
}

func (f *fakeLinks) Decline(_ context.Context, token string) (*portal.Link, error) {
	return f.move(linktoken.PurposeInvite, token, "decline", v1alpha1.RecipientDeclined)
}

func (f *fakeLinks) Reconsider(_ context.Context, token string) (*portal.Link, error) {
	if f.link.State == v1alpha1.RecipientDeclined && !f.link.CanReconsider {
		f.writeErr = portal.ErrDeclined
	}
	return f.move(linktoken.PurposeInvite, token, "reconsider", v1alpha1.RecipientInvited)
}

func (f *fakeLinks) Confirm(_ context.Context, token string) (*portal.Link, error) {
	return f.move(linktoken.PurposeConfirm, token, "confirm", v1alpha1.RecipientActive)
}

func (f *fakeLinks) OpenAddress(_ context.Context, token string) (*portal.Link, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if token != confirmToken {
		return nil, portal.ErrUnknown
	}
	link := f.link
	return &link, f.err
}

func (f *fakeLinks) ConfirmAddress(_ context.Context, token string) (*portal.Link, error) {
	return f.move(linktoken.PurposeConfirm, token, "confirm address", v1alpha1.RecipientActive)
}

// site sends requests to a portal without following redirects.
type site struct{ http.Handler }

func (s site) do(r *http.Request) *httptest.ResponseRecorder {
	recorder := httptest.NewRecorder()
	s.ServeHTTP(recorder, r)
	return recorder
}

func (s site) get(path string) *httptest.ResponseRecorder {
	return s.do(httptest.NewRequest(http.MethodGet, path, nil))
}

func (s site) post(path string, form url.Values) *httptest.ResponseRecorder {
	return s.do(postRequest(path, form))
}

func postRequest(path string, form url.Values) *http.Request {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

// acceptForm returns a valid form with changes: pairs of field and value.
func acceptForm(pairs ...string) url.Values {
	form := url.Values{
		"action": {"accept"}, "displayName": {"Luis Gil"}, "phone": {""}, "language": {"es"},
	}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return form
}
