package commands

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/urfave/cli/v2"

	"smoltcp/stack/dns"
)

// Hosts of this program look names up by themselves: at name servers that flags name, or DHCP or a router, and at the hosts of the link
// for names in .local. The machine's own servers and its /etc/hosts say nothing here.

// nameOptions is whom a host asks for names.
type nameOptions struct {
	servers []netip.AddrPort
	search  []string
}

// nameFlags are those of clients.
func nameFlags(category string) []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Category: category, Name: "server", Usage: "ask `ADDR` for names, or ADDR:PORT; may be repeated, in the order in which they are tried. Names in .local are asked for on the link"},
		&cli.StringSliceFlag{Category: category, Name: "search", Usage: "try names without a dot at their end in `DOMAIN` too; may be repeated"},
	}
}

func (n *nameOptions) read(c *cli.Context) (err error) {
	if n.servers, err = readServers("server", c.StringSlice("server")); err != nil {
		return err
	}
	for _, text := range c.StringSlice("search") {
		if _, err := dns.ParseName(text); err != nil {
			return usagef("--search %s: %w", text, err)
		}
		n.search = append(n.search, text)
	}
	return nil
}

// readServers reads the addresses of name servers.
func readServers(flag string, list []string) (out []netip.AddrPort, err error) {
	for _, text := range list {
		server, ok := readServer(text)
		if !ok {
			return nil, usagef("--%s %s: want an IP address, with a port behind it or without: 192.168.69.100, 192.168.69.100:5300, [fdaa::100]:5300", flag, text)
		}
		out = append(out, server)
	}
	if len(out) > dns.MaxServers {
		return nil, usagef("--%s: %d servers, %d are enough", flag, len(out), dns.MaxServers)
	}
	return out, nil
}

// readServer reads the address of a name server, with a port behind a colon, or as dig writes it behind #.
func readServer(text string) (netip.AddrPort, bool) {
	if addr, port, ok := strings.Cut(text, "#"); ok {
		text = net.JoinHostPort(addr, port)
	}
	server, err := netip.ParseAddrPort(text)
	if err != nil {
		a, err := netip.ParseAddr(text)
		if err != nil {
			return server, false
		}
		server = netip.AddrPortFrom(a, dns.Port)
	}
	a := server.Addr().Unmap()
	return netip.AddrPortFrom(a, server.Port()), server.Port() != 0 && !a.IsUnspecified() && !a.IsMulticast()
}

// config is what a host is told of names.
func (n *nameOptions) config() dns.Config {
	cfg := dns.Config{Servers: n.servers}
	for _, text := range n.search {
		if name, err := dns.ParseName(text); err == nil {
			cfg.Search = append(cfg.Search, name)
		}
	}
	return cfg
}

// awaitServers waits until the host may speak to its name servers: to one with an IPv6 address it needs one too.
func (c *client) awaitServers(ctx context.Context) error {
	for _, s := range c.NameServers().Servers {
		if s.Addr().Is6() {
			return c.awaitAddr(ctx)
		}
	}
	return nil
}

// lookUpHost gives the address of a host by its name: the one that suits best, of IP version 4 or 6, or 0 for either.
func (c *client) lookUpHost(ctx context.Context, name string, version int) (netip.Addr, error) {
	if err := c.awaitServers(ctx); err != nil {
		return netip.Addr{}, err
	}
	network := "ip"
	if version != 0 {
		network = fmt.Sprintf("ip%d", version)
	}
	list, err := c.Resolver().LookupNetIP(ctx, network, name)
	if err != nil {
		return netip.Addr{}, nameError(name, err)
	}
	return list[0], nil
}

// nameError says in the words of ping and its like why a name has no address.
func nameError(name string, err error) error {
	var e *net.DNSError
	switch {
	case errors.Is(err, dns.ErrNoServers):
		return fmt.Errorf("%s: no name server is known (--server or --dhcp names one)", name)
	case !errors.As(err, &e):
		return fmt.Errorf("%s: %w", name, err)
	case e.IsNotFound:
		return fmt.Errorf("%s: Name or service not known", name)
	case e.IsTemporary || e.IsTimeout:
		return fmt.Errorf("%s: Temporary failure in name resolution", name)
	}
	return fmt.Errorf("%s: %s", name, e.Err)
}
