// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"regexp"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("OPS-2 the Dockerfile", func() {
	It("makes the same image as make image: user, entry point, labels, version and Go", func() {
		content, err := os.ReadFile("../../Dockerfile")
		Expect(err).NotTo(HaveOccurred())
		text := string(content)
		config, err := only(sampleIndex("hello")).ConfigFile()
		Expect(err).NotTo(HaveOccurred())
		Expect(text).To(MatchRegexp(`(?m)^USER ` + regexp.QuoteMeta(config.Config.User) + `$`))
		Expect(text).To(ContainSubstring(`ENTRYPOINT ["` + config.Config.Entrypoint[0] + `"]`))
		Expect(text).To(ContainSubstring("-X " + versionVariable + "=${VERSION}"))

		labels := map[string]string{}
		for _, found := range regexp.MustCompile(`(org\.opencontainers\.image\.\w+)="([^"]*)"`).FindAllStringSubmatch(text, -1) {
			labels[found[1]] = found[2]
		}
		expected := map[string]string{}
		for label, value := range config.Config.Labels {
			expected[label] = value
		}
		// What differs from commit to commit comes from arguments.
		expected["org.opencontainers.image.version"] = "${VERSION}"
		expected["org.opencontainers.image.revision"] = "${REVISION}"
		expected["org.opencontainers.image.created"] = "${CREATED}"
		Expect(labels).To(Equal(expected))

		module, err := os.ReadFile("../../go.mod")
		Expect(err).NotTo(HaveOccurred())
		minor := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindSubmatch(module)[1]
		Expect(text).To(ContainSubstring("golang:" + string(minor) + " "))
	})
})
