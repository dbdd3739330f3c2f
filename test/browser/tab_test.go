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

// patience limits one step in the browser; no result depends on how long a step takes.
const patience = timing.Timeout

// screen is the screen of a person; lengths are in CSS pixels.
type screen struct {
	// name is part of the names of screenshots.
	name          string
	width, height int64
	// density is the number of device pixels per CSS pixel along one side.
	density float64
	mobile  bool
	// features are the person's preferences, by their CSS names.
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

// tab is a browser tab with its own storage. A person uses it with mouse and keyboard.
type tab struct {
	screen

	ctx context.Context
	*monitor
}

// openTab opens an empty tab until the spec ends. The spec fails if one of its pages reported a problem, sent a request to
// another host, or revealed its address in a Referer header.
func openTab(ctx context.Context, s screen) *tab {
	GinkgoHelper()
	inner, cancel := chromedp.NewContext(chromium, chromedp.WithNewBrowserContext())
	stop := context.AfterFunc(ctx, cancel)
	t := &tab{screen: s, ctx: inner, monitor: &monitor{}}
	DeferCleanup(func() {
		stop()
		cancel()
		Expect(t.problems()).To(BeEmpty(), "problems in the browser")
	})
	Expect(chromedp.Do(inner)).To(Succeed())
	Expect(chromedp.Listen(inner, t.observe)).To(Succeed())
	t.show(s)
	return t
}

// show changes the screen.
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

// withoutScripts disables JavaScript.
func (t *tab) withoutScripts() {
	GinkgoHelper()
	call(t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
}

// visit opens an address and returns the status of the answer.
func (t *tab) visit(address string) int {
	GinkgoHelper()
	response := run(t, chromedp.NavigateResponse(address))
	Expect(response).NotTo(BeNil(), "no answer")
	return int(response.Status)
}

// navigate runs actions that lead to another page and returns the status of the answer.
func (t *tab) navigate(steps ...chromedp.Action[chromedp.Void]) int {
	GinkgoHelper()
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	response, err := chromedp.RunResponse(ctx, steps...)
	Expect(err).NotTo(HaveOccurred())
	Expect(response).NotTo(BeNil(), "no answer")
	return int(response.Status)
}

// follow clicks an element that leads to another page.
func (t *tab) follow(selector string) int {
	GinkgoHelper()
	return t.navigate(chromedp.Click(chromedp.CSS(selector)))
}

// click clicks an element that stays on the page.
func (t *tab) click(selector string) {
	GinkgoHelper()
	do(t, chromedp.Click(chromedp.CSS(selector)))
}

// clickAt clicks the position of an element. It also works on a page that the browser restored from its cache, which chromedp
// does not know.
func (t *tab) clickAt(selector string) {
	GinkgoHelper()
	at := eval[struct{ X, Y float64 }](t, `(e => { e.scrollIntoView({block: "center"}); const r = e.getBoundingClientRect();
		return {X: r.x + r.width / 2, Y: r.y + r.height / 2} })(document.querySelector("`+selector+`"))`)
	do(t, chromedp.MouseClickXY(at.X, at.Y))
}

// press presses keys one after the other.
func (t *tab) press(keys ...string) {
	GinkgoHelper()
	do(t, chromedp.KeyEvent(strings.Join(keys, "")))
}

// enter presses the Enter key, with the same effects on the focused element as a real key.
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

// typeText inserts text in the focused field and replaces the selection, as pasting does.
func (t *tab) typeText(text string) {
	GinkgoHelper()
	call(t, input.InsertText, input.InsertTextParams{Text: text})
}

// fill replaces the content of a field.
func (t *tab) fill(selector, text string) {
	GinkgoHelper()
	do(t, chromedp.Clear(chromedp.CSS(selector)), chromedp.Focus(chromedp.CSS(selector)))
	t.typeText(text)
}

// unfold opens what is folded, unless the screen is so large that it is open anyway.
func (t *tab) unfold(selector string) {
	GinkgoHelper()
	if eval[bool](t, `document.querySelector("`+selector+`:not([open]) > summary").checkVisibility()`) {
		t.click(selector + " > summary")
	}
}

// text returns the text of an element.
func (t *tab) text(selector string) string {
	GinkgoHelper()
	return run(t, chromedp.Text(chromedp.CSS(selector)))
}

// awaitHeading waits until the tab shows a page with this heading.
func (t *tab) awaitHeading(heading string) {
	GinkgoHelper()
	Eventually(t.ctx, func() (string, error) {
		return chromedp.Run(t.ctx, chromedp.Evaluate[string]("document.querySelector('h1')?.innerText ?? ''"))
	}).Should(Equal(heading))
}

// awaitFocus waits until the element with this ID has the focus.
func (t *tab) awaitFocus(id string) {
	GinkgoHelper()
	Eventually(t.ctx, func() string { return eval[string](t, "document.activeElement.id") }).Should(Equal(id))
}

// attribute returns the value of an attribute, or "" if there is none.
func (t *tab) attribute(selector, name string) string {
	GinkgoHelper()
	return run(t, chromedp.AttributeValue(chromedp.CSS(selector), name)).Value
}

// title returns the title of the page.
func (t *tab) title() string {
	GinkgoHelper()
	return run(t, chromedp.Title())
}

// eval returns the value of a JavaScript expression, and waits for a promise.
func eval[T any](t *tab, expression string) T {
	GinkgoHelper()
	return run(t, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// run runs an action in the tab and returns its result.
func run[T any](t *tab, action chromedp.Action[T]) T {
	GinkgoHelper()
	ctx, cancel := context.WithTimeout(t.ctx, patience)
	defer cancel()
	result, err := chromedp.Run(ctx, action)
	Expect(err).NotTo(HaveOccurred())
	return result
}

// do runs actions that have no result.
func do(t *tab, steps ...chromedp.Action[chromedp.Void]) {
	GinkgoHelper()
	run(t, chromedp.Steps(steps...))
}

// call sends a command of the DevTools protocol.
func call[P, R any](t *tab, command cdp.Command[P, R], params P) R {
	GinkgoHelper()
	return run(t, func(ctx context.Context, target *chromedp.Target) (R, error) {
		return cdp.Call(ctx, target, command, params)
	})
}
