// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/usher-operator/usher/internal/testing/dex"
)

// suspend shows how soon each way in is shut to a person who is suspended, and which one is not.
func (s *story) suspend(ctx context.Context) error {
	s.begin("Nora is suspended")
	s.say("She has her own page open, a session of kubectl, and a token that is valid for minutes. Ana suspends her.")
	doors, session, err := s.doors(ctx)
	if err != nil {
		return s.unexpected("Nora to be signed in", err.Error(), "portal.log and dex.log")
	}
	for _, d := range doors {
		if answer, err := d.shut(ctx); answer != "" || err != nil {
			return s.unexpected("to get in: "+d.what, fmt.Sprint(answer, err), "portal.log and dex.log")
		}
	}
	name, err := s.cluster.kubectl(ctx, append(s.ofNora("get", "ou"), "--output=jsonpath={.items[0].metadata.name}")...)
	if err != nil {
		return s.unexpected("Nora's OrgUser", name, "operator.log")
	}
	began := time.Now()
	if err := s.setSuspended(ctx, name, true); err != nil {
		return err
	}
	s.say("Everything that she has is tried again and again, until it is refused:\n")
	if err := s.tryAll(ctx, began, doors); err != nil {
		return err
	}
	if err := s.stillValid(ctx, session); err != nil {
		return err
	}
	s.say("Ana lets her come back. Her former sessions do not: she gets a mail with a link to choose a password.")
	if err := s.setSuspended(ctx, name, false); err != nil {
		return err
	}
	const mailsBefore = 3
	message, err := s.await(ctx, invited, mailsBefore+1)
	if err != nil {
		return err
	}
	s.print("")
	s.quote(envelope(message))
	return nil
}

func (s *story) setSuspended(ctx context.Context, name string, suspended bool) error {
	return s.run(ctx, "patch", "ou", name, "-n", organization, "--type=merge",
		fmt.Sprintf(`--patch={"spec":{"suspend":%t}}`, suspended), "--as", administrator)
}

// stillValid shows what a suspension does not end.
func (s *story) stillValid(ctx context.Context, session kept) error {
	s.say("What stays is her present token. Nobody can revoke an ID token: for another %s, the API server knows her by name, and lets\n"+
		"her do what everybody may.", time.Until(session.Expiry).Round(time.Second))
	s.print("\nnora$ kubectl auth whoami")
	output, err := s.nora.kubectl(ctx, s, "auth", "whoami")
	s.answer(output)
	if err != nil {
		return s.unexpected("her name", err.Error(), "kube-apiserver.log")
	}
	return nil
}

// door is a way in.
type door struct {
	what string
	// shut tries it, and returns what the answer was once it is shut.
	shut func(ctx context.Context) (answer string, err error)
}

// kept is what is kept of a login.
type kept struct {
	IDToken, RefreshToken string
	Expiry                time.Time
}

// doors opens all ways in.
func (s *story) doors(ctx context.Context) ([]door, kept, error) {
	var session kept
	files, err := filepath.Glob(filepath.Join(s.nora.cache, "kubectl-usher", "logins", "*.json"))
	if err != nil || len(files) != 1 {
		return nil, session, errors.Join(err, fmt.Errorf("%d logins are kept instead of one", len(files)))
	}
	content, err := os.ReadFile(files[0])
	if err == nil {
		err = json.Unmarshal(content, &session)
	}
	if err != nil {
		return nil, session, err
	}
	own, err := s.nora.browser.SignIn(ctx, s.cluster.env["PORTAL_URL"]+"/account/sign-in", invited, s.password)
	if err == nil && !strings.HasPrefix(own.URL.Path, "/account/o/") {
		err = fmt.Errorf("her own page does not open: %s", own.URL.Path)
	}
	if err != nil {
		return nil, session, err
	}
	trust, err := s.cluster.dexTLS()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: trust}}
	return []door{
		{"her own page, where she is signed in", func(ctx context.Context) (string, error) {
			page, err := s.nora.browser.Open(ctx, own.URL.String())
			if err != nil || page.Status == http.StatusOK {
				return "", err
			}
			return fmt.Sprintf("%d %s", page.Status, http.StatusText(page.Status)), nil
		}},
		{"the ConfigMap, with her kubectl and her present token", func(ctx context.Context) (string, error) {
			output, err := s.nora.kubectl(ctx, s, "get", "configmap", "runbook")
			if err == nil {
				return "", ctx.Err()
			}
			first, _, _ := strings.Cut(output, ":")
			return first, nil
		}},
		{"renewing the token of kubectl", renewal(client, s.cluster.env["DEX_URL"], session)},
		{"signing in with her password", func(ctx context.Context) (string, error) {
			_, err := dex.NewBrowser(client).SignIn(ctx, s.cluster.env["PORTAL_URL"]+"/account/sign-in", invited, s.password)
			if errors.Is(err, dex.ErrRefused) {
				return "Dex: invalid address and password", nil
			}
			return "", err
		}},
	}, session, err
}

// renewal returns how a token is renewed. Dex gives another refresh token each time.
func renewal(client *http.Client, issuer string, session kept) func(context.Context) (string, error) {
	endpoint := oauth2.Endpoint{TokenURL: issuer + "/token", AuthStyle: oauth2.AuthStyleInParams}
	config := oauth2.Config{ClientID: "kubectl", Endpoint: endpoint}
	return func(ctx context.Context) (string, error) {
		ctx = context.WithValue(ctx, oauth2.HTTPClient, client)
		fresh, err := config.TokenSource(ctx, &oauth2.Token{RefreshToken: session.RefreshToken}).Token()
		var refused *oauth2.RetrieveError
		switch {
		case errors.As(err, &refused):
			return "Dex: " + cmp.Or(refused.ErrorCode, refused.Response.Status), nil
		case err != nil:
			return "", err
		}
		session.RefreshToken = cmp.Or(fresh.RefreshToken, session.RefreshToken)
		return "", nil
	}
}

// outcome is when a door was found shut.
type outcome struct {
	door
	after  time.Duration
	answer string
	err    error
}

// tryAll tries all doors at the same time, and prints when each was shut.
func (s *story) tryAll(ctx context.Context, began time.Time, doors []door) error {
	results := make(chan outcome, len(doors))
	for _, d := range doors {
		go func() {
			o := outcome{door: d}
			var last error // Dex breaks off a renewal during which the session is revoked, and refuses the next one
			o.err = until(ctx, func() (bool, error) {
				o.answer, last = d.shut(ctx)
				return o.answer != "", ctx.Err()
			})
			if o.err != nil {
				o.err = errors.Join(o.err, last)
			}
			o.after = time.Since(began)
			results <- o
		}()
	}
	var all []outcome
	for range doors {
		all = append(all, <-results)
	}
	slices.SortFunc(all, func(a, b outcome) int { return cmp.Compare(a.after, b.after) })
	for _, o := range all {
		if o.err != nil {
			return s.unexpected("that "+o.what+" is refused", o.err.Error(), "operator.log")
		}
		s.print(fmt.Sprintf("  %5.1f s  %-55s  %s", o.after.Seconds(), o.what, o.answer))
	}
	return nil
}
