// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
	"github.com/usher-operator/usher/internal/emailaddr"
	"github.com/usher-operator/usher/internal/whoami"
)

func newWhoami(t *tool) *cobra.Command {
	cmd := &cobra.Command{
		Use: "whoami", Short: "Show who you are in the organization, and what you have", GroupID: groupFind,
		Long: "Show who you are in the organization: user name, role, what the role may do, workspaces and modules. Everybody with " +
			"access in force may ask, a Member too.",
		Example: examples("whoami", "whoami -o json"),
		Args:    between(0, 0),
	}
	form := cmd.Flags().StringP("output", "o", "", "Form of the output: json or yaml.")
	must(cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"json", "yaml"}, cobra.ShellCompDirectiveNoFileComp)))
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *form != "" && *form != "json" && *form != "yaml" {
			return fmt.Errorf("there is no output form %q: choose json or yaml", *form)
		}
		s, err := t.connect()
		if err != nil {
			return err
		}
		answer, err := s.whoami(cmd.Context())
		if err != nil {
			return err
		}
		return t.showAnswer(answer, *form)
	}
	return cmd
}

// whoami asks the operator who the person is. Somebody to whom RBAC does not allow the question has nothing in force there.
func (s *session) whoami(ctx context.Context) (whoami.Answer, error) {
	question, err := runtime.DefaultUnstructuredConverter.ToUnstructured(whoami.Question(s.namespace))
	if err != nil {
		return whoami.Answer{}, err
	}
	unstructured.RemoveNestedField(question, "metadata", "creationTimestamp")
	asked := &unstructured.Unstructured{Object: question}
	err = s.Apply(ctx, client.ApplyConfigurationFromUnstructured(asked), client.DryRunAll, fieldOwner)
	if apierrors.IsForbidden(err) {
		me, err := s.me(ctx)
		return whoami.Answer{Organization: s.namespace, Username: me, Kind: authz.ActorNobody}, err
	}
	if err != nil {
		return whoami.Answer{}, err
	}
	answered := &corev1.ConfigMap{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(asked.Object, answered); err != nil {
		return whoami.Answer{}, err
	}
	return whoami.Read(answered)
}

func (t *tool) showAnswer(a whoami.Answer, form string) error {
	switch form {
	case "json":
		out := json.NewEncoder(t.streams.Out)
		out.SetIndent("", "    ")
		return out.Encode(a)
	case "yaml":
		text, err := yaml.Marshal(a)
		if err != nil {
			return err
		}
		_, err = t.streams.Out.Write(text)
		return err
	}
	p := &page{w: t.streams.Out}
	p.line("User name", a.Username)
	p.line("Organization", a.Organization)
	p.line("You are", standingOf(a))
	if a.Email != "" {
		p.line("Person", fmt.Sprintf("%s <%s>, OrgUser %s", emailaddr.FormOfAddress(a.DisplayName), a.Email, a.User))
	}
	p.line("Groups", joined(a.Groups))
	p.line("Modules", joined(a.Modules))
	if powers := powersOf(a.Role); len(powers.rows) > 0 {
		p.table("You may", powers)
	}
	p.table("Workspaces", workspacesOf(a))
	return p.err
}

// standingOf says in which capacity somebody acts.
func standingOf(a whoami.Answer) string {
	switch a.Kind {
	case authz.ActorPerson:
		return string(a.Role)
	case authz.ActorDelegate:
		return fmt.Sprintf("a delegate, as %s", a.Role)
	case authz.ActorPlatform:
		return "of the platform: roles do not bind you, invariants do"
	case authz.ActorOperator, authz.ActorCleaner:
		return string(a.Kind)
	}
	return "nobody here: you have no access in force. If you are invited, accept the invitation; else ask an administrator for one"
}

// powersOf is the row of the role table. It is empty for a role that has no part in the organization itself.
func powersOf(role v1alpha1.Role) table {
	t := table{header: []string{"AREA", "MAY"}}
	words := map[authz.Power]string{
		authz.PowerView: "view", authz.PowerManageMembers: "view, and manage Members", authz.PowerManage: "manage",
	}
	for _, area := range authz.Areas() {
		if power := authz.PowerOf(role, area); power != authz.PowerNone {
			t.add(string(area), words[power])
		}
	}
	return t
}

func workspacesOf(a whoami.Answer) table {
	t := table{header: []string{"NAME", "TITLE", "ACCESS", "NAMESPACE"}}
	for _, w := range a.Workspaces {
		t.add(w.Name, orNone(w.Title), string(w.Access), orNone(w.Namespace))
	}
	return t
}
