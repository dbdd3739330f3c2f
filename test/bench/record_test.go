// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// write is a write request as it was sent, and when it was answered.
type write struct {
	at, done time.Time
	// refused is true if the API server has stored nothing.
	refused bool

	method, uri, content, typ string
	body                      []byte
}

// writeOf records a request and leaves it unchanged.
func writeOf(r *http.Request) (write, error) {
	w := write{at: time.Now(), method: r.Method, uri: r.URL.RequestURI(), content: r.Header.Get("Content-Type"), typ: resource(r.URL.Path)}
	if r.Body == nil {
		return w, nil
	}
	var err error
	if w.body, err = io.ReadAll(r.Body); err == nil {
		err = r.Body.Close()
	}
	r.Body = io.NopCloser(bytes.NewReader(w.body))
	return w, err
}

// object returns the path of the object that is written, without a subresource. The name of a created object is in the body.
func (w write) object() string {
	uri, err := url.Parse(w.uri)
	check(err)
	path := strings.TrimSuffix(uri.Path, "/status")
	if w.method != http.MethodPost {
		return path
	}
	var made struct {
		Metadata struct {
			Name string `json:"name"`
		} `json:"metadata"`
	}
	check(json.Unmarshal(w.body, &made))
	return path + "/" + made.Metadata.Name
}

// isAccess reports whether a RoleBinding is applied.
func (w write) isAccess() bool { return w.typ == "rolebindings" && w.method == http.MethodPatch }

// subject names what a write is about: a person for their status and their RoleBindings, else the object that is written.
func (w write) subject() string {
	path := w.object()
	if strings.Contains(path, "/orgusers/") {
		return "user " + path[strings.LastIndex(path, "/")+1:]
	}
	if !w.isAccess() {
		return path
	}
	var binding metav1.PartialObjectMetadata
	check(json.Unmarshal(w.body, &binding))
	if user := binding.Labels[v1alpha1.LabelUser]; user != "" {
		return "user " + user
	}
	return path
}

// namespace returns the namespace of the object that is written. It is empty for an object without one.
func (w write) namespace() string {
	parts := strings.Split(w.object(), "/")
	if at := slices.Index(parts, "namespaces"); at >= 0 && len(parts) > at+2 {
		return parts[at+1]
	}
	return ""
}

// plain returns the request as JSON that fits another object, without what ties it to the object that it was made for.
func (w write) plain() write {
	if strings.HasSuffix(w.content, "protobuf") {
		o, kind, err := clientgoscheme.Codecs.UniversalDeserializer().Decode(w.body, nil, nil)
		check(err)
		o.GetObjectKind().SetGroupVersionKind(*kind)
		w.body, err = json.Marshal(o)
		check(err)
		w.content = "application/json"
	}
	if len(w.body) == 0 {
		return w
	}
	if w.body[0] == '[' { // a JSON patch, as large statuses are written by
		w.body = withoutTests(w.body)
		return w
	}
	var fields map[string]any
	check(json.Unmarshal(w.body, &fields))
	delete(fields, "preconditions")
	if metadata, is := fields["metadata"].(map[string]any); is {
		delete(metadata, "resourceVersion")
		delete(metadata, "uid")
	}
	var err error
	w.body, err = json.Marshal(fields)
	check(err)
	return w
}

// withoutTests returns a JSON patch without the tests of what the object was like.
func withoutTests(patch []byte) []byte {
	var operations []map[string]any
	check(json.Unmarshal(patch, &operations))
	operations = slices.DeleteFunc(operations, func(o map[string]any) bool { return o["op"] == "test" || o["path"] == "/metadata/resourceVersion" })
	patch, err := json.Marshal(operations)
	check(err)
	return patch
}

// in returns the same request for another organization, whose name has the same length.
func (w write) in(organization string) write {
	w.uri = strings.ReplaceAll(w.uri, crowdName, organization)
	w.body = bytes.ReplaceAll(w.body, []byte(crowdName), []byte(organization))
	return w
}

// do sends the request.
func (w write) do(c *http.Client, host string) error {
	request, err := http.NewRequest(w.method, host+w.uri, bytes.NewReader(w.body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", w.content)
	request.Header.Set("Accept", "application/json")
	response, err := c.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode >= http.StatusMultipleChoices {
		err = fmt.Errorf("%s %s: %s", w.method, w.uri, answer)
	}
	return err
}

// String says when each write of a change began and was answered, in milliseconds from the first one. Of many it shows the first ones.
func (s story) String() string {
	const shown = 20
	var b strings.Builder
	all := slices.Concat(s.asked, s.followed)
	for _, w := range all[:min(len(all), shown)] {
		fmt.Fprintf(&b, "\n%7.1f %7.1f %s %s", msBetween(all[0].at, w.at), msBetween(all[0].at, w.done), w.method, w.object())
	}
	return b.String()
}

func msBetween(from, to time.Time) float64 { return float64(to.Sub(from).Microseconds()) / 1000 }
