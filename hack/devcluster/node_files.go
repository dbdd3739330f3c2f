// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

const (
	cniPrograms      = "/usr/lib/cni"
	containerdSocket = "/run/containerd/containerd.sock"
	clusterDomain    = "cluster.local"
)

// containerdConfig has no plugin that writes outside of what the node has of its own. The kernel lets only some roots lower the score
// by which it chooses whom to kill when memory runs out, so that containers keep their node's.
const containerdConfig = `version = 3
root = "/var/lib/containerd"
state = "/run/containerd"
disabled_plugins = [
  "io.containerd.internal.v1.opt", "io.containerd.nri.v1.nri",
  "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs",
  "io.containerd.snapshotter.v1.blockfile", "io.containerd.snapshotter.v1.erofs", "io.containerd.tracing.processor.v1.otlp",
]
[grpc]
  address = %[1]q
[plugins."io.containerd.cri.v1.images"]
  snapshotter = %[2]q
  [plugins."io.containerd.cri.v1.images".pinned_images]
    sandbox = %[3]q
[plugins."io.containerd.cri.v1.runtime"]
  restrict_oom_score_adj = true
  [plugins."io.containerd.cri.v1.runtime".containerd]
    default_runtime_name = "runc"
    [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
        SystemdCgroup = false
  [plugins."io.containerd.cri.v1.runtime".cni]
    bin_dirs = [%[4]q]
    conf_dir = %[5]q
`

const cniConfig = `{"cniVersion": "1.0.0", "name": "bridge", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": false, "hairpinMode": true,
   "ipam": {"type": "host-local", "ranges": [[{"subnet": %q}]], "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
`

const kubeletConfig = `apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: %[1]s
healthzBindAddress: %[1]s
failCgroupV1: false
failSwapOn: false
protectKernelDefaults: true
cgroupDriver: cgroupfs
containerRuntimeEndpoint: unix://%[2]s
volumePluginDir: /var/lib/kubelet/volume-plugins
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: true}
  x509: {clientCAFile: %[3]s}
authorization: {mode: Webhook}
clusterDNS: [%[4]s]
clusterDomain: %[5]s
resolvConf: %[6]s
# Images are not pulled again: the disk of a development machine may be as full as it likes.
imageGCHighThresholdPercent: 100
imageMinimumGCAge: 720h
evictionHard: {memory.available: 100Mi, nodefs.available: 100Mi, imagefs.available: 100Mi}
`

const proxyConfig = `apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: nftables
hostnameOverride: %s
clientConnection: {kubeconfig: %s}
clusterCIDR: %s
# Only the machine itself may set these.
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s}
healthzBindAddress: %s:10256
metricsBindAddress: 127.0.0.1:10249
nodePortAddresses: [primary]
`

func nodeName(i int) string { return fmt.Sprintf("node%d", i) }

// nodePrograms is the PATH of a node: what is built here, then Debian's.
func nodePrograms(list []component) string {
	path, seen := "", map[string]bool{}
	for _, c := range list {
		if !seen[c.cache] {
			path, seen[c.cache] = path+c.cache+":", true
		}
	}
	return path + "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
}

// nodeFiles are the files whose change requires that a node is started again.
func (p paths) nodeFiles(name string) (files []string) {
	for _, file := range []string{"containerd.toml", "kubelet.yaml", "kube-proxy.yaml", "kubeconfig", "cni/10-bridge.conflist"} {
		files = append(files, filepath.Join(p.node(name), file))
	}
	return files
}

// writeNode writes the configuration of a node and of its programs.
func (v *supervisor) writeNode(i int) error {
	n, name := v.state.Network, nodeName(i)
	dir := v.paths.node(name)
	file := func(name string) string { return filepath.Join(dir, name) }
	snapshotter, err := chooseSnapshotter(dir)
	if err != nil {
		return err
	}
	resolver := file("resolv.conf")
	err = errors.Join(
		writeFile(file("containerd.toml"), fmt.Appendf(nil, containerdConfig,
			containerdSocket, snapshotter, pauseImage(v.nodeTools), cniPrograms, file("cni"))),
		writeFile(filepath.Join(file("cni"), "10-bridge.conflist"), fmt.Appendf(nil, cniConfig, n.pods(i))),
		writeFile(file("kubelet.yaml"), fmt.Appendf(nil, kubeletConfig,
			n.node(i), containerdSocket, v.paths.pki("ca.crt"), n.dns(), clusterDomain, resolver)),
		writeFile(resolver, []byte("# Pods resolve the cluster's names only.\n")),
		writeFile(file("kube-proxy.yaml"), fmt.Appendf(nil, proxyConfig, name, v.paths.proxyKubeconfig(), n.allPods(), n.node(i))),
		writeCertificateKubeconfig(v.paths, v.state.apiServerForNodes(), file("kubeconfig"), "system:node:"+name, name),
	)
	if err != nil {
		return err
	}
	return v.writeMachine(machine{
		Name: name, Address: n.node(i), Link: n.link(i), Cgroup: n.bridge() + "/" + name, Routes: n.podRoutesExcept(v.state.Nodes, i),
		Services: []service{
			{Name: "containerd", Args: []string{"containerd", "--config=" + file("containerd.toml")}, Socket: containerdSocket},
			{Name: "kubelet", Args: []string{
				"kubelet", "--config=" + file("kubelet.yaml"), "--kubeconfig=" + file("kubeconfig"),
				"--hostname-override=" + name, "--node-ip=" + n.node(i),
			}},
			{Name: "kube-proxy", Args: []string{"kube-proxy", "--config=" + file("kube-proxy.yaml")}},
			{Name: "netpol", Args: []string{
				"netpol", "--kubeconfig=" + v.paths.netpolKubeconfig(), "--node=" + name, "--services=" + n.services(),
			}},
		},
	})
}

// writeGateway writes the configuration of the machine through which this one reaches Services, as the machine of a control plane does
// by its own kube-proxy. It has no pods, and stays when nodes are killed.
func (v *supervisor) writeGateway() error {
	n, dir := v.state.Network, v.paths.node(daemonGateway)
	config := filepath.Join(dir, "kube-proxy.yaml")
	// kube-proxy wants a Node, if only to know which node ports are its own; the gateway uses none.
	content := fmt.Appendf(nil, proxyConfig, nodeName(1), v.paths.proxyKubeconfig(), n.allPods(), n.gateway())
	if err := writeFile(config, content); err != nil {
		return err
	}
	return v.writeMachine(machine{
		Name: daemonGateway, Address: n.gateway(), Link: n.link(0), Routes: n.podRoutes(v.state.Nodes),
		Services: []service{{Name: "kube-proxy", Args: []string{"kube-proxy", "--config=" + config}}},
	})
}

func (v *supervisor) writeMachine(m machine) error {
	m.Dir, m.Log, m.Bridge, m.Default = v.paths.node(m.Name), v.paths.dev("log"), v.state.Network.bridge(), v.state.Network.host()
	m.Path = nodePrograms(v.nodeTools)
	content, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(v.paths.machine(m.Name), content)
}

// podRoutesExcept are the routes to the pods of other nodes.
func (n network) podRoutesExcept(nodes, own int) (all []route) {
	for _, r := range n.podRoutes(nodes) {
		if r.To != n.pods(own) {
			all = append(all, r)
		}
	}
	return all
}

// chooseSnapshotter returns how containerd keeps the files of containers in a directory: an overlay cannot lie on an overlay.
func chooseSnapshotter(dir string) (string, error) {
	const overlayMagic = 0x794c7630
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	var stat syscall.Statfs_t
	if err := syscall.Statfs(dir, &stat); err != nil {
		return "", fmt.Errorf("%s: %w", dir, err)
	}
	if stat.Type == overlayMagic {
		return "native", nil
	}
	return "overlayfs", nil
}
