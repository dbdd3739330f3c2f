// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"go.yaml.in/yaml/v3"
)

const homepage = "https://github.com/usher-operator/usher"

// krewPlugin is a manifest of krew, the package manager of kubectl's plugins.
type krewPlugin struct {
	APIVersion string            `yaml:"apiVersion"`
	Kind       string            `yaml:"kind"`
	Metadata   map[string]string `yaml:"metadata"`
	Spec       krewSpec          `yaml:"spec"`
}

type krewSpec struct {
	Version          string         `yaml:"version"`
	Homepage         string         `yaml:"homepage"`
	ShortDescription string         `yaml:"shortDescription"`
	Description      string         `yaml:"description"`
	Caveats          string         `yaml:"caveats"`
	Platforms        []krewPlatform `yaml:"platforms"`
}

type krewPlatform struct {
	Selector krewSelector `yaml:"selector"`
	URI      string       `yaml:"uri"`
	SHA256   string       `yaml:"sha256"`
	Bin      string       `yaml:"bin"`
}

type krewSelector struct {
	MatchLabels map[string]string `yaml:"matchLabels"`
}

// krewCaveats is shown after the installation. krew puts nothing but the program on the PATH.
const krewCaveats = "To complete the words after \"kubectl usher\", put the other file on your PATH, for example:\n\n" +
	"  cp ~/.krew/store/usher/*/" + pluginCompletion + " ~/.krew/bin/\n\n" +
	"On Windows it is " + pluginCompletion + ".cmd.\n"

// krew writes the manifest of the plugin, if there is one.
func (a *assets) krew(context.Context) error {
	if !exists(a.programs, plugin) {
		return nil
	}
	p := program{name: plugin}
	platforms := make([]krewPlatform, 0, len(a.machines))
	for _, machine := range a.machines {
		platform, err := a.krewPlatform(p, machine)
		if err != nil {
			return err
		}
		platforms = append(platforms, platform)
	}
	var content bytes.Buffer
	encoder := yaml.NewEncoder(&content)
	encoder.SetIndent(2)
	err := encoder.Encode(krewPlugin{
		APIVersion: "krew.googlecontainertools.github.com/v1alpha2", Kind: "Plugin",
		Metadata: map[string]string{"name": "usher"},
		Spec: krewSpec{
			Version: a.version, Homepage: homepage, Platforms: platforms,
			ShortDescription: "Manage the people of organizations",
			Description:      "Works with the people, invitations and workspaces of Usher's organizations.\nNeeds Usher in the cluster.\n",
			Caveats:          krewCaveats,
		},
	})
	if err != nil {
		return err
	}
	return a.write("krew-usher.yaml", content.Bytes())
}

func (a *assets) krewPlatform(p program, machine *v1.Platform) (krewPlatform, error) {
	archive := archiveName(p, machine)
	content, err := os.ReadFile(a.path(archive))
	sum := sha256.Sum256(content)
	return krewPlatform{
		Selector: krewSelector{MatchLabels: map[string]string{"os": machine.OS, "arch": machine.Architecture}},
		URI:      homepage + "/releases/download/" + a.version + "/" + archive,
		SHA256:   hex.EncodeToString(sum[:]),
		Bin:      p.fileName(machine),
	}, err
}
