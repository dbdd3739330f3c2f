// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clientauthentication "k8s.io/client-go/pkg/apis/clientauthentication/v1"

	"github.com/usher-operator/usher/internal/cli/login"
)

// execInfo is the variable in which kubectl tells a credential plugin what it wants.
const execInfo = "KUBERNETES_EXEC_INFO"

func newLogin(t *tool) *cobra.Command {
	cmd := &cobra.Command{
		Use: "login", Short: "Log in to the cluster with your identity provider", GroupID: groupLogin,
		Long: "Log in to the cluster with your identity provider. kubectl runs this command by itself when your kubeconfig is the one " +
			"that you were given; you need it to log in without a browser on this computer (--device) or as somebody else (--again).\n\n" +
			"The login is kept in a file that only you can read, and is renewed as long as the identity provider allows.",
		Example: examples("login", "login --device"),
		Args:    between(0, 0),
	}
	flags := &loginFlags{}
	flags.bind(cmd.Flags())
	device := cmd.Flags().Bool("device", false, "Log in with the browser of another device, such as a phone.")
	noBrowser := cmd.Flags().Bool("no-browser", false, "Print the address instead of opening a browser.")
	again := cmd.Flags().Bool("again", false, "Log in even if a login is kept.")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		reply, err := replyTo(os.Getenv(execInfo))
		if err != nil {
			return err
		}
		client, err := t.loginClient(flags)
		if err != nil {
			return err
		}
		tool, err := t.loginTool(*noBrowser)
		if err != nil {
			return err
		}
		tool.Device = *device
		get := tool.Token
		if *again {
			get = tool.Again
		}
		token, err := get(cmd.Context(), client)
		if err != nil {
			return err
		}
		return reply(t.streams.Out, token)
	}
	return cmd
}

func (t *tool) loginTool(noBrowser bool) (login.Tool, error) {
	store, err := login.DefaultStore()
	tool := login.Tool{Store: store, Messages: t.streams.ErrOut, Now: t.now}
	switch {
	case noBrowser:
		tool.Browse = func(string) error { return nil }
	case hasBrowser():
		tool.Browse = openBrowser
	}
	return tool, err
}

// replyTo returns how to answer whoever runs the command: kubectl, which says so, gets a credential, and a person gets a sentence. No
// token is ever shown to a person, who might be sharing their screen.
func replyTo(info string) (func(io.Writer, login.Token) error, error) {
	if info == "" {
		return func(w io.Writer, token login.Token) error {
			_, err := fmt.Fprintf(w, "You are logged in as %s. The token is valid until %s, and kubectl renews it.\n",
				token.User, token.Expiry.Local().Format(time.DateTime))
			return err
		}, nil
	}
	var asked metav1.TypeMeta
	if err := json.Unmarshal([]byte(info), &asked); err != nil {
		return nil, fmt.Errorf("the variable %s is not what kubectl sets: %w", execInfo, err)
	}
	if want := clientauthentication.SchemeGroupVersion.String(); asked.APIVersion != want {
		return nil, fmt.Errorf("the kubeconfig asks for a credential of version %q: set apiVersion of its exec to %s",
			asked.APIVersion, want)
	}
	return func(w io.Writer, token login.Token) error {
		return json.NewEncoder(w).Encode(clientauthentication.ExecCredential{
			TypeMeta: metav1.TypeMeta{APIVersion: asked.APIVersion, Kind: "ExecCredential"},
			Status: &clientauthentication.ExecCredentialStatus{
				Token: token.ID, ExpirationTimestamp: &metav1.Time{Time: token.Expiry},
			},
		})
	}, nil
}
