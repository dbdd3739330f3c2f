// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strings"
)

const (
	organization  = "acme"
	invited       = "nora@acme.example"
	userAdmin     = "eva@acme.example"
	administrator = "ana@acme.example"
	workspace     = "acme-support"
)

// story plays the story and prints it.
type story struct {
	*teller
	cluster *cluster
	mails   *mails
	browser *browser
	// invitation is the page that the invited person has open.
	invitation *visit
	// welcome is the link of the page that welcomes her.
	welcome string
	// password is the one that she chooses; empty: the installation is not connected to Dex.
	password string
	// nora is her computer.
	nora *laptop
}

func (s *story) play(ctx context.Context) error {
	s.print("Usher: a demo on the development cluster")
	s.say("You can type the commands yourself in %s, after", s.cluster.root)
	s.print("\n$ set -a; . .dev/env; set +a; PATH=$PWD/.dev/bin:$PATH")
	chapters := []func(context.Context) error{s.clear, s.declare, s.readMails, s.shutOut, s.register, s.confirm, s.letIn, s.refuse}
	if s.password != "" {
		chapters = append(chapters, s.logIn, s.suspend)
	}
	for _, chapter := range chapters {
		if err := chapter(ctx); err != nil {
			return err
		}
	}
	s.end()
	return nil
}

// clear deletes what an earlier run left, so that every run is the same.
func (s *story) clear(ctx context.Context) error {
	old, err := s.cluster.kubectl(ctx, "get", "namespace", organization, "--ignore-not-found", "--output=name")
	if err != nil {
		return s.unexpected("an answer from the API server", old+err.Error(), "kube-apiserver.log")
	}
	label := "accounts.usher.dev/organization=" + organization
	workspaces, err := s.cluster.kubectl(ctx, "get", "namespace", "--selector="+label, "--output=name")
	if err != nil {
		return s.unexpected("an answer from the API server", workspaces+err.Error(), "kube-apiserver.log")
	}
	if strings.TrimSpace(old)+strings.TrimPrefix(workspaces, "No resources found") != "" {
		s.begin("A clean start")
		s.say("The organization %q exists from an earlier run. The demo deletes it, and the namespaces of its workspaces,\n"+
			"which Usher keeps by default.", organization)
		if err := s.run(ctx, "delete", "namespace", organization, "--ignore-not-found", "--timeout=120s"); err != nil {
			return err
		}
		if err := s.run(ctx, "delete", "namespace", "--selector="+label, "--timeout=120s"); err != nil {
			return err
		}
	}
	return s.mails.begin()
}

// declare applies the samples and shows the result.
func (s *story) declare(ctx context.Context) error {
	s.begin("An organization in YAML")
	s.say("This applies an organization, its people, its workspaces and an invitation to three people, all at once.")
	if err := s.run(ctx, "apply", "-f", "config/samples"); err != nil {
		return err
	}
	s.say("Ready means that Usher has done everything it can do by itself. For an invitation, the mails have been sent.")
	for _, args := range [][]string{
		{"wait", "invitation/support-team", "-n", organization, "--for=condition=Ready", "--timeout=60s"},
		{"wait", "org/acme", "-n", organization, "--for=jsonpath={.status.users.total}=8", "--timeout=60s"},
		{"wait", "org,ou,og,ws", "--all", "-n", organization, "--for=condition=Ready", "--timeout=60s"},
		{"get", "org,ou,og,inv,ws", "-n", organization},
	} {
		if err := s.run(ctx, args...); err != nil {
			return err
		}
	}
	return nil
}

// shutOut shows that an invited person has no access yet.
func (s *story) shutOut(ctx context.Context) error {
	s.begin("Invited people have no access yet")
	s.say("A platform administrator creates a ConfigMap in the workspace %q.", "support")
	if err := s.run(ctx, "create", "configmap", "runbook", "-n", workspace, "--from-literal=phone=+34600000009"); err != nil {
		return err
	}
	s.say("Nora is invited there. She already exists as a user, but has no access yet.")
	if err := s.run(ctx, s.ofNora("get", "ou")...); err != nil {
		return err
	}
	if err := s.access(ctx, "no"); err != nil {
		return err
	}
	return s.refused(ctx, "cannot get resource", "get", "configmap", "runbook", "-n", workspace, "--as", invited)
}

// letIn shows that she has access, and only where she was invited.
func (s *story) letIn(ctx context.Context) error {
	s.begin("Nora has access")
	if err := s.run(ctx, append(s.ofNora("wait", "ou"), "--for=jsonpath={.status.state}=Active", "--timeout=60s")...); err != nil {
		return err
	}
	if err := s.run(ctx, append(s.ofNora("wait", "ou"), "--for=condition=Ready", "--timeout=60s")...); err != nil {
		return err
	}
	if err := s.run(ctx, s.ofNora("get", "ou")...); err != nil {
		return err
	}
	s.say("Her access is plain Kubernetes RBAC.")
	if err := s.run(ctx, "get", "rolebindings", "-n", workspace, "--output=wide"); err != nil {
		return err
	}
	// The API server sees new bindings a moment after they are written.
	if err := until(ctx, func() (bool, error) {
		output, _ := s.cluster.kubectl(ctx, canRead()...)
		return strings.TrimSpace(output) == "yes", ctx.Err()
	}); err != nil {
		return s.unexpected("access for "+invited, err.Error(), "operator.log")
	}
	if err := s.access(ctx, "yes"); err != nil {
		return err
	}
	if err := s.run(ctx, "get", "configmap", "runbook", "-n", workspace, "--as", invited, "--output=jsonpath={.data}"); err != nil {
		return err
	}
	s.say("She has no access to the other workspace.")
	return s.refused(ctx, "no", "auth", "can-i", "get", "configmaps", "-n", "acme-sales", "--as", invited)
}

// refuse shows a change that the acting person's role does not allow.
func (s *story) refuse(ctx context.Context) error {
	s.begin("A refusal, and why")
	s.say("Eva administers users. She may manage members, but nobody with a higher role.")
	return s.refused(ctx, "only an OrganizationAdmin may set role", "patch", "ou", "marta", "-n", organization,
		"--type=merge", `--patch={"spec":{"role":"BillingAdmin"}}`, "--as", userAdmin)
}

func (s *story) end() {
	env := s.cluster.env
	s.begin("Where to find things")
	s.say("  kubeconfig  %s\n  portal      %s\n  mailbox     %s\n  logs        %s\n  stop        make down",
		env["KUBECONFIG"], env["PORTAL_URL"], env["MAIL_URL"], s.cluster.log(""))
	s.say("The cluster keeps running. Luis and Sam are still invited: open the mailbox in a browser and follow their links.")
}

func (s *story) ofNora(verb, kind string) []string {
	return []string{verb, kind, "-n", organization, "--field-selector=spec.email=" + invited}
}

func canRead() []string {
	return []string{"auth", "can-i", "get", "configmaps", "-n", workspace, "--as", invited}
}

// kubectl runs a command, prints it with its output, and returns the output.
func (s *story) kubectl(ctx context.Context, args ...string) (string, error) {
	s.command(append([]string{"kubectl"}, args...)...)
	output, err := s.cluster.kubectl(ctx, args...)
	s.answer(output)
	return output, err
}

// access checks whether she may read, and expects "yes" or "no".
func (s *story) access(ctx context.Context, want string) error {
	output, _ := s.kubectl(ctx, canRead()...)
	if strings.TrimSpace(output) != want {
		return s.unexpected(fmt.Sprintf("the answer %q", want), output, "operator.log")
	}
	return nil
}

// run runs a command that must succeed.
func (s *story) run(ctx context.Context, args ...string) error {
	if output, err := s.kubectl(ctx, args...); err != nil {
		return s.unexpected("the last command to succeed", err.Error()+"\n"+output, "operator.log")
	}
	return nil
}

// refused runs a command that must fail with a text.
func (s *story) refused(ctx context.Context, text string, args ...string) error {
	output, err := s.kubectl(ctx, args...)
	if err == nil || !strings.Contains(output, text) {
		return s.unexpected(fmt.Sprintf("a refusal with the text %q", text), output, "operator.log")
	}
	return nil
}

func (s *story) unexpected(expected, got, log string) error {
	if strings.TrimSpace(got) == "" {
		got = "nothing"
	}
	return &failure{expected: expected, got: got, look: s.cluster.log(log)}
}
