// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package testenv

import (
	"fmt"
	"net"
	"path/filepath"
	"strconv"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/usher-operator/usher/internal/testing/ports"
)

// AuditWebhook is where the API server sends its audit events, beside writing its log. It sends them in batches, a moment
// after each request, and goes on when nobody takes them.
type AuditWebhook struct {
	// Path is that of the URL; host and port are those of the operator's webhooks.
	Path string
	// Token is the bearer token that the API server has.
	Token string
}

// sendAudit has the API server send its audit events. The certificate is not checked: the operator, which makes it, starts
// later than the API server.
func (e *Env) sendAudit(apiServer *envtest.APIServer, w *AuditWebhook) error {
	if err := e.chooseWebhookPort(); err != nil {
		return err
	}
	const name = "usher"
	config := clientcmdapi.NewConfig()
	config.Clusters[name] = &clientcmdapi.Cluster{
		Server:                "https://" + net.JoinHostPort(e.WebhookHost, strconv.Itoa(e.WebhookPort)) + w.Path,
		InsecureSkipTLSVerify: true,
	}
	config.AuthInfos[name] = &clientcmdapi.AuthInfo{Token: w.Token}
	config.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name}
	config.CurrentContext = name
	path := filepath.Join(e.dir, "audit-webhook.kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		return fmt.Errorf("write the configuration of the audit webhook: %w", err)
	}
	apiServer.Configure().
		Set("audit-webhook-config-file", path).
		Set("audit-webhook-mode", "batch").
		Set("audit-webhook-batch-max-wait", "50ms").
		Set("audit-webhook-batch-throttle-enable", "false").
		Set("audit-webhook-initial-backoff", "100ms")
	return nil
}

// chooseWebhookPort finds the port of the operator's webhooks, unless that has been done.
func (e *Env) chooseWebhookPort() error {
	if e.WebhookPort != 0 {
		return nil
	}
	var err error
	e.WebhookPort, err = ports.Free(e.WebhookHost)
	return err
}
