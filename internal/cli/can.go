// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/authz"
)

func newCan(t *tool) *cobra.Command {
	return &cobra.Command{
		Use: "can COMMAND...", Short: "Ask whether you may do something, without doing it", GroupID: groupFind,
		Long: "Ask whether you may do what another command does, with its words: the API server answers as it would, and changes " +
			"nothing. The answer no has the reason in the words of the refusal, and the exit code 1.",
		Example: examples("can remove marta", "can role marta BillingAdmin", "can invite --role UserAdmin"),
		// The words are another command's, and so are the flags.
		DisableFlagParsing: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 || args[0] == "-h" || args[0] == "--help" {
				return cmd.Help()
			}
			return t.can(cmd.Context(), args)
		},
	}
}

// probe is whom somebody invites who asks whether they may, and names nobody. RFC 2606 keeps its domain free.
const probe = "somebody@usher.invalid"

// can runs a command for its answer only: what it would change, it changes in a dry run, and what it prints is not shown.
func (t *tool) can(ctx context.Context, args []string) error {
	var errOut bytes.Buffer
	asker := newTool(genericiooptions.IOStreams{In: strings.NewReader(""), Out: io.Discard, ErrOut: &errOut})
	asker.asking = true
	root := asker.command()
	asked, _, err := root.Find(args)
	if asksAbout(args) == "" && asked == root {
		return fmt.Errorf("name the command that you ask about, as in %s", command("can", "remove", "marta"))
	}
	if err != nil || !canAskAbout(asked) {
		return fmt.Errorf("%q is no command to ask about: choose one of %s", asksAbout(args), strings.Join(answerable(root), ", "))
	}
	root.PersistentPreRun = func(cmd *cobra.Command, _ []string) { onlyAsk(cmd) }
	root.SetArgs(args)
	err = root.ExecuteContext(ctx)
	switch {
	case err == nil, errors.Is(err, errNo) && changesNothing(asked):
		fmt.Fprintln(t.streams.Out, t.answer("yes", green))
		_, err := t.streams.ErrOut.Write(errOut.Bytes())
		return err
	case apierrors.IsForbidden(err), apierrors.IsInvalid(err):
		fmt.Fprintln(t.streams.Out, t.answer("no", red)+": "+withRemedy(err, asked))
		return errNo
	}
	return err
}

func (t *tool) answer(word string, c color) string { return screenOf(t.streams.Out).paint(word, c) }

// onlyAsk has a command ask the API server and nothing else, whatever its flags say.
func onlyAsk(cmd *cobra.Command) {
	for flag, value := range map[string]string{
		"dry-run": string(dryRunServer), "yaml": "false", "output": "", "file": "", "wait": "false",
	} {
		if f := cmd.Flags().Lookup(flag); f != nil {
			must(f.Value.Set(value))
		}
	}
}

// asksAbout returns the words that somebody asks about, up to the first flag.
func asksAbout(args []string) string {
	if n := slices.IndexFunc(args, func(arg string) bool { return strings.HasPrefix(arg, "-") }); n >= 0 {
		args = args[:n]
	}
	return strings.Join(args, " ")
}

// canAskAbout reports whether the API server has an answer. It is not asked when somebody logs in.
func canAskAbout(cmd *cobra.Command) bool {
	return cmd.GroupID != "" && cmd.GroupID != groupLogin && cmd.Name() != "can"
}

// answerable names the commands that somebody can ask about.
func answerable(root *cobra.Command) []string {
	var names []string
	for _, cmd := range root.Commands() {
		if canAskAbout(cmd) {
			names = append(names, cmd.Name())
		}
	}
	return names
}

func changesNothing(cmd *cobra.Command) bool { return cmd.GroupID == groupFind }

// withRemedy returns the words of a refusal. The operator's say who could do it; those of RBAC do not.
func withRemedy(err error, asked *cobra.Command) string {
	reason := refusalOf(err)
	switch {
	case strings.Contains(err.Error(), "denied the request: "), apierrors.IsInvalid(err):
		return reason
	case strings.Contains(reason, "at the cluster scope"):
		return reason + "; the platform team may"
	case ofDirectory(err, asked):
		return reason + "; the directory is managed by the role " + rolesWith(authz.AreaOrganization, authz.PowerManage)
	case changesNothing(asked):
		return reason + "; the roles that may are " + rolesWith(areaOf(err), authz.PowerView, authz.PowerManageMembers, authz.PowerManage)
	}
	return fmt.Sprintf("%s; users are managed by the role %s, Members by %s too", reason, rolesWith(authz.AreaUsers, authz.PowerManage),
		rolesWith(authz.AreaUsers, authz.PowerManageMembers))
}

// ofDirectory reports whether a refusal is about the directory: no other command writes organizations or reads Secrets.
func ofDirectory(err error, asked *cobra.Command) bool {
	kind := kindIn(err)
	return kind == "secrets" || kind == "organizations" && !changesNothing(asked)
}

// kindIn returns the resource that was refused; empty: none is named.
func kindIn(err error) string {
	var status apierrors.APIStatus
	if errors.As(err, &status) && status.Status().Details != nil {
		return status.Status().Details.Kind
	}
	return ""
}

// areaOf returns the area of the role table to which a refused resource belongs.
func areaOf(err error) authz.Area {
	switch kindIn(err) {
	case "organizations":
		return authz.AreaProfile
	case "workspaces":
		return authz.AreaWorkspaces
	}
	return authz.AreaUsers
}

// rolesWith names the roles that have one of the powers in an area, by the role table.
func rolesWith(area authz.Area, powers ...authz.Power) string {
	var roles []v1alpha1.Role
	for _, role := range authz.Roles() {
		if slices.Contains(powers, authz.PowerOf(role, area)) {
			roles = append(roles, role)
		}
	}
	return strings.ReplaceAll(joined(roles), ",", ", ")
}
