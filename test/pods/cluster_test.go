// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package pods

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/mailbox"
)

// usherNamespace is where make up installs Usher.
const usherNamespace = "usher-system"

// cluster is a development cluster with two nodes, in a directory of its own.
type cluster struct {
	// root is the checkout, dir is where the cluster keeps its files.
	root, dir string
	// portalURL leads to the Service of the portal, mailURL to the page of the mail server, from this machine.
	portalURL, mailURL, metricsURL string
	// smtpAddress is the mail server's, as pods reach it.
	smtpAddress string
	// image is the name of the operator's image on the nodes, imageArchive the OCI archive that it came from.
	image, imageArchive string
	// probeImage has a program for tests, which tries the network from within a pod: hack/devcluster/addons/probe.
	probeImage string
	// nodes are node1 and node2.
	nodes []*node
	// admin has all permissions. Its type knows Kubernetes' kinds and Usher's.
	admin client.Client

	// bridge is the name of the link between the nodes, and of the cgroup that they are in.
	bridge string

	assignments map[string]string
	// forgotten is the number of the last mail that specs do not look at any more.
	forgotten int
}

func newCluster() *cluster {
	GinkgoHelper()
	root, err := filepath.Abs("../..")
	Expect(err).NotTo(HaveOccurred())
	dir := os.Getenv("USHER_PODS_DIR")
	if dir == "" {
		dir, err = os.MkdirTemp("", "usher-pods-")
		Expect(err).NotTo(HaveOccurred())
	}
	c := &cluster{root: root, dir: dir}
	c.nodes = []*node{{Name: "node1", cluster: c}, {Name: "node2", cluster: c}}
	return c
}

// up starts what is not running, builds the image and installs Usher, and returns when all is ready. It is what `make up NODES=2`
// does, and harmless when everything runs.
func (c *cluster) up(ctx context.Context, flags ...string) {
	GinkgoHelper()
	c.devcluster(ctx, append([]string{"up", "--nodes=2"}, flags...)...)
	c.readEnv()
	config := c.config()
	scheme := runtime.NewScheme()
	Expect(clientgoscheme.AddToScheme(scheme)).To(Succeed())
	Expect(v1alpha1.AddToScheme(scheme)).To(Succeed())
	var err error
	c.admin, err = client.New(config, client.Options{Scheme: scheme})
	Expect(err).NotTo(HaveOccurred())
}

// down deletes the cluster and its directory.
func (c *cluster) down(ctx context.Context) {
	GinkgoHelper()
	if os.Getenv("USHER_PODS_DIR") != "" {
		return
	}
	c.devcluster(ctx, "down")
	Expect(c.remains()).To(BeEmpty(), "down must leave nothing on this machine")
	Expect(os.RemoveAll(c.dir)).To(Succeed())
}

// remains lists what the cluster still has on this machine: processes, mounts, links of the network, cgroups, data.
func (c *cluster) remains() (found []string) {
	GinkgoHelper()
	for _, id := range processes() {
		for _, file := range []string{"environ", "cmdline", "mountinfo"} {
			// A process that has just ended has no files.
			content, err := os.ReadFile(filepath.Join("/proc", id, file))
			if err == nil && strings.Contains(string(content), c.dir+"/") && id != strconv.Itoa(os.Getpid()) {
				found = append(found, "process "+id+": "+file)
			}
		}
	}
	links, err := filepath.Glob("/sys/class/net/*/ifalias")
	Expect(err).NotTo(HaveOccurred())
	for _, link := range links {
		content, err := os.ReadFile(link)
		Expect(err).NotTo(HaveOccurred())
		if strings.TrimSpace(string(content)) == c.dir {
			found = append(found, link)
		}
	}
	for _, groups := range []string{"/sys/fs/cgroup/*/", "/sys/fs/cgroup/"} {
		left, err := filepath.Glob(groups + c.bridge)
		Expect(err).NotTo(HaveOccurred())
		found = append(found, left...)
	}
	entries, err := os.ReadDir(c.dir)
	Expect(err).NotTo(HaveOccurred())
	for _, entry := range entries {
		if !slices.Contains([]string{"bin", "log", "lock"}, entry.Name()) {
			found = append(found, filepath.Join(c.dir, entry.Name()))
		}
	}
	return found
}

// devcluster runs a command of hack/devcluster on this cluster.
func (c *cluster) devcluster(ctx context.Context, args ...string) string {
	GinkgoHelper()
	args = append([]string{"-C", filepath.Join(c.root, "hack", "devcluster"), "run", "."}, args...)
	cmd := exec.CommandContext(ctx, "go", append(args, "--dir="+c.root, "--data="+c.dir)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.Stderr = GinkgoWriter
	out, err := cmd.Output()
	Expect(err).NotTo(HaveOccurred(), "devcluster %v", args)
	return string(out)
}

func (c *cluster) readEnv() {
	GinkgoHelper()
	content, err := os.ReadFile(filepath.Join(c.dir, "env"))
	Expect(err).NotTo(HaveOccurred())
	c.assignments = map[string]string{}
	lines := bufio.NewScanner(bytes.NewReader(content))
	for lines.Scan() {
		name, value, _ := strings.Cut(lines.Text(), "=")
		c.assignments[name] = strings.Trim(value, "'")
	}
	c.portalURL, c.mailURL, c.metricsURL = c.assignments["PORTAL_URL"], c.assignments["MAIL_URL"], c.assignments["METRICS_URL"]
	c.bridge = c.assignments["BRIDGE"]
	c.probeImage = c.assignments["PROBE_IMAGE"]
	c.smtpAddress, c.image, c.imageArchive = c.assignments["SMTP_ADDR"], c.assignments["IMAGE"], c.assignments["IMAGE_ARCHIVE"]
}

// kubeconfig is the cluster administrator's.
func (c *cluster) kubeconfig() string { return filepath.Join(c.dir, "kubeconfig") }

// config is that of a client with all permissions and without a limit of requests.
func (c *cluster) config() *rest.Config {
	GinkgoHelper()
	config, err := clientcmd.BuildConfigFromFlags("", c.kubeconfig())
	Expect(err).NotTo(HaveOccurred())
	config.QPS, config.Burst = -1, 0
	return config
}

// kubectl runs kubectl as cluster administrator in the checkout and returns what it prints. Failure fails the spec.
func (c *cluster) kubectl(ctx context.Context, args ...string) string {
	GinkgoHelper()
	out, err := c.tryKubectl(ctx, args...)
	Expect(err).NotTo(HaveOccurred(), "kubectl %s\n%s", strings.Join(args, " "), out)
	return out
}

// tryKubectl returns the output of kubectl, both streams, and its error.
func (c *cluster) tryKubectl(ctx context.Context, args ...string) (string, error) {
	return c.pipeKubectl(ctx, "", args...)
}

// pipeKubectl is tryKubectl with standard input, as in pipeKubectl(ctx, manifests, "apply", "-f", "-").
func (c *cluster) pipeKubectl(ctx context.Context, input string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(c.dir, "bin", "kubectl"), args...)
	cmd.Dir = c.root
	cmd.Env = append(os.Environ(), "KUBECONFIG="+c.kubeconfig())
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// mails returns the mails that have arrived since forgetMails, in order.
func (c *cluster) mails() []mailbox.Message {
	GinkgoHelper()
	messages, err := mailbox.ReadDir(filepath.Join(c.dir, "mail"))
	Expect(err).NotTo(HaveOccurred())
	return slices.DeleteFunc(messages, func(m mailbox.Message) bool { return m.Number <= c.forgotten })
}

// forgetMails hides the mails that have arrived, which are those of earlier specs.
func (c *cluster) forgetMails() {
	GinkgoHelper()
	if messages := c.mails(); len(messages) > 0 {
		c.forgotten = messages[len(messages)-1].Number
	}
}

// restartAPIServer stops the API server, as an upgrade of the control plane does, and returns when it serves again.
func (c *cluster) restartAPIServer(ctx context.Context) {
	GinkgoHelper()
	c.devcluster(ctx, "restart", "kube-apiserver")
}

// importImage puts an image from an OCI archive on all nodes, under a name such as usher:former.
func (c *cluster) importImage(ctx context.Context, archive, name string) {
	GinkgoHelper()
	c.devcluster(ctx, "import", "--archive="+archive, "--name="+name)
}
