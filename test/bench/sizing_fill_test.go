// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/protobuf"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"github.com/usher-operator/usher/api/v1alpha1"
	"github.com/usher-operator/usher/internal/testing/builders"
	"github.com/usher-operator/usher/internal/testing/testenv"
)

const (
	// template is the organization of which the others are copies. Its name stands for itself wherever it occurs.
	template = "org00000"
	// peopleEach and workspacesEach are what each organization has.
	peopleEach     = 500
	workspacesEach = 10
	// puts is how many objects go to etcd in one transaction, which takes 128.
	puts = 64
)

// copies fills etcd with copies of an organization that the operator has settled. They differ in the organization's name and in UIDs.
// Through the API server, 50,000 people would take most of an hour, and the operator as long again.
type copies struct {
	env     *testenv.Env
	encoder runtime.Encoder
	objects []stored
	made    int
}

// stored is an object of the template.
type stored struct {
	gvk      string
	resource string
	builtin  bool
	object   client.Object
	json     string
}

func newCopies(env *testenv.Env) *copies {
	return &copies{env: env, encoder: protobuf.NewSerializer(env.Scheme, env.Scheme), made: 1}
}

func (c *copies) people() int { return c.made * peopleEach }

// declare creates the template past the webhooks.
func (c *copies) declare(ctx context.Context) {
	past := c.env.As("system:kube-controller-manager", "system:masters")
	check(c.env.Client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: template}}))
	check(past.Create(ctx, applied(builders.Organization(template).DisplayName("Organization").Module("desk", 2*peopleEach).Obj())))
	for n := range workspacesEach {
		w := builders.Workspace(template, fmt.Sprintf("team-%d", n)).Group(fmt.Sprintf("group-%d", n), v1alpha1.WorkspaceEdit).
			Contact("On call", fmt.Sprintf("person-%d@%s.example", n, template))
		check(past.Create(ctx, applied(w.Obj())))
	}
	for n := range peopleEach {
		check(past.Create(ctx, applied(typical(n))))
	}
}

// typical returns a person with two workspaces of their own and one by a group, and a seat. Every hundredth is an administrator.
func typical(n int) *v1alpha1.OrgUser {
	u := builders.OrgUser(template, fmt.Sprintf("person-%d", n)).Existing().Modules("desk").Groups(fmt.Sprintf("group-%d", n%workspacesEach)).
		Workspace(fmt.Sprintf("team-%d", (n+1)%workspacesEach), v1alpha1.WorkspaceView).
		Workspace(fmt.Sprintf("team-%d", (n+2)%workspacesEach), v1alpha1.WorkspaceEdit)
	if n%100 == 0 {
		u = u.Role(v1alpha1.RoleOrganizationAdmin)
	}
	return u.With(func(u *v1alpha1.OrgUser) {
		u.Spec.DisplayName, u.Spec.Phone = v1alpha1.DisplayName(fmt.Sprintf("Person Number %d", n)), "+34600000001"
	}).Obj()
}

// applied adds the annotation that kubectl apply leaves.
func applied(o client.Object) client.Object {
	text, err := json.Marshal(o)
	check(err)
	o.SetAnnotations(map[string]string{corev1.LastAppliedConfigAnnotation: string(text)})
	return o
}

// awaitSettled waits until everybody in the template is Ready.
func (c *copies) awaitSettled(ctx context.Context) {
	check(wait.PollUntilContextTimeout(ctx, time.Second, patience, true, func(ctx context.Context) (bool, error) {
		var users v1alpha1.OrgUserList
		err := c.env.Client.List(ctx, &users, client.InNamespace(template))
		for n := range users.Items {
			if !meta.IsStatusConditionTrue(users.Items[n].Status.Conditions, v1alpha1.ConditionReady) {
				return false, err
			}
		}
		return true, err
	}))
}

// read reads everything that the template consists of.
func (c *copies) read(ctx context.Context) {
	for _, kind := range []struct {
		resource string
		list     client.ObjectList
	}{
		{"namespaces", &corev1.NamespaceList{}},
		{"accounts.usher.dev/organizations", &v1alpha1.OrganizationList{}},
		{"accounts.usher.dev/workspaces", &v1alpha1.WorkspaceList{}},
		{"accounts.usher.dev/orgusers", &v1alpha1.OrgUserList{}},
		{"configmaps", &corev1.ConfigMapList{}},
		{"roles", &rbacv1.RoleList{}},
		{"rolebindings", &rbacv1.RoleBindingList{}},
	} {
		check(c.env.Client.List(ctx, kind.list))
		check(meta.EachListItem(kind.list, func(o runtime.Object) error {
			object := o.(client.Object) //nolint:forcetypeassert // everything in a list is an object
			if !strings.HasPrefix(object.GetNamespace()+object.GetName(), template) {
				return nil
			}
			gvk, err := apiutil.GVKForObject(object, c.env.Scheme)
			check(err)
			object.GetObjectKind().SetGroupVersionKind(gvk)
			object.SetResourceVersion("")
			text, err := json.Marshal(object)
			c.objects = append(c.objects, stored{
				gvk: gvk.String(), resource: kind.resource, builtin: gvk.Group != v1alpha1.GroupVersion.Group, object: object, json: string(text),
			})
			return err
		}))
	}
}

// grow adds organizations until there are so many people, and waits until the API server shows them.
func (c *copies) grow(ctx context.Context, people int) {
	work := make(chan int)
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for n := range work {
				c.copy(ctx, n)
			}
		})
	}
	for ; c.people() < people; c.made++ {
		work <- c.made
	}
	close(work)
	workers.Wait()
	c.awaitServed(ctx)
}

var uids = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)

// pairOf returns what etcd stores for an object in the copy of the template with a number.
func (c *copies) pairOf(o *stored, number int) pair {
	name := fmt.Sprintf("org%05d", number)
	return c.pairAs(o, number, func(text string) string { return strings.ReplaceAll(text, template, name) })
}

// pairAs returns what etcd stores for a copy of an object in which some words are others. Copies with different numbers have different UIDs.
func (c *copies) pairAs(o *stored, number int, rename func(string) string) pair {
	text := uids.ReplaceAllStringFunc(rename(o.json), func(uid string) string {
		first, err := strconv.ParseUint(uid[:8], 16, 32)
		check(err)
		return fmt.Sprintf("%08x", first^uint64(number)) + uid[8:]
	})
	return pair{Key: []byte(rename(o.key())), Value: c.encode(o, text)}
}

// copy stores the copy of the template with a number.
func (c *copies) copy(ctx context.Context, number int) {
	c.storeAll(ctx, func(o *stored) (pair, bool) { return c.pairOf(o, number), true })
}

// storeAll stores a copy of each object of the template for which there is one.
func (c *copies) storeAll(ctx context.Context, pairOf func(*stored) (pair, bool)) {
	var batch []pair
	for n := range c.objects {
		if p, is := pairOf(&c.objects[n]); is {
			batch = append(batch, p)
		}
		if len(batch) == puts || n == len(c.objects)-1 && len(batch) > 0 {
			c.store(ctx, batch)
			batch = nil
		}
	}
}

func (s *stored) key() string {
	key := "/registry/" + s.resource + "/"
	if s.object.GetNamespace() != "" {
		key += s.object.GetNamespace() + "/"
	}
	return key + s.object.GetName()
}

// encode returns an object as the API server stores it: Kubernetes' own in protobuf, others in JSON.
func (c *copies) encode(o *stored, text string) []byte {
	if !o.builtin {
		return []byte(text)
	}
	object := o.object.DeepCopyObject()
	check(json.Unmarshal([]byte(text), object))
	var out bytes.Buffer
	check(c.encoder.Encode(object, &out))
	return out.Bytes()
}

// pair is what etcd's JSON gateway stores. Its fields are in base64, as those of every []byte.
type pair struct {
	Key   []byte `json:"key"`
	Value []byte `json:"value"`
}

// store stores objects in one transaction, and returns its revision.
func (c *copies) store(ctx context.Context, batch []pair) int64 {
	type operation struct {
		Put pair `json:"requestPut"`
	}
	var transaction struct {
		Success []operation `json:"success"`
	}
	for _, p := range batch {
		transaction.Success = append(transaction.Success, operation{p})
	}
	body, err := json.Marshal(transaction)
	check(err)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.env.EtcdURL()+"/v3/kv/txn", bytes.NewReader(body))
	check(err)
	response, err := http.DefaultClient.Do(request)
	check(err)
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		panic(fmt.Sprintf("etcd: %s", response.Status))
	}
	var answer struct {
		Header struct {
			Revision int64 `json:"revision,string"`
		} `json:"header"`
	}
	check(json.NewDecoder(response.Body).Decode(&answer))
	return answer.Header.Revision
}
