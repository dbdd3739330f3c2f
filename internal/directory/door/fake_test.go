// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package door_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/usher-operator/usher/internal/directory/door"
	"github.com/usher-operator/usher/internal/scim"
)

// memory keeps resources in memory, for tests of the protocol.
type memory struct {
	rt       *scim.ResourceType
	location string

	mu    sync.Mutex
	made  int
	order []string
	kept  map[string]scim.Resource
	fail  error
}

func newMemory(rt *scim.ResourceType) *memory {
	return &memory{rt: rt, location: "https://usher.example/scim/v2/acme" + rt.Endpoint, kept: map[string]scim.Resource{}}
}

func (m *memory) Type() *scim.ResourceType { return m.rt }

func (m *memory) shown(id string) scim.Resource {
	r := m.kept[id].Clone()
	r["id"] = id
	r["meta"] = map[string]any{"resourceType": m.rt.Name, "location": m.location + "/" + id}
	return r
}

func (m *memory) find(id, match string) error {
	if m.fail != nil {
		return m.fail
	}
	if m.kept[id] == nil {
		return &scim.Error{Status: 404, Detail: "there is no " + id}
	}
	return scim.CheckMatch(match, scim.ETag(m.shown(id)))
}

func (m *memory) Get(_ context.Context, id string) (scim.Resource, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.find(id, ""); err != nil {
		return nil, err
	}
	return m.shown(id), nil
}

func (m *memory) List(_ context.Context, q scim.Query) (scim.ListResponse, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var found []scim.Resource
	for _, id := range m.order {
		if r := m.shown(id); q.Filter == nil || q.Filter.Matches(r) {
			found = append(found, r)
		}
	}
	page, total := scim.Page(q, found)
	return scim.ListResponse{TotalResults: total, StartIndex: q.StartIndex, Resources: page}, m.fail
}

func (m *memory) Create(_ context.Context, r scim.Resource) (scim.Resource, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	name := strings.ToLower(m.rt.Text(r, "userName") + m.rt.Text(r, "displayName"))
	for _, id := range m.order {
		if k := m.kept[id]; strings.EqualFold(m.rt.Text(k, "userName")+m.rt.Text(k, "displayName"), name) {
			return nil, false, scim.Conflict("there is one already: %s", id)
		}
	}
	m.made++
	id := fmt.Sprintf("%s-%d", strings.ToLower(m.rt.Name), m.made)
	m.kept[id], m.order = r, append(m.order, id)
	return m.shown(id), true, nil
}

func (m *memory) Change(_ context.Context, id, match string, change func(scim.Resource) (scim.Resource, error)) (scim.Resource, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.find(id, match); err != nil {
		return nil, err
	}
	after, err := change(m.kept[id].Clone())
	if err != nil {
		return nil, err
	}
	m.kept[id] = after
	return m.shown(id), nil
}

func (m *memory) Delete(_ context.Context, id, match string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.find(id, match); err != nil {
		return err
	}
	delete(m.kept, id)
	m.order = slices.DeleteFunc(m.order, func(other string) bool { return other == id })
	return nil
}

// directories are the directory of acme, opened by one token.
type directories struct{ users, groups *memory }

const token = "usher_dir_right"

func (d directories) Open(_ context.Context, organization, given, _ string) (*door.Directory, error) {
	switch {
	case organization == "broken":
		return nil, errors.New("the API server says no to usher_dir_right")
	case organization == "paused":
		return nil, door.After(10*time.Minute, &scim.Error{Status: 503, Detail: "the directory is paused"})
	case organization == "groupless" && given == token:
		return &door.Directory{Users: d.users}, nil
	case organization != "acme" || given != token:
		return nil, door.ErrUnauthorized
	}
	return &door.Directory{Users: d.users, Groups: d.groups}, nil
}
