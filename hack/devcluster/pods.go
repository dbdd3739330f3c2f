// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// podConfiguration is the operator's configuration in pods: what the flags of operatorDaemon say, with addresses that pods reach.
const podConfiguration = `apiVersion: config.usher.dev/v1alpha1
kind: UsherConfiguration
portal:
  url: http://%[1]s
  trustedProxies: [10.0.0.0/8] # what connects this machine to the portal
mail:
  from: usher@usher.example
  smtp:
    address: %[2]s
    tls: None
queues:
  domains: [acme=acme.example] # the organization of the samples
namespaces:
  labels: [team, pod-security.kubernetes.io/*]
cluster: # as people on this machine reach it
  name: dev
  server: https://%[3]s
  login:
    issuerURL: %[4]s
    caData: %[5]q
signIn:
  issuerURL: %[4]s
  clientID: usher
  clientSecretFile: /etc/usher/dex/client-secret
  caFile: /etc/usher/dex/ca.crt
  displayName: Dex
  accounts:
    address: %[6]s
    tls: {certFile: /etc/usher/dex/tls.crt, keyFile: /etc/usher/dex/tls.key, caFile: /etc/usher/dex/ca.crt}
`

const podOverlay = `# Made by make up: config/default with the image, the mailbox and the portal of this cluster.
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources: [%[1]s, dex.yaml]
images:
- {name: usher, newName: %[2]s, newTag: %[3]s}
patches:
- target: {kind: ConfigMap, name: "usher-configuration.*"}
  patch: |
    - op: replace
      path: /data/usher.yaml
      value: |
%[4]s
- target: {kind: Deployment}
  patch: |
    apiVersion: apps/v1
    kind: Deployment
    metadata: {name: any}
    spec:
      template:
        metadata: {annotations: {devcluster.usher.dev/configuration: "%[5]s"}}
        spec:
          containers: [{name: manager, volumeMounts: [{name: dex, mountPath: /etc/usher/dex, readOnly: true}]}]
          volumes: [{name: dex, secret: {secretName: devcluster-dex, defaultMode: 0440}}]
- target: {kind: NetworkPolicy}
  patch: |
    - {op: add, path: /spec/egress/-, value: {ports: [{port: %[6]d}]}} # Dex's gRPC API
`

// dexManifest is what the chart mounts from the Secrets that users create for Dex.
const dexManifest = `apiVersion: v1
kind: Secret
metadata: {name: devcluster-dex, namespace: %s}
stringData: {client-secret: %q, ca.crt: %q, tls.crt: %q, tls.key: %q}
`

const rolloutTimeout = "180s"

// image imports the operator's image into all nodes.
func (v *supervisor) image(ctx context.Context) error {
	name, err := imageName(v.paths)
	if err != nil {
		return err
	}
	for i := range v.state.Nodes {
		archive := v.paths.usherImage() + ".tar"
		if err := v.ensureImage(ctx, nodeName(i+1), archive, name, "docker.io/library/"+builtName); err != nil {
			return err
		}
	}
	return nil
}

// pods installs Usher by the manifests that users apply, and returns when all pods have been replaced and are ready.
func (v *supervisor) pods(ctx context.Context) error {
	overlay, err := v.writeOverlay()
	if err != nil {
		return err
	}
	v.out.say("installing Usher")
	rendered, err := output(command(ctx, v.paths.root, v.paths.bin("kubectl"), "kustomize", overlay))
	if err != nil {
		return err
	}
	if err := v.apply(ctx, rendered); err != nil {
		return err
	}
	if err := v.waitForCRDs(ctx, rendered); err != nil {
		return err
	}
	v.out.say("waiting for the pods")
	found, err := v.kubectl(ctx, "--namespace="+operatorNamespace, "get", "deployments", "--output=name")
	if err != nil {
		return err
	}
	for deployment := range strings.FieldsSeq(string(found)) {
		_, err := v.kubectl(ctx, "--namespace="+operatorNamespace, "rollout", "status", deployment, "--timeout="+rolloutTimeout)
		if err != nil {
			return fmt.Errorf("%w; `kubectl describe pods -n %s` says more", err, operatorNamespace)
		}
	}
	return v.removeFormerImages(ctx)
}

// removeFormerImages removes the images of earlier builds from the nodes, whose kubelets keep all images.
func (v *supervisor) removeFormerImages(ctx context.Context) error {
	current, err := imageName(v.paths)
	if err != nil {
		return err
	}
	for i := range v.state.Nodes {
		node := nodeName(i + 1)
		listed, err := v.ctr(ctx, node, "images", "list")
		if err != nil {
			return fmt.Errorf("%s: %w", node, err)
		}
		for _, name := range formerImages(listed, current) {
			if _, err := v.ctr(ctx, node, "images", "remove", name); err != nil {
				return fmt.Errorf("%s: %w", node, err)
			}
		}
	}
	return nil
}

// formerImages returns all names of the operator's images from earlier builds in the output of ctr. The kubelet's side of containerd
// names each image by a digest too.
func formerImages(listed, current string) (names []string) {
	const nameField, digestField = 0, 2
	former, digests := map[string]bool{}, map[string]string{}
	for line := range strings.Lines(listed) {
		fields := strings.Fields(line)
		if len(fields) <= digestField {
			continue
		}
		name, digest := fields[nameField], fields[digestField]
		digests[name] = digest
		if name != current && strings.HasPrefix(name, ownRepository+":dev-") {
			former[digest] = true
		}
	}
	for name, digest := range digests {
		if former[digest] && digest != digests[current] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func (v *supervisor) writeOverlay() (dir string, err error) {
	image, err := imageName(v.paths)
	if err != nil {
		return "", err
	}
	dir = v.paths.dev("overlay")
	// kustomize takes relative paths only. It follows symbolic links in the directory that it is in.
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	actual, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return "", err
	}
	base, err := filepath.Rel(actual, filepath.Join(v.paths.root, "config", "default"))
	if err != nil {
		return "", err
	}
	repository, tag, _ := strings.Cut(image, ":")
	_, dexAPI := v.state.dexForNodes()
	ca := fileText(v.paths.pki("ca.crt"))
	configuration := fmt.Sprintf(podConfiguration, loopback(v.state.Ports[portPortal]), v.smtpForPods(),
		loopback(v.state.Ports[portAPIServer]), v.state.issuer(), ca, dexAPI)
	secret := fmt.Appendf(nil, dexManifest, operatorNamespace, fileText(v.paths.dexSecret()), ca,
		fileText(v.paths.pki("dex-client.crt")), fileText(v.paths.pki("dex-client.key")))
	if err := writeFile(filepath.Join(dir, "dex.yaml"), secret); err != nil {
		return "", err
	}
	hash := sha256.Sum256(append([]byte(configuration), secret...))
	return dir, writeFile(filepath.Join(dir, "kustomization.yaml"), fmt.Appendf(nil, podOverlay,
		base, repository, tag, indent(configuration), hex.EncodeToString(hash[:])[:shortDigest], dexAPIPort))
}

// smtpForPods is the mailbox's address as pods reach it.
func (v *supervisor) smtpForPods() string {
	return net.JoinHostPort(v.state.Network.host(), strconv.Itoa(smtpPort))
}

// indent makes a text the value of a field in a patch.
func indent(text string) string {
	const margin = "        "
	return margin + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n"+margin)
}
