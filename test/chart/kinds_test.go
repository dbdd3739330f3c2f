// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package chart_test

import (
	"context"
	"encoding/json"
	"os/exec"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// kinds are the CustomResourceDefinitions of others that the chart has objects of, by the Go module that contains them.
var kinds = map[string][]string{
	"github.com/cert-manager/cert-manager@v1.21.2": {
		"deploy/crds/cert-manager.io_certificates.yaml", "deploy/crds/cert-manager.io_issuers.yaml",
	},
	"github.com/prometheus-operator/prometheus-operator@v0.85.0": {
		"example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml",
	},
	"sigs.k8s.io/gateway-api@v1.5.0": {"config/crd/standard/gateway.networking.k8s.io_httproutes.yaml"},
}

// installKinds installs them from Go's module cache, or its proxy.
func installKinds(ctx context.Context) {
	GinkgoHelper()
	for module, files := range kinds {
		cmd := exec.CommandContext(ctx, "go", "mod", "download", "-json", module)
		cmd.Dir = GinkgoT().TempDir() // outside of the repository's module, which does not need them
		output, err := cmd.Output()
		Expect(err).NotTo(HaveOccurred(), string(output))
		var downloaded struct{ Dir string }
		Expect(json.Unmarshal(output, &downloaded)).To(Succeed())
		for _, file := range files {
			_, _, err := env.Kubectl(ctx, "apply", "--server-side", "-f", filepath.Join(downloaded.Dir, file))
			Expect(err).NotTo(HaveOccurred())
		}
	}
	_, _, err := env.Kubectl(ctx, "wait", "--for=condition=Established", "--timeout=60s", "crd", "--all")
	Expect(err).NotTo(HaveOccurred())
}
