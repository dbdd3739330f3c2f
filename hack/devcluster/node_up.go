// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
)

// nodeManifests are what nodes need of the cluster: a way to the API server, and NetworkPolicies that are enforced. dnsManifests are names
// for pods.
//
//go:embed nodes.yaml
var nodeManifests string

//go:embed dns.yaml
var dnsManifests string

const (
	nodeTimeout = "120s"
	ownPackage  = "github.com/usher-operator/usher/hack/devcluster"
)

// planNodes returns how many nodes the cluster has or is to have. That is settled when the cluster begins: the addresses of Services
// and the certificates depend on it.
func planNodes(p paths, requested int, out *console) (int, error) {
	s, err := openState(p, out)
	if err != nil {
		return 0, err
	}
	begun := hasData(p) && s.Cluster != ""
	switch {
	case !begun || requested == s.Nodes:
		return requested, nil
	case requested == 0:
		return s.Nodes, nil
	default:
		return 0, fmt.Errorf("the cluster has %d nodes, not %d: run `make down` first, which deletes it with its data", s.Nodes, requested)
	}
}

// nodes returns when all nodes are Ready and have the images that the cluster's own pods need.
func (v *supervisor) nodes(ctx context.Context) error {
	if err := v.ensure(ctx, schedulerDaemon); err != nil {
		return err
	}
	if err := v.ensure(ctx, toMachineDaemon); err != nil {
		return err
	}
	if err := v.writeGateway(); err != nil {
		return err
	}
	if err := v.ensure(ctx, gatewayDaemon); err != nil {
		return err
	}
	if err := v.applyForNodes(ctx, nodeManifests); err != nil {
		return err
	}
	for i := 1; i <= v.state.Nodes; i++ {
		if err := v.writeNode(i); err != nil {
			return err
		}
		if err := v.ensure(ctx, nodeDaemon(i)); err != nil {
			return err
		}
		for _, image := range ownImages(v.nodeTools) {
			if err := v.ensureImage(ctx, nodeName(i), v.paths.archive(image), image, image); err != nil {
				return err
			}
		}
	}
	// A node that is given a pod before it has the image would try to pull it, and again only after a back-off.
	if err := v.applyForNodes(ctx, dnsManifests); err != nil {
		return err
	}
	return v.waitForNodes(ctx)
}

func (v *supervisor) waitForNodes(ctx context.Context) error {
	var names []string
	for i := range v.state.Nodes {
		names = append(names, "node/"+nodeName(i+1))
	}
	for _, condition := range []string{"create", "condition=Ready"} {
		if _, err := v.kubectl(ctx, append([]string{"wait", "--for=" + condition, "--timeout=" + nodeTimeout}, names...)...); err != nil {
			return fmt.Errorf("%w; the logs of nodes are %s", err, v.paths.log("node*.log"))
		}
	}
	proxy := "http://" + net.JoinHostPort(v.state.Network.gateway(), strconv.Itoa(proxyHealthPort)) + "/livez"
	err := waitUntil(ctx, readyTimeout, readyPoll, func() bool { return get(ctx, plainClient(), proxy, "") == nil })
	if err != nil {
		return fmt.Errorf("the gateway to Services does not answer at %s: %w; its log is %s",
			proxy, err, v.paths.log("gateway-kube-proxy.log"))
	}
	_, err = v.kubectl(ctx, "--namespace=kube-system", "rollout", "status", "--timeout="+nodeTimeout, "daemonset/coredns")
	return err
}

// nodeKubeconfigs are those of the programs that all nodes have in common.
func (v *supervisor) nodeKubeconfigs() error {
	if v.state.Nodes == 0 {
		return nil
	}
	p, s := v.paths, v.state
	return errors.Join(
		writeCertificateKubeconfig(p, s.apiServer(), p.schedulerKubeconfig(), "system:kube-scheduler", "scheduler"),
		writeCertificateKubeconfig(p, s.apiServerForNodes(), p.proxyKubeconfig(), "system:kube-proxy", "proxy"),
		writeCertificateKubeconfig(p, s.apiServerForNodes(), p.netpolKubeconfig(), netpolUser, "netpol"))
}

func (v *supervisor) applyForNodes(ctx context.Context, manifests string) error {
	rendered := strings.NewReplacer(
		"NETPOL_USER", netpolUser, "DNS_IMAGE", dnsImage(v.nodeTools), "DNS_ADDRESS", v.state.Network.dns(),
		"CLUSTER_DOMAIN", clusterDomain, "API_ADDRESS", v.state.Network.host(), "API_PORT", strconv.Itoa(apiPort),
	).Replace(manifests)
	return v.apply(ctx, []byte(rendered))
}

// usherInPods returns when Usher runs in pods or, in a bare cluster, when it could be installed.
func (v *supervisor) usherInPods(ctx context.Context, bare bool) error {
	if err := v.ensure(ctx, mailboxDaemon); err != nil {
		return err
	}
	building, cancel := context.WithCancel(ctx)
	defer cancel()
	built := make(chan error, 1)
	go func() {
		if bare && exists(v.paths.usherImage()+".tar") {
			built <- nil
			return
		}
		built <- buildImage(building, v.paths, v.out)
	}()
	if err := v.nodes(ctx); err != nil {
		cancel()
		return errors.Join(err, notCanceled(<-built))
	}
	if err := <-built; err != nil {
		return err
	}
	if err := v.image(ctx); err != nil {
		return err
	}
	if err := v.ensure(ctx, toServicesDaemon); err != nil {
		return err
	}
	if !bare {
		if err := v.pods(ctx); err != nil {
			return err
		}
	}
	return v.writeEnv()
}

// buildForNodes builds what a cluster with nodes runs of this repository outside of pods.
func buildForNodes(ctx context.Context, p paths, out *console) error {
	out.say("building the mailbox and the program of nodes")
	for _, b := range []build{
		{what: "the mailbox", dir: p.root, programs: []program{{name: "mailbox", pkg: "./hack/mailbox"}}},
		{what: "the program of nodes", dir: p.module(), programs: []program{{name: "devcluster", pkg: ownPackage}}},
	} {
		b.bin, b.log = p.bin(""), p.log("build-usher.log")
		if err := b.run(ctx, out); err != nil {
			return err
		}
	}
	return nil
}

func (v *supervisor) assignmentsForNodes() [][2]string {
	image, err := imageName(v.paths)
	if err != nil {
		image = ""
	}
	return [][2]string{
		{"SMTP_ADDR", v.smtpForPods()},
		{"IMAGE", image},
		{"IMAGE_ARCHIVE", v.paths.usherImage() + ".tar"},
		{"PROBE_IMAGE", probeImage(v.nodeTools)},
		{"BRIDGE", v.state.Network.bridge()},
		{"NODES", strconv.Itoa(v.state.Nodes)},
	}
}
