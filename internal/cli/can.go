// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/cli-runtime/pkg/genericiooptions"

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

// can runs a command for its answer only.
func (t *tool) can(ctx context.Context, args []string) error {
	var out, errOut bytes.Buffer
	root := NewCommand(genericiooptions.IOStreams{In: strings.NewReader(""), Out: &out, ErrOut: &errOut})
	asked, rest, err := root.Find(args)
	if err != nil || asked.Flags().Lookup("dry-run") == nil {
		return fmt.Errorf("%q is nothing that changes something: choose one of %s",
			strings.Join(args, " "), strings.Join(changes(root), ", "))
	}
	args = append(args, "--dry-run="+string(dryRunServer))
	if asked.Name() == "invite" && asked.ParseFlags(rest) == nil && len(asked.Flags().Args()) == 0 {
		args = append(args, probe)
	}
	root = NewCommand(genericiooptions.IOStreams{In: strings.NewReader(""), Out: &out, ErrOut: &errOut})
	root.SetArgs(args)
	err = root.ExecuteContext(ctx)
	switch {
	case err == nil:
		fmt.Fprintln(t.streams.Out, "yes")
		_, err := t.streams.ErrOut.Write(errOut.Bytes())
		return err
	case errors.Is(err, errNo):
		reason, _, _ := strings.Cut(errOut.String(), "\nNobody is invited.")
		_, reason, _ = strings.Cut(reason, "is refused: ")
		fmt.Fprintln(t.streams.Out, "no: "+reason)
	case apierrors.IsForbidden(err), apierrors.IsInvalid(err):
		fmt.Fprintln(t.streams.Out, "no: "+withRemedy(err))
	default:
		return err
	}
	return errNo
}

// changes names the commands that change something.
func changes(root *cobra.Command) []string {
	var names []string
	for _, cmd := range root.Commands() {
		if cmd.Flags().Lookup("dry-run") != nil {
			names = append(names, cmd.Name())
		}
	}
	return names
}

// withRemedy returns the words of a refusal. The operator's say who could do it; those of RBAC do not.
func withRemedy(err error) string {
	reason := refusalOf(err)
	if strings.Contains(err.Error(), "denied the request: ") || apierrors.IsInvalid(err) {
		return reason
	}
	return reason + "; " + managersOfUsers()
}

// managersOfUsers says who could do it, by the role table.
func managersOfUsers() string {
	var all, members []string
	for _, role := range authz.Roles() {
		switch authz.PowerOf(role, authz.AreaUsers) {
		case authz.PowerManage:
			all = append(all, string(role))
		case authz.PowerManageMembers:
			members = append(members, string(role))
		case authz.PowerNone, authz.PowerView:
		}
	}
	return fmt.Sprintf("users are managed by the role %s, Members by %s too", strings.Join(all, ", "), strings.Join(members, ", "))
}
