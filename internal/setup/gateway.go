// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package setup

import (
	"errors"
	"flag"

	"github.com/usher-operator/usher/internal/delivery"
	"github.com/usher-operator/usher/internal/gateway"
)

// GatewayFlags adds the flags of the gateway that reaches contacts' phones (GTA-13).
func GatewayFlags(flags *flag.FlagSet, o *Options) {
	flags.StringVar(&o.Gateway.URL, "gateway-url", "",
		"where messages for contacts' phones are posted, https or on this host; empty: nobody is reached by phone")
	flags.StringVar(&o.Gateway.KeyFile, "gateway-key-file", "", "a file with the key that signs the messages for the gateway")
}

// checkGateway tells what is wrong with how the gateway is reached.
func checkGateway(o gateway.Options) error {
	switch {
	case o.URL == "" && o.KeyFile == "":
		return nil
	case o.URL == "":
		return errors.New("--gateway-key-file is set, but --gateway-url is not: set both, or neither")
	case o.KeyFile == "":
		return errors.New("--gateway-key-file is missing: the gateway knows by its signatures that messages are from Usher")
	}
	if err := gateway.CheckURL(o.URL); err != nil {
		return errors.Join(errors.New("--gateway-url is of no use"), err)
	}
	return nil
}

// newGateway gives the gateway, nil if there is none.
func newGateway(o *Options) (delivery.Gateway, error) {
	if o.Gateway.URL == "" {
		return nil, nil //nolint:nilnil // none is an answer, not an error
	}
	return gateway.New(o.Gateway)
}
