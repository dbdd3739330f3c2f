// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"io"
	"os"
	"os/exec"
	"runtime"

	"github.com/pkg/browser"
)

// hasBrowser reports whether a browser can be opened where the person sees it.
func hasBrowser() bool {
	isSet := func(variable string) bool { return os.Getenv(variable) != "" }
	switch {
	case isSet("BROWSER"):
		return true
	case runtime.GOOS == "windows":
		return true
	case runtime.GOOS == "darwin":
		return !isSet("SSH_CONNECTION")
	}
	return isSet("DISPLAY") || isSet("WAYLAND_DISPLAY")
}

// openBrowser opens an address with the program in BROWSER, or else with the operating system's. What it prints is not for kubectl, which
// reads the standard output.
func openBrowser(address string) error {
	if program := os.Getenv("BROWSER"); program != "" {
		// The browser outlives the command.
		cmd := exec.CommandContext(context.Background(), program, address) //nolint:gosec // G204, G702: the person's own choice
		if err := cmd.Start(); err != nil {
			return err
		}
		return cmd.Process.Release()
	}
	browser.Stdout, browser.Stderr = io.Discard, io.Discard
	return browser.OpenURL(address)
}
