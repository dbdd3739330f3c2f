// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
)

// writeEnv writes .dev/env, for a shell to read.
func (v *supervisor) writeEnv() error {
	var content bytes.Buffer
	for _, assignment := range v.assignments() {
		fmt.Fprintf(&content, "%s=%s\n", assignment[0], quote(assignment[1]))
	}
	return writeFile(v.paths.env(), content.Bytes())
}

func (v *supervisor) assignments() [][2]string {
	ports := v.state.Ports
	common := [][2]string{
		{"KUBECONFIG", v.paths.kubeconfig()},
		{"PORTAL_URL", "http://" + loopback(ports[portPortal])},
		{"MAIL_URL", "http://" + loopback(ports[portMail])},
		{"METRICS_URL", "https://" + loopback(ports[portMetrics]) + "/metrics"},
		{"DEX_URL", v.state.issuer()},
		{"DEX_CA", v.paths.pki("ca.crt")},
		{"DEX_CLIENT_SECRET_FILE", v.paths.dexSecret()},
		{"DEX_GRPC_ADDR", loopback(ports[portDexGRPC])},
		{"DEX_GRPC_CERT", v.paths.pki("dex-client.crt")},
		{"DEX_GRPC_KEY", v.paths.pki("dex-client.key")},
	}
	if v.state.Nodes > 0 {
		return append(common, v.assignmentsForNodes()...)
	}
	return append(common, [][2]string{
		{"OPERATOR_PID", strconv.Itoa(v.state.Processes[daemonOperator].PID)},
		{"PORTAL_PID", strconv.Itoa(v.state.Processes[daemonPortal].PID)},
		{"SMTP_ADDR", loopback(ports[portSMTP])},
		{"WEBHOOK_ADDR", "localhost:" + strconv.Itoa(ports[portWebhook])},
		{"HEALTH_URL", "http://" + loopback(ports[portHealth])},
		{"PORTAL_METRICS_URL", "https://" + loopback(ports[portPortalMetrics]) + "/metrics"},
	}...)
}

// quote returns a text as a single word of a shell.
func quote(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// report prints where to find everything.
func (v *supervisor) report(w io.Writer) error {
	verdict := fmt.Sprintf("Usher is up after %.1f s", v.out.elapsed().Seconds())
	if v.started == 0 {
		verdict = "Usher is already running"
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "%s\n\n", verdict)
	fmt.Fprintf(table, "  kubeconfig\t%s\n", v.paths.kubeconfig())
	fmt.Fprintf(table, "  kubectl\t%s\n", v.paths.bin("kubectl"))
	fmt.Fprintf(table, "  portal\thttp://%s\n", loopback(v.state.Ports[portPortal]))
	fmt.Fprintf(table, "  mailbox\thttp://%s\n", loopback(v.state.Ports[portMail]))
	fmt.Fprintf(table, "  sign-in\t%s\n", v.state.issuer())
	if v.state.Nodes > 0 {
		fmt.Fprintf(table, "  nodes\t%d, in %s\n", v.state.Nodes, v.state.Network.all())
	}
	fmt.Fprintf(table, "  logs\t%s\n", v.paths.dev("log"))
	fmt.Fprintf(table, "  for a shell\tset -a; . %s; set +a\n", v.paths.env())
	return table.Flush()
}
