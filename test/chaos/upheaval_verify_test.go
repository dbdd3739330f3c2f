// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"maps"
	"slices"
	"strconv"

	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/testing/builders"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

// verify checks that a company is as the answers to those who changed it have said.
func (c *company) verify(ctx context.Context, g Gomega, visitors *guests) {
	var list v1alpha1.OrgUserList
	g.Expect(env.Client.List(ctx, &list, client.InNamespace(c.name))).To(Succeed())
	declared := map[string]bool{}
	requesting := 0
	for i := range list.Items {
		u := &list.Items[i]
		if effective.RequestsSeat(u, module) {
			requesting++
		}
		if u.Labels[v1alpha1.ManagedByLabel] == v1alpha1.ManagedByValue {
			continue
		}
		declared[u.Name] = true
		c.verifyUser(g, u)
	}
	g.Expect(slices.Collect(maps.Keys(declared))).To(ConsistOf(slices.Collect(maps.Keys(c.declared))), "declared people")
	o := builders.Organization(c.name).Obj()
	g.Expect(env.Client.Get(ctx, client.ObjectKeyFromObject(o), o)).To(Succeed())
	g.Expect(o).To(BeReady())
	g.Expect(o.Spec.Subscription.Modules[0].Seats).To(HaveValue(Equal(c.seats)))
	g.Expect(o.Status.Modules).To(HaveExactElements(And(HaveField("Leaving", BeEmpty()),
		HaveField("Holders", HaveLen(min(requesting, int(c.seats)))))), "%d request a seat", requesting)
	if c.primary != "" {
		g.Expect(o.Spec.PrimaryAdministrator.Email).To(BeEquivalentTo(c.primary))
	}
	c.verifyInvitations(ctx, g, visitors)
	var spaces v1alpha1.WorkspaceList
	g.Expect(env.Client.List(ctx, &spaces, client.InNamespace(c.name))).To(Succeed())
	g.Expect(spaces.Items).To(HaveLen(len(c.spaces)))
}

// verifyUser checks that what a user requests is what was last accepted, and that it is in force.
func (c *company) verifyUser(g Gomega, u *v1alpha1.OrgUser) {
	wanted := c.declared[u.Name]
	g.Expect(u.Spec.Role).To(Equal(wanted.Role), u.Name)
	g.Expect(u.Spec.Suspend).To(Equal(wanted.Suspend), u.Name)
	g.Expect(u.Spec.Workspaces).To(ConsistOf(wanted.Workspaces), u.Name)
	g.Expect(u.Spec.Modules).To(ConsistOf(wanted.Modules), u.Name)
	g.Expect(u.Status.ObservedGeneration).To(Equal(u.Generation), u.Name)
	if wanted.Suspend {
		g.Expect(u.Status.State).To(Equal(v1alpha1.UserSuspended), u.Name)
		g.Expect(u.Status.Workspaces).To(BeEmpty(), u.Name)
		return
	}
	g.Expect(u.Status.State).To(Equal(v1alpha1.UserActive), u.Name)
	g.Expect(u.Status.Role).To(Equal(wanted.Role), u.Name)
	has := map[string]v1alpha1.WorkspaceAccess{}
	for _, w := range u.Status.Workspaces {
		g.Expect(c.spaces).To(HaveKey(w.Name), u.Name)
		has[w.Name] = w.Access
	}
	for _, w := range wanted.Workspaces {
		if c.spaces[string(w.Name)] {
			g.Expect(has).To(HaveKey(string(w.Name)), u.Name)
		}
	}
}

// verifyInvitations checks that nobody who is invited waits for anything but themselves, and that whoever was told to be in is.
func (c *company) verifyInvitations(ctx context.Context, g Gomega, visitors *guests) {
	var list v1alpha1.InvitationList
	g.Expect(env.Client.List(ctx, &list, client.InNamespace(c.name))).To(Succeed())
	var names []string
	for _, i := range list.Items {
		names = append(names, i.Name)
		var emails []string
		for _, r := range i.Status.Recipients {
			emails = append(emails, string(r.Email))
			g.Expect(r.State).NotTo(BeElementOf(v1alpha1.RecipientPending, v1alpha1.RecipientUndeliverable), string(r.Email))
			if r.Mail != nil {
				g.Expect(r.Mail.State).To(Equal(v1alpha1.MailSent), string(r.Email))
			}
			visitors.mu.Lock()
			if visitors.confirmed[string(r.Email)] {
				g.Expect(r.State).To(Equal(v1alpha1.RecipientActive), string(r.Email))
			}
			heard := visitors.heard[string(r.Email)]
			visitors.mu.Unlock()
			g.Expect(r.State).NotTo(Equal(v1alpha1.RecipientRegistered), "%s, who follows each link, was answered %s", r.Email, heard)
		}
		g.Expect(emails).To(ConsistOf(c.invitations[i.Name]), i.Name)
	}
	g.Expect(names).To(ConsistOf(slices.Collect(maps.Keys(c.invitations))), "invitations")
}

// newestOfCompanies returns the newest resource version of all companies.
func (u *upheaval) newestOfCompanies(ctx context.Context, g Gomega) int64 {
	var newest int64
	for _, c := range u.companies {
		var users v1alpha1.OrgUserList
		g.Expect(env.Client.List(ctx, &users, client.InNamespace(c.name))).To(Succeed())
		for _, o := range users.Items {
			number, err := strconv.ParseInt(o.ResourceVersion, 10, 64)
			g.Expect(err).NotTo(HaveOccurred())
			newest = max(newest, number)
		}
	}
	return newest
}
