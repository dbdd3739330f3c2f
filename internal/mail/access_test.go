// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/usher-operator/usher/internal/mail"
)

var _ = Describe("The mail about changed access", func() {
	of := func(language string, facts ...mail.Fact) mail.Content {
		return mail.Content{
			Kind: mail.AccessChange, Language: language, Organization: "Acme S.A.", Recipient: "Luis",
			Facts: append([]mail.Fact{
				mail.FactOf("change.role", mail.PhraseOf("role.Technician")), mail.FactOf("change.formerRole", mail.PhraseOf("role.Member")),
			}, facts...),
		}
	}

	DescribeTable("NOV-12 says what has changed, without a link", func(language, subject, text string) {
		r := render(of(language,
			mail.FactOf("change.added", mail.PhraseOf("grant.View", "workspace", "Ventas (acme-sales)")),
			mail.FactOf("change.changed", mail.PhraseOf("grant.Edit.View", "workspace", "Soporte (acme-support)")),
			mail.FactOf("change.removed", mail.WordOf("Almacén (acme-store)")),
			mail.FactOf("change.removed", mail.PhraseOf("more", "n", "3")),
			mail.FactOf("change.addedModules", mail.WordOf("desk"), mail.WordOf("phone")),
			mail.FactOf("change.removedModules", mail.WordOf("fax")),
			mail.FactOf("change.contact", mail.WordOf("Ana Pérez (ana@acme.example)"))))
		Expect(r.Subject).To(Equal(subject))
		Expect(r.Text).To(HavePrefix(text))
		Expect(r.HTML).NotTo(ContainSubstring("<a "))
	},
		Entry(nil, "en", "Your access to Acme S.A. has changed", "Hello Luis,\n\nYour access to Acme S.A. has changed. These changes are "+
			"already in force:\n\nRole: Technician\nFormer role: Member\nNew workspace: Ventas (acme-sales): you can view\nChanged access: "+
			"Soporte (acme-support): you can edit (before: view)\nAccess removed: Almacén (acme-store)\nAccess removed: 3 more\n"+
			"New modules: desk, phone\nModules removed: fax\nIf in doubt, ask: Ana Pérez (ana@acme.example)\n\nThere is nothing you need to do. "),
		Entry(nil, "es", "Ha cambiado tu acceso en Acme S.A.", "Hola, Luis:\n\nTu acceso en Acme S.A. ha cambiado. Estos cambios ya están en "+
			"vigor:\n\nRol: Soporte técnico\nRol anterior: Miembro\nEspacio nuevo: Ventas (acme-sales): puedes ver\nAcceso modificado: "+
			"Soporte (acme-support): puedes editar (antes: ver)\nAcceso retirado: Almacén (acme-store)\nAcceso retirado: 3 más\n"+
			"Módulos nuevos: desk, phone\nMódulos retirados: fax\nSi tienes dudas: Ana Pérez (ana@acme.example)\n\nNo tienes que hacer nada. "),
	)

	DescribeTable("has a phrase for every access, and for every change of one", func(language, can, before string) {
		accesses := []string{"Admin", "Edit", "View"}
		for _, access := range accesses {
			phrase := mail.PhraseOf("grant."+access, "workspace", "support")
			Expect(render(of(language, mail.FactOf("change.added", phrase))).Text).To(MatchRegexp(`: support: ` + can + ` \w+\n`))
			for _, former := range accesses {
				if former != access {
					phrase = mail.PhraseOf("grant."+access+"."+former, "workspace", "support")
					Expect(render(of(language, mail.FactOf("change.changed", phrase))).Text).To(
						MatchRegexp(`: support: ` + can + ` \w+ \(` + before + `: \w+\)\n`))
				}
			}
		}
	},
		Entry("in English", "en", "you can", "before"),
		Entry("in Spanish", "es", "puedes", "antes"),
	)
})
