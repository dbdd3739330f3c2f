// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package linktoken derives and verifies the tokens in the links of mails. A token is not stored anywhere: it contains its claims
// and their HMAC under a key that can be rotated. The package has no client and no clock.
package linktoken

import (
	"bytes"
	"cmp"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"
	"sync/atomic"

	"github.com/google/uuid"
	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/internal/emailaddr"
)

// Purpose is what a link is for.
type Purpose byte

const (
	// PurposeInvite opens the page of an invitation.
	PurposeInvite Purpose = 1
	// PurposeConfirm confirms the address of an invited person.
	PurposeConfirm Purpose = 2
	// PurposeQuestion confirms the address of a person who asked a question.
	PurposeQuestion Purpose = 3
	// PurposeAsker opens the page with a person's questions to a workspace.
	PurposeAsker Purpose = 4
	// PurposeQueue confirms the address of a workspace's queue.
	PurposeQueue Purpose = 5
	// PurposeAddress confirms the new address of an account.
	PurposeAddress Purpose = 6
	// PurposePassword sets the password of an account at the identity provider.
	PurposePassword Purpose = 7
)

// ErrBadToken is returned for every token that Usher did not issue: forged, truncated or altered.
var ErrBadToken = errors.New("the link is not one of ours")

// KeySize is the length of a signing key in bytes.
const KeySize = 32

const (
	tokenVersion = 1
	claimsSize   = 1 + 1 + 4 + 4 + 16 + addressSize // version, purpose, key, send count, UID, address
	addressSize  = 16
	macSize      = sha256.Size
)

// Claims are the contents of a valid token.
type Claims struct {
	Purpose   Purpose
	UID       types.UID
	SendCount int32
	address   [addressSize]byte
}

// IsFor reports whether the token was issued for an address.
func (c Claims) IsFor(email string) bool {
	want := addressDigest(email)
	return subtle.ConstantTimeCompare(c.address[:], want[:]) == 1
}

// AddressDigest returns the digest of the address that the token was issued for, in the form of the function AddressDigest.
func (c Claims) AddressDigest() string { return hex.EncodeToString(c.address[:]) }

// AddressDigest returns 32 hexadecimal digits that stand for an address where the address itself is not needed.
func AddressDigest(email string) string {
	digest := addressDigest(email)
	return hex.EncodeToString(digest[:])
}

// Keys is a ring of signing keys. The newest signs and all verify, whatever their names are now, so that neither a rotation nor a move to
// another cluster invalidates an outstanding link.
type Keys struct {
	newest [4]byte
	byID   map[[4]byte][]byte
}

// NewKeys returns a ring of named keys. The last name in sorted order is the newest key. An empty ring, and a key that is not
// KeySize bytes long, are errors. The error contains the name of the key, never the key.
func NewKeys(named map[string][]byte) (*Keys, error) {
	if len(named) == 0 {
		return nil, errors.New("the key ring is empty: add at least one key")
	}
	names := make([]string, 0, len(named))
	for name, key := range named {
		if len(key) != KeySize {
			return nil, fmt.Errorf("key %q has %d bytes instead of %d", name, len(key), KeySize)
		}
		names = append(names, name)
	}
	sort.Strings(names)
	keys := &Keys{byID: make(map[[4]byte][]byte, len(named))}
	for _, name := range names {
		keys.newest = keyID(name)
		keys.byID[keys.newest] = named[name]
	}
	return keys, nil
}

// NewKey returns a new random signing key.
func NewKey() []byte {
	key := make([]byte, KeySize)
	_, _ = rand.Read(key) // crypto/rand.Read never fails: it crashes the program instead
	return key
}

// Sign returns the token of a link. It depends only on the arguments and the newest key, so nothing has to be stored. A UID that
// is not a UUID is an error.
func (k *Keys) Sign(purpose Purpose, uid types.UID, email string, sendCount int32) (string, error) {
	return k.sign(purpose, uid, addressDigest(email), sendCount)
}

func (k *Keys) sign(purpose Purpose, uid types.UID, address [addressSize]byte, sendCount int32) (string, error) {
	id, err := uuid.Parse(string(uid))
	if err != nil {
		return "", fmt.Errorf("cannot sign a link for UID %q: %w", uid, err)
	}
	token := make([]byte, 0, claimsSize+macSize)
	token = append(token, tokenVersion, byte(purpose))
	token = append(token, k.newest[:]...)
	token = binary.BigEndian.AppendUint32(token, uint32(sendCount)) //nolint:gosec // a bit pattern, read back the same way
	token = append(token, id[:]...)
	token = append(token, address[:]...)
	token = append(token, mac(k.byID[k.newest], token)...)
	return base64.RawURLEncoding.EncodeToString(token), nil
}

// Verify returns the claims of a token that was issued for a purpose. The error is always ErrBadToken.
func (k *Keys) Verify(purpose Purpose, token string) (Claims, error) {
	if len(token) != base64.RawURLEncoding.EncodedLen(claimsSize+macSize) { // the decoder would skip line breaks
		return Claims{}, ErrBadToken
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != claimsSize+macSize || raw[0] != tokenVersion || Purpose(raw[1]) != purpose {
		return Claims{}, ErrBadToken
	}
	if !k.hasSigned(raw) {
		return Claims{}, ErrBadToken
	}
	return Claims{
		Purpose:   purpose,
		SendCount: int32(binary.BigEndian.Uint32(raw[6:10])), //nolint:gosec // the bit pattern that Sign wrote
		UID:       types.UID(uuid.UUID(raw[10:26]).String()),
		address:   [addressSize]byte(raw[26:claimsSize]),
	}, nil
}

// hasSigned reports whether a key of the ring has signed a token. The token says under which name the key was known where it was signed. A
// key that came along with an organization from another cluster has another name here, so all keys are asked.
func (k *Keys) hasSigned(raw []byte) bool {
	claims, sum := raw[:claimsSize], raw[claimsSize:]
	for _, key := range k.byID {
		if hmac.Equal(sum, mac(key, claims)) {
			return true
		}
	}
	return false
}

// ErrNoKeys is returned while there are no keys, so that links can neither be signed nor verified.
var ErrNoKeys = errors.New("there is no key that signs links: the operator's log says what is wrong with the Secret that holds them")

// KeyRing holds the keys in use, which may be replaced at any time. Before the first Replace, it has none.
type KeyRing struct{ keys atomic.Pointer[Keys] }

// Replace sets the keys in use.
func (r *KeyRing) Replace(keys *Keys) { r.keys.Store(keys) }

// Ready reports whether there are keys.
func (r *KeyRing) Ready() bool { return r.keys.Load() != nil }

// Sign signs with the newest key in use; see Keys.Sign.
func (r *KeyRing) Sign(purpose Purpose, uid types.UID, email string, sendCount int32) (string, error) {
	keys := r.keys.Load()
	if keys == nil {
		return "", ErrNoKeys
	}
	return keys.Sign(purpose, uid, email, sendCount)
}

// SignDigest signs for an address of which only the digest is known, as returned by AddressDigest.
func (r *KeyRing) SignDigest(purpose Purpose, uid types.UID, digest string, sendCount int32) (string, error) {
	address, err := hex.DecodeString(digest)
	if err != nil || len(address) != addressSize {
		return "", errors.New("cannot sign a link: the digest of the address is invalid")
	}
	keys := r.keys.Load()
	if keys == nil {
		return "", ErrNoKeys
	}
	return keys.sign(purpose, uid, [addressSize]byte(address), sendCount)
}

// Derive returns keys for a purpose other than links (HKDF-SHA-256), one of each key in use, the newest first. Without keys, the error is
// ErrNoKeys.
func (r *KeyRing) Derive(purpose string) ([][]byte, error) {
	keys := r.keys.Load()
	if keys == nil {
		return nil, ErrNoKeys
	}
	return keys.derive(purpose)
}

func (k *Keys) derive(purpose string) ([][]byte, error) {
	ids := slices.SortedFunc(maps.Keys(k.byID), func(a, b [4]byte) int {
		return cmp.Or(cmp.Compare(rank(b == k.newest), rank(a == k.newest)), bytes.Compare(a[:], b[:]))
	})
	derived := make([][]byte, 0, len(ids))
	for _, id := range ids {
		key, err := hkdf.Key(sha256.New, k.byID[id], nil, "usher/"+purpose, KeySize)
		if err != nil {
			return nil, err
		}
		derived = append(derived, key)
	}
	return derived, nil
}

func rank(first bool) int {
	if first {
		return 1
	}
	return 0
}

// Verify verifies with all keys in use; see Keys.Verify. Without keys, the error is ErrNoKeys.
func (r *KeyRing) Verify(purpose Purpose, token string) (Claims, error) {
	keys := r.keys.Load()
	if keys == nil {
		return Claims{}, ErrNoKeys
	}
	return keys.Verify(purpose, token)
}

func mac(key, claims []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(claims)
	return h.Sum(nil)
}

func keyID(name string) [4]byte {
	sum := sha256.Sum256([]byte(name))
	return [4]byte(sum[:4])
}

func addressDigest(email string) [addressSize]byte {
	sum := sha256.Sum256([]byte(emailaddr.Normalize(email)))
	return [addressSize]byte(sum[:addressSize])
}
