package host

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"

	"smoltcp/dissect"
	"smoltcp/stack/dns"
)

// Resolver looks names up as net.Resolver does, but by this host: its sockets ask the host's name servers (see Host.NameServers), and the hosts of
// the link for names in .local. Nothing of the machine takes part, neither its servers nor its /etc/hosts. Errors are a *net.DNSError
// with IsNotFound, IsTimeout and IsTemporary as Go's own resolver sets them; errors.Is finds the error of package dns, or that of the
// context or the socket, inside. It may be used by many goroutines at once; Start is for programs inside the loop.
type Resolver struct {
	host    *Host
	machine *dns.Resolver
	driver  resolverDriver
	rand    io.Reader
}

// configureDNS takes the part of Config that is about names.
func (h *Host) configureDNS(cfg dns.Config, random io.Reader) {
	if cfg.Rand == nil {
		if cfg.Rand = random; random == nil {
			cfg.Rand = rand.Reader
		}
	}
	n := NameServers{Servers: slices.Clone(cfg.Servers), Search: texts(cfg.Search)}
	cfg.Servers, cfg.Search = nil, nil
	h.dns = cfg
	h.setNames(namesByHand, n)
	h.watchNames(func() {
		for _, r := range h.resolvers {
			r.driver.namesChanged()
		}
	})
}

// Resolver gives the host's resolver. All who look names up there share its cache.
func (h *Host) Resolver() *Resolver {
	h.lock()
	defer h.unlock()
	return h.sharedResolver()
}

func (h *Host) sharedResolver() *Resolver {
	if h.resolver == nil {
		h.resolver = h.newResolver(h.dns)
	}
	return h.resolver
}

// NewResolver makes another resolver, with a cache of its own. It asks cfg.Servers and searches cfg.Search; where one of them is empty, it follows
// the host. Without cfg.Rand it draws from the host's randomness. Close ends it.
func (h *Host) NewResolver(cfg dns.Config) *Resolver {
	h.lock()
	defer h.unlock()
	if cfg.Rand == nil {
		cfg.Rand = h.dns.Rand
	}
	return h.newResolver(cfg)
}

// Close ends the resolver: lookups that are under way fail with net.ErrClosed. The host's own ends with the host.
func (r *Resolver) Close() {
	r.host.lock()
	defer r.host.unlock()
	r.driver.end()
	delete(r.host.open, r)
	r.host.resolvers = slices.DeleteFunc(r.host.resolvers, func(o *Resolver) bool { return o == r })
}

// Counters say what the resolver did since it was made.
func (r *Resolver) Counters() dns.Counters {
	r.host.lock()
	defer r.host.unlock()
	return r.machine.Counters
}

// Query asks for the records of a name, for each of types, and gives a result for each, in their order. A name without a dot at its end is tried
// with the search list too. What came of it is in Result.Err; the error is one of the name, of the context or of the host's end.
func (r *Resolver) Query(ctx context.Context, name string, types ...dns.Type) ([]dns.Result, error) {
	if err := ctx.Err(); err != nil {
		return nil, resolveError(name, "", err)
	}
	answer := make(chan []dns.Result, 1)
	r.host.lock()
	id, err := r.driver.start(name, func(list []dns.Result) { answer <- list }, types)
	r.host.unlock()
	if err != nil {
		return nil, resolveError(name, "", err)
	}
	select {
	case list := <-answer:
		return list, nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-r.driver.gone:
		err = net.ErrClosed
	}
	r.host.lock()
	defer r.host.unlock()
	select {
	case list := <-answer:
		return list, nil // it came after all
	default:
	}
	r.driver.cancel(id)
	return nil, resolveError(name, "", err)
}

// Start is Query for a program inside the loop, in Host.Do or a handler: done is called there, maybe before Start returns, and not at all if
// the resolver ends before.
func (r *Resolver) Start(name string, done func([]dns.Result), types ...dns.Type) error {
	_, err := r.driver.start(name, done, types)
	if err != nil {
		return resolveError(name, "", err)
	}
	return nil
}

// LookupNetIP gives the addresses of a host, those first that suit us best (RFC 6724); network is ip, ip4 or ip6. The text of an address
// is its own. A link-local address has its zone.
func (r *Resolver) LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error) {
	var types []dns.Type
	switch network {
	case "ip":
		types = []dns.Type{dissect.DNSTypeA, dissect.DNSTypeAAAA}
	case "ip4":
		types = []dns.Type{dissect.DNSTypeA}
	case "ip6":
		types = []dns.Type{dissect.DNSTypeAAAA}
	default:
		return nil, net.UnknownNetworkError(network)
	}
	if a, err := netip.ParseAddr(host); err == nil {
		if network != "ip" && a.Unmap().Is4() != (network == "ip4") {
			return nil, &net.AddrError{Err: "address of another IP version than " + network, Addr: host}
		}
		return []netip.Addr{a.Unmap()}, nil
	}
	results, err := r.Query(ctx, host, types...)
	if err != nil {
		return nil, err
	}
	var addrs []netip.Addr
	for i := range results {
		addrs = append(addrs, r.addrs(&results[i])...)
	}
	if len(addrs) == 0 {
		return nil, resultsError(host, results)
	}
	r.host.lock()
	r.host.stack.SortAddrs(addrs)
	r.host.unlock()
	return addrs, nil
}

// addrs are the addresses in a result.
func (r *Resolver) addrs(res *dns.Result) (list []netip.Addr) {
	for _, rec := range res.Records {
		a, ok := rec.Addr()
		if !ok || rec.Type != res.Type {
			continue
		}
		if a.Is6() && a.IsLinkLocalUnicast() {
			// The link is the one that the answer came from; a server's answer says nothing of links.
			a = a.WithZone(cmp.Or(res.Server.Addr().Zone(), r.host.ifc.Name()))
		}
		if a = a.Unmap(); !slices.Contains(list, a) {
			list = append(list, a)
		}
	}
	return list
}

// LookupHost gives the addresses of a host as text.
func (r *Resolver) LookupHost(ctx context.Context, host string) ([]string, error) {
	addrs, err := r.LookupNetIP(ctx, "ip", host)
	return texts(addrs), err
}

func texts[T fmt.Stringer](list []T) (out []string) {
	for _, v := range list {
		out = append(out, v.String())
	}
	return out
}

// LookupIPAddr gives the addresses of a host.
func (r *Resolver) LookupIPAddr(ctx context.Context, host string) (list []net.IPAddr, err error) {
	addrs, err := r.LookupNetIP(ctx, "ip", host)
	for _, a := range addrs {
		list = append(list, net.IPAddr{IP: a.AsSlice(), Zone: a.Zone()})
	}
	return list, err
}

// LookupIP gives the addresses of a host; network is as for LookupNetIP.
func (r *Resolver) LookupIP(ctx context.Context, network, host string) (list []net.IP, err error) {
	addrs, err := r.LookupNetIP(ctx, network, host)
	for _, a := range addrs {
		list = append(list, a.AsSlice())
	}
	return list, err
}

// LookupCNAME gives the name at the end of the aliases of a host. A host without an address is an error, one without aliases is not.
func (r *Resolver) LookupCNAME(ctx context.Context, host string) (string, error) {
	results, err := r.Query(ctx, host, dissect.DNSTypeA, dissect.DNSTypeAAAA)
	if err != nil {
		return "", err
	}
	for i := range results {
		if results[i].Err == nil {
			return results[i].Canonical().String(), nil
		}
	}
	return "", resultsError(host, results)
}

// records asks for one type.
func (r *Resolver) records(ctx context.Context, name string, t dns.Type) (*dns.Result, []dns.Record, error) {
	results, err := r.Query(ctx, name, t)
	if err != nil {
		return nil, nil, err
	}
	res := &results[0]
	if res.Err != nil {
		return nil, nil, resultsError(name, results)
	}
	list := slices.DeleteFunc(slices.Clone(res.Records), func(rec dns.Record) bool { return rec.Type != t })
	return res, list, nil
}

// LookupAddr gives the names of an address.
func (r *Resolver) LookupAddr(ctx context.Context, addr string) (names []string, err error) {
	a, err := netip.ParseAddr(addr)
	if err != nil {
		return nil, &net.DNSError{Err: "unrecognized address", Name: addr}
	}
	_, list, err := r.records(ctx, dns.Reverse(a).String(), dissect.DNSTypePTR)
	if err != nil {
		if e, ok := err.(*net.DNSError); ok {
			e.Name = addr
		}
		return nil, err
	}
	return sensible(addr, list, func(rec dns.Record, name string) { names = append(names, name) }, &names)
}

// LookupNS gives the name servers of a zone.
func (r *Resolver) LookupNS(ctx context.Context, name string) (out []*net.NS, err error) {
	_, list, err := r.records(ctx, name, dissect.DNSTypeNS)
	if err != nil {
		return nil, err
	}
	return sensible(name, list, func(_ dns.Record, host string) { out = append(out, &net.NS{Host: host}) }, &out)
}

// LookupMX gives the mail servers of a domain, the preferred ones first.
func (r *Resolver) LookupMX(ctx context.Context, name string) (out []*net.MX, err error) {
	_, list, err := r.records(ctx, name, dissect.DNSTypeMX)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(list, func(a, b dns.Record) int { return cmp.Compare(number(a, 0), number(b, 0)) })
	return sensible(name, list, func(rec dns.Record, host string) { out = append(out, &net.MX{Host: host, Pref: number(rec, 0)}) }, &out)
}

// LookupTXT gives the texts of a name, the pieces of each record put together.
func (r *Resolver) LookupTXT(ctx context.Context, name string) (out []string, err error) {
	_, list, err := r.records(ctx, name, dissect.DNSTypeTXT)
	for _, rec := range list {
		var text strings.Builder
		for d := rec.Data; len(d) > 0; {
			n := min(1+int(d[0]), len(d))
			text.Write(d[1:n])
			d = d[n:]
		}
		out = append(out, text.String())
	}
	return out, err
}

// LookupSRV gives the servers of a service: _service._proto.name, or name as it is if service and proto are empty. They come in the order in
// which they are to be tried: by priority, and drawn by weight within one (RFC 2782). cname is the name that has the records.
func (r *Resolver) LookupSRV(ctx context.Context, service, proto, name string) (cname string, out []*net.SRV, err error) {
	if service != "" || proto != "" {
		name = "_" + service + "._" + proto + "." + name
	}
	res, list, err := r.records(ctx, name, dissect.DNSTypeSRV)
	if err != nil {
		return "", nil, err
	}
	r.host.lock()
	r.byWeight(list)
	r.host.unlock()
	out, err = sensible(name, list, func(rec dns.Record, host string) {
		out = append(out, &net.SRV{Target: host, Port: number(rec, 4), Priority: number(rec, 0), Weight: number(rec, 2)})
	}, &out)
	return res.Canonical().String(), out, err
}

// byWeight orders SRV records.
func (r *Resolver) byWeight(list []dns.Record) {
	slices.SortStableFunc(list, func(a, b dns.Record) int {
		// Those without weight first, so that they have a small chance (RFC 2782).
		return cmp.Or(cmp.Compare(number(a, 0), number(b, 0)), cmp.Compare(min(number(a, 2), 1), min(number(b, 2), 1)))
	})
	for i := range list {
		end, sum := i, 0
		for ; end < len(list) && number(list[end], 0) == number(list[i], 0); end++ {
			sum += int(number(list[end], 2))
		}
		var b [4]byte
		_, _ = io.ReadFull(r.rand, b[:])
		at := int(binary.BigEndian.Uint32(b[:])) % (sum + 1)
		for j := i; j < end; j++ {
			if at -= int(number(list[j], 2)); at <= 0 {
				chosen := list[j]
				copy(list[i+1:j+1], list[i:j])
				list[i] = chosen
				break
			}
		}
	}
}

// number is the number of two bytes in a record's data, 0 if that is too short.
func number(r dns.Record, at int) uint16 {
	if at+2 > len(r.Data) {
		return 0
	}
	return binary.BigEndian.Uint16(r.Data[at:])
}

// sensible calls add for the records whose target is the name of a host, and gives *out, which that fills. A name with anything but letters,
// digits, - and _ in it may be meant to hurt whoever prints it or hands it to a shell: as in package net it is left out, and the error says so.
func sensible[T any](name string, list []dns.Record, add func(dns.Record, string), out *[]T) ([]T, error) {
	var err error
	for _, rec := range list {
		target, ok := rec.Target()
		if text := target.String(); ok && isHostName(text) {
			add(rec, text)
		} else {
			err = &net.DNSError{Err: "DNS response contained records which contain invalid names", Name: name}
		}
	}
	return *out, err
}

func isHostName(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool {
		return !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.')
	})
}
