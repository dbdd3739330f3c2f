// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

// manifestOf returns an object as people write it: what they declare, and nothing that the API server or the operator adds.
func manifestOf(o client.Object) (*unstructured.Unstructured, error) {
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
	if err != nil {
		return nil, err
	}
	declared := &unstructured.Unstructured{Object: map[string]any{"spec": content["spec"]}}
	kinds, _, err := scheme.ObjectKinds(o)
	if err != nil {
		return nil, err
	}
	declared.SetGroupVersionKind(kinds[0])
	declared.SetName(o.GetName())
	declared.SetNamespace(o.GetNamespace())
	declared.SetLabels(o.GetLabels())
	return declared, nil
}

// printManifest prints an object for Git. In YAML, documents are separated.
func (o *output) printManifest(streams genericiooptions.IOStreams, object client.Object) error {
	manifest, err := manifestOf(object)
	if err != nil {
		return err
	}
	if o.form() != "yaml" {
		return o.printObject(streams, manifest)
	}
	text, err := yaml.Marshal(manifest.Object)
	if err != nil {
		return err
	}
	if o.printed {
		fmt.Fprintln(streams.Out, "---")
	}
	o.printed = true
	_, err = streams.Out.Write(text)
	return err
}
