// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package activity

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// eventList is as much of an EventList of audit.k8s.io/v1 as is asked for. The API server's own types would bring the
// whole API server along.
type eventList struct {
	APIVersion string  `json:"apiVersion"`
	Kind       string  `json:"kind"`
	Items      []event `json:"items"`
}

type event struct {
	Stage            string    `json:"stage"`
	User             eventUser `json:"user"`
	ImpersonatedUser eventUser `json:"impersonatedUser"`
	ObjectRef        struct {
		Namespace string `json:"namespace"`
	} `json:"objectRef"`
	ResponseStatus struct {
		Code int32 `json:"code"`
	} `json:"responseStatus"`
	RequestReceivedTimestamp time.Time `json:"requestReceivedTimestamp"`
}

type eventUser struct {
	Username string   `json:"username"`
	Groups   []string `json:"groups"`
}

const (
	auditVersion  = "audit.k8s.io/v1"
	auditKind     = "EventList"
	stageComplete = "ResponseComplete"
)

// visit is somebody's last request in a namespace, among the events of a list.
type visit struct {
	groups []string
	at     time.Time
}

type visitor struct{ namespace, username string }

// readEvents gives the last visit of everybody to every namespace in an EventList.
func readEvents(body []byte) (map[visitor]visit, error) {
	var list eventList
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, fmt.Errorf("the body is no %s of %s: %w", auditKind, auditVersion, err)
	}
	if list.APIVersion != auditVersion || list.Kind != auditKind {
		return nil, fmt.Errorf("the body is no %s of %s: it says kind %.40q, apiVersion %.40q",
			auditKind, auditVersion, list.Kind, list.APIVersion)
	}
	visits := map[visitor]visit{}
	for i := range list.Items {
		e := &list.Items[i]
		actor := e.actor()
		if !e.counts() || actor.Username == "" {
			continue
		}
		who := visitor{namespace: e.ObjectRef.Namespace, username: actor.Username}
		if e.RequestReceivedTimestamp.After(visits[who].at) {
			visits[who] = visit{groups: actor.Groups, at: e.RequestReceivedTimestamp}
		}
	}
	return visits, nil
}

// counts tells whether an event is a request that the API server has answered, in a namespace, to somebody whom it knew.
// That RBAC or a webhook refused it does not matter: somebody was at work. Of a request that was not authenticated
// nothing shows whose it was.
func (e *event) counts() bool {
	return e.Stage == stageComplete && e.ObjectRef.Namespace != "" && e.ResponseStatus.Code != http.StatusUnauthorized
}

// actor gives as whom the request was made: who acts as a person is the person, as in admission.
func (e *event) actor() eventUser {
	if e.ImpersonatedUser.Username != "" {
		return e.ImpersonatedUser
	}
	return e.User
}
