// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"context"
	"os/exec"

	"github.com/chromedp/chromedp"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// chromium is the context of the running browser and the parent of each tab's context.
var chromium context.Context

// remoteName is a name of this machine that the browser regards as a remote host: the browser restricts sites without TLS
// there, but not at 127.0.0.1.
const remoteName = "portal.example"

// startBrowser starts Chromium with a new profile until the suite ends. Chromium has no access to other hosts: it resolves no
// name except remoteName, and does not update anything.
func startBrowser() {
	GinkgoHelper()
	path, err := exec.LookPath("chromium")
	Expect(err).NotTo(HaveOccurred(), "the browser tests need Chromium: `make browser` installs it (apt-get install chromium)")
	allocated, stop := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("force-color-profile", "srgb"), chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("host-resolver-rules", "MAP "+remoteName+" 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"),
	)
	var quit context.CancelFunc
	chromium, quit = chromedp.NewContext(allocated)
	DeferCleanup(func() {
		quit()
		stop()
	})
	Expect(chromedp.Do(chromium)).To(Succeed(), "Chromium did not start")
}
