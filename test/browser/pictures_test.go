// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"os"
	"strings"

	"github.com/chromedp/chromedp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/live"
	"github.com/usher-operator/usher/internal/portal"
	"github.com/usher-operator/usher/internal/question"
	"github.com/usher-operator/usher/internal/question/store"
)

// handset is a phone of today, bright and dark.
var (
	handset     = screen{name: "phone", width: 390, height: 844, density: 1, mobile: true}
	handsetDark = screen{name: "phone-dark", width: 390, height: 844, density: 1, mobile: true, features: dark.features}
	desktopDark = screen{name: "desktop-dark", width: 1280, height: 800, density: 1, features: dark.features}
)

// picture is a page in a state that people can meet.
type picture struct {
	path string
	// set changes what the portal knows; nil: nothing is changed.
	set func(*stock)
	// then is what the person does on the page; nil: nothing.
	then func(*tab)
}

// startsWithButton checks that a page's most important button is on the first screen of a phone, unless there are mistakes to correct
// first.
func (t *tab) startsWithButton(name string) {
	GinkgoHelper()
	bottom := eval[float64](t, `(e => e && !document.getElementById("errors") ? e.getBoundingClientRect().bottom + scrollY : 0)(
		document.querySelector("main button:not(.quiet), main a.button"))`)
	Expect(bottom).To(BeNumerically("<=", t.height), "the button of page %s is below the first screen", name)
}

// submit sends the page's form as it is.
func submit(t *tab) { t.follow("main form button") }

// submitUnpressed sends the page's form without the name of a button, as no browser does.
var submitUnpressed = chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
	_, err := chromedp.Evaluate[any](`document.querySelector("main form").submit()`)(ctx, target)
	return err
})

var pictures = map[string]picture{
	"invite": {path: "/i/x"},
	"invite-mistakes": {path: "/i/x", then: func(t *tab) {
		t.fill("#displayName", " ")
		t.unfold("form .fold")
		t.fill("#phone", "600 000 001")
		submit(t)
	}},
	"invite-plain": {path: "/i/x", set: func(s *stock) {
		s.link.Inviter, s.link.Message, s.link.NeedsConfirmation, s.link.NameGiven = "", "", false, true
		s.link.Registration.DisplayName = "Luis Gil"
		s.link.Role, s.link.Workspaces = v1alpha1.RoleOrganizationAdmin, nil
	}},
	"invite-long": {path: "/i/x", set: func(s *stock) {
		s.link.Message = strings.Repeat(s.link.Message+"\n", 8)
		for range 4 {
			s.link.Workspaces = append(s.link.Workspaces, s.link.Workspaces[:2]...)
		}
	}},
	"invite-branded": {path: "/i/x", set: brand("#FFCC00")},
	"invite-red": {path: "/i/x", set: brand("#C8102E"), then: func(t *tab) {
		t.fill("#displayName", " ")
		submit(t)
	}},
	"used-red":         {path: "/i/x", set: func(s *stock) { state(v1alpha1.RecipientActive)(s); brand("#C8102E")(s) }},
	"invite-suspended": {path: "/i/x", set: func(s *stock) { s.link.Standing = effective.StandingSuspended }},
	"welcome-suspended": {path: "/c/x/done", set: func(s *stock) {
		state(v1alpha1.RecipientActive)(s)
		s.link.Standing = effective.StandingSuspended
	}},
	"welcome-partial": {path: "/c/x/done", set: func(s *stock) {
		state(v1alpha1.RecipientActive)(s)
		s.link.Standing, s.link.Modules, s.link.AwaitingSeats = effective.StandingPartial, []string{"desk"}, []string{"remote-support"}
		s.link.Workspaces[1].NotReady, s.link.Workspaces[1].Namespace = true, ""
	}},
	"declined-final": {path: "/i/x", set: func(s *stock) { refusal(portal.ErrDeclined)(s); s.link.CanReconsider = false }},
	"revoked-removed": {path: "/i/x", set: func(s *stock) {
		refusal(portal.ErrRevoked)(s)
		s.link.RevocationReason = v1alpha1.RevokedAccountRemoved
	}},
	"replaced":              {path: "/i/x", set: refusal(portal.ErrReplaced)},
	"check-mail":            {path: "/i/x", set: state(v1alpha1.RecipientRegistered)},
	"confirm":               {path: "/c/x", set: state(v1alpha1.RecipientRegistered)},
	"welcome":               {path: "/c/x/done", set: state(v1alpha1.RecipientActive)},
	"welcome-admin":         {path: "/c/x/done", set: func(s *stock) { state(v1alpha1.RecipientActive)(s); s.link.Role = v1alpha1.RoleOrganizationAdmin }},
	"welcome-notifications": {path: "/c/x/done", set: func(s *stock) { state(v1alpha1.RecipientActive)(s); s.link.Role = v1alpha1.RoleNotificationsOnly }},
	"declined":              {path: "/i/x", set: refusal(portal.ErrDeclined)},
	"expired":               {path: "/i/x", set: refusal(portal.ErrExpired)},
	"revoked":               {path: "/i/x", set: refusal(portal.ErrRevoked)},
	"used":                  {path: "/i/x", set: state(v1alpha1.RecipientActive)},
	"unreached":             {path: "/i/x", set: state(v1alpha1.RecipientUndeliverable)},
	"address":               {path: "/e/x", set: state(v1alpha1.RecipientRegistered)},
	"address-confirmed":     {path: "/e/x", set: state(v1alpha1.RecipientActive)},
	"address-gone":          {path: "/e/x", set: refusal(portal.ErrExpired)},

	"ask":          {path: "/w/acme/support"},
	"ask-mistakes": {path: "/w/acme/support", then: func(t *tab) { t.fill("#email", "clara"); submit(t) }},
	"ask-later":    {path: "/w/acme/support", set: func(s *stock) { s.contact.Now = s.contact.Now.AddDate(0, 0, 1) }},
	"ask-plain":    {path: "/w/acme/support", set: func(s *stock) { s.contact.Hours, s.contact.Introduction = nil, "" }},
	"ask-branded":  {path: "/w/acme/support", set: brand("#20124D")},
	"ask-closed":   {path: "/w/acme/support", set: func(s *stock) { s.contact.Closed = true }},
	"ask-sent":     {path: "/w/acme/support/done"},
	"ask-limit":    {path: "/w/acme/support", set: func(s *stock) { s.askErr = &store.LimitError{Limit: question.LimitAddress} }, then: compose},
	"question":     {path: "/q/x"},
	"received":     {path: "/q/x", set: func(s *stock) { s.asked = s.list[1] }},
	"received-passed": {path: "/q/x", set: func(s *stock) {
		s.asked = s.list[3]
		s.asked.Name, s.asked.Address, s.asked.Text = "", "", ""
	}},
	"questions":     {path: "/a/x"},
	"question-gone": {path: "/q/x", set: refusal(portal.ErrExpired)},

	"queue":           {path: "/d/x"},
	"queue-confirmed": {path: "/d/x", set: func(s *stock) { s.queue.State = v1alpha1.QueueConfirmed }},
	"queue-declined":  {path: "/d/x", set: func(s *stock) { s.queue.State = v1alpha1.QueueDeclined }},
	"queue-gone":      {path: "/d/x", set: refusal(portal.ErrRevoked)},

	"home":    {path: "/"},
	"unknown": {path: "/nothing"},
	"busy":    {path: "/nothing", set: func(s *stock) { s.options.RequestsPerSecond, s.options.Burst = live.Of(0.0001), 1 }, then: func(t *tab) { do(t, chromedp.Reload()) }},
	"trouble": {path: "/i/x", set: refusal(errors.New("the API server is away"))},
	"paused":  {path: "/i/x", set: refusal(portal.ErrPaused)},
	"bad":     {path: "/i/x", then: func(t *tab) { t.navigate(submitUnpressed) }},
}

func state(state v1alpha1.RecipientState) func(*stock) {
	return func(s *stock) { s.link.State = state }
}

// brand gives the organization a logo and a color.
func brand(color string) func(*stock) {
	return func(s *stock) {
		s.link.Branding = portal.Branding{Logo: logo(), AccentColor: color}
		s.contact.Branding = s.link.Branding
	}
}

// logo returns a picture as organizations have them: wide, with transparent parts.
func logo() []byte {
	GinkgoHelper()
	const height = 64
	picture := image.NewNRGBA(image.Rect(0, 0, 3*height, height))
	for x := range 3 * height {
		for y := range height {
			if dx, dy := x%height-height/2, y-height/2; dx*dx+dy*dy < height*height/5 {
				picture.Set(x, y, color.NRGBA{R: uint8(40 + x), G: 30, B: 120, A: 255})
			}
		}
	}
	var file bytes.Buffer
	Expect(png.Encode(&file, picture)).To(Succeed())
	return file.Bytes()
}

func refusal(err error) func(*stock) { return func(s *stock) { s.err = err } }

// compose fills in the form for a question and sends it.
func compose(t *tab) {
	t.fill("#email", "clara@customer.example")
	t.fill("#subject", "Pita")
	t.compose("#text", "Pita.")
	submit(t)
}

// everyPicture is true if each page is to be taken on each screen in each language. Otherwise each language, size and mode is seen once.
var everyPicture = os.Getenv("USHER_PICTURES") == "all"

var _ = Describe("Every page in every state", func() {
	for name, p := range pictures {
		It("is legible on a desktop and a phone, bright and dark: "+name, func(ctx SpecContext) {
			for language, screens := range map[string][]screen{"en": {desktop}, "es": {handsetDark}} {
				if everyPicture {
					screens = []screen{desktop, desktopDark, handset, handsetDark}
				}
				stock := newStock(language)
				if p.set != nil {
					p.set(stock)
				}
				t := openTab(ctx, screens[0])
				t.speak(language)
				t.visit(stock.open() + p.path)
				if p.then != nil {
					p.then(t)
				}
				for _, s := range screens {
					t.show(s)
					t.examine("page-" + name + "." + language)
					if s.mobile {
						t.startsWithButton(name)
					}
				}
			}
		})
	}
})
