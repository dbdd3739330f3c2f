// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package identity

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ccojocar/zxcvbn-go"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/text/unicode/norm"
)

// Problem is what is wrong with a password; empty: nothing. It is the last part of the key of a phrase.
type Problem string

const (
	// ProblemMissing is an empty password.
	ProblemMissing Problem = "missing"
	// ProblemShort is a password with too few characters.
	ProblemShort Problem = "short"
	// ProblemLong is a password with more bytes than a hash takes into account.
	ProblemLong Problem = "long"
	// ProblemForm is a password with characters that another device may send in another form.
	ProblemForm Problem = "form"
	// ProblemWeak is a password that is easy to guess.
	ProblemWeak Problem = "weak"
	// ProblemBreached is a password that is in a list of stolen ones.
	ProblemBreached Problem = "breached"
)

const (
	// leastScore is the strength that is asked for, of 0 to 4: about 10^10 guesses at the slow hash.
	leastScore = 3
	// hashCost is the cost of bcrypt unless the options have another one.
	hashCost = 12
	// hashing is how many hashes are made at the same time: each takes a fifth of a second of a core.
	hashing = 2
)

// Policy says which passwords are good enough, and makes their hashes. It keeps none.
type Policy struct {
	minLength int
	cost      int
	breached  *rangeList
	slots     chan struct{}
}

// NewPolicy returns the policy of options.
func NewPolicy(o Options) *Policy {
	p := &Policy{minLength: o.MinLength, cost: cmp.Or(o.HashCost, hashCost), slots: make(chan struct{}, hashing)}
	if o.BreachedURL != "" {
		p.breached = newRangeList(o.BreachedURL)
	}
	return p
}

// MinLength returns the minimum length, in characters.
func (p *Policy) MinLength() int { return p.minLength }

// Check returns what is wrong with a password. Words that others know of the person, such as the name and the address, make it weak.
//
// A password is used as it is entered: Dex compares it with what its own form sends, byte by byte. So one is refused that is not in the
// normal form of Unicode, which keyboards produce: entered anew on another device, it might differ.
func (p *Policy) Check(ctx context.Context, password string, known ...string) Problem {
	switch {
	case password == "":
		return ProblemMissing
	case utf8.RuneCountInString(password) < p.minLength:
		return ProblemShort
	case len(password) > maxBytes:
		return ProblemLong
	case !utf8.ValidString(password) || !norm.NFC.IsNormalString(password) || strings.ContainsFunc(password, unicode.IsControl):
		return ProblemForm
	case zxcvbn.PasswordStrength(password, wordsOf(known)).Score < leastScore:
		return ProblemWeak
	case p.breached != nil && p.breached.contains(ctx, password):
		return ProblemBreached
	}
	return ""
}

// wordsOf returns the words of texts, and the texts.
func wordsOf(texts []string) []string {
	var words []string
	for _, text := range texts {
		text = strings.ToLower(text)
		words = append(words, text)
		words = append(words, strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })...)
	}
	return words
}

// Hash is the bcrypt hash of a password. It is never printed.
type Hash struct{ bytes []byte }

// IsZero reports whether there is none.
func (h Hash) IsZero() bool { return len(h.bytes) == 0 }

// String hides the hash from logs.
func (Hash) String() string { return "[hash]" }

// GoString hides the hash from logs.
func (Hash) GoString() string { return "[hash]" }

// Hash returns the hash of a password that Check accepts.
func (p *Policy) Hash(ctx context.Context, password string) (Hash, error) {
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return Hash{}, ctx.Err()
	}
	made, err := bcrypt.GenerateFromPassword([]byte(password), p.cost)
	if err != nil {
		return Hash{}, fmt.Errorf("cannot hash a password: %w", err)
	}
	return Hash{made}, nil
}
