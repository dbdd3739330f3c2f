// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"gomodules.xyz/jsonpatch/v2"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"

	"github.com/usher-operator/usher/internal/effective"
	"github.com/usher-operator/usher/internal/version"
	"github.com/usher-operator/usher/internal/whoami"
)

// selfAnswerer tells people who they are and what they have, themselves and nobody else: whoever applies the ConfigMap whoami.Name as a dry
// run. It stores nothing, and refuses what would be stored. The user name comes from the API server, so impersonation works as elsewhere.
type selfAnswerer struct{ authorizer }

// Handle answers a request.
func (s selfAnswerer) Handle(ctx context.Context, r admission.Request) admission.Response {
	if r.Name != whoami.Name {
		return admission.Allowed("")
	}
	if r.DryRun == nil || !*r.DryRun {
		return admission.Errored(http.StatusUnprocessableEntity, fmt.Errorf(
			"the ConfigMap %q is a question to the operator and is never stored: apply it with --dry-run=server, or type kubectl usher "+
				"whoami", whoami.Name))
	}
	answer, err := s.answer(ctx, r)
	if err != nil {
		return admission.Errored(http.StatusInternalServerError, err)
	}
	text, err := answer.Text()
	if err != nil {
		return admission.Errored(http.StatusInternalServerError, err)
	}
	return admission.Patched("", jsonpatch.NewOperation("add", "/data", map[string]string{whoami.Key: text}))
}

func (s selfAnswerer) answer(ctx context.Context, r admission.Request) (whoami.Answer, error) {
	answer := whoami.Answer{Organization: r.Namespace, Username: r.UserInfo.Username, Version: version.String()}
	actor, err := s.cache.Actor(ctx, s.platform.Load(), r.Namespace, r.UserInfo.Username, r.UserInfo.Groups)
	if err != nil {
		return answer, err
	}
	answer.Kind, answer.Role = actor.Kind, actor.Role
	if actor.User == "" {
		return answer, nil
	}
	user, err := s.cache.User(ctx, r.Namespace, actor.User)
	if err != nil {
		return answer, err
	}
	if user == nil {
		return answer, errors.New("your account has just been removed")
	}
	answer.Describe(user)
	for n := range answer.Workspaces {
		w, err := s.cache.Workspace(ctx, r.Namespace, answer.Workspaces[n].Name)
		if err != nil {
			return answer, err
		}
		if w != nil {
			answer.Workspaces[n].Title, answer.Workspaces[n].Namespace = effective.WorkspaceTitle(w), w.Status.Namespace
		}
	}
	return answer, nil
}
