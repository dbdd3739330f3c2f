// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package portal_test

import (
	"errors"
	"net/http"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/kubeconfig"
	"github.com/usher-operator/usher/internal/portal"
)

var _ = Describe("Pages", func() {
	var links *fakeLinks
	var pages site

	BeforeEach(func() {
		links = newFakeLinks()
		pages = site{portal.New(links, portal.Options{URL: "https://portal.acme.example"})}
	})

	It("NOV-9 NOV-10 show who invites to what, and the form", func() {
		page := pages.get("/i/" + inviteToken)
		Expect(page).To(HaveHTTPStatus(http.StatusOK))
		Expect(page.Body.String()).To(SatisfyAll(
			ContainSubstring(`<html lang="es" dir="ltr">`),
			ContainSubstring("<bdi>Ana Pérez</bdi></strong> te invita a unirte a <strong><bdi>Acme S.A.</bdi>"),
			ContainSubstring("Bienvenidos\nal equipo"),
			ContainSubstring("<dd><bdi>Miembro</bdi>"),
			ContainSubstring(`<bdi>Soporte</bdi> <span class="hint">puedes editar</span>`), ContainSubstring("<bdi>Ventas</bdi>"),
			ContainSubstring("sábado, 28 de noviembre de 2026, 11:00 (CET)"),
			ContainSubstring(`value="Luis Gil" required`),
			ContainSubstring(`<option value="es" lang="es" selected>`),
			ContainSubstring(`action="/i/`+inviteToken+`"`),
			ContainSubstring(`value="accept">Aceptar invitación</button>`),
			ContainSubstring(`value="decline" class="quiet" formnovalidate>Rechazar la invitación</button>`),
			ContainSubstring("enviaremos un correo a <strong><bdi>luis@acme.example"),
			ContainSubstring(`<li class="current" aria-current="step"><span>Tus datos</span></li>`),
		))
		Expect(page.Body.String()).NotTo(SatisfyAny(
			ContainSubstring("<script"), ContainSubstring("style="), ContainSubstring("://")))
	})

	It("use the chosen language, or else the invitation's, the browser's, English", func() {
		Expect(pages.get("/i/" + inviteToken + "?lang=en").Body.String()).To(SatisfyAll(
			ContainSubstring(`<html lang="en" dir="ltr">`), ContainSubstring("invites you to join"),
			ContainSubstring(`action="/i/`+inviteToken+`?lang=en"`),
			ContainSubstring("Saturday, 28 November 2026, 11:00 (CET)")))
		links.link.Language = ""
		Expect(pages.get("/i/" + inviteToken).Body.String()).To(ContainSubstring(`<html lang="en" dir="ltr">`))
		r := postRequest("/", nil)
		r.Method = http.MethodGet
		r.Header.Set("Accept-Language", "fr;q=0.4, es-AR;q=0.9")
		Expect(pages.do(r).Body.String()).To(ContainSubstring(`<html lang="es" dir="ltr">`))
		links.link.Language = "en-GB"
		Expect(pages.get("/i/" + inviteToken).Body.String()).To(ContainSubstring(`<html lang="en" dir="ltr">`))
	})

	It("escape whatever the invitation contains", func() {
		links.link.Inviter = `<script>alert("1")</script>{organization}`
		links.link.Message = "<img src=x>\u202e"
		links.link.Workspaces = []portal.Workspace{{Title: `"><b>`, Access: v1alpha1.WorkspaceView}}
		text := pages.get("/i/" + inviteToken).Body.String()
		Expect(text).To(ContainSubstring("{organization}"))
		Expect(text).NotTo(SatisfyAny(
			ContainSubstring("<script"), ContainSubstring("<img"), ContainSubstring("<b>"), ContainSubstring("\u202e")))
	})

	It("answer other methods with 405 and the allowed ones, and HEAD like GET", func() {
		for path, allowed := range map[string]string{
			"/i/" + inviteToken: "GET, HEAD, POST", "/c/nobody": "GET, HEAD, POST", "/c/" + confirmToken + "/done": "GET, HEAD",
		} {
			for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions} {
				r := postRequest(path, acceptForm())
				r.Method = method
				Expect(pages.do(r)).To(And(HaveHTTPStatus(http.StatusMethodNotAllowed), HaveHTTPHeaderWithValue("Allow", allowed)))
			}
		}
		r := postRequest("/i/"+inviteToken, nil)
		r.Method = http.MethodHead
		Expect(pages.do(r)).To(HaveHTTPStatus(http.StatusOK))
	})

	DescribeTable("NOV-9 understand a link with something behind it, and change nothing", func(path, tidy string) {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			r := postRequest(path, acceptForm())
			r.Method = method
			page := pages.do(r)
			Expect(page).To(HaveHTTPStatus(http.StatusSeeOther))
			Expect(page).To(HaveHTTPHeaderWithValue("Location", tidy))
		}
		Expect(pages.do(postRequest(path, acceptForm()))).To(HaveHTTPStatus(http.StatusNotFound))
		Expect(links.changes).To(BeEmpty())
	},
		Entry(nil, "/i/"+inviteToken+"/", "/i/"+inviteToken),
		Entry(nil, "/i/"+inviteToken+".", "/i/"+inviteToken),
		Entry(nil, "/i/"+inviteToken+"/).?lang=en", "/i/"+inviteToken+"?lang=en"),
		Entry(nil, "/i/"+inviteToken+"%3E", "/i/"+inviteToken),
		Entry(nil, "/c/"+confirmToken+"%3E%20,", "/c/"+confirmToken),
		Entry(nil, "/q/token%E2%80%9D", "/q/token"),
		Entry(nil, "/a/token.", "/a/token"),
		Entry(nil, "/w/acme/support/", "/w/acme/support"),
	)

	It("NOV-9 leave paths that are not links alone", func() {
		for _, path := range []string{"/i/.", "/i//evil.example/", "/c/)", "/else/"} {
			Expect(pages.get(path)).NotTo(HaveHTTPHeaderWithValue("Location", HavePrefix("//")), path)
			Expect(pages.get(path).Code).To(BeNumerically(">=", 300), path)
		}
	})

	It("NOV-9 change nothing on GET and HEAD", func() {
		links.link.State = v1alpha1.RecipientRegistered
		for _, path := range []string{"/i/" + inviteToken, "/c/" + confirmToken} {
			for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPut} {
				for _, end := range []string{"", "/done", "?action=accept"} {
					r := postRequest(path+end, acceptForm())
					r.Method = method
					pages.do(r)
				}
			}
		}
		Expect(links.changes).To(BeEmpty())
	})

	It("NOV-10 NOV-11 register the person, then ask them to check their mail", func() {
		posted := pages.post("/i/"+inviteToken, acceptForm(
			"displayName", "  Luis\u202e   Gil ", "phone", "0034 (600) 000-001", "language", "en"))
		Expect(posted).To(HaveHTTPStatus(http.StatusSeeOther))
		Expect(posted).To(HaveHTTPHeaderWithValue("Location", "/i/"+inviteToken+"/done?lang=en"))
		Expect(links.registration).To(Equal(v1alpha1.Registration{DisplayName: "Luis Gil", Phone: "+34600000001", Language: "en"}))
		page := pages.get(posted.Header().Get("Location"))
		Expect(page).To(HaveHTTPStatus(http.StatusOK))
		Expect(page.Body.String()).To(SatisfyAll(ContainSubstring("Check your mail"), ContainSubstring("luis@acme.example")))

		By("sending the form again")
		again := pages.post("/i/"+inviteToken, acceptForm())
		Expect(again).To(HaveHTTPHeaderWithValue("Location", "/i/"+inviteToken+"/done"))
		Expect(links.changes).To(Equal([]string{"register"}))
		Expect(pages.get("/i/" + inviteToken).Body.String()).To(ContainSubstring("Revisa tu correo"))
	})

	It("NOV-11 NOV-12 confirm the address and show the welcome page", func() {
		links.link.State = v1alpha1.RecipientRegistered
		page := pages.get("/c/" + confirmToken)
		Expect(page.Body.String()).To(SatisfyAll(
			ContainSubstring("Confirma tu dirección"), ContainSubstring(`<form method="post" action="/c/`+confirmToken+`">`)))
		posted := pages.post("/c/"+confirmToken, nil)
		Expect(posted).To(HaveHTTPStatus(http.StatusSeeOther))
		Expect(links.changes).To(Equal([]string{"confirm"}))
		welcome := pages.get(posted.Header().Get("Location"))
		Expect(welcome.Body.String()).To(SatisfyAll(
			MatchRegexp("<h1>Te damos la bienvenida a .*Acme S.A."), ContainSubstring("Miembro"), ContainSubstring("Ventas"),
			ContainSubstring(`<code class="copy"><bdi>luis@acme.example</bdi></code>`), ContainSubstring("Inicia sesión"),
			ContainSubstring("kubectl get all -n acme-support")))
		Expect(welcome.Body.String()).NotTo(Or(ContainSubstring("kubectl get orgusers"), ContainSubstring(`class="button"`)), "a member does not see them")

		By("the platform saying where to sign in")
		links.link.SignInURL = "https://login.acme.example/?cluster=a&x=1"
		Expect(pages.get(posted.Header().Get("Location")).Body.String()).To(
			ContainSubstring(`<a class="button" href="https://login.acme.example/?cluster=a&amp;x=1" rel="noreferrer">Iniciar sesión</a>`))

		By("opening the links again")
		Expect(pages.get("/c/" + confirmToken).Body.String()).To(SatisfyAll(
			ContainSubstring("ya se ha utilizado"), ContainSubstring(`href="/c/`+confirmToken+`/done"`)))
		Expect(pages.post("/c/"+confirmToken, nil)).To(HaveHTTPHeaderWithValue("Location", "/c/"+confirmToken+"/done"))
		Expect(pages.get("/i/" + inviteToken).Body.String()).To(ContainSubstring("ya se ha utilizado"))
		Expect(links.changes).To(HaveLen(1))
	})

	It("show the welcome page at once if no confirmation is needed", func() {
		links.link.NeedsConfirmation = false
		Expect(pages.get("/i/" + inviteToken).Body.String()).To(ContainSubstring("Tendrás acceso en cuanto aceptes"))
		posted := pages.post("/i/"+inviteToken, acceptForm())
		Expect(pages.get(posted.Header().Get("Location")).Body.String()).To(ContainSubstring("Te damos la bienvenida"))
	})

	It("SIG-3 offer a kubeconfig to those who have access, and to nobody else", func() {
		links.link.Kubeconfigs = kubeconfig.Issued{Filename: "kubeconfig-acme-prod.yaml", Usher: []byte("usher"), OIDCLogin: []byte("other")}
		for _, state := range []v1alpha1.RecipientState{v1alpha1.RecipientInvited, v1alpha1.RecipientRegistered} {
			links.link.State = state
			Expect(pages.get("/i/" + inviteToken + "/kubeconfig")).To(HaveHTTPHeaderWithValue("Location", "/i/"+inviteToken+"/done"))
		}
		links.link.State = v1alpha1.RecipientActive
		Expect(pages.get("/i/" + inviteToken + "/done?lang=en").Body.String()).To(SatisfyAll(
			ContainSubstring(`href="/i/`+inviteToken+`/kubeconfig" download="kubeconfig-acme-prod.yaml">Download your kubeconfig</a>`),
			ContainSubstring(`href="/i/`+inviteToken+`/kubeconfig?login=oidc-login"`),
			ContainSubstring("export KUBECONFIG=~/Downloads/kubeconfig-acme-prod.yaml"), ContainSubstring("kubectl usher login"),
			Not(ContainSubstring("If you do not have a kubeconfig yet"))))
		file := pages.get("/i/" + inviteToken + "/kubeconfig")
		Expect(file).To(SatisfyAll(HaveHTTPStatus(http.StatusOK), HaveHTTPBody("usher"),
			HaveHTTPHeaderWithValue("Content-Disposition", "attachment; filename=kubeconfig-acme-prod.yaml"),
			HaveHTTPHeaderWithValue("X-Content-Type-Options", "nosniff")))
		Expect(pages.get("/i/" + inviteToken + "/kubeconfig?login=oidc-login")).To(HaveHTTPBody("other"))
		Expect(pages.post("/i/"+inviteToken+"/kubeconfig", nil)).To(HaveHTTPStatus(http.StatusMethodNotAllowed))
		Expect(pages.get("/i/unknown/kubeconfig")).To(HaveHTTPStatus(http.StatusNotFound))
		links.link.Kubeconfigs = kubeconfig.Issued{}
		Expect(pages.get("/i/" + inviteToken + "/kubeconfig")).To(HaveHTTPStatus(http.StatusSeeOther))
	})

	It("show an administrator the command for the organization", func() {
		links.link.State, links.link.Role = v1alpha1.RecipientActive, v1alpha1.RoleOrganizationAdmin
		Expect(pages.get("/i/" + inviteToken + "/done").Body.String()).To(SatisfyAll(
			ContainSubstring("kubectl get orgusers,invitations,workspaces -n acme<"),
			ContainSubstring("Todos los de la organización")))
	})

	It("NOV-7 promise no sign-in to a person who only gets notifications", func() {
		links.link.State, links.link.Role = v1alpha1.RecipientActive, v1alpha1.RoleNotificationsOnly
		text := pages.get("/i/" + inviteToken + "/done").Body.String()
		Expect(text).To(ContainSubstring("Recibirás por correo las notificaciones"))
		Expect(text).NotTo(SatisfyAny(ContainSubstring("Ya tienes acceso"), ContainSubstring("<code>")))
	})

	It("show a name that the organization has declared, and accept no other", func() {
		links.link.NameGiven, links.link.Registration.DisplayName = true, "Luis Gil Pérez"
		text := pages.get("/i/" + inviteToken).Body.String()
		Expect(text).To(MatchRegexp(`<input id="displayName"[^>]* value="Luis Gil Pérez" readonly `))
		Expect(text).To(ContainSubstring("Lo ha indicado la organización"))
		Expect(pages.post("/i/"+inviteToken, acceptForm("displayName", ""))).To(HaveHTTPStatus(http.StatusSeeOther))
		Expect(links.registration.DisplayName).To(BeEquivalentTo("Luis Gil Pérez"))
	})

	It("decline the invitation", func() {
		posted := pages.post("/i/"+inviteToken, acceptForm("action", "decline", "displayName", ""))
		Expect(posted).To(HaveHTTPHeaderWithValue("Location", "/i/"+inviteToken+"/done"))
		Expect(links.changes).To(Equal([]string{"decline"}))
		page := pages.get("/i/" + inviteToken + "/done")
		Expect(page).To(HaveHTTPStatus(http.StatusOK))
		Expect(page.Body.String()).To(ContainSubstring("Has rechazado la invitación"))
		Expect(pages.get("/i/" + inviteToken).Body.String()).To(ContainSubstring("Has rechazado la invitación"))
	})

	It("redirect from the result of a step back to the step if it is not done", func() {
		Expect(pages.get("/i/" + inviteToken + "/done?lang=en")).To(SatisfyAll(
			HaveHTTPStatus(http.StatusSeeOther), HaveHTTPHeaderWithValue("Location", "/i/"+inviteToken+"?lang=en")))
	})

	DescribeTable("explain why a link cannot be used, and grant nothing",
		func(err error, state v1alpha1.RecipientState, status int, text string) {
			links.err, links.writeErr, links.link.State = err, err, state
			for _, path := range []string{"/i/" + inviteToken, "/c/" + confirmToken} {
				page := pages.get(path)
				Expect(page).To(HaveHTTPStatus(status))
				Expect(page.Body.String()).To(ContainSubstring(text))
				Expect(page.Body.String()).NotTo(ContainSubstring("<form"))
				pages.post(path, acceptForm())
			}
			Expect(links.changes).To(BeEmpty())
		},
		Entry(nil, portal.ErrExpired, v1alpha1.RecipientInvited, http.StatusGone, "ha caducado"),
		Entry(nil, portal.ErrRevoked, v1alpha1.RecipientInvited, http.StatusGone, "ya no es válida"),
		Entry(nil, portal.ErrDeclined, v1alpha1.RecipientDeclined, http.StatusOK, "Has rechazado"),
		Entry(nil, portal.ErrUsed, v1alpha1.RecipientActive, http.StatusOK, "ya se ha utilizado"),
		Entry(nil, nil, v1alpha1.RecipientExpired, http.StatusGone, "ha caducado"),
		Entry(nil, nil, v1alpha1.RecipientRevoked, http.StatusGone, "ya no es válida"),
		Entry(nil, nil, v1alpha1.RecipientUndeliverable, http.StatusGone, "ha rechazado nuestro último mensaje"),
		Entry(nil, nil, v1alpha1.RecipientPending, http.StatusGone, "ya no es válida"),
		Entry(nil, errors.New("etcd is away"), v1alpha1.RecipientInvited, http.StatusServiceUnavailable, "Algo ha fallado"),
	)

	DescribeTable("explain why a form that came too late has no effect", func(err error, status int) {
		links.writeErr = err
		Expect(pages.post("/i/"+inviteToken, acceptForm())).To(HaveHTTPStatus(status))
		Expect(pages.post("/i/"+inviteToken, acceptForm("action", "decline"))).To(HaveHTTPStatus(status))
	},
		Entry(nil, portal.ErrExpired, http.StatusGone), Entry(nil, portal.ErrRevoked, http.StatusGone),
		Entry(nil, portal.ErrUnknown, http.StatusNotFound),
		Entry(nil, errors.New("conflict"), http.StatusServiceUnavailable),
	)

	It("answer invalid links, unknown links and unknown paths identically", func() {
		first := pages.get("/i/nobody")
		Expect(first).To(HaveHTTPStatus(http.StatusNotFound))
		for _, path := range []string{
			"/i/" + confirmToken, "/c/" + inviteToken, "/i/" + inviteToken + "x", "/i/" + inviteToken[1:],
			"/i/" + strings.Repeat("a", 5000), "/i/%00%ff", "/i/..%2f", "/c/nobody", "/c/nobody/done", "/nothing", "/i/",
		} {
			page := pages.get(path)
			Expect(page).To(HaveHTTPStatus(http.StatusNotFound), path)
			Expect(page.Body.String()).To(Equal(first.Body.String()), path)
			Expect(page.Header()).To(Equal(first.Header()), path)
		}
		Expect(pages.post("/i/nobody", acceptForm())).To(HaveHTTPStatus(http.StatusNotFound))
	})

	It("describe the portal at its root, and serve the health check", func() {
		Expect(pages.get("/").Body.String()).To(ContainSubstring("Open the link in the mail"))
		Expect(pages.get("/healthz")).To(HaveHTTPStatus(http.StatusOK))
	})
})
