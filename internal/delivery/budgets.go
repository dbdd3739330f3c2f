// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package delivery

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/usher-operator/usher/internal/delivery/attempt"
	"github.com/usher-operator/usher/internal/delivery/budget"
	"github.com/usher-operator/usher/internal/live"
)

// Budgets hold messages back that exceed the platform's budgets. Nil: there are none.
type Budgets struct {
	now func() time.Time
	// kept reads and writes what has to be known after a restart; nil: nothing is kept.
	kept Keeper

	limits live.Value[budget.Limits]

	mu       sync.Mutex
	ledger   *budget.Ledger
	builtOf  budget.Limits
	restored bool
	// saved is what was saved last, guarded by mu.
	saved budget.Record
}

// Keeper keeps the record of what was sent.
type Keeper interface {
	// Load returns the record that was saved last; nil: there is none.
	Load(ctx context.Context) (budget.Record, error)
	// Save replaces it.
	Save(ctx context.Context, record budget.Record) error
}

// NewBudgets returns Budgets that survive a restart if kept is not nil.
func NewBudgets(limits live.Value[budget.Limits], kept Keeper, now func() time.Time) *Budgets {
	first := limits.Load()
	return &Budgets{
		limits: limits, now: now, kept: kept, ledger: budget.NewLedger(first), builtOf: first, restored: kept == nil,
	}
}

// saveInterval is how often the record is saved. An operator that dies without notice forgets what it sent since.
const saveInterval = 30 * time.Second

// Start saves the record from time to time, and once more when ctx ends.
func (b *Budgets) Start(ctx context.Context) error {
	ticker := time.NewTicker(saveInterval)
	defer ticker.Stop()
	for ctx.Err() == nil {
		select {
		case <-ticker.C:
			b.save(ctx)
		case <-ctx.Done():
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	b.save(ctx)
	return nil
}

// NeedLeaderElection reports that only the leader, which sends, saves.
func (b *Budgets) NeedLeaderElection() bool { return true }

// save saves the record if it differs from what was saved last. A failure is repaired by the next time.
func (b *Budgets) save(ctx context.Context) {
	record, differs := b.unsaved()
	if !differs {
		return
	}
	if err := b.kept.Save(ctx, record); err != nil {
		log.FromContext(ctx).Error(err, "cannot save what was sent; Usher tries again")
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.saved = record
}

// unsaved returns the record, and reports whether it differs from what was saved last.
func (b *Budgets) unsaved() (budget.Record, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.restored || b.kept == nil {
		return nil, false
	}
	record := b.ledger.Record(b.now())
	return record, !maps.Equal(record, b.saved)
}

// grant is what one pass over an outbox may send. Whatever is left at its end is given back.
type grant struct {
	budgets      *Budgets
	organization string
	// left are the messages that may be sent and were not tried, by ID, and held those that may not.
	left map[string]Message
	held map[string]attempt.Result
}

// reserve returns which of the messages that are due may be sent, up to most.
func (b *Budgets) reserve(ctx context.Context, of budget.Requester, messages []Message, most int) (*grant, error) {
	g := &grant{budgets: b, organization: of.Tenant, left: map[string]Message{}, held: map[string]attempt.Result{}}
	if b == nil || b.limits.Load() == (budget.Limits{}) {
		for _, m := range messages[:min(len(messages), most)] {
			g.left[m.ID] = m
		}
		return g, nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.restore(ctx); err != nil {
		return nil, err
	}
	asked := make([]budget.Message, len(messages))
	for n, m := range messages {
		asked[n] = budget.Message{Stream: m.Stream, Destination: m.Destination}
	}
	b.adopt()
	allowed, held := b.ledger.Reserve(of, asked, most, b.now())
	for _, n := range allowed {
		g.left[messages[n].ID] = messages[n]
	}
	for n, hold := range held {
		m := messages[n]
		heldTotal.WithLabelValues(string(m.Stream)).Inc()
		g.held[m.ID] = attempt.Result{MessageID: m.MessageID, Budget: hold.Budget, RetryAt: hold.Until}
	}
	return g, nil
}

// adopt counts what was sent towards other limits, if they have changed.
func (b *Budgets) adopt() {
	limits := b.limits.Load()
	if limits == b.builtOf {
		return
	}
	b.ledger, b.builtOf = b.ledger.WithLimits(limits, b.now()), limits
}

// restore reads what was sent before the start. Until that is known nothing is sent.
func (b *Budgets) restore(ctx context.Context) error {
	if b.restored {
		return nil
	}
	record, err := b.kept.Load(ctx)
	if err != nil {
		return fmt.Errorf("cannot read what was sent before the start: %w", err)
	}
	b.ledger.Restore(record, b.now())
	b.saved = record
	b.restored = true
	return nil
}

// tried counts a message that was tried. Only what was accepted, or refused permanently, counts: neither the platform's trouble nor a
// server that is busy uses up a budget.
func (g *grant) tried(id string, result attempt.Result) {
	m := g.left[id]
	delete(g.left, id)
	if result.Error != "" && !result.Permanent {
		g.giveBack(m)
	}
}

// end gives back what was not tried.
func (g *grant) end() {
	for _, m := range g.left {
		g.giveBack(m)
	}
	clear(g.left)
}

func (g *grant) giveBack(m Message) {
	if g.budgets == nil {
		return
	}
	g.budgets.mu.Lock()
	defer g.budgets.mu.Unlock()
	g.budgets.ledger.GiveBack(g.organization, budget.Message{Stream: m.Stream, Destination: m.Destination})
}

// requesterOf returns who asks for an object's messages.
func requesterOf(of client.Object, first Message) budget.Requester {
	tenant := first.Organization
	if tenant == "" {
		tenant = of.GetNamespace()
	}
	return budget.Requester{
		Tenant: tenant, Object: fmt.Sprintf("%T/%s/%s", of, of.GetNamespace(), of.GetName()), Urgent: first.Awaited(),
	}
}
