// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"encoding/base64"

	"google.golang.org/protobuf/encoding/protowire"
)

// localConnector is what Dex calls its password database.
const localConnector = "local"

// subjectOf returns the subject of the ID tokens of an account in Dex's password database, by which its refresh tokens are found: user and
// connector as a message of protocol buffers.
func subjectOf(id string) string {
	var subject []byte
	subject = protowire.AppendTag(subject, 1, protowire.BytesType)
	subject = protowire.AppendString(subject, id)
	subject = protowire.AppendTag(subject, 2, protowire.BytesType)
	subject = protowire.AppendString(subject, localConnector)
	return base64.RawURLEncoding.EncodeToString(subject)
}
