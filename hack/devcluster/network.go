// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net"
)

// network is what a cluster with nodes takes of the machine's network: a bridge, and the addresses 10.x.0.0/16. Clusters of other
// checkouts have other indexes.
type network struct {
	Index int `json:"index"`
}

const (
	// firstNetwork is the second number of the addresses of the first cluster.
	firstNetwork = 200
	// networks is how many clusters with nodes a machine can have.
	networks = 50
	// maxNodes keeps the addresses of nodes and pods apart.
	maxNodes = 9
	// The ports of the API server, the mailbox and Dex on the bridge are the usual ones, which NetworkPolicies admit.
	apiPort, smtpPort, dexPort = 6443, 25, 443
	// dexAPIPort is that of Dex's gRPC API. The overlay admits it, as the chart does.
	dexAPIPort = 5557
	// The defaults of the kubelet and kube-proxy.
	kubeletHealthPort, proxyHealthPort = 10248, 10256

	hostNumber, gatewayNumber, nodeNumber = 1, 2, 10
	podsNumber, servicesNumber, dnsNumber = 64, 128, 10
)

func (n network) address(third, last int) string {
	return fmt.Sprintf("10.%d.%d.%d", firstNetwork+n.Index, third, last)
}

func (n network) prefix(third, bits int) string {
	return fmt.Sprintf("%s/%d", n.address(third, 0), bits)
}

// bridge is the name of the link that connects the machine and all nodes.
func (n network) bridge() string { return fmt.Sprintf("usher%d", n.Index) }

// link is the name of a node's end of its cable on the bridge; 0 is the gateway's.
func (n network) link(node int) string { return fmt.Sprintf("usher%dn%d", n.Index, node) }

// host is the machine itself, as nodes and pods see it.
func (n network) host() string { return n.address(0, hostNumber) }

// gateway leads from the machine to Services.
func (n network) gateway() string { return n.address(0, gatewayNumber) }

// node is the address of a node. Nodes count from 1.
func (n network) node(i int) string { return n.address(0, nodeNumber+i) }

// pods is the range of the pods on a node, allPods that of all pods.
func (n network) pods(i int) string { return n.prefix(podsNumber+i, 24) }
func (n network) allPods() string   { return n.prefix(podsNumber, 18) }

func (n network) services() string { return n.prefix(servicesNumber, 24) }

// apiService is the address of the Service "kubernetes", dns that of the cluster's DNS.
func (n network) apiService() string { return n.address(servicesNumber, 1) }
func (n network) dns() string        { return n.address(servicesNumber, dnsNumber) }

// all is the range of all of these addresses.
func (n network) all() string { return n.prefix(0, 16) }

// withBits returns an address with the length of the bridge's prefix.
func withBits(address string) string { return address + "/24" }

// serverAddresses are those under which the API server and the other daemons are reached.
func (s *state) serverAddresses() []net.IP {
	addresses := []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	if s.Network == nil {
		return append(addresses, net.IPv4(10, 0, 0, 1))
	}
	return append(addresses, net.ParseIP(s.Network.host()), net.ParseIP(s.Network.apiService()))
}

// serviceRange is the range of the addresses of Services.
func (s *state) serviceRange() string {
	if s.Network == nil {
		return "10.0.0.0/24"
	}
	return s.Network.services()
}
