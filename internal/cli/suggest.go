// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/cli/people"
	"github.com/usher-operator/usher/internal/effective"
)

// noUser says that nobody has a name or address, and whom the person may mean.
func (s *session) noUser(ctx context.Context, who string) error {
	if _, err := s.organization(ctx); err != nil {
		return err
	}
	all, err := s.users(ctx, s.namespace)
	if err != nil {
		return err
	}
	message := fmt.Sprintf("no user %q in organization %q", who, s.namespace)
	if near := people.Near(who, all); len(near) > 0 {
		return fmt.Errorf("%s: did you mean %s?", message, strings.Join(labels(near), ", "))
	}
	return fmt.Errorf("%s: list them with %s users -n %s", message, name, s.namespace)
}

func ambiguous(who string, found []v1alpha1.OrgUser) error {
	return fmt.Errorf("%q is the address of several users: %s: give the name of one", who, strings.Join(labels(found), ", "))
}

// labels returns how users are named in messages.
func labels(users []v1alpha1.OrgUser) []string {
	names := make([]string, 0, len(users))
	for n := range users {
		names = append(names, labelOf(&users[n]))
	}
	return names
}

func labelOf(u *v1alpha1.OrgUser) string { return fmt.Sprintf("%s (%s)", u.Name, effective.EmailOf(u)) }
