// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"context"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/mailbox"
	. "github.com/usher-operator/usher/internal/testing/matchers"
)

// story is an organization in which Ana invites Luis to a workspace.
type story struct {
	org, luis    string
	organization *v1alpha1.Organization
	ana          *v1alpha1.OrgUser
	inv          *v1alpha1.Invitation
}

// invite starts a story in a language, with changes to the invitation.
func invite(ctx context.Context, language string, changes ...func(*v1alpha1.Invitation)) story {
	GinkgoHelper()
	org := env.Namespace(ctx, "acme")
	space := builders.Workspace(org, "support").Obj()
	space.Spec.DisplayName = "Support North"
	ana := builders.OrgUser(org, "ana").Role(v1alpha1.RoleOrganizationAdmin).Existing().Obj()
	ana.Spec.DisplayName = "Ana Pérez"
	organization := builders.Organization(org).DisplayName("Acme S.A.").Obj()
	create(ctx, organization, ana, space)
	Eventually(read(ctx, ana)).Should(BeReady())

	message := map[string]string{
		"es": "Bienvenido al equipo, Luis.\nEl lunes a las 9 te enseñamos la casa.",
		"en": "Welcome to the team, Luis.\nOn Monday at 9 we show you around.",
	}
	s := story{org: org, luis: "luis.gil@" + org + ".example", organization: organization, ana: ana}
	b := builders.Invitation(org, "team", s.luis).InvitedBy(string(ana.Spec.Email)).Language(language).
		Workspace("support", v1alpha1.WorkspaceEdit).Message(message[language])
	for _, change := range changes {
		b = b.With(change)
	}
	s.inv = b.Obj()
	create(ctx, s.inv)
	return s
}

// link waits for the mail with a link below a path and returns the link.
func (s story) link(ctx context.Context, path string) string {
	GinkgoHelper()
	_, link := s.mail(ctx, path, 1)
	return link
}

// mail waits until the person has count mails with a link below a path, or without links if the path is empty. It returns
// the last of them and its link.
func (s story) mail(ctx context.Context, path string, count int) (mailbox.Message, string) {
	GinkgoHelper()
	var found []mailbox.Message
	Eventually(ctx, func(g Gomega) {
		found = s.mails(g, path)
		g.Expect(found).To(HaveLen(count))
	}).Should(Succeed())
	last := found[len(found)-1]
	return last, linkIn(last, path)
}

// mails returns the person's mails with a link below a path, or without links if the path is empty.
func (s story) mails(g Gomega, path string) []mailbox.Message {
	all, err := box.Messages()
	g.Expect(err).NotTo(HaveOccurred())
	var found []mailbox.Message
	for _, m := range all {
		if m.SentTo(s.luis) && (linkIn(m, "/") == "") == (path == "") && (path == "" || linkIn(m, path) != "") {
			found = append(found, m)
		}
	}
	return found
}

func linkIn(m mailbox.Message, path string) string {
	for _, link := range m.Links() {
		if strings.HasPrefix(link, usher.PortalURL+path) {
			return link
		}
	}
	return ""
}

// state returns a function that reads the state of the person's invitation.
func (s story) state(ctx context.Context) func(Gomega) v1alpha1.RecipientState {
	return func(g Gomega) v1alpha1.RecipientState {
		for _, r := range read(ctx, s.inv)(g).Status.Recipients {
			if emailaddr.Same(string(r.Email), s.luis) {
				return r.State
			}
		}
		return ""
	}
}

// edit changes an object, and retries on conflicts.
func edit[T client.Object](ctx context.Context, o T, change func(T)) {
	GinkgoHelper()
	Eventually(ctx, func(g Gomega) {
		change(read(ctx, o)(g))
		g.Expect(env.Client.Update(ctx, o)).To(Succeed())
	}).Should(Succeed())
}

func create(ctx context.Context, objects ...client.Object) {
	GinkgoHelper()
	for _, o := range objects {
		Expect(env.Client.Create(ctx, o)).To(Succeed())
	}
}

// read returns a function that reads an object again.
func read[T client.Object](ctx context.Context, o T) func(Gomega) T {
	return func(g Gomega) T {
		g.Expect(env.Client.Get(ctx, client.ObjectKeyFromObject(o), o)).To(Succeed())
		return o
	}
}
