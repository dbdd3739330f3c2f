// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package scim

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// ErrorType is the scimType of an error: RFC 7644, table 9.
type ErrorType string

// The types of errors.
const (
	InvalidFilter ErrorType = "invalidFilter"
	TooMany       ErrorType = "tooMany"
	UniquenessErr ErrorType = "uniqueness"
	MutabilityErr ErrorType = "mutability"
	InvalidSyntax ErrorType = "invalidSyntax"
	InvalidPath   ErrorType = "invalidPath"
	NoTarget      ErrorType = "noTarget"
	InvalidValue  ErrorType = "invalidValue"
)

// The statuses of HTTP that errors of this package have.
const (
	statusBadRequest         = 400
	statusConflict           = 409
	statusPreconditionFailed = 412
)

// Error is an answer that refuses a request. The detail stands in the directory's log: it says what is wrong, where, and what to do.
type Error struct {
	Status int
	Type   ErrorType
	Detail string
}

func (e *Error) Error() string { return e.Detail }

// MarshalJSON returns the body of the answer. The status is a string, as RFC 7644, section 3.12, has it.
func (e *Error) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Schemas []string  `json:"schemas"`
		Status  string    `json:"status"`
		Type    ErrorType `json:"scimType,omitempty"`
		Detail  string    `json:"detail"`
	}{[]string{errorMessage}, strconv.Itoa(e.Status), e.Type, e.Detail})
}

// Conflict returns the error of a value that another resource has.
func Conflict(format string, args ...any) *Error {
	return &Error{Status: statusConflict, Type: UniquenessErr, Detail: fmt.Sprintf(format, args...)}
}

// invalid returns the error of a request that cannot be carried out, whoever asks and whenever.
func invalid(t ErrorType, format string, args ...any) *Error {
	return &Error{Status: statusBadRequest, Type: t, Detail: fmt.Sprintf(format, args...)}
}
