// Copyright The Usher Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"syscall"

	"github.com/vishvananda/netlink"
)

// ensureNetwork makes the bridge and the routes of the cluster's network. It chooses a network that nothing on the machine uses when
// the cluster has none yet.
func (v *supervisor) ensureNetwork() error {
	if v.state.Network != nil {
		return v.state.Network.ensure(v.paths.dev(""), v.state.Nodes)
	}
	for index := range networks {
		n := network{Index: index}
		used, err := n.used()
		if err != nil {
			return err
		}
		if used {
			continue
		}
		err = n.ensure(v.paths.dev(""), v.state.Nodes)
		if errors.Is(err, errNetworkTaken) {
			continue
		}
		if err != nil {
			return err
		}
		v.state.Network = &n
		return v.state.save(v.paths.state())
	}
	return fmt.Errorf("no network is left for the nodes: %d others exist, or the machine has routes to 10.%d.0.0 and up; "+
		"`ip -details link show type bridge` shows whose they are, `make down` in those checkouts frees them", networks, firstNetwork)
}

var errNetworkTaken = errors.New("another cluster has this network")

// used reports whether a route of the machine leads to one of the addresses.
func (n network) used() (bool, error) {
	_, ours, err := net.ParseCIDR(n.all())
	if err != nil {
		return false, err
	}
	routes, err := netlink.RouteList(nil, netlink.FAMILY_V4)
	if err != nil {
		return false, fmt.Errorf("cannot list the machine's routes: %w", err)
	}
	for _, route := range routes {
		if route.Dst == nil {
			continue
		}
		ones, _ := route.Dst.Mask.Size()
		if ones > 0 && (route.Dst.Contains(ours.IP) || ours.Contains(route.Dst.IP)) {
			return true, nil
		}
	}
	return false, nil
}

// ensure makes the bridge, whose alias says which cluster it belongs to. The kernel makes it for one of several that try.
func (n network) ensure(owner string, nodes int) error {
	link, err := netlink.LinkByName(n.bridge())
	if err != nil {
		// The address of its own keeps the machine's neighbors from having to learn another one when a node comes or goes.
		attributes := netlink.LinkAttrs{
			Name: n.bridge(), Alias: owner, TxQLen: -1,
			HardwareAddr: net.HardwareAddr{0x02, 'u', 's', 'h', 0, byte(n.Index)},
		}
		bridge := &netlink.Bridge{LinkAttrs: attributes}
		if err := netlink.LinkAdd(bridge); err != nil {
			if errors.Is(err, fs.ErrExist) {
				return errNetworkTaken
			}
			return fmt.Errorf("cannot create the bridge %s, which needs root and a kernel with CONFIG_BRIDGE: %w", n.bridge(), err)
		}
		if err := netlink.LinkSetAlias(bridge, owner); err != nil {
			return err
		}
		link = bridge
	} else if link.Attrs().Alias != owner {
		return fmt.Errorf("%w: the bridge %s belongs to %q; run `make down`, then `make up` for a cluster with another one",
			errNetworkTaken, n.bridge(), link.Attrs().Alias)
	}
	if err := address(link, withBits(n.host())); err != nil {
		return err
	}
	if err := netlink.LinkSetUp(link); err != nil {
		return fmt.Errorf("%s: %w", n.bridge(), err)
	}
	for _, r := range n.routes(nodes) {
		if err := r.add(); err != nil {
			return err
		}
	}
	return nil
}

// route leads to a range of addresses.
type route struct {
	To  string `json:"to"`
	Via string `json:"via"`
}

// routes lead from the bridge to pods, and through the gateway to Services.
func (n network) routes(nodes int) []route {
	all := []route{{To: n.services(), Via: n.gateway()}}
	return append(all, n.podRoutes(nodes)...)
}

func (n network) podRoutes(nodes int) (all []route) {
	for i := 1; i <= nodes; i++ {
		all = append(all, route{To: n.pods(i), Via: n.node(i)})
	}
	return all
}

func (r route) add() error {
	_, to, err := net.ParseCIDR(r.To)
	if err != nil {
		return err
	}
	if err := netlink.RouteReplace(&netlink.Route{Dst: to, Gw: net.ParseIP(r.Via)}); err != nil {
		return fmt.Errorf("route to %s: %w", r.To, err)
	}
	return nil
}

// address gives a link an address, unless it has it.
func address(link netlink.Link, cidr string) error {
	parsed, err := netlink.ParseAddr(cidr)
	if err != nil {
		return err
	}
	if err := netlink.AddrAdd(link, parsed); err != nil && !errors.Is(err, syscall.EEXIST) {
		return fmt.Errorf("%s: address %s: %w", link.Attrs().Name, cidr, err)
	}
	return nil
}

// removeBridges deletes the bridges of a cluster, with their routes.
func removeBridges(owner string) (removed []string, err error) {
	links, err := netlink.LinkList()
	if err != nil {
		return nil, fmt.Errorf("cannot list the machine's network links: %w", err)
	}
	for _, link := range links {
		if link.Type() != "bridge" || link.Attrs().Alias != owner {
			continue
		}
		if err := netlink.LinkDel(link); err != nil {
			return removed, fmt.Errorf("cannot delete the bridge %s: %w", link.Attrs().Name, err)
		}
		removed = append(removed, link.Attrs().Name)
	}
	return removed, nil
}
