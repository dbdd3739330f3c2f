// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package history

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/anishathalye/porcupine"
	"k8s.io/apimachinery/pkg/types"

	"github.com/usher-operator/usher/api/v1alpha1"
)

// LedgerRequest is a request about an Organization that the API server answered with the object.
type LedgerRequest struct {
	// Received and Answered are when it came and was answered, by the API server's clock. No time of answer: nobody knows.
	Received, Answered time.Time
	// Write is false for a request that only reads.
	Write bool
	// Result is the organization in the answer.
	Result *v1alpha1.Organization
}

// Ledger judges whether the seats of an organization are linearizable: whether all requests about them could have been carried out one
// after the other, each between its arrival and its answer, such that every read sees what was last written and every write follows from
// what was there by the rules of seats. It uses no resource version, so it finds out too if those, or the store, were wrong.
type Ledger struct {
	operations map[string][]porcupine.Operation // by organization and module
	// answered are the writes that the audit log has, and stored those that etcd has, by the organization's UID and resource version.
	answered map[types.UID]map[int64]LedgerRequest
	stored   map[types.UID]map[int64]*v1alpha1.Organization
}

// NewLedger returns a ledger without requests.
func NewLedger() *Ledger {
	return &Ledger{
		operations: map[string][]porcupine.Operation{}, answered: map[types.UID]map[int64]LedgerRequest{},
		stored: map[types.UID]map[int64]*v1alpha1.Organization{},
	}
}

// operation is a request as the model sees it.
type operation struct {
	write bool
	seats seats
}

// ledgerState is a state of the model: the seats of one module. An organization that does not exist yet has none.
type ledgerState struct {
	known bool
	seats seats
}

// Add adds a request.
func (l *Ledger) Add(r LedgerRequest) {
	until := int64(math.MaxInt64)
	if !r.Answered.IsZero() {
		until = r.Answered.UnixNano()
	}
	for _, module := range modulesOf(r.Result) {
		key := string(r.Result.UID) + " " + r.Result.Namespace + "/" + module
		l.operations[key] = append(l.operations[key], porcupine.Operation{
			ClientId: 0, Input: operation{write: r.Write, seats: seatsIn(r.Result, module)}, Call: r.Received.UnixNano(), Return: until,
		})
	}
}

var ledgerModel = porcupine.Model{
	Init: func() any { return ledgerState{} },
	Step: func(state, input, _ any) (bool, any) {
		s, o := state.(ledgerState), input.(operation) //nolint:forcetypeassert // the model's own
		switch {
		case !s.known: // the first is the creation, or the first that the log has
			return true, ledgerState{known: true, seats: o.seats}
		case !o.write:
			return sameSeats(s.seats, o.seats), state
		}
		return s.seats.next(o.seats) == "", ledgerState{known: true, seats: o.seats}
	},
	Equal: func(a, b any) bool {
		x, y := a.(ledgerState), b.(ledgerState) //nolint:forcetypeassert // the model's own
		return x.known == y.known && sameSeats(x.seats, y.seats)
	},
	DescribeOperation: func(input, _ any) string {
		o := input.(operation) //nolint:forcetypeassert // the model's own
		verb := "read"
		if o.write {
			verb = "write"
		}
		return fmt.Sprintf("%s %v leaving %v of %d", verb, o.seats.holders, o.seats.leaving, o.seats.bought)
	},
}

func sameSeats(a, b seats) bool {
	return a.bought == b.bought && slices.Equal(a.holders, b.holders) && slices.Equal(a.leaving, b.leaving)
}

// LedgerResult is how linearizable the ledgers were.
type LedgerResult struct {
	// Operations is how many operations were judged, in how many Ledgers.
	Operations, Ledgers int
	// Illegal are the ledgers that are not linearizable, and Unknown those for which the time was too short to tell.
	Illegal, Unknown []string
}

// Check judges all ledgers, each for at most as long as the limit says.
func (l *Ledger) Check(limit time.Duration) LedgerResult {
	l.addUnanswered()
	var result LedgerResult
	for key, operations := range l.operations {
		result.Ledgers++
		result.Operations += len(operations)
		switch porcupine.CheckOperationsTimeout(ledgerModel, operations, limit) {
		case porcupine.Illegal:
			result.Illegal = append(result.Illegal, key)
		case porcupine.Unknown:
			result.Unknown = append(result.Unknown, key)
		}
	}
	slices.Sort(result.Illegal)
	slices.Sort(result.Unknown)
	return result
}

// auditEvent is what the ledger needs of a line of the audit log.
type auditEvent struct {
	Stage     string `json:"stage"`
	Verb      string `json:"verb"`
	URI       string `json:"requestURI"`
	ObjectRef struct {
		Resource string `json:"resource"`
	} `json:"objectRef"`
	ResponseStatus struct {
		Code int `json:"code"`
	} `json:"responseStatus"`
	Response json.RawMessage `json:"responseObject"`
	Received time.Time       `json:"requestReceivedTimestamp"`
	Answered time.Time       `json:"stageTimestamp"`
}

// isAnswered reports whether an event is an answer with an organization.
func (e auditEvent) isAnswered() bool {
	return e.Stage == "ResponseComplete" && e.ObjectRef.Resource == "organizations" && e.ResponseStatus.Code < http.StatusMultipleChoices &&
		len(e.Response) > 0 && !strings.Contains(e.URI, "dryRun")
}

// AddStored adds what etcd has stored. A write of which the audit log has no answer, because kube-apiserver was killed before it, was
// carried out all the same.
func (l *Ledger) AddStored(r Revision) error {
	object, err := r.object()
	o, is := object.(*v1alpha1.Organization)
	if err != nil || !is {
		return err
	}
	if l.stored[o.UID] == nil {
		l.stored[o.UID] = map[int64]*v1alpha1.Organization{}
	}
	kept := &v1alpha1.Organization{}
	kept.Namespace, kept.UID = o.Namespace, o.UID
	kept.Spec.Subscription.Modules, kept.Status.Modules = o.Spec.Subscription.Modules, o.Status.Modules
	l.stored[o.UID][r.Number] = kept
	return nil
}

// addUnanswered adds the writes that only etcd knows of. Each was carried out after the one before it came, and before the one after it
// was answered.
func (l *Ledger) addUnanswered() {
	for uid, stored := range l.stored {
		var number int64
		received := time.Unix(0, 0)
		for _, number = range slices.Sorted(maps.Keys(stored)) {
			if answered, known := l.answered[uid][number]; known {
				received = answered.Received
				continue
			}
			request := LedgerRequest{Received: received, Write: true, Result: stored[number]}
			for later, answered := range l.answered[uid] {
				if later > number && (request.Answered.IsZero() || answered.Answered.Before(request.Answered)) {
					request.Answered = answered.Answered
				}
			}
			l.Add(request)
		}
	}
	clear(l.stored)
}

// AddAudit adds the request of a line of the audit log, which has to contain the answers to requests about Organizations. It ignores what
// is not about one, and what was refused.
func (l *Ledger) AddAudit(line []byte) error {
	if !bytes.Contains(line, []byte(`"resource":"organizations"`)) {
		return nil
	}
	var e auditEvent
	if err := json.Unmarshal(line, &e); err != nil {
		return fmt.Errorf("a line of the audit log: %w", err)
	}
	write := e.Verb == "create" || e.Verb == "update" || e.Verb == "patch"
	if !e.isAnswered() || !write && e.Verb != "get" {
		return nil
	}
	var o v1alpha1.Organization
	if err := json.Unmarshal(e.Response, &o); err != nil || o.UID == "" {
		return err
	}
	request := LedgerRequest{Received: e.Received, Answered: e.Answered, Write: write, Result: &o}
	number, err := strconv.ParseInt(o.ResourceVersion, 10, 64)
	if err != nil {
		return fmt.Errorf("a line of the audit log: %w", err)
	}
	if !write || l.note(number, request) {
		l.Add(request)
	}
	return nil
}

// note notes the write of a revision, and reports whether it is the first. A write that changes nothing has the revision of the one before.
func (l *Ledger) note(number int64, r LedgerRequest) bool {
	uid := r.Result.UID
	if _, again := l.answered[uid][number]; again {
		return false
	}
	if l.answered[uid] == nil {
		l.answered[uid] = map[int64]LedgerRequest{}
	}
	l.answered[uid][number] = r
	return true
}
