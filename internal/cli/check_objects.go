// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/effective"
)

// organizations checks that each has an administrator.
func (c *checkup) organizations(ctx context.Context, name string) error {
	var found []v1alpha1.Organization
	list := &v1alpha1.OrganizationList{}
	if err := c.pages(ctx, list, c.namespace, nil, func() { found = append(found, list.Items...) }); err != nil {
		return err
	}
	if len(found) == 0 {
		if c.namespace != "" {
			return noOrganization(c.namespace)
		}
		c.ok(name, "there is none yet")
		return nil
	}
	before := len(c.table.rows)
	for n := range found {
		o := &found[n]
		if len(o.Status.Administrators) == 0 {
			c.fault(name, fmt.Sprintf("organization %s has no administrator in force, so nobody can manage it: the platform team sets "+
				"spec.primaryAdministrator, or creates an OrgUser with the role OrganizationAdmin and onboarding None", o.Name))
		}
		c.stalled(name, "Organization", o, o.Status.Conditions)
		c.stoppedDirectory(name, o)
	}
	c.found = found
	c.unlessNew(name, before, fmt.Sprintf("%d, each with an administrator in force", len(found)))
	return nil
}

// modules checks that the ClusterRoles of modules can be bound.
func (c *checkup) modules(ctx context.Context, name string) error {
	before := len(c.table.rows)
	for n := range c.found {
		if err := c.moduleRoles(ctx, name, &c.found[n]); err != nil {
			return err
		}
	}
	c.unlessNew(name, before, "every ClusterRole that a module names can be bound")
	return nil
}

// moduleRoles checks the ClusterRoles that an organization's modules name.
func (c *checkup) moduleRoles(ctx context.Context, name string, o *v1alpha1.Organization) error {
	states := effective.ClusterRoleStates{}
	for _, module := range o.Spec.Subscription.Modules {
		if module.ClusterRoleName == "" {
			continue
		}
		role := &metav1.PartialObjectMetadata{}
		role.SetGroupVersionKind(clusterRoleKind)
		err := c.Get(ctx, client.ObjectKey{Name: module.ClusterRoleName}, role)
		if client.IgnoreNotFound(err) != nil {
			return err
		}
		if err == nil {
			states[module.ClusterRoleName] = effective.StateOfClusterRole(role.Name, role.Labels)
		}
	}
	for _, problem := range effective.ModuleProblems(o, states) {
		c.fault(name, fmt.Sprintf("organization %s: %s", o.Name, problem.Message))
	}
	return nil
}

func (c *checkup) accounts(ctx context.Context, name string) error {
	users, err := c.users(ctx, c.namespace)
	if err != nil {
		return err
	}
	before := len(c.table.rows)
	for n := range users {
		c.stalled(name, "OrgUser", &users[n], users[n].Status.Conditions)
		if users[n].Status.Onboarding != nil {
			c.mail(name, &users[n], users[n].Status.Onboarding.Mail)
		}
	}
	c.unlessNew(name, before, fmt.Sprintf("%d, none of them stalled", len(users)))
	return nil
}

func (c *checkup) openInvitations(ctx context.Context, name string) error {
	var found []v1alpha1.Invitation
	list := &v1alpha1.InvitationList{}
	if err := c.pages(ctx, list, c.namespace, nil, func() { found = append(found, list.Items...) }); err != nil {
		return err
	}
	before := len(c.table.rows)
	for n := range found {
		i := &found[n]
		c.stalled(name, "Invitation", i, i.Status.Conditions)
		for _, r := range i.Status.Recipients {
			c.mail(name, i, r.Mail)
		}
	}
	c.unlessNew(name, before, fmt.Sprintf("%d, none of them stalled; the mail server takes their mails", len(found)))
	return nil
}

func (c *checkup) spaces(ctx context.Context, name string) error {
	found, err := c.workspaces(ctx, c.namespace)
	if err != nil {
		return err
	}
	before := len(c.table.rows)
	for n := range found {
		c.stalled(name, "Workspace", &found[n], found[n].Status.Conditions)
	}
	c.unlessNew(name, before, fmt.Sprintf("%d, none of them stalled", len(found)))
	return nil
}

func (c *checkup) groups(ctx context.Context, name string) error {
	var found []v1alpha1.OrgGroup
	list := &v1alpha1.OrgGroupList{}
	if err := c.pages(ctx, list, c.namespace, nil, func() { found = append(found, list.Items...) }); err != nil {
		return err
	}
	before := len(c.table.rows)
	for n := range found {
		c.stalled(name, "OrgGroup", &found[n], found[n].Status.Conditions)
	}
	c.unlessNew(name, before, fmt.Sprintf("%d, none of them stalled", len(found)))
	return nil
}

// stoppedDirectory notes a directory that can remove nobody until an administrator allows it.
func (c *checkup) stoppedDirectory(name string, o *v1alpha1.Organization) {
	threshold := meta.FindStatusCondition(o.Status.Conditions, v1alpha1.ConditionDirectoryWithinThreshold)
	if threshold != nil && threshold.Status == metav1.ConditionFalse {
		c.fault(name, fmt.Sprintf("organization %s: %s", o.Name, threshold.Message))
	}
}

// unlessNew says that all is well if no fault was found since.
func (c *checkup) unlessNew(name string, before int, well string) {
	if len(c.table.rows) == before {
		c.ok(name, "%s", well)
	}
}

// stalled notes an object that waits for somebody. Its condition says what to do.
func (c *checkup) stalled(name, kind string, o client.Object, conditions []metav1.Condition) {
	if !meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionStalled) {
		return
	}
	stalled := meta.FindStatusCondition(conditions, v1alpha1.ConditionStalled)
	c.fault(name, fmt.Sprintf("%s %s in namespace %s is stalled (%s): %s",
		kind, o.GetName(), o.GetNamespace(), stalled.Reason, stalled.Message))
}

// mail notes a mail that the platform's mail server keeps from going out. A refused recipient is not the platform's trouble.
func (c *checkup) mail(name string, o client.Object, m *v1alpha1.MailStatus) {
	if m == nil || m.State != v1alpha1.MailQueued || m.LastError == "" || m.LastErrorScope == v1alpha1.MailScopeRecipient {
		return
	}
	c.fault(name, fmt.Sprintf("a mail of %s in namespace %s waits after %d attempts, because of the mail server (%s): %s", o.GetName(),
		o.GetNamespace(), m.Attempts, m.LastErrorScope, m.LastError))
}
