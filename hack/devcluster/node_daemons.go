// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net"
	"strconv"
)

const (
	daemonScheduler = "kube-scheduler"
	// daemonGateway is the machine of namespaces through which this one reaches Services.
	daemonGateway = "gateway"
	// daemonToMachine forwards what nodes and pods send to the API server, the mailbox and Dex, daemonToServices what this machine sends
	// to the portal and the metrics.
	daemonToMachine  = "forward-to-machine"
	daemonToServices = "forward-to-services"

	netpolUser = "usher-devcluster:netpol"
)

func schedulerDaemon(p paths, s *state) daemon {
	port := s.Ports[portScheduler]
	return daemon{
		name: daemonScheduler, binary: "kube-scheduler",
		args: []string{
			"--kubeconfig=" + p.schedulerKubeconfig(),
			"--authentication-kubeconfig=" + p.schedulerKubeconfig(),
			"--authorization-kubeconfig=" + p.schedulerKubeconfig(),
			"--bind-address=127.0.0.1", "--secure-port=" + strconv.Itoa(port),
			"--tls-cert-file=" + p.pki("server.crt"), "--tls-private-key-file=" + p.pki("server.key"),
			"--leader-elect=false",
			"--profiling=false",
		},
		inputs: []string{p.schedulerKubeconfig()},
		ports:  []string{portScheduler},
		probe:  "https://" + loopback(port) + "/healthz",
		client: certificateClient(p, "scheduler"),
	}
}

func toMachineDaemon(p paths, s *state) daemon {
	smtp := net.JoinHostPort(s.Network.host(), strconv.Itoa(smtpPort))
	dexWeb, dexAPI := s.dexForNodes()
	return daemon{
		name: daemonToMachine, binary: "devcluster",
		args: []string{
			commandForward, s.apiServerForNodes() + "=" + s.apiServer(), smtp + "=" + loopback(s.Ports[portSMTP]),
			dexWeb + "=" + loopback(s.Ports[portDex]), dexAPI + "=" + loopback(s.Ports[portDexGRPC]),
		},
		probe:  "https://" + s.apiServerForNodes() + "/readyz",
		client: certificateClient(p, "admin"),
	}
}

func toServicesDaemon(p paths, s *state) daemon {
	return daemon{
		name: daemonToServices, binary: "devcluster",
		args: []string{
			commandForward, "--data=" + p.dev(""), "--api=" + s.apiServer(),
			loopback(s.Ports[portPortal]) + "=" + operatorNamespace + "/usher-portal:80",
			loopback(s.Ports[portMetrics]) + "=" + operatorNamespace + "/usher-metrics:8443",
		},
		inputs: []string{p.pki("admin.crt")},
		ports:  []string{portPortal, portMetrics},
	}
}

func gatewayDaemon(p paths, _ *state) daemon {
	return daemon{
		name: daemonGateway, binary: "devcluster",
		args:   []string{commandMachine, "--file=" + p.machine(daemonGateway)},
		inputs: []string{p.machine(daemonGateway), p.proxyKubeconfig()},
	}
}

func nodeDaemon(i int) func(paths, *state) daemon {
	return func(p paths, s *state) daemon {
		name := nodeName(i)
		return daemon{
			name: name, binary: "devcluster",
			args:   []string{commandMachine, "--file=" + p.machine(name)},
			inputs: append(p.nodeFiles(name), p.machine(name), p.proxyKubeconfig(), p.netpolKubeconfig()),
			// The kubelet answers when containerd does.
			probe:  "http://" + net.JoinHostPort(s.Network.node(i), strconv.Itoa(kubeletHealthPort)) + "/healthz",
			client: plainClient(),
		}
	}
}
