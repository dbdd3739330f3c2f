// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"go.yaml.in/yaml/v3"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// manifest is an object as people write it, in the order in which they do: what they declare, and nothing that the API server or the
// operator adds.
type manifest struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Metadata   struct {
		Name        string            `json:"name"`
		Namespace   string            `json:"namespace"`
		Labels      map[string]string `json:"labels,omitempty"`
		Annotations map[string]string `json:"annotations,omitempty"`
	} `json:"metadata"`
	Spec any `json:"spec"`
}

func manifestOf(o client.Object) (manifest, error) {
	var m manifest
	kinds, _, err := scheme.ObjectKinds(o)
	if err != nil {
		return m, err
	}
	m.APIVersion, m.Kind = kinds[0].ToAPIVersionAndKind()
	m.Metadata.Name, m.Metadata.Namespace, m.Metadata.Labels = o.GetName(), o.GetNamespace(), o.GetLabels()
	m.Metadata.Annotations = maps.Clone(o.GetAnnotations())
	delete(m.Metadata.Annotations, corev1.LastAppliedConfigAnnotation)
	delete(m.Metadata.Annotations, v1alpha1.AnnotationResend)
	switch o := o.(type) {
	case *v1alpha1.OrgUser:
		m.Spec = o.Spec
	case *v1alpha1.Invitation:
		m.Spec = o.Spec
	case *v1alpha1.Organization:
		m.Spec = o.Spec
	default:
		return m, fmt.Errorf("no manifest is written of %T", o)
	}
	return m, nil
}

// yaml returns the manifest in the style of config/samples.
func (m manifest) yaml() ([]byte, error) {
	text, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	// JSON is YAML, and a node keeps the order of the fields.
	var node yaml.Node
	if err := yaml.Unmarshal(printable(text), &node); err != nil {
		return nil, err
	}
	block(&node)
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	encoder.CompactSeqIndent()
	err = encoder.Encode(&node)
	return out.Bytes(), err
}

// block writes nodes over several lines, with quotes only where they are needed.
func block(node *yaml.Node) {
	node.Style = quotes(node)
	for _, below := range node.Content {
		block(below)
	}
}

// printable escapes the characters that JSON may have as they are and YAML may not, such as DEL. In JSON they are in texts only.
func printable(text []byte) []byte {
	var out bytes.Buffer
	for _, r := range string(text) {
		if r >= 0x7f && r <= 0x9f || r == 0xfffe || r == 0xffff {
			fmt.Fprintf(&out, `\u%04x`, r)
			continue
		}
		out.WriteRune(r)
	}
	return out.Bytes()
}

// quotes returns the quotes that a text needs to stay a text for every reader: kubectl's reads YAML 1.1, in which yes is a boolean, 1:30 a
// number, and << no key of its own.
func quotes(node *yaml.Node) yaml.Style {
	// The library quotes neither of the two: a key that merges, and a text over several lines that begins with a tab, where no reader can
	// tell how far its lines are indented.
	if node.Value == "<<" || strings.HasPrefix(node.Value, "\t") {
		return yaml.DoubleQuotedStyle
	}
	var text yaml.Node
	if node.Kind != yaml.ScalarNode || node.ShortTag() != "!!str" || text.Encode(node.Value) != nil {
		return 0
	}
	return text.Style & (yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle)
}

// printManifest prints an object for Git. In YAML, documents are separated.
func (o *output) printManifest(streams genericiooptions.IOStreams, object client.Object) error {
	declared, err := manifestOf(object)
	if err != nil {
		return err
	}
	if o.form() != "yaml" {
		content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(&declared)
		if err != nil {
			return err
		}
		return o.printObject(streams, &unstructured.Unstructured{Object: content})
	}
	text, err := declared.yaml()
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
