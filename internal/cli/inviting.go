// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/cli/roster"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/wording"
)

// inviting is one run of invite.
type inviting struct {
	*inviteCommand
	session *session
	// users and invited are who has an account, and who is named in which Invitation, by address.
	users   map[string]*v1alpha1.OrgUser
	invited map[string]*v1alpha1.Invitation
}

func (i *inviting) run(ctx context.Context, people []roster.Person) error {
	if _, err := i.session.organization(ctx); err != nil && !apierrors.IsForbidden(err) {
		return err
	}
	if err := i.look(ctx); err != nil {
		return err
	}
	newcomers, known := i.split(people)
	batches := roster.Plan(i.session.namespace, newcomers)
	// The answers come before the question: nobody confirms what is going to be refused.
	if err := i.tryAll(ctx, batches); err != nil {
		return err
	}
	if agreed, err := i.agree(ctx, newcomers, len(batches)); err != nil || !agreed {
		return err
	}
	results := known
	failed := i.createAll(ctx, batches, &results)
	if err := results.print(i.streams.Out, "", true); err != nil {
		return err
	}
	if failed {
		return errNo
	}
	if i.wait && *i.dryRun == dryRunNone {
		return i.await(ctx, people)
	}
	return nil
}

// look reads who is known already.
func (i *inviting) look(ctx context.Context) error {
	users, err := i.session.users(ctx, i.session.namespace)
	if err != nil {
		return err
	}
	i.users = make(map[string]*v1alpha1.OrgUser, len(users))
	for n := range users {
		i.users[emailaddr.Normalize(string(effective.EmailOf(&users[n])))] = &users[n]
	}
	invitations, err := i.session.invitations(ctx)
	if err != nil {
		return err
	}
	i.invited = map[string]*v1alpha1.Invitation{}
	for n := range invitations {
		addressees, err := emailaddr.ParseList(invitations[n].Spec.Emails)
		if err != nil {
			continue // an Invitation that bypassed the webhook: it says itself what is wrong with it
		}
		for _, a := range addressees {
			i.invited[emailaddr.Normalize(a.Email)] = &invitations[n]
		}
	}
	return nil
}

// split separates those who are to be invited from those who are known, with what is to be said of them.
func (i *inviting) split(people []roster.Person) (newcomers []roster.Person, known table) {
	known = table{header: []string{"EMAIL", "RESULT", "IN"}}
	for _, p := range people {
		key := emailaddr.Normalize(p.Email)
		invitation, user := i.invited[key], i.users[key]
		switch {
		case invitation != nil:
			known.add(p.Email, "invited already", "Invitation "+invitation.Name)
		case user != nil:
			spec := roster.Plan(i.session.namespace, []roster.Person{p})[0].Invitation.Spec
			what := "is a user already"
			if lacking := effective.MemberNotice(user, &spec); lacking != "" {
				what = lacking
			}
			known.add(p.Email, what, "OrgUser "+user.Name)
		default:
			newcomers = append(newcomers, p)
		}
	}
	return newcomers, known
}

// tryAll asks the API server about all Invitations before the first one is created, and says what it refuses.
func (i *inviting) tryAll(ctx context.Context, batches []roster.Batch) error {
	if *i.dryRun == dryRunClient {
		return nil
	}
	bar := i.progress("asking the API server", batches)
	var refused []string
	for _, b := range batches {
		err := dryRunServer.writer(i.session).Create(ctx, b.Invitation.DeepCopy())
		bar.done(len(b.People))
		switch {
		case err == nil, apierrors.IsAlreadyExists(err):
		case i.asking, ctx.Err() != nil, !apierrors.IsForbidden(err) && !apierrors.IsInvalid(err):
			bar.end()
			return err
		default:
			refused = append(refused, fmt.Sprintf("error: the invitation of %s is refused: %s", these(b.People), refusalOf(err)))
		}
	}
	bar.end()
	if len(refused) == 0 {
		return nil
	}
	fmt.Fprintln(i.streams.ErrOut, strings.Join(refused, "\n")+"\nNobody is invited.")
	return errNo
}

// createAll creates the Invitations and notes what became of each person. It reports whether one could not be created.
func (i *inviting) createAll(ctx context.Context, batches []roster.Batch, results *table) (failed bool) {
	bar := i.progress("inviting", batches)
	defer bar.end()
	for _, b := range batches {
		outcome, err := i.create(ctx, b)
		for _, p := range b.People {
			results.add(p.Email, outcome, "Invitation "+b.Invitation.Name)
		}
		failed = failed || err != nil
		bar.done(len(b.People))
	}
	return failed
}

// progress returns a bar for requests about Invitations.
func (i *inviting) progress(doing string, batches []roster.Batch) *progress {
	people := 0
	for _, b := range batches {
		people += len(b.People)
	}
	return i.newProgress(doing, len(batches), people)
}

// these names people in a message.
func these(people []roster.Person) string {
	if len(people) == 1 {
		return people[0].Email
	}
	return fmt.Sprintf("%s and %d more", people[0].Email, len(people)-1)
}

// agree shows what was understood, and asks a person at a terminal who invites several people.
func (i *inviting) agree(ctx context.Context, newcomers []roster.Person, invitations int) (bool, error) {
	if *i.dryRun != dryRunNone && len(newcomers) > 0 {
		return true, i.understood(i.streams.Out, newcomers)
	}
	if len(newcomers) < 2 || i.yes || !isTerminal(i.streams.In) {
		return true, nil
	}
	if err := i.understood(i.streams.ErrOut, newcomers); err != nil {
		return false, err
	}
	in := wording.Count(invitations, "Invitation", "Invitations")
	return i.ask(ctx, fmt.Sprintf("Invite these %d people, in %s?", len(newcomers), in))
}

// create creates an Invitation, and returns what to say of the people in it.
func (i *inviting) create(ctx context.Context, b roster.Batch) (string, error) {
	var err error
	if *i.dryRun == dryRunNone {
		err = i.session.Create(ctx, b.Invitation.DeepCopy())
	}
	switch {
	case apierrors.IsAlreadyExists(err):
		return "invited already", nil
	case err != nil && ctx.Err() != nil:
		return "not invited: interrupted", err
	case err != nil:
		return "not invited: " + refusalOf(err), err
	}
	return "invited" + i.dryRun.note(), nil
}

// recipients returns how far people have come, by address.
func (i *inviting) recipients(ctx context.Context) (map[string]*v1alpha1.RecipientStatus, error) {
	invitations, err := i.session.invitations(ctx)
	if err != nil {
		return nil, err
	}
	found := map[string]*v1alpha1.RecipientStatus{}
	for n := range invitations {
		for m := range invitations[n].Status.Recipients {
			r := &invitations[n].Status.Recipients[m]
			found[emailaddr.Normalize(string(r.Email))] = r
		}
	}
	return found, nil
}
