// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail_test

import (
	"os"
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/mail"
)

const link = "https://portal.acme.example/i/AbCdEf0123456789_-AbCdEf0123456789"

func content(kind mail.Kind, language string) mail.Content {
	madrid, err := time.LoadLocation("Europe/Madrid")
	Expect(err).NotTo(HaveOccurred())
	return mail.Content{
		Kind: kind, Language: language, Organization: "Acme S.A.", Inviter: "Ana Pérez", Recipient: "Luis",
		Role: "Member", Workspaces: []mail.Word{mail.WordOf("Soporte"), mail.WordOf("Ventas")}, Message: "Bienvenidos al equipo",
		URL: link, Expires: time.Date(2026, time.November, 28, 10, 0, 0, 0, time.UTC), Location: madrid,
		Username: "luis@acme.example",
	}
}

func render(c mail.Content) mail.Rendered {
	GinkgoHelper()
	rendered, err := mail.Render(c)
	Expect(err).NotTo(HaveOccurred())
	keep(c, rendered)
	return rendered
}

// keep writes the HTML to the directory in USHER_ARTIFACTS, for people to look at.
func keep(c mail.Content, rendered mail.Rendered) {
	if dir := os.Getenv("USHER_ARTIFACTS"); dir != "" && len(c.Language) == 2 {
		name := "mail-" + string(c.Kind) + "-" + c.Language
		Expect(os.MkdirAll(dir, 0o755)).To(Succeed())
		Expect(os.WriteFile(filepath.Join(dir, name+".html"), []byte(rendered.HTML), 0o600)).To(Succeed())
		Expect(os.WriteFile(filepath.Join(dir, name+".txt"), []byte(rendered.Text), 0o600)).To(Succeed())
	}
}

var _ = Describe("Render", func() {
	It("NOV-8 NOV-9 writes the invitation in Spanish", func() {
		r := render(content(mail.Invitation, "es"))
		Expect(r.Subject).To(Equal("Invitación del usuario Ana Pérez"))
		Expect(r.Text).To(SatisfyAll(
			ContainSubstring("Hola, Luis:"),
			ContainSubstring("Ana Pérez te invita a unirte a Acme S.A.\n"),
			ContainSubstring("Rol: Miembro\n"),
			ContainSubstring("Espacios de trabajo: Soporte, Ventas\n"),
			ContainSubstring("Caduca el: sábado, 28 de noviembre de 2026, 11:00 (CET)\n"),
			ContainSubstring("> Bienvenidos al equipo\n"),
			ContainSubstring("Aceptar invitación:\n"+link+"\n"),
		))
		Expect(r.HTML).To(SatisfyAll(
			ContainSubstring(`<html lang="es" dir="ltr">`),
			MatchRegexp(`<a href="`+link+`"[^>]*>Aceptar invitación</a>`),
		))
	})

	It("NOV-8 NOV-9 writes the invitation in English", func() {
		r := render(content(mail.Invitation, "en"))
		Expect(r.Subject).To(Equal("Invitation from Ana Pérez"))
		Expect(r.Text).To(ContainSubstring("Valid until: Saturday, 28 November 2026, 11:00 (CET)\n"))
		Expect(r.HTML).To(MatchRegexp(`<a href="` + link + `"[^>]*>Accept invitation</a>`))
	})

	DescribeTable("writes the other mails", func(kind mail.Kind, language, subject, says string) {
		r := render(content(kind, language))
		Expect(r.Subject).To(Equal(subject))
		Expect(r.Text).To(ContainSubstring(says))
	},
		Entry("NOV-11", mail.Confirmation, "es", "Confirma tu dirección de correo para Acme S.A.", "Confirmar dirección:\n"+link+"\n"),
		Entry("NOV-11", mail.Confirmation, "en", "Confirm your email address for Acme S.A.", "Confirm address:\n"+link+"\n"),
		Entry("LMI-12", mail.Welcome, "es", "Te damos la bienvenida a Acme S.A.", "Nombre de usuario: luis@acme.example\n"),
		Entry("LMI-12", mail.Welcome, "en", "Welcome to Acme S.A.", "User name: luis@acme.example\n"),
	)

	DescribeTable("LMI-12 says in a welcome what is in force, and what is not", func(standing, language, lead string) {
		c := content(mail.Welcome, language)
		c.Standing, c.Contact = standing, "Ana (ana@acme.example)"
		c.Workspaces = []mail.Word{mail.PhraseOf("access.Edit", "workspace", "Soporte"), mail.PhraseOf("access.View.pending", "workspace", "Ventas")}
		c.Modules = []mail.Word{mail.WordOf("fax"), mail.PhraseOf("access.awaitingSeat", "module", "desk")}
		r := render(c)
		Expect(r.Text).To(ContainSubstring(lead))
		if language == "en" {
			Expect(r.Text).To(SatisfyAll(
				ContainSubstring("Workspaces: Soporte (you can edit), Ventas (you can view; pending: not ready yet)\n"),
				ContainSubstring("Modules: fax, desk (pending: no seat is free)\n")))
		}
	},
		Entry(nil, "InForce", "es", "Ya formas parte de Acme S.A. Nos alegra contar contigo."),
		Entry(nil, "Partial", "es", "Tienes acceso, salvo a lo que figura como pendiente."),
		Entry(nil, "Partial", "en", "You have access, except to what is marked as pending."),
		Entry(nil, "NoWorkspace", "es", "todavía no tienes acceso a ningún espacio de trabajo. Si lo necesitas, pregunta a Ana (ana@acme.example)."),
		Entry(nil, "NoWorkspace", "en", "you do not have access to any workspace yet. If you need one, ask Ana (ana@acme.example)."),
		Entry(nil, "Waiting", "en", "you do not have access yet: a problem with your account has to be solved first. Ask Ana (ana@acme.example)."),
	)

	It("NOV-13 tells a suspended person so, and whom to ask, and lists nothing that they do not have", func() {
		c := content(mail.Suspended, "es")
		c.URL, c.Expires = "", time.Time{}
		r := render(c)
		Expect(r.Subject).To(Equal("Tu cuenta en Acme S.A. está suspendida"))
		Expect(r.Text).To(SatisfyAll(ContainSubstring("no tienes acceso hasta que la reactiven"), ContainSubstring("pregunta a quien"),
			Not(ContainSubstring("Soporte")), Not(ContainSubstring("luis@acme.example"))))
	})

	DescribeTable("uses the closest language", func(language, subject string) {
		Expect(render(content(mail.Welcome, language)).Subject).To(HavePrefix(subject))
	},
		Entry(nil, "es-MX", "Te damos"), Entry(nil, "en-GB", "Welcome"), Entry(nil, "ja", "Welcome"),
		Entry(nil, "", "Welcome"), Entry(nil, "not a tag", "Welcome"),
	)

	It("writes times whose zone has no name, and in UTC without a zone", func() {
		c := content(mail.Invitation, "en")
		c.Location = time.FixedZone("-03", -3*60*60)
		Expect(render(c).Text).To(ContainSubstring("07:00 (UTC-03)"))
		c.Location = nil
		Expect(render(c).Text).To(ContainSubstring("10:00 (UTC)"))
	})

	It("NOV-8 LMI-12 says whom to ask, and is called automatic only if nobody answers", func() {
		for _, kind := range []mail.Kind{mail.Invitation, mail.Welcome, mail.Confirmation} {
			c := content(kind, "es")
			c.Contact, c.Answered = "Ana Pérez (ana@acme.example)", true
			r := render(c)
			Expect(r.Text).To(HaveSuffix("Enviado en nombre de Acme S.A. Si respondes a este correo, tu respuesta le llegará a Ana Pérez (ana@acme.example).\n"))
			Expect(r.Text + r.HTML).NotTo(ContainSubstring("automático"))
			if kind != mail.Confirmation {
				Expect(r.Text).To(ContainSubstring("Contacto: Ana Pérez (ana@acme.example)\n"))
			}
			c.Answered = false
			Expect(render(c).Text).To(HaveSuffix("Enviado en nombre de Acme S.A. Es un mensaje automático: no respondas a este correo.\n")) //nolint:misspell // Spanish
		}
		c := content(mail.Invitation, "en")
		c.Contact, c.Answered = "Ana <x@evil.example>\r\nBcc: eve@evil.example (ana@acme.example)", true
		Expect(render(c).Text).To(HaveSuffix("If you reply to this mail, your answer goes to Ana <x@evil.example> Bcc: eve@evil.example (ana@acme.example).\n"))
	})

	It("LMI-12 welcomes with where to sign in, the namespaces, commands and whom to ask", func() {
		c := content(mail.Welcome, "es")
		c.URL, c.Contact, c.Namespaces = "", "Ana Pérez (ana@acme.example)", []string{"acme-support", "acme-sales"}
		c.Commands = []mail.Command{
			{Label: word("command.whoami"), Line: "kubectl auth whoami"},
			{Label: word("command.workspace", "workspace", "Soporte <b>"), Line: "kubectl get all -n acme-support"},
		}
		r := render(c)
		Expect(r.Text).To(And(
			ContainSubstring("Espacios de nombres: acme-support, acme-sales\n"),
			ContainSubstring("con el proveedor de identidad de tu organización. Tu nombre de usuario en Kubernetes es el que aparece arriba. "+
				"Si aún no tienes un kubeconfig, pídelo a Ana Pérez (ana@acme.example).\n\nComprueba quién eres:\n    kubectl auth whoami\n"),
			ContainSubstring("Consulta qué se está ejecutando en Soporte <b>:\n    kubectl get all -n acme-support\n"),
		))
		Expect(r.HTML).To(And(ContainSubstring(">kubectl get all -n acme-support</p>"), ContainSubstring("en Soporte &lt;b&gt;:"), Not(ContainSubstring("<a "))))

		c.URL = "https://login.acme.example/?cluster=a&x=1"
		r = render(c)
		Expect(r.Text).To(ContainSubstring("Iniciar sesión:\nhttps://login.acme.example/?cluster=a&x=1\n\nUsa el enlace de arriba para iniciar sesión."))
		Expect(r.HTML).To(MatchRegexp(`<a href="https://login.acme.example/\?cluster=a&amp;x=1"[^>]*>Iniciar sesión</a>`))

		By("a role that gives nothing to sign in to")
		c.Username = ""
		r = render(c)
		Expect(r.Text + r.HTML).NotTo(Or(ContainSubstring("login.acme.example"), ContainSubstring("kubectl"), ContainSubstring("kubeconfig")))
	})

	It("leaves out missing values", func() {
		r := render(mail.Content{Kind: mail.Invitation, Language: "en", Organization: "Acme", URL: link})
		Expect(r.Subject).To(Equal("Invitation from Acme"))
		Expect(r.Text).To(SatisfyAll(
			HavePrefix("Hello,\n"), ContainSubstring("You are invited to join Acme."),
			Not(ContainSubstring("Role")), Not(ContainSubstring(">")), Not(ContainSubstring("\n\n\n")),
		))
		welcome := render(mail.Content{Kind: mail.Welcome, Language: "en", Organization: "Acme"})
		Expect(welcome.HTML).NotTo(ContainSubstring("<a "))
		Expect(welcome.Text).NotTo(SatisfyAny(ContainSubstring("Sign in"), ContainSubstring("\n\n\n")))
	})

	It("keeps values from adding a header, reordering text or becoming markup", func() {
		c := content(mail.Invitation, "en")
		c.Inviter = "Eva\r\nBcc: all@acme.example\u202e\u2066<b>\x00"
		c.Organization = `{inviter} <script>alert("x")</script>`
		c.Message = "one\r\ntwo & <i>three</i>\u202e\n\nfour\n\n"
		r := render(c)
		Expect(r.Subject).To(Equal("Invitation from Eva Bcc: all@acme.example<b>"))
		Expect(r.Subject + r.Text + r.HTML).NotTo(ContainAny("\u202e\u2066\x00\r"))
		Expect(r.Text).To(ContainSubstring("to join {inviter} <script>"))
		Expect(r.Text).To(ContainSubstring("> one\n> two & <i>three</i>\n> \n> four\n\nAccept"))
		Expect(r.HTML).To(MatchRegexp(`>one</p>\s*<p [^>]*>two &amp; &lt;i&gt;three&lt;/i&gt;</p>`))
		Expect(r.HTML).NotTo(SatisfyAny(ContainSubstring("<script"), ContainSubstring("<i>"), ContainSubstring("<b>")))
	})

	It("loads nothing from elsewhere", func() {
		html := render(content(mail.Invitation, "es")).HTML
		Expect(strings.ReplaceAll(html, link, "")).NotTo(SatisfyAny(
			ContainSubstring("://"), ContainSubstring("src="), ContainSubstring("url("), ContainSubstring("<link")))
	})

	DescribeTable("refuses invalid content without quoting the link", func(spoil func(*mail.Content), says string) {
		c := content(mail.Invitation, "en")
		spoil(&c)
		_, err := mail.Render(c)
		Expect(err).To(MatchError(ContainSubstring(says)))
		Expect(err.Error()).NotTo(ContainSubstring("AbCdEf"))
	},
		Entry("unknown kind", func(c *mail.Content) { c.Kind = "Reminder" }, "the kind is unknown"),
		Entry("no organization", func(c *mail.Content) { c.Organization = "\u200b" }, "Content.Organization"),
		Entry("no link", func(c *mail.Content) { c.URL = "" }, "Content.URL"),
		Entry("script link", func(c *mail.Content) { c.URL = "javascript:alert('AbCdEf')" }, "Content.URL"),
		Entry("relative link", func(c *mail.Content) { c.URL = "/i/AbCdEf" }, "Content.URL"),
		Entry("link with a line break", func(c *mail.Content) { c.URL = link + "\n" }, "Content.URL"),
	)
})

// ContainAny succeeds if the string contains any of the characters.
func ContainAny(chars string) OmegaMatcher {
	return WithTransform(func(s string) bool { return strings.ContainsAny(s, chars) }, BeTrue())
}
