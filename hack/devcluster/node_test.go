// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"encoding/json"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/tarball"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("The network of nodes", func() {
	It("keeps the machine, nodes, pods and Services apart, and clusters from each other", func() {
		seen := map[string]bool{}
		for index := range 2 {
			n := network{Index: index}
			_, all, err := net.ParseCIDR(n.all())
			Expect(err).NotTo(HaveOccurred())
			addresses := []string{n.host(), n.gateway(), n.apiService(), n.dns(), n.bridge(), n.services(), n.allPods()}
			for i := range maxNodes {
				addresses = append(addresses, n.node(i+1), n.pods(i+1))
				Expect(within(n.allPods(), n.pods(i+1))).To(BeTrue(), n.pods(i+1))
				Expect(within(n.allPods(), n.node(i+1)+"/32")).To(BeFalse(), n.node(i+1))
			}
			for _, address := range addresses {
				Expect(seen).NotTo(HaveKey(address))
				seen[address] = true
				if ip := net.ParseIP(address); ip != nil {
					Expect(all.Contains(ip)).To(BeTrue(), address)
				}
			}
			Expect(within(n.services(), n.allPods())).To(BeFalse())
		}
	})

	It("is part of the server's certificate and of the range of Services, which clusters without nodes keep", func() {
		s := newState()
		Expect(s.serviceRange()).To(Equal("10.0.0.0/24"))
		Expect(s.leaves()).To(HaveLen(5))
		s.Nodes, s.Network = 2, &network{Index: 3}
		Expect(s.serviceRange()).To(Equal("10.203.128.0/24"))
		p := checkout()
		Expect(ensurePKI(p, s.leaves(), time.Now())).To(Succeed())
		Expect(p.pki("node2.key")).To(BeAnExistingFile())
		before := content(p.pki("server.crt"))
		Expect(ensurePKI(p, s.leaves(), time.Now())).To(Succeed())
		Expect(content(p.pki("server.crt"))).To(Equal(before))
		s.Network = &network{Index: 4}
		Expect(ensurePKI(p, s.leaves(), time.Now())).To(Succeed())
		Expect(content(p.pki("server.crt"))).NotTo(Equal(before), "the certificate of another network was kept")
	})
})

func within(outer, inner string) bool {
	GinkgoHelper()
	_, o, err := net.ParseCIDR(outer)
	Expect(err).NotTo(HaveOccurred())
	ip, _, err := net.ParseCIDR(inner)
	Expect(err).NotTo(HaveOccurred())
	return o.Contains(ip)
}

var _ = Describe("The number of nodes", func() {
	begun := func(nodes int) paths {
		p, s := checkout(), newState()
		s.Cluster, s.Nodes = "c", nodes
		Expect(s.save(p.state())).To(Succeed())
		Expect(os.MkdirAll(filepath.Join(p.etcdData(), "member"), 0o700)).To(Succeed())
		return p
	}

	It("is chosen when a cluster begins, and kept without being named again", func() {
		Expect(planNodes(checkout(), 0, newConsole(GinkgoWriter))).To(Equal(0))
		Expect(planNodes(checkout(), 2, newConsole(GinkgoWriter))).To(Equal(2))
		Expect(planNodes(begun(2), 0, newConsole(GinkgoWriter))).To(Equal(2))
		Expect(planNodes(begun(2), 2, newConsole(GinkgoWriter))).To(Equal(2))
	})

	It("cannot change while the cluster has data", func() {
		for _, had := range []int{0, 3} {
			_, err := planNodes(begun(had), 2, newConsole(GinkgoWriter))
			Expect(err).To(MatchError(And(ContainSubstring("make down"), ContainSubstring("not 2"))))
		}
	})
})

var _ = Describe("The image of a program", func() {
	It("holds the program and nothing else, and runs it without privileges", func() {
		dir := GinkgoT().TempDir()
		program, archive := filepath.Join(dir, "pause"), filepath.Join(dir, "images", "pause.tar")
		put(program, "the program")
		Expect(writeProgramImage(archive, imagePrefix+"pause:1", program)).To(Succeed())
		image, err := tarball.ImageFromPath(archive, nil)
		Expect(err).NotTo(HaveOccurred())
		config, err := image.ConfigFile()
		Expect(err).NotTo(HaveOccurred())
		Expect(config.Config.Entrypoint).To(Equal([]string{"/pause"}))
		Expect(config.Config.User).To(Equal("65535:65535"))
		layers, err := image.Layers()
		Expect(err).NotTo(HaveOccurred())
		Expect(layers).To(HaveLen(1))
		layer, err := layers[0].Uncompressed()
		Expect(err).NotTo(HaveOccurred())
		files := tar.NewReader(layer)
		entry, err := files.Next()
		Expect(err).NotTo(HaveOccurred())
		Expect(entry.Name).To(Equal("pause"))
		Expect(io.ReadAll(files)).To(BeEquivalentTo("the program"))
		_, err = files.Next()
		Expect(err).To(MatchError(io.EOF))
	})
})

var _ = Describe("The overlay", func() {
	It("has the image, the mailbox's and the portal's address, and is relative", func() {
		p := checkout()
		index, err := json.Marshal(map[string]any{"manifests": []map[string]string{{"digest": "sha256:0123456789abcdef"}}})
		Expect(err).NotTo(HaveOccurred())
		put(filepath.Join(p.usherImage(), "index.json"), string(index))
		s := newState()
		s.Network, s.Ports[portPortal] = &network{Index: 1}, 20123
		dir, err := (&supervisor{paths: p, state: s}).writeOverlay()
		Expect(err).NotTo(HaveOccurred())
		text := content(filepath.Join(dir, "kustomization.yaml"))
		for _, part := range []string{
			"resources: [../../config/default, dex.yaml]", "newTag: dev-0123456789ab", "address: 10.201.0.1:25", "url: http://127.0.0.1:20123",
			"issuerURL: https://10.201.0.1/dex", "address: 10.201.0.1:5557",
		} {
			Expect(text).To(ContainSubstring(part))
		}
	})
})

var _ = Describe("The operator's images on a node", func() {
	It("of earlier builds are removed by all of their names, others stay", func() {
		const listed = `REF TYPE DIGEST SIZE PLATFORMS LABELS
docker.io/library/usher:dev-1 application/vnd.oci.image.index.v1+json sha256:a 20.1 MiB linux/amd64 -
docker.io/library/usher:dev-2 application/vnd.oci.image.index.v1+json sha256:b 20.1 MiB linux/amd64 -
docker.io/library/usher:former application/vnd.oci.image.index.v1+json sha256:c 20.1 MiB linux/amd64 -
sha256:1 application/vnd.oci.image.index.v1+json sha256:a 20.1 MiB linux/amd64 -
sha256:2 application/vnd.oci.image.index.v1+json sha256:b 20.1 MiB linux/amd64 -
sha256:3 application/vnd.oci.image.index.v1+json sha256:c 20.1 MiB linux/amd64 -
`
		Expect(formerImages(listed, "docker.io/library/usher:dev-2")).To(Equal([]string{"docker.io/library/usher:dev-1", "sha256:1"}))
	})
})

var _ = Describe("A forwarder", func() {
	It("passes on what either side sends, until both are done", func(ctx SpecContext) {
		server, err := net.Listen("tcp", "127.0.0.1:0")
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(server.Close)
		go func() {
			defer GinkgoRecover()
			connection, err := server.Accept()
			Expect(err).NotTo(HaveOccurred())
			question, err := io.ReadAll(connection)
			Expect(err).NotTo(HaveOccurred())
			_, err = connection.Write([]byte(strings.ToUpper(string(question))))
			Expect(err).NotTo(HaveOccurred())
			Expect(connection.Close()).To(Succeed())
		}()
		port, err := choosePort(nil)
		Expect(err).NotTo(HaveOccurred())
		go func() { _ = forward(ctx, []string{loopback(port) + "=" + server.Addr().String()}) }()
		var client net.Conn
		Eventually(func() error {
			client, err = net.Dial("tcp", loopback(port))
			return err
		}).Should(Succeed())
		_, err = client.Write([]byte("who is there?"))
		Expect(err).NotTo(HaveOccurred())
		connection, ok := client.(*net.TCPConn)
		Expect(ok).To(BeTrue())
		Expect(connection.CloseWrite()).To(Succeed())
		Expect(io.ReadAll(client)).To(BeEquivalentTo("WHO IS THERE?"))
	}, NodeTimeout(recoverTimeout))
})

var _ = Describe("An API server", func() {
	kubelet := []component{{program: program{name: "kubelet"}, version: "v1.37.2"}}
	apiServer := func(version string) string {
		path := filepath.Join(GinkgoT().TempDir(), "kube-apiserver")
		Expect(os.WriteFile(path, []byte("#!/bin/sh\necho Kubernetes "+version+"\n"), 0o700)).To(Succeed())
		return path
	}

	It("of the nodes' version or a newer one has nodes, an older one is refused", func(ctx SpecContext) {
		Expect(requireNoOlder(ctx, apiServer("v1.37.2"), kubelet)).To(Succeed())
		Expect(requireNoOlder(ctx, apiServer("v1.38.0"), kubelet)).To(Succeed())
		Expect(requireNoOlder(ctx, apiServer("v1.36.3"), kubelet)).To(MatchError(And(
			ContainSubstring("v1.37.2"), ContainSubstring("v1.36.3"), ContainSubstring("KUBEBUILDER_ASSETS"))))
	})
})

var _ = Describe("A service of a node", func() {
	var r *runner
	BeforeEach(func() { r = newRunner(machine{Name: "node1", Log: "/var/log"}) })

	It("is waited for until it has made its socket", func() {
		socket := filepath.Join(GinkgoT().TempDir(), "containerd.sock")
		Expect(os.WriteFile(socket, nil, 0o600)).To(Succeed())
		Expect(r.awaitSocket(service{Name: "containerd", Socket: socket}, time.Minute)).To(Succeed())
		Expect(r.awaitSocket(service{Name: "kubelet"}, 0)).To(Succeed())
	})

	It("ends the node if it makes no socket, and the error says where to look", func() {
		Expect(r.awaitSocket(service{Name: "containerd", Socket: "/nowhere/containerd.sock"}, time.Millisecond)).To(MatchError(
			"containerd has not made its socket /nowhere/containerd.sock after 1ms; its log is /var/log/node1-containerd.log"))
	})
})
