// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package authz

import (
	"fmt"
	"strings"
)

// TakeOver returns the command with which somebody becomes the inviter of Invitations. The links that people have stay valid.
func TakeOver(namespace, inviter string, names ...string) string {
	quoted := strings.ReplaceAll(fmt.Sprintf("%q", inviter), "'", `'\''`) // in an argument between apostrophes
	return fmt.Sprintf(`kubectl patch invitation %s -n %s --type=merge -p '{"spec":{"invitedBy":%s}}'`, strings.Join(names, " "),
		namespace, quoted)
}
