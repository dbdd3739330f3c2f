// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/cli/roster"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/wording"
)

// lookAgain is how often invite --wait looks. People need minutes at least.
const lookAgain = time.Second

// await prints a line for each step that somebody takes, until all have answered.
func (i *inviting) await(ctx context.Context, people []roster.Person) error {
	if i.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, i.timeout)
		defer cancel()
	}
	seen := make(map[string]v1alpha1.RecipientState, len(people))
	ticker := time.NewTicker(lookAgain)
	defer ticker.Stop()
	for {
		recipients, err := i.recipients(ctx)
		if err != nil && ctx.Err() == nil {
			return err
		}
		open := 0
		for _, p := range people {
			key := emailaddr.Normalize(p.Email)
			if r := recipients[key]; r != nil && r.State != seen[key] {
				seen[key] = r.State
				fmt.Fprintf(i.streams.Out, "%s  %s\n", p.Email, r.State)
			}
			if !answered(seen[key]) && i.users[key] == nil {
				open++
			}
		}
		if open == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return i.stillOpen(ctx, open)
		case <-ticker.C:
		}
	}
}

// answered reports whether nothing more is to be expected of a person.
func answered(s v1alpha1.RecipientState) bool {
	return s != "" && s != v1alpha1.RecipientPending && s != v1alpha1.RecipientInvited && s != v1alpha1.RecipientRegistered
}

func (i *inviting) stillOpen(ctx context.Context, open int) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("%s not answered after %s: %s shows them", wording.Count(open, "person has", "people have"), i.timeout,
			command("users", "--state", "Pending", "-n", i.session.namespace))
	}
	return errNo
}
