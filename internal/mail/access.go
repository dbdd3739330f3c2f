// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package mail

// sampleAccess returns the lines of a mail about changed access.
func sampleAccess() []Fact {
	return []Fact{
		FactOf("change.role", PhraseOf("role.Technician")),
		FactOf("change.formerRole", PhraseOf("role.Member")),
		FactOf("change.added", PhraseOf("grant.Edit", "workspace", "Soporte (acme-support)")),
		FactOf("change.changed", PhraseOf("grant.Admin.View", "workspace", "Ventas (acme-sales)")),
		FactOf("change.removed", WordOf("Almacén (acme-store)")),
		FactOf("change.removed", PhraseOf("more", "n", "3")),
		FactOf("change.addedModules", WordOf("remote-support")),
		FactOf("change.contact", WordOf("Ana Pérez (ana@acme.example)")),
	}
}
