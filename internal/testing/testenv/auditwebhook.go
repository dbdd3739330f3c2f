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

// AuditWebhook is where the API server sends its audit events, in addition to its log. It sends them in batches, shortly
// after the requests, and serves requests even if nothing receives them.
type AuditWebhook struct {
	// Path is the path of the URL; host and port are those of the operator's webhooks.
	Path string
	// Token is the bearer token that the API server sends.
	Token string
}

// sendAudit configures the API server to send its audit events. The API server does not verify the certificate, because the
// operator creates it and starts after the API server.
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

// chooseWebhookPort chooses a free port for the operator's webhooks, once.
func (e *Env) chooseWebhookPort() error {
	if e.WebhookPort != 0 {
		return nil
	}
	var err error
	e.WebhookPort, err = ports.Free(e.WebhookHost)
	return err
}
