// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"errors"
	"flag"
	"fmt"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/usher-operator/usher/internal/delivery"
	"github.com/usher-operator/usher/internal/gateway"
)

// GatewayFlags adds the flags of the gateway that reaches contacts' phones (GTA-13).
func GatewayFlags(flags *flag.FlagSet, o *Options) {
	flags.StringVar(&o.Gateway.URL, "gateway-url", o.Gateway.URL,
		"URL to which messages for contacts' phones are posted, https or on this host; empty: phones are not reached")
	flags.StringVar(&o.Gateway.KeyFile, "gateway-key-file", o.Gateway.KeyFile, "file with the key that signs the messages to the gateway")
}

// checkGateway returns what is wrong with the options of the gateway.
func checkGateway(o gateway.Options) error {
	switch {
	case o.URL == "" && o.KeyFile == "":
		return nil
	case o.URL == "":
		return errors.New("--gateway-key-file is set, but --gateway-url is not: set both or neither")
	case o.KeyFile == "":
		return errors.New("--gateway-key-file is missing: set it to the key that signs messages, " +
			"so that the gateway knows they are from Usher")
	}
	if err := gateway.CheckURL(o.URL); err != nil {
		return fmt.Errorf("--gateway-url: %w", err)
	}
	return nil
}

// newGateway returns the gateway, or nil if none is configured.
func newGateway(mgr ctrl.Manager, o *Options) (delivery.Gateway, error) {
	if o.Gateway.URL == "" {
		return nil, nil //nolint:nilnil // none is an answer, not an error
	}
	key := func() error { return gateway.CheckKey(o.Gateway.KeyFile) }
	if err := mgr.Add(watched{o.features, featureGateway, key, checkInterval}); err != nil {
		return nil, err
	}
	return gateway.New(o.Gateway)
}
