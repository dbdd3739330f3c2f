// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

// Command netpol enforces NetworkPolicies on the node that it runs on: the controller of kube-router, without its other parts.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/cloudnativelabs/kube-router/v2/pkg/controllers/netpol"
	"github.com/cloudnativelabs/kube-router/v2/pkg/healthcheck"
	"github.com/cloudnativelabs/kube-router/v2/pkg/options"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

// syncPeriod repairs what something else has changed. Events are handled at once.
const syncPeriod = time.Minute

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	kubeconfig := flag.String("kubeconfig", "", "the kubeconfig")
	node := flag.String("node", "", "the name of the node")
	services := flag.String("services", "", "the range of Services")
	flag.Parse()
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	settings := options.NewKubeRouterConfig()
	settings.HostnameOverride, settings.IPTablesSyncPeriod, settings.EnableIPv4 = *node, syncPeriod, true
	settings.ClusterIPCIDRs = []string{*services}
	return enforce(ctx, client, settings)
}

// enforce runs the controller until the context ends.
func enforce(ctx context.Context, client kubernetes.Interface, settings *options.KubeRouterConfig) error {
	factory := informers.NewSharedInformerFactory(client, 0)
	pods, policies := factory.Core().V1().Pods().Informer(), factory.Networking().V1().NetworkPolicies().Informer()
	namespaces := factory.Core().V1().Namespaces().Informer()
	commands, sets, err := netpol.NewIPTablesHandlers(settings)
	if err != nil {
		return fmt.Errorf("iptables and ipset: %w", err)
	}
	var one sync.Mutex
	controller, err := netpol.NewNetworkPolicyController(client, settings, pods, policies, namespaces, &one, commands, sets)
	if err != nil {
		return err
	}
	for informer, handler := range map[cache.SharedIndexInformer]cache.ResourceEventHandler{
		pods: controller.PodEventHandler, policies: controller.NetworkPolicyEventHandler, namespaces: controller.NamespaceEventHandler,
	} {
		if _, err := informer.AddEventHandler(handler); err != nil {
			return err
		}
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	heartbeats := make(chan *healthcheck.ControllerHeartbeat)
	go func() {
		for range heartbeats { // nobody asks for the health of its parts
		}
	}()
	var running sync.WaitGroup
	running.Add(1)
	go controller.Run(heartbeats, ctx.Done(), &running)
	running.Wait()
	return nil
}
