// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

const (
	daemonPortal = "portal"

	portPortalHealth  = "portal-health"
	portPortalMetrics = "portal-metrics"

	portalAccount      = "usher-portal"
	questionsNamespace = operatorNamespace + "-questions"
)

// portalDaemon runs what faces the internet, with the rights of its own ServiceAccount, as in an installation.
func portalDaemon(p paths, s *state) daemon {
	return daemon{
		name: daemonPortal, binary: "usher",
		args: append(usherArgs(p, s),
			"--components=Portal",
			"--portal-bind-address="+loopback(s.Ports[portPortal]),
			"--metrics-bind-address="+loopback(s.Ports[portPortalMetrics]),
			"--health-probe-bind-address="+loopback(s.Ports[portPortalHealth])),
		env:    []string{"KUBECONFIG=" + p.portalKubeconfig(), "POD_NAMESPACE=" + operatorNamespace},
		inputs: []string{p.portalKubeconfig()},
		ports:  []string{portPortalHealth, portPortal, portPortalMetrics},
		probe:  "http://" + loopback(s.Ports[portPortalHealth]) + "/readyz",
		client: plainClient(),
	}
}

// usherArgs returns the settings that both parts of Usher have.
func usherArgs(p paths, s *state) []string {
	return []string{
		"--questions-namespace=" + questionsNamespace,
		"--portal-url=http://" + loopback(s.Ports[portPortal]),
		"--smtp-address=" + loopback(s.Ports[portSMTP]), "--smtp-tls=None",
		"--mail-from=usher@usher.example",
		"--namespace-labels=team,pod-security.kubernetes.io/*",
		"--queue-domains=acme=acme.example", // the organization of the samples
		"--drain-delay=0s",                  // nobody else could take over
		"--cluster-name=dev", "--cluster-server=https://" + loopback(s.Ports[portAPIServer]), "--cluster-ca-file=" + p.pki("ca.crt"),
		"--login-issuer-url=" + s.issuer(), "--login-ca-data=" + fileText(p.pki("ca.crt")),
		"--sign-in-issuer-url=" + s.issuer(), "--sign-in-client-id=usher", "--sign-in-client-secret-file=" + p.dexSecret(),
		"--sign-in-ca-file=" + p.pki("ca.crt"), "--sign-in-display-name=Dex",
		"--accounts-address=" + loopback(s.Ports[portDexGRPC]), "--accounts-tls-ca-file=" + p.pki("ca.crt"),
		"--accounts-tls-cert-file=" + p.pki("dex-client.crt"), "--accounts-tls-key-file=" + p.pki("dex-client.key"),
	}
}
