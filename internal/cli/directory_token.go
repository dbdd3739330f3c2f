// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/usher-operator/usher/internal/cli/people"
	"github.com/usher-operator/usher/internal/directory/token"
	"github.com/usher-operator/usher/internal/directory/tokens"
)

func newDirectoryToken(t *tool) *cobra.Command {
	cmd := &cobra.Command{
		Use: "token", Short: "Manage the tokens with which the directory presents itself", GroupID: groupChange,
		Long: fmt.Sprintf("Manage the tokens with which the directory presents itself. There can be %d, so that one can replace the other "+
			"without a gap. They are kept as hashes in the Secret usher-directory-tokens.", token.Max),
		Example: examples("directory token create entra --dry-run=server", "directory token list"),
		Args:    noCommand,
		RunE:    func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.SuggestionsMinimumDistance = 2
	addBelow(cmd, newTokenCreate(t), newTokenList(t), newTokenRevoke(t))
	return cmd
}

func newTokenCreate(t *tool) *cobra.Command {
	cmd := &cobra.Command{
		Use: "create NAME", Short: "Make a token and show it, once", GroupID: groupChange,
		Long: "Make a token. It alone is printed to the standard output, and shown only now: enter it in the directory. NAME tells it " +
			"from the other one.",
		Example: examples("directory token create entra --dry-run=server", "directory token create okta --expires 180d --dry-run=server"),
		Args:    between(1, 1),
	}
	cmd.ValidArgsFunction = cobra.NoFileCompletions
	dry := addDryRun(cmd)
	expires := cmd.Flags().String("expires", "365d", "When it expires: after a span of time such as 365d or 26w, on a date, or never.")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := dry.check(); err != nil {
			return err
		}
		until, err := expiration(*expires, t.now())
		if err != nil {
			return err
		}
		s, err := t.connect()
		if err != nil {
			return err
		}
		if _, err := s.organization(cmd.Context()); err != nil {
			return err
		}
		return t.createToken(cmd.Context(), s, args[0], until, *dry)
	}
	return cmd
}

// expiration returns the time that a person means; zero: never.
func expiration(text string, now time.Time) (time.Time, error) {
	if text == "never" {
		return time.Time{}, nil
	}
	at, err := people.ParseSince(text, now)
	if err != nil {
		return at, fmt.Errorf("--expires: %w; for a token that does not expire, write never", err)
	}
	if !isDate(text) {
		at = now.Add(now.Sub(at)) // a span of time, which was taken from now
	}
	if !at.After(now) {
		return at, fmt.Errorf("--expires: %s is over", text)
	}
	return at, nil
}

func isDate(text string) bool {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if _, err := time.Parse(layout, text); err == nil {
			return true
		}
	}
	return false
}

func (t *tool) createToken(ctx context.Context, s *session, name string, expires time.Time, dry dryRun) error {
	if err := token.CheckName(name); err != nil {
		return err
	}
	validity := "does not expire"
	if !expires.IsZero() {
		validity = "is valid until " + expires.UTC().Format(timeFormat)
	}
	if dry == dryRunClient {
		fmt.Fprintf(t.streams.Out, "Token %s of organization %s %s%s\n", name, s.namespace, validity, dry.note())
		return nil
	}
	keeper := s.tokens()
	keeper.Client = dry.writer(s)
	secret, err := keeper.Make(ctx, name, t.now(), expires)
	if dry == dryRunServer && errors.Is(err, tokens.ErrNotFound) {
		err = nil // the Secret that the dry run has not made is not there
	}
	switch {
	case err != nil:
		return err
	case dry == dryRunServer:
		fmt.Fprintf(t.streams.Out, "Token %s of organization %s %s%s\n", name, s.namespace, validity, dry.note())
		return nil
	}
	fmt.Fprintf(t.streams.ErrOut, "Token %s of organization %s %s. It is shown only now: enter it in the directory.\n", name, s.namespace,
		validity)
	_, err = fmt.Fprintln(t.streams.Out, secret)
	return err
}

func newTokenList(t *tool) *cobra.Command {
	cmd := &cobra.Command{
		Use: "list", Short: "List the tokens, with their last use", GroupID: groupFind,
		Long:    "List the tokens: whether they are valid, until when, and when they were last used, which may be an hour later.",
		Example: examples("directory token list", "directory token list -o csv"),
		Args:    between(0, 0),
	}
	form := cmd.Flags().StringP("output", "o", formTable, "Form of the output: csv.")
	must(cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{formCSV}, cobra.ShellCompDirectiveNoFileComp)))
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *form != formTable && *form != formCSV {
			return fmt.Errorf("there is no output form %q: choose %s", *form, formCSV)
		}
		s, err := t.connect()
		if err != nil {
			return err
		}
		if _, err := s.organization(cmd.Context()); err != nil {
			return err
		}
		list, err := s.tokens().List(cmd.Context())
		if err != nil && !isAboutTokens(err) {
			return err
		}
		o := &output{flags: noOutput(), own: []string{formCSV}}
		*o.flags.OutputFormat = *form
		return errors.Join(o.printTable(t.streams, t.tokenTable(list)), err)
	}
	return cmd
}

func newTokenRevoke(t *tool) *cobra.Command {
	cmd := &cobra.Command{
		Use: "revoke NAME", Short: "Make a token invalid", GroupID: groupChange,
		Long: "Make a token invalid, at once. Asks if it is the last one: the directory can do nothing then until there is another one; " +
			"accounts and access stay as they are.",
		Example: examples("directory token revoke old --dry-run=server", "directory token revoke old --yes --dry-run=server"),
		Args:    between(1, 1), ValidArgsFunction: t.completeTokens,
	}
	dry := addDryRun(cmd)
	yes := cmd.Flags().BoolP("yes", "y", false, "Do not ask.")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := dry.check(); err != nil {
			return err
		}
		s, err := t.connect()
		if err != nil {
			return err
		}
		if _, err := s.organization(cmd.Context()); err != nil {
			return err
		}
		return t.revokeToken(cmd.Context(), s, args[0], *dry, *yes)
	}
	return cmd
}

func (t *tool) revokeToken(ctx context.Context, s *session, name string, dry dryRun, yes bool) error {
	list, err := s.tokens().List(ctx)
	if err != nil && !isAboutTokens(err) {
		return err
	}
	if len(list) == 1 && list[0].Name == name && dry == dryRunNone && !yes {
		question := fmt.Sprintf("Token %s is the last one, and the directory of organization %s can do nothing without. Revoke it?",
			name, s.namespace)
		if agreed, err := t.confirm(ctx, question); err != nil || !agreed {
			return err
		}
	}
	if dry != dryRunClient {
		keeper := s.tokens()
		keeper.Client = dry.writer(s)
		if err := keeper.Remove(ctx, name); err != nil {
			return err
		}
	}
	fmt.Fprintf(t.streams.Out, "Token %s of organization %s is revoked%s\n", name, s.namespace, dry.note())
	return nil
}

// completeTokens completes the names of tokens.
func (t *tool) completeTokens(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return t.completeWith(func(ctx context.Context, s *session) []string {
		list, err := s.tokens().List(ctx)
		if err != nil {
			return nil
		}
		names := make([]string, 0, len(list))
		for n := range list {
			names = append(names, list[n].Name)
		}
		return names
	})(cmd, args, typed)
}
