// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/usher-operator/usher/internal/trust"
)

// certificates has a replica serve the certificate in a Secret. The Secret is the operator's own, or a foreign one, which cert-manager or
// the platform keeps, together with the authorities in the webhook configurations.
//
// A certificate may come with a new authority. API servers then have to know the new authority before any replica serves the new
// certificate, and the old authority until every replica does: between the two, they would refuse each change of Usher's kinds. Replicas
// do not know of each other, but all see the webhook configurations. So the operator adds its new authority to those that are there.
// Each replica serves the former certificate until the new one is trusted, and API servers have had the time to notice, and a long time
// later the former authority is dropped.
type certificates struct {
	client  client.Client
	live    client.Reader
	secret  types.NamespacedName
	foreign bool
	names   []string
	// portal is the Secret of a portal that runs apart, with a certificate for portalNames by the same authority; empty: there is none.
	portal      types.NamespacedName
	portalNames []string
	serving     *servingCertificate
	features    *features
	now         func() time.Time

	propagation, overlap time.Duration

	// seen are the authorities that the last pass found, and since is when they were first found.
	seen  []byte
	since time.Time

	mu    sync.Mutex
	ready error
	known bool
}

// Reconcile puts the Secret's certificate in use as far as it is trusted.
func (c *certificates) Reconcile(ctx context.Context, _ reconcile.Request) (reconcile.Result, error) {
	data, err := c.contents(ctx)
	if err != nil {
		return reconcile.Result{}, err
	}
	hooks, err := c.webhooks(ctx)
	if err != nil {
		return reconcile.Result{}, err
	}
	wait := c.note(hooks)
	if authority := data[trust.AuthorityKey]; !c.foreign && len(authority) > 0 {
		err := c.publish(ctx, authority, wait > 0 || !published(hooks, authority))
		// After a conflict, the change that was first triggers the next pass.
		if client.IgnoreNotFound(err) != nil && !apierrors.IsConflict(err) {
			return reconcile.Result{}, fmt.Errorf("cannot write the authority of the webhooks' certificate: %w", err)
		}
	}
	held, wrong := c.roll(data, hooks)
	c.report(hooks, wrong)
	if err := c.issueForPortal(ctx, data); err != nil {
		return reconcile.Result{}, err
	}
	return reconcile.Result{RequeueAfter: soonest(held, wait)}, nil
}

// note notes the authorities, and returns for how long the former ones have to stay.
func (c *certificates) note(hooks []hook) time.Duration {
	var all bytes.Buffer
	for _, h := range hooks {
		all.Write(h.bundle)
	}
	if c.since.IsZero() || !bytes.Equal(c.seen, all.Bytes()) {
		c.seen, c.since = all.Bytes(), c.now()
	}
	return c.since.Add(c.overlap).Sub(c.now())
}

// roll puts the certificate in use unless it has to wait. It returns how long, and what is wrong with it.
func (c *certificates) roll(data map[string][]byte, hooks []hook) (time.Duration, error) {
	if len(data[trust.CertificateKey]) == 0 || len(data[trust.PrivateKeyKey]) == 0 {
		return 0, c.missing(data)
	}
	next, err := parsePair(data)
	if err != nil {
		return 0, fmt.Errorf("the certificate in Secret %s cannot be used: %w: have it issued again", c.secret, err)
	}
	current := c.serving.current.Load()
	works := current != nil && verifies(hooks, current, c.now()) == nil
	switch {
	case !works:
		c.serving.use(next)
		return 0, nil
	case same(current, next):
		return 0, nil
	}
	if err := verifies(hooks, next, c.now()); err != nil {
		return 0, fmt.Errorf("the new certificate in Secret %s is not served, the former one is, until %s: %w%s",
			c.secret, current.Leaf.NotAfter.UTC().Format(time.RFC3339), err, c.hint())
	}
	if wait := c.since.Add(c.propagation).Sub(c.now()); wait > 0 {
		return wait, nil
	}
	c.serving.use(next)
	return 0, nil
}

// missing says that there is no certificate, and what to do. The operator's own comes by itself.
func (c *certificates) missing(data map[string][]byte) error {
	switch {
	case !c.foreign:
		return nil
	case data == nil:
		return fmt.Errorf("the Secret %s with the webhooks' certificate (webhooks.certificate.secretName) does not exist: create it, or a "+
			"Certificate of cert-manager with this secretName", c.secret)
	default:
		return fmt.Errorf("the Secret %s with the webhooks' certificate (webhooks.certificate.secretName) needs %s and %s: complete it",
			c.secret, trust.CertificateKey, trust.PrivateKeyKey)
	}
}

func (c *certificates) hint() string {
	if !c.foreign {
		return ""
	}
	return fmt.Sprintf(": set caBundle to the authority of the certificate in Secret %s, or annotate the configuration with "+
		"cert-manager.io/inject-ca-from", c.secret)
}

// report tells what is wrong. A replica whose certificate is trusted is ready, whatever is wrong with the next one.
func (c *certificates) report(hooks []hook, wrong error) {
	ready := wrong
	if current := c.serving.current.Load(); current != nil {
		if ready = verifies(hooks, current, c.now()); ready != nil {
			ready = fmt.Errorf("%w%s", ready, c.hint())
		}
	} else if ready == nil {
		ready = errors.New("the webhooks' certificate is not in place yet")
	}
	c.mu.Lock()
	c.ready, c.known = ready, true
	c.mu.Unlock()
	if c.foreign { // the operator's own mends itself
		c.features.report(featureCertificate, errors.Join(wrong, distinct(ready, wrong)))
	}
}

// check is the check of readiness.
func (c *certificates) check(*http.Request) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.known {
		return errors.New("the webhooks' certificate has not been looked at yet")
	}
	return c.ready
}

// distinct returns an error unless it is the other one.
func distinct(err, other error) error {
	if err != nil && other != nil && err.Error() == other.Error() {
		return nil
	}
	return err
}

// soonest returns the shortest of the times that are not over yet, and of the interval.
func soonest(times ...time.Duration) time.Duration {
	first := certificateInterval
	for _, t := range times {
		if t > 0 {
			first = min(first, t)
		}
	}
	return first
}
