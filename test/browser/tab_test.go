// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"context"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/testing/timing"
)

// patience bounds one step in the browser; nothing is decided by how long it takes.
const patience = timing.Timeout

// screen is what a person looks at the pages on; lengths are in CSS pixels.
type screen struct {
	// name is part of the pictures' names.
	name          string
	width, height int64
	// density is how many dots a CSS pixel has along a side.
	density float64
	mobile  bool
	// features are what the person prefers, by the names of CSS.
	features map[string]string
}

var (
	desktop = screen{name: "desktop", width: 1280, height: 800, density: 1}
	phone   = screen{name: "phone", width: 360, height: 740, density: 2, mobile: true}
	narrow  = screen{name: "narrow", width: 320, height: 640, density: 1}
	dark    = screen{name: "dark", width: 1280, height: 800, density: 1, features: map[string]string{
		"prefers-color-scheme": "dark", "prefers-reduced-motion": "reduce",
	}}
)

// tab is a tab of the browser with a storage of its own, as a person uses it: with mouse and keys.
type tab struct {
	screen

	ctx context.Context
	*watch
}

// openTab opens an empty tab until the spec ends. The spec fails when one of its pages reported a problem, asked
// another host for anything, or told anybody from which page it came.
func openTab(ctx context.Context, s screen) *tab {
	GinkgoHelper()
	inner, cancel := chromedp.NewContext(chromium, chromedp.WithNewBrowserContext())
	stop := context.AfterFunc(ctx, cancel)
	t := &tab{screen: s, ctx: inner, watch: &watch{}}
	DeferCleanup(func() {
		stop()
		cancel()
		Expect(t.problems()).To(BeEmpty(), "what the browser had to complain about")
	})
	Expect(chromedp.Do(inner)).To(Succeed())
	Expect(chromedp.Listen(inner, t.see)).To(Succeed())
	t.show(s)
	return t
}

// show changes what the person looks at the pages on.
func (t *tab) show(s screen) {
	GinkgoHelper()
	t.screen = s
	call(t, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: s.width, Height: s.height, DeviceScaleFactor: s.density, Mobile: s.mobile,
	})
	features := []*emulation.MediaFeature{}
	for name, value := range s.features {
		features = append(features, &emulation.MediaFeature{Name: name, Value: value})
	}
	call(t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features})
}

// speak sets the languages that the browser asks for.
func (t *tab) speak(languages string) {
	GinkgoHelper()
	call(t, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": languages}})
}

// withoutScripts switches JavaScript off in the pages.
func (t *tab) withoutScripts() {
	GinkgoHelper()
	call(t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
}

// visit opens an address and gives the status of the answer.
func (t *tab) visit(address string) int {
	GinkgoHelper()
	response := run(t, chromedp.NavigateResponse(address))
	Expect(response).NotTo(BeNil(), "no answer")
	return int(response.Status)
}

// arrive does something that leads to another page and gives the status of the answer.
func (t *tab) arrive(steps ...chromedp.Action[chromedp.Void]) int {
	GinkgoHelper()
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	response, err := chromedp.RunResponse(ctx, steps...)
	Expect(err).NotTo(HaveOccurred())
	Expect(response).NotTo(BeNil(), "no answer")
	return int(response.Status)
}

// follow clicks on something that leads to another page.
func (t *tab) follow(selector string) int {
	GinkgoHelper()
	return t.arrive(chromedp.Click(chromedp.CSS(selector)))
}

// click clicks on something that leads nowhere else.
func (t *tab) click(selector string) {
	GinkgoHelper()
	do(t, chromedp.Click(chromedp.CSS(selector)))
}

// hit clicks on what is at an element's place, whatever the tab's pages were before: one that comes back from the
// browser's memory is not known to chromedp.
func (t *tab) hit(selector string) {
	GinkgoHelper()
	at := eval[struct{ X, Y float64 }](t, `(e => { e.scrollIntoView({block: "center"}); const r = e.getBoundingClientRect();
		return {X: r.x + r.width / 2, Y: r.y + r.height / 2} })(document.querySelector("`+selector+`"))`)
	do(t, chromedp.MouseClickXY(at.X, at.Y))
}

// press presses keys, one after the other.
func (t *tab) press(keys ...string) {
	GinkgoHelper()
	do(t, chromedp.KeyEvent(strings.Join(keys, "")))
}

// enter presses the Enter key: what follows from it is all where the focus was, as with a real one.
var enter = chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
	for _, kind := range []input.DispatchKeyEventType{input.DispatchKeyEventTypeKeyDown, input.DispatchKeyEventTypeKeyUp} {
		key := input.DispatchKeyEventParams{Type: kind, Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 13}
		if kind == input.DispatchKeyEventTypeKeyDown {
			key.Text = "\r"
		}
		if _, err := cdp.Call(ctx, target, input.DispatchKeyEvent, key); err != nil {
			return err
		}
	}
	return nil
})

// write puts text into the field that has the focus, in the place of what is selected, as a paste does.
func (t *tab) write(text string) {
	GinkgoHelper()
	call(t, input.InsertText, input.InsertTextParams{Text: text})
}

// fill puts text into a field in the place of what it holds.
func (t *tab) fill(selector, text string) {
	GinkgoHelper()
	do(t, chromedp.Clear(chromedp.CSS(selector)), chromedp.Focus(chromedp.CSS(selector)))
	t.write(text)
}

// text is what is written in an element.
func (t *tab) text(selector string) string {
	GinkgoHelper()
	return run(t, chromedp.Text(chromedp.CSS(selector)))
}

// reaches waits until the tab shows a page with that heading.
func (t *tab) reaches(heading string) {
	GinkgoHelper()
	Eventually(t.ctx, func() (string, error) {
		return chromedp.Run(t.ctx, chromedp.Evaluate[string]("document.querySelector('h1')?.innerText ?? ''"))
	}).Should(Equal(heading))
}

// focuses waits until the element with that id has the focus.
func (t *tab) focuses(id string) {
	GinkgoHelper()
	Eventually(t.ctx, func() string { return eval[string](t, "document.activeElement.id") }).Should(Equal(id))
}

// attribute is an attribute's value, empty when there is none.
func (t *tab) attribute(selector, name string) string {
	GinkgoHelper()
	return run(t, chromedp.AttributeValue(chromedp.CSS(selector), name)).Value
}

// title is what the tab is called.
func (t *tab) title() string {
	GinkgoHelper()
	return run(t, chromedp.Title())
}

// eval gives the value of a JavaScript expression; a promise is waited for.
func eval[T any](t *tab, expression string) T {
	GinkgoHelper()
	return run(t, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// run runs an action in the tab and gives its result.
func run[T any](t *tab, action chromedp.Action[T]) T {
	GinkgoHelper()
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	result, err := chromedp.Run(ctx, action)
	Expect(err).NotTo(HaveOccurred())
	return result
}

// do runs actions without a result.
func do(t *tab, steps ...chromedp.Action[chromedp.Void]) {
	GinkgoHelper()
	run(t, chromedp.Steps(steps...))
}

// call sends one command of the browser's protocol.
func call[P, R any](t *tab, command cdp.Command[P, R], params P) R {
	GinkgoHelper()
	return run(t, func(ctx context.Context, target *chromedp.Target) (R, error) {
		return cdp.Call(ctx, target, command, params)
	})
}
