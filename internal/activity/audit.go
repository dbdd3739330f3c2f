// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package activity

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// eventList contains the fields of an EventList of audit.k8s.io/v1 that are needed. The API server's own types would add the whole
// API server as a dependency.
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

// request is the last request of a user in a namespace, among the events of a list.
type request struct {
	groups []string
	at     time.Time
}

// requester is a user in a namespace.
type requester struct{ namespace, username string }

// readEvents returns the last request of every user in every namespace in an EventList.
func readEvents(body []byte) (map[requester]request, error) {
	var list eventList
	if err := json.Unmarshal(body, &list); err != nil {
		return nil, fmt.Errorf("the body is not an %s of %s: %w", auditKind, auditVersion, err)
	}
	if list.APIVersion != auditVersion || list.Kind != auditKind {
		return nil, fmt.Errorf("the body is not an %s of %s: it has kind %.40q and apiVersion %.40q",
			auditKind, auditVersion, list.Kind, list.APIVersion)
	}
	requests := map[requester]request{}
	for i := range list.Items {
		e := &list.Items[i]
		actor := e.actor()
		if !e.counts() || actor.Username == "" {
			continue
		}
		who := requester{namespace: e.ObjectRef.Namespace, username: actor.Username}
		if e.RequestReceivedTimestamp.After(requests[who].at) {
			requests[who] = request{groups: actor.Groups, at: e.RequestReceivedTimestamp}
		}
	}
	return requests, nil
}

// counts reports whether an event is a request in a namespace by an authenticated user, and the API server has answered it. It does
// not matter whether RBAC or a webhook refused the request: the person was active. A request that was not authenticated does not
// show whose it was.
func (e *event) counts() bool {
	return e.Stage == stageComplete && e.ObjectRef.Namespace != "" && e.ResponseStatus.Code != http.StatusUnauthorized
}

// actor returns the user as whom the request was made. As in admission, this is the impersonated user, if there is one.
func (e *event) actor() eventUser {
	if e.ImpersonatedUser.Username != "" {
		return e.ImpersonatedUser
	}
	return e.User
}
