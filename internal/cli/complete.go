// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"

	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/cli/people"
)

// completionTimeout is how long a person who presses the tabulator waits for a server that does not answer.
const completionTimeout = 3 * time.Second

type completion = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective)

// completeWith completes by what the API server lists. What the person may not list is not completed.
func (t *tool) completeWith(list func(context.Context, *session) []string) completion {
	return func(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		ctx, cancel := context.WithTimeout(cmd.Context(), completionTimeout)
		defer cancel()
		s, err := t.connect()
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var found []string
		for _, entry := range list(ctx, s) {
			if strings.HasPrefix(entry, typed) {
				found = append(found, entry)
			}
		}
		return found, cobra.ShellCompDirectiveNoFileComp
	}
}

// completeUsers completes the names of users, with who they are.
func (t *tool) completeUsers(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	return t.completeWith(func(ctx context.Context, s *session) []string {
		users, err := s.users(ctx, s.namespace)
		if err != nil {
			return nil
		}
		names := make([]string, 0, len(users))
		for n := range users {
			names = append(names, users[n].Name+"\t"+oneLine(people.NameOf(&users[n])))
		}
		return names
	})(cmd, args, typed)
}

// completeUser completes the one user whom a command is about.
func (t *tool) completeUser(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return t.completeUsers(cmd, args, typed)
}

// completeFlagWorkspaces completes the names of workspaces.
func (t *tool) completeFlagWorkspaces(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	return t.completeWith(func(ctx context.Context, s *session) []string {
		workspaces, err := s.workspaces(ctx, s.namespace)
		if err != nil {
			return nil
		}
		names := make([]string, 0, len(workspaces))
		for n := range workspaces {
			names = append(names, workspaces[n].Name+"\t"+oneLine(string(workspaces[n].Spec.DisplayName)))
		}
		return names
	})(cmd, args, typed)
}

// completeUserThen completes a user, and then what follows.
func (t *tool) completeUserThen(next completion) completion {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		switch len(args) {
		case 0:
			return t.completeUsers(cmd, args, typed)
		case 1:
			return next(cmd, args, typed)
		}
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
}

// completeNamespaces completes the namespaces that the person may list.
func (t *tool) completeNamespaces(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	return t.completeWith(func(ctx context.Context, s *session) []string {
		list := &corev1.NamespaceList{}
		if s.List(ctx, list) != nil {
			return nil
		}
		names := make([]string, 0, len(list.Items))
		for _, n := range list.Items {
			names = append(names, n.Name)
		}
		return names
	})(cmd, args, typed)
}

// completeRoles completes the names of roles in a flag.
func (t *tool) completeRoles(cmd *cobra.Command, flag string) {
	must(cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(roleNames(), cobra.ShellCompDirectiveNoFileComp)))
}

func roleNames() []string { return strings.Split(joined(authz.Roles()), ",") }
