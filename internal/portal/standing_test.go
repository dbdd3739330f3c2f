// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal_test

import (
	"context"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/lookup"
	"github.com/usher-operator/usher/internal/portal"
)

var _ = Describe("A page about access", func() {
	var links *fakeLinks
	var pages site

	BeforeEach(func() {
		links = newFakeLinks()
		links.link.Contact = lookup.Contact{Name: "Ana Pérez", Email: "ana@acme.example"}
		pages = site{portal.New(links, portal.Options{URL: "https://portal.acme.example"})}
	})
	body := func(path string) string { return pages.get(path).Body.String() }
	const asksAna = "<bdi>Ana Pérez (ana@acme.example)</bdi>"

	It("LMI-12 says that the person has access only if they have", func() {
		links.link.State = v1alpha1.RecipientActive
		const promise = "Ya tienes acceso"
		Expect(body("/i/" + inviteToken + "/done")).To(ContainSubstring("Ya tienes acceso. Estos son los detalles:"))

		links.link.Standing, links.link.Workspaces[1].NotReady = effective.StandingPartial, true
		links.link.Modules, links.link.AwaitingSeats = []string{"fax"}, []string{"desk"}
		Expect(body("/i/" + inviteToken + "/done")).To(SatisfyAll(
			ContainSubstring("Ya tienes acceso, salvo a lo que figura como pendiente."), ContainSubstring("puedes ver (pendiente: todavía no está listo)"),
			ContainSubstring("<bdi>fax</bdi></li>"), ContainSubstring(`<bdi>desk</bdi> <span class="hint">(pendiente: no quedan plazas)`)))

		links.link.Standing = effective.StandingNoWorkspace
		Expect(body("/i/" + inviteToken + "/done")).To(SatisfyAll(Not(ContainSubstring(promise)), ContainSubstring("kubectl auth whoami"),
			ContainSubstring("todavía no tienes acceso a ningún espacio de trabajo"), ContainSubstring(asksAna)))

		for standing, says := range map[effective.Standing]string{
			effective.StandingSuspended: "tu cuenta está suspendida", effective.StandingWaiting: "tiene que resolver antes un problema con tu cuenta",
		} {
			links.link.Standing = standing
			Expect(body("/i/" + inviteToken + "/done")).To(SatisfyAll(Not(ContainSubstring(promise)), Not(ContainSubstring("kubectl")),
				ContainSubstring("Te has registrado en"), ContainSubstring(says), ContainSubstring(asksAna), ContainSubstring("<bdi>Soporte</bdi>")))
		}
	})

	It("NOV-13 tells a suspended person before they accept, register and confirm", func() {
		links.link.Standing, links.link.NeedsConfirmation = effective.StandingSuspended, false
		const caveat = "no tendrás acceso hasta que la reactiven"
		Expect(body("/i/" + inviteToken)).To(SatisfyAll(ContainSubstring(caveat), Not(ContainSubstring("Tendrás acceso"))))
		links.link.State, links.link.NeedsConfirmation = v1alpha1.RecipientRegistered, true
		Expect(body("/i/" + inviteToken)).To(SatisfyAll(ContainSubstring(caveat), ContainSubstring("Revisa tu correo")))
		Expect(body("/c/" + confirmToken)).To(SatisfyAll(ContainSubstring(caveat), ContainSubstring("para completar el registro")))
		links.link.Standing = effective.StandingInForce
		Expect(body("/c/" + confirmToken)).NotTo(ContainSubstring("caveat"))
	})

	It("says how many workspaces it does not list", func() {
		links.link.MoreWorkspaces = 7
		Expect(body("/i/" + inviteToken)).To(ContainSubstring(`<li class="hint">y 7 más</li>`))
	})

	It("offers to take a decline back, once, while the link is valid", func() {
		links.link.State, links.link.CanReconsider = v1alpha1.RecipientDeclined, true
		Expect(body("/i/" + inviteToken)).To(SatisfyAll(ContainSubstring("hasta el <strong><bdi>sábado, 28 de noviembre"),
			ContainSubstring("No tienes acceso a"), ContainSubstring(`value="reconsider" class="quiet">Volver a la invitación</button>`)))
		for range 2 {
			posted := pages.post("/i/"+inviteToken, acceptForm("action", "reconsider"))
			Expect(posted).To(HaveHTTPHeaderWithValue("Location", "/i/"+inviteToken+"/done"))
			Expect(pages.get("/i/" + inviteToken + "/done")).To(HaveHTTPHeaderWithValue("Location", "/i/"+inviteToken))
		}
		Expect(body("/i/" + inviteToken)).To(ContainSubstring("te invita a unirte"))

		By("taking it back too late")
		links.link.State, links.link.CanReconsider = v1alpha1.RecipientDeclined, false
		Expect(body("/i/" + inviteToken)).To(SatisfyAll(Not(ContainSubstring("<form")), ContainSubstring(asksAna)))
		pages.post("/i/"+inviteToken, acceptForm("action", "reconsider"))
		Expect(links.link.State).To(Equal(v1alpha1.RecipientDeclined))
	})

	DescribeTable("NOV-9 says in its own words and with its own sign why a link cannot be used, and whom to ask",
		func(err error, state v1alpha1.RecipientState, title, sign string) {
			links.err, links.link.State = err, state
			text := body("/i/" + inviteToken)
			Expect(text).To(SatisfyAll(ContainSubstring("<h1>"+title+"</h1>"), ContainSubstring(`<svg class="sign `+sign+`"`), ContainSubstring(asksAna)))
			links.link.Contact = lookup.Contact{}
			Expect(body("/i/" + inviteToken)).To(SatisfyAll(ContainSubstring("la persona que te invitó"), Not(ContainSubstring("{"))))
		},
		Entry("declined", portal.ErrDeclined, v1alpha1.RecipientDeclined, "Has rechazado la invitación", "ended"),
		Entry("revoked", portal.ErrRevoked, v1alpha1.RecipientRevoked, "Esta invitación ya no es válida", "withdrawn"),
		Entry("replaced", portal.ErrReplaced, v1alpha1.RecipientInvited, "Hay un correo más reciente", "mail"),
		Entry("expired", portal.ErrExpired, v1alpha1.RecipientExpired, "Este enlace ha caducado", "time"),
		Entry("used", portal.ErrUsed, v1alpha1.RecipientActive, "Este enlace ya se ha utilizado", "good"),
	)

	It("says why an invitation was revoked", func() {
		links.err = portal.ErrRevoked
		for reason, text := range map[v1alpha1.RevocationReason]string{
			v1alpha1.RevokedAddressRemoved: "La organización la ha retirado.", v1alpha1.RevokedAccessLimited: "La organización la ha retirado.",
			v1alpha1.RevokedInviterUnauthorized: "La persona que te invitó ya no puede darte este acceso.",
			v1alpha1.RevokedAccountRemoved:      "La organización ha eliminado la cuenta",
		} {
			links.link.RevocationReason = reason
			Expect(body("/i/" + inviteToken)).To(ContainSubstring(text))
		}
	})

	It("refuses to take a decline back from another site's form", func() {
		links.link.State, links.link.CanReconsider = v1alpha1.RecipientDeclined, true
		r := postRequest("/i/"+inviteToken, acceptForm("action", "reconsider"))
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		Expect(pages.do(r)).To(HaveHTTPStatus(http.StatusForbidden))
		Expect(links.changes).To(BeEmpty())
	})

	It("shows a link of a deleted invitation without naming anybody", func() {
		links.err = portal.ErrRevoked
		gone := site{portal.New(deletedLinks{links}, portal.Options{URL: "https://portal.acme.example"})}
		Expect(gone.get("/i/" + inviteToken).Body.String()).To(SatisfyAll(ContainSubstring("the person who invited you"), Not(ContainSubstring("{"))))
	})
})

// deletedLinks knows nothing but that the link is no longer valid.
type deletedLinks struct{ *fakeLinks }

func (deletedLinks) Open(context.Context, portal.Purpose, string) (*portal.Link, error) {
	return nil, portal.ErrRevoked
}
