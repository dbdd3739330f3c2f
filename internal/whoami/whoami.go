// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Package whoami is the question that everybody may ask about themselves, and its answer. People ask by a dry run: they apply a ConfigMap
// with a reserved name, which is never stored, and the webhook fills the answer in. docs/adr/0024 says why.
package whoami

import (
	"errors"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/effective"
)

const (
	// Name is the name of the ConfigMap, in the organization's namespace. It is the only one that the ClusterRoles of people allow.
	Name = "usher-whoami"
	// Key is the key in the ConfigMap that holds the answer, as YAML.
	Key = "answer"
)

// Answer is who a person is in an organization, and what they have.
type Answer struct {
	Organization string `json:"organization"`
	// Username is how the API server knows who asks.
	Username string `json:"username"`
	// Kind is in which capacity they act.
	Kind authz.ActorKind `json:"kind"`
	// Role is the role in force. It is empty if there is none.
	Role v1alpha1.Role `json:"role,omitempty"`
	// User, DisplayName and Email are the person's account, if there is one.
	User        string `json:"user,omitempty"`
	DisplayName string `json:"displayName,omitempty"`
	Email       string `json:"email,omitempty"`
	// Workspaces are those in force.
	Workspaces []Workspace `json:"workspaces,omitempty"`
	// Modules are those in force.
	Modules []v1alpha1.ObjectName `json:"modules,omitempty"`
	// Groups are those that the account names, and those in force.
	Groups []v1alpha1.ObjectName `json:"groups,omitempty"`
	// Version is the operator's version.
	Version string `json:"version,omitempty"`
}

// Workspace is a workspace that a person has access to.
type Workspace struct {
	Name      string                   `json:"name"`
	Title     string                   `json:"title,omitempty"`
	Namespace string                   `json:"namespace,omitempty"`
	Access    v1alpha1.WorkspaceAccess `json:"access"`
	Origins   []v1alpha1.GrantOrigin   `json:"origins,omitempty"`
}

// Question returns the ConfigMap to apply, as a dry run.
func Question(namespace string) *corev1.ConfigMap {
	question := &corev1.ConfigMap{}
	question.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("ConfigMap"))
	question.Namespace, question.Name = namespace, Name
	return question
}

// ErrNoAnswer is returned for a ConfigMap that no webhook has filled in.
var ErrNoAnswer = errors.New("the operator did not answer: it is not running, or it is of a version without this question")

// Read returns the answer in a ConfigMap.
func Read(answered *corev1.ConfigMap) (Answer, error) {
	var a Answer
	text, is := answered.Data[Key]
	if !is {
		return a, ErrNoAnswer
	}
	return a, yaml.Unmarshal([]byte(text), &a)
}

// Text returns the answer as it is in the ConfigMap.
func (a Answer) Text() (string, error) {
	text, err := yaml.Marshal(a)
	return string(text), err
}

// Describe adds an account to the answer.
func (a *Answer) Describe(u *v1alpha1.OrgUser) {
	a.User, a.DisplayName, a.Email = u.Name, u.Status.DisplayName, u.Status.Email
	a.Modules, a.Groups = slices.Clone(u.Status.Modules), effective.KnownGroups(u)
	for _, grant := range u.Status.Workspaces {
		a.Workspaces = append(a.Workspaces, Workspace{Name: grant.Name, Access: grant.Access, Origins: grant.Origins})
	}
}
