// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/http"
	"strconv"
)

// daemon describes how a program of the cluster is run, and when it is ready.
type daemon struct {
	name string
	// binary lies in .dev/bin.
	binary string
	args   []string
	env    []string
	// inputs are files whose change requires a restart.
	inputs []string
	// files are written before it starts, by path. Other contents require a restart.
	files map[string][]byte
	// ports are the names of those that it listens on; the first one answers the probe.
	ports []string
	// probe is the URL that answers 200 when the daemon is ready; empty: it is ready when it listens.
	probe string
	// client sends the probe.
	client *http.Client
}

const (
	daemonEtcd      = "etcd"
	daemonAPIServer = "kube-apiserver"
	daemonManager   = "kube-controller-manager"
	daemonMailbox   = "mailbox"
	daemonOperator  = "operator"
)

// stopOrder lists each daemon before those that it needs.
func stopOrder() []string {
	order := []string{daemonPortal, daemonOperator, daemonToServices}
	for i := range maxNodes {
		order = append(order, nodeName(i+1))
	}
	return append(order,
		daemonGateway, daemonToMachine, daemonScheduler, daemonMailbox, daemonManager, daemonAPIServer, daemonDex, daemonEtcd)
}

func etcdDaemon(p paths, s *state) daemon {
	client, peer := "https://"+loopback(s.Ports[portEtcd]), "https://"+loopback(s.Ports[portEtcdPeer])
	return daemon{
		name: daemonEtcd, binary: "etcd",
		args: []string{
			"--name=usher-dev",
			"--data-dir=" + p.etcdData(),
			"--listen-client-urls=" + client, "--advertise-client-urls=" + client,
			"--listen-peer-urls=" + peer, "--initial-advertise-peer-urls=" + peer,
			"--initial-cluster=usher-dev=" + peer,
			"--client-cert-auth", "--trusted-ca-file=" + p.pki("ca.crt"),
			"--cert-file=" + p.pki("server.crt"), "--key-file=" + p.pki("server.key"),
			"--peer-client-cert-auth", "--peer-trusted-ca-file=" + p.pki("ca.crt"),
			"--peer-cert-file=" + p.pki("server.crt"), "--peer-key-file=" + p.pki("server.key"),
			// Data survives a crash of etcd. A development cluster does not have to survive a crash of the machine.
			"--unsafe-no-fsync",
			"--log-level=warn",
		},
		inputs: []string{p.pki("server.crt")},
		ports:  []string{portEtcd, portEtcdPeer},
		probe:  client + "/health",
		client: certificateClient(p, "etcd-client"),
	}
}

func apiServerDaemon(p paths, s *state) daemon {
	port := s.Ports[portAPIServer]
	d := daemon{
		name: daemonAPIServer, binary: "kube-apiserver",
		args: []string{
			"--etcd-servers=https://" + loopback(s.Ports[portEtcd]),
			"--etcd-cafile=" + p.pki("ca.crt"),
			"--etcd-certfile=" + p.pki("etcd-client.crt"), "--etcd-keyfile=" + p.pki("etcd-client.key"),
			"--bind-address=127.0.0.1", "--secure-port=" + strconv.Itoa(port),
			"--tls-cert-file=" + p.pki("server.crt"), "--tls-private-key-file=" + p.pki("server.key"),
			"--client-ca-file=" + p.pki("ca.crt"),
			"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
			"--service-account-key-file=" + p.pki("sa.pub"),
			"--service-account-signing-key-file=" + p.pki("sa.key"),
			"--service-cluster-ip-range=" + s.serviceRange(),
			// Without nodes, nothing reaches the API through its Service. With nodes, its endpoint is the forwarder's.
			"--endpoint-reconciler-type=none",
			"--audit-policy-file=" + p.auditPolicy(),
			"--audit-log-path=" + p.log("audit.log"),
			"--authentication-config=" + p.authentication(),
			"--profiling=false",
		},
		inputs: []string{p.pki("server.crt"), p.auditPolicy()},
		files:  map[string][]byte{p.authentication(): authentication(p, s)},
		ports:  []string{portAPIServer},
		probe:  "https://" + loopback(port) + "/readyz",
		client: certificateClient(p, "admin"),
	}
	if s.Nodes == 0 {
		d.args = append(d.args, "--authorization-mode=RBAC")
		return d
	}
	d.args = append(d.args,
		"--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction",
		"--kubelet-client-certificate="+p.pki("kubelet-client.crt"), "--kubelet-client-key="+p.pki("kubelet-client.key"),
		"--kubelet-preferred-address-types=InternalIP")
	return d
}

func managerDaemon(p paths, s *state) daemon {
	port := s.Ports[portManager]
	return daemon{
		name: daemonManager, binary: "kube-controller-manager",
		args: []string{
			"--kubeconfig=" + p.managerKubeconfig(),
			"--authentication-kubeconfig=" + p.managerKubeconfig(),
			"--authorization-kubeconfig=" + p.managerKubeconfig(),
			"--bind-address=127.0.0.1", "--secure-port=" + strconv.Itoa(port),
			"--tls-cert-file=" + p.pki("server.crt"), "--tls-private-key-file=" + p.pki("server.key"),
			"--use-service-account-credentials=true",
			"--service-account-private-key-file=" + p.pki("sa.key"),
			"--root-ca-file=" + p.pki("ca.crt"),
			"--service-cluster-ip-range=" + s.serviceRange(),
			"--leader-elect=false",
			"--profiling=false",
		},
		inputs: []string{p.managerKubeconfig()},
		ports:  []string{portManager},
		probe:  "https://" + loopback(port) + "/healthz",
		client: certificateClient(p, "manager"),
	}
}

func mailboxDaemon(p paths, s *state) daemon {
	return daemon{
		name: daemonMailbox, binary: "mailbox",
		args: []string{
			"--smtp-addr=" + loopback(s.Ports[portSMTP]),
			"--http-addr=" + loopback(s.Ports[portMail]),
			"--dir=" + p.mail(),
		},
		ports:  []string{portMail, portSMTP},
		probe:  "http://" + loopback(s.Ports[portMail]) + "/",
		client: plainClient(),
	}
}

func operatorDaemon(p paths, s *state) daemon {
	return daemon{
		name: daemonOperator, binary: "usher",
		args: append(usherArgs(p, s),
			"--components=Controllers",
			"--webhook-host=127.0.0.1", "--webhook-port="+strconv.Itoa(s.Ports[portWebhook]),
			"--webhook-dns-names=localhost",
			"--metrics-bind-address="+loopback(s.Ports[portMetrics]),
			"--health-probe-bind-address="+loopback(s.Ports[portHealth]),
			"--leader-elect=false"), // a single replica: no lease to wait for after a kill, and no writes when idle
		env:    []string{"KUBECONFIG=" + p.operatorKubeconfig(), "POD_NAMESPACE=" + operatorNamespace},
		inputs: []string{p.operatorKubeconfig()},
		ports:  []string{portHealth, portWebhook, portMetrics},
		probe:  "http://" + loopback(s.Ports[portHealth]) + "/readyz",
		client: plainClient(),
	}
}
