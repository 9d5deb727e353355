package host_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"smoltcp/capture"
	"smoltcp/dissect"
	"smoltcp/stack"
	"smoltcp/stack/dns"
	"smoltcp/stack/host"
)

// newHostWith makes a host with a configuration of its own, that runs until the test ends.
func newHostWith(t testing.TB, dev host.Device, mac byte, cfg host.Config, addrs ...string) *host.Host {
	t.Helper()
	cfg.Stack.DADTransmits = -1
	cfg.Interface.Name = "if1"
	cfg.Interface.HardwareAddr = dissect.MAC{2, 0, 0, 0, 0, mac}
	for _, a := range addrs {
		cfg.Interface.Addrs = append(cfg.Interface.Addrs, netip.MustParsePrefix(a))
	}
	return runHost(t, dev, cfg)
}

// namePair makes a host that asks, and one that the name servers of a test run on.
func namePair(t testing.TB, cfg dns.Config) (asks, serves *host.Host) {
	x, y := capture.Pipe(1500)
	if cfg.Servers == nil {
		cfg.Servers = []netip.AddrPort{netip.MustParseAddrPort(addrB + ":53")}
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = time.Second
	}
	return newHostWith(t, x, 1, host.Config{DNS: cfg}, addrA+"/24", "2001:db8::1/64", "fe80::1/64"),
		newHostWith(t, y, 2, host.Config{}, addrB+"/24", "2001:db8::2/64", "fe80::2/64")
}

func name(text string) dns.Name {
	n, err := dns.ParseName(text)
	if err != nil {
		panic(err)
	}
	return n
}

func record(owner string, t dns.Type, data ...byte) dns.Record {
	return dns.Record{Name: name(owner), Type: t, Class: dissect.DNSClassIN, TTL: 60, Data: data}
}

func address(owner, addr string) dns.Record {
	a := netip.MustParseAddr(addr)
	t := dissect.DNSTypeAAAA
	if a.Is4() {
		t = dissect.DNSTypeA
	}
	return record(owner, t, a.AsSlice()...)
}

func pointer(owner string, t dns.Type, target string, before ...byte) dns.Record {
	return record(owner, t, append(before, name(target)...)...)
}

// zone is what a test's name server knows.
type zone []dns.Record

// answer is the reply to a query: the records of the name, along one alias, or that there is no such name.
func (z zone) answer(q *dns.Message) *dns.Message {
	r := &dns.Message{Header: q.Header, Questions: q.Questions}
	r.Header.Response, r.Header.RecursionAvailable = true, true
	r.Header.Rcode = dissect.DNSRcode(dns.RcodeNoName)
	asked := q.Questions[0]
	owner := asked.Name
	for _, rec := range z {
		if rec.Name.Equal(owner) {
			r.Header.Rcode = 0
			if rec.Type == asked.Type {
				r.Answer = append(r.Answer, rec)
			} else if target, ok := rec.Target(); ok && rec.Type == dissect.DNSTypeCNAME {
				r.Answer = append(r.Answer, rec)
				owner = target
			}
		}
	}
	return r
}

// nameServer answers on port 53 of a host, by UDP and TCP, as reply says: nil for no answer. It gives the number of queries so far.
func nameServer(t testing.TB, h *host.Host, addr string, reply func(q *dns.Message, tcp bool) *dns.Message) *atomic.Int32 {
	t.Helper()
	var count atomic.Int32
	u, err := h.ListenPacket("udp", net.JoinHostPort(addr, "53"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := h.Listen("tcp", net.JoinHostPort(addr, "53"))
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		buf := make([]byte, 1<<16)
		for {
			n, from, err := u.ReadFrom(buf)
			if err != nil {
				return
			}
			if q, err := dns.ParseMessage(buf[:n]); err == nil {
				count.Add(1)
				if r := reply(q, false); r != nil {
					_, _ = u.WriteTo(r.Append(nil), from)
				}
			}
		}
	}()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				var s dns.Stream
				buf := make([]byte, 1024)
				for {
					n, err := c.Read(buf)
					if err != nil {
						return
					}
					s.Write(buf[:n], func(b []byte) bool {
						q, err := dns.ParseMessage(b)
						if err != nil {
							return false
						}
						count.Add(1)
						r := reply(q, true)
						if r == nil {
							return false
						}
						_, err = c.Write(dns.AppendPrefixed(nil, r.Append(nil)))
						return err == nil
					})
				}
			}()
		}
	}()
	return &count
}

var testZone = zone{
	address("www.test", "10.0.0.2"), address("www.test", "2001:db8::2"), address("v4.test", "10.0.0.2"),
	pointer("alias.test", dissect.DNSTypeCNAME, "v4.test"), address("v4.test", "10.0.0.3"),
	pointer("mail.test", dissect.DNSTypeMX, "b.test", 0, 20), pointer("mail.test", dissect.DNSTypeMX, "a.test", 0, 10),
	record("text.test", dissect.DNSTypeTXT, []byte("\x05hello\x06 world")...), record("text.test", dissect.DNSTypeTXT, 1, '2'),
	pointer("test", dissect.DNSTypeNS, "ns.test"),
	pointer("_http._tcp.test", dissect.DNSTypeSRV, "second.test", 0, 2, 0, 0, 0, 80),
	pointer("_http._tcp.test", dissect.DNSTypeSRV, "first.test", 0, 1, 0, 5, 0x1f, 0x90),
	pointer("2.0.0.10.in-addr.arpa", dissect.DNSTypePTR, "www.test"),
	pointer("3.0.0.10.in-addr.arpa", dissect.DNSTypePTR, `a\;reboot.test`),
}

// TestResolver goes through what net.Resolver has.
func TestResolver(t *testing.T) {
	t.Parallel()
	a, b := namePair(t, dns.Config{Search: []dns.Name{name("test")}})
	nameServer(t, b, "", func(q *dns.Message, _ bool) *dns.Message { return testZone.answer(q) })
	r, ctx := a.Resolver(), context.Background()
	check := func(what string, got any, err error, want string) {
		t.Helper()
		if text := strings.TrimSpace(toText(got)); err != nil || text != want {
			t.Errorf("%s: %s, %v, want %s", what, text, err, want)
		}
	}
	hosts, err := r.LookupHost(ctx, "www.test")
	check("LookupHost", hosts, err, "2001:db8::2 10.0.0.2")
	hosts, err = r.LookupHost(ctx, "v4") // by the search list
	check("LookupHost", hosts, err, "10.0.0.2 10.0.0.3")
	hosts, err = r.LookupHost(ctx, "10.9.9.9")
	check("LookupHost", hosts, err, "10.9.9.9")
	addrs, err := r.LookupNetIP(ctx, "ip4", "www.test")
	check("LookupNetIP", addrs, err, "10.0.0.2")
	addrs, err = r.LookupNetIP(ctx, "ip6", "www.test")
	check("LookupNetIP", addrs, err, "2001:db8::2")
	ips, err := r.LookupIPAddr(ctx, "v4.test")
	check("LookupIPAddr", []any{&ips[0], &ips[1]}, err, "10.0.0.2 10.0.0.3")
	ip, err := r.LookupIP(ctx, "ip6", "www.test")
	check("LookupIP", ip, err, "2001:db8::2")
	cname, err := r.LookupCNAME(ctx, "alias.test")
	check("LookupCNAME", cname, err, "v4.test.")
	names, err := r.LookupAddr(ctx, "10.0.0.2")
	check("LookupAddr", names, err, "www.test.")
	txt, err := r.LookupTXT(ctx, "text.test")
	check("LookupTXT", strings.Join(txt, "|"), err, "hello world|2")
	mx, err := r.LookupMX(ctx, "mail.test")
	if err != nil || len(mx) != 2 || *mx[0] != (net.MX{Host: "a.test.", Pref: 10}) || *mx[1] != (net.MX{Host: "b.test.", Pref: 20}) {
		t.Errorf("LookupMX: %v, %v", mx, err)
	}
	ns, err := r.LookupNS(ctx, "test")
	if err != nil || len(ns) != 1 || ns[0].Host != "ns.test." {
		t.Errorf("LookupNS: %v, %v", ns, err)
	}
	cname, srv, err := r.LookupSRV(ctx, "http", "tcp", "test")
	if err != nil || cname != "_http._tcp.test." || len(srv) != 2 || *srv[0] != (net.SRV{Target: "first.test.", Port: 8080, Priority: 1, Weight: 5}) ||
		*srv[1] != (net.SRV{Target: "second.test.", Port: 80, Priority: 2}) {
		t.Errorf("LookupSRV: %s, %v, %v", cname, srv, err)
	}
	// A name that a shell would act on is left out.
	if names, err := r.LookupAddr(ctx, "10.0.0.3"); len(names) != 0 || err == nil || !strings.Contains(err.Error(), "invalid names") {
		t.Errorf("LookupAddr of a strange name: %v, %v", names, err)
	}
}

func toText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []string:
		return strings.Join(v, " ")
	case []netip.Addr:
		return join(v)
	case []net.IP:
		return join(v)
	case []any:
		var list []string
		for _, x := range v {
			list = append(list, x.(interface{ String() string }).String())
		}
		return strings.Join(list, " ")
	}
	return "?"
}

func join[T interface{ String() string }](list []T) string {
	var out []string
	for _, v := range list {
		out = append(out, v.String())
	}
	return strings.Join(out, " ")
}

// TestResolverErrors: what package net says of names, so that programs can tell a name that is not there from a server that is not.
func TestResolverErrors(t *testing.T) {
	t.Parallel()
	a, b := namePair(t, dns.Config{Attempts: 1, Timeout: time.Second, MulticastTimeout: 300 * time.Millisecond})
	ask := make(chan struct{}, 10)
	nameServer(t, b, "", func(q *dns.Message, _ bool) *dns.Message {
		r := testZone.answer(q)
		switch q.Questions[0].Name {
		case name("broken.test"):
			r.Header.Rcode = dissect.DNSRcode(dns.RcodeServFail)
		case name("silent.test"):
			return nil
		case name("later.test"):
			ask <- struct{}{}
			return nil
		}
		return r
	})
	r, ctx := a.Resolver(), context.Background()
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	later, stop := context.WithCancel(ctx)
	go func() {
		<-ask
		stop()
	}()
	for _, c := range []struct {
		ctx                          context.Context
		name                         string
		is                           error
		notFound, timeout, temporary bool
		server                       bool
	}{
		{ctx, "nonesuch.test", dns.ErrNoName, true, false, false, true},
		{ctx, "text.test", dns.ErrNoData, true, false, false, true},
		{ctx, "a..b", dns.ErrBadName, true, false, false, false},
		{ctx, "x.invalid", dns.ErrNoName, true, false, false, false},
		{ctx, "broken.test", dns.ErrServer, false, false, true, true},
		{short, "silent.test", context.DeadlineExceeded, false, true, false, false},
		{later, "later.test", context.Canceled, false, false, false, false},
		{canceled, "www.test", context.Canceled, false, false, false, false},
		{ctx, "silent.test", dns.ErrTimeout, false, true, true, false},
		{ctx, "nobody.local", dns.ErrTimeout, true, false, false, false},
	} {
		list, err := r.LookupHost(c.ctx, c.name)
		var e *net.DNSError
		if len(list) > 0 || !errors.As(err, &e) {
			t.Errorf("%s: %v, %v", c.name, list, err)
			continue
		}
		if !errors.Is(err, c.is) || e.Name != c.name || e.IsNotFound != c.notFound || e.Timeout() != c.timeout || e.IsTemporary != c.temporary || (e.Server != "") != c.server {
			t.Errorf("%s: %+v, want %v", c.name, e, c)
		}
	}
	if _, err := r.LookupNetIP(ctx, "ip5", "www.test"); !errors.As(err, new(net.UnknownNetworkError)) {
		t.Errorf("network ip5: %v", err)
	}

	// Nobody at the port, no way to the server, nobody known at all.
	for _, c := range []struct {
		server string
		is     error
	}{{addrB + ":54", syscall.ECONNREFUSED}, {"192.0.2.1:53", syscall.ENETUNREACH}} {
		a.SetNameServers(host.NameServers{Servers: []netip.AddrPort{netip.MustParseAddrPort(c.server)}})
		if _, err := r.LookupHost(ctx, "www.test"); !errors.Is(err, c.is) {
			t.Errorf("server %s: %v", c.server, err)
		}
		overTCP := a.NewResolver(dns.Config{TCP: true})
		if _, err := overTCP.LookupHost(ctx, "www.test"); !errors.Is(err, c.is) {
			t.Errorf("server %s over TCP: %v", c.server, err)
		}
		overTCP.Close()
	}
	a.SetNameServers(host.NameServers{})
	if _, err := r.LookupHost(ctx, "www.test"); !errors.Is(err, dns.ErrNoServers) {
		t.Errorf("no server: %v", err)
	}
	// The end of the host, and of a resolver.
	other := a.NewResolver(dns.Config{Servers: []netip.AddrPort{netip.MustParseAddrPort(addrB + ":53")}, Timeout: time.Minute})
	for _, end := range []func(){other.Close, func() { a.Close() }} {
		go func() {
			<-ask
			end()
		}()
		if _, err := other.LookupNetIP(ctx, "ip4", "later.test"); !errors.Is(err, net.ErrClosed) {
			t.Errorf("after the end: %v", err)
		}
		other = r
		a.SetNameServers(host.NameServers{Servers: []netip.AddrPort{netip.MustParseAddrPort(addrB + ":53")}})
	}
	if _, err := r.LookupHost(ctx, "www.test"); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after the host: %v", err)
	}
}

// TestResolverServers: a truncated answer is asked for over TCP, a server that fails makes room for the next, an answer is remembered for all
// who ask the host's resolver, and new servers take over what is pending.
func TestResolverServers(t *testing.T) {
	t.Parallel()
	a, b := namePair(t, dns.Config{
		Servers: []netip.AddrPort{netip.MustParseAddrPort("10.0.0.2:53"), netip.MustParseAddrPort("[2001:db8::2]:53"), netip.MustParseAddrPort("[fe80::2]:53")},
		Timeout: time.Minute,
	})
	large := zone{}
	for i := range 100 {
		large = append(large, record("large.test", dissect.DNSTypeTXT, append([]byte{100}, strings.Repeat(string(rune('a'+i%26)), 99)+string(rune(i))...)...))
	}
	bad := nameServer(t, b, "10.0.0.2", func(q *dns.Message, _ bool) *dns.Message {
		r := testZone.answer(q)
		r.Answer, r.Header.Rcode = nil, dissect.DNSRcode(dns.RcodeServFail)
		return r
	})
	var hush sync.Once
	asked := make(chan struct{})
	silent := nameServer(t, b, "2001:db8::2", func(q *dns.Message, tcp bool) *dns.Message {
		if q.Questions[0].Name.Equal(name("silent.test")) {
			hush.Do(func() { close(asked) })
			return nil
		}
		r := slices.Concat(testZone, large).answer(q)
		if !tcp && len(r.Append(nil)) > 1232 {
			r.Answer, r.Header.Truncation = nil, true
		}
		return r
	})
	linkLocal := nameServer(t, b, "fe80::2%if1", func(q *dns.Message, _ bool) *dns.Message {
		return zone{address("silent.test", "10.0.0.9")}.answer(q)
	})
	r, ctx := a.Resolver(), context.Background()
	if list, err := r.LookupTXT(ctx, "large.test"); err != nil || len(list) != 100 {
		t.Errorf("a large answer: %d texts, %v", len(list), err)
	}
	if c := r.Counters(); bad.Load() != 1 || silent.Load() != 2 || c.TCPQueries != 1 || c.Truncation != 1 {
		t.Errorf("%d and %d queries, %+v", bad.Load(), silent.Load(), c)
	}
	if _, err := a.Resolver().LookupTXT(ctx, "LARGE.test"); err != nil || silent.Load() != 2 || r.Counters().CacheHits != 1 {
		t.Errorf("not from the cache: %v, %d queries", err, silent.Load())
	}
	results := make(chan string, 1)
	go func() {
		list, err := r.LookupNetIP(ctx, "ip4", "silent.test")
		results <- toText(list) + " " + errText(err)
	}()
	<-asked
	a.SetNameServers(host.NameServers{Servers: []netip.AddrPort{netip.MustParseAddrPort("[fe80::2]:53")}})
	select {
	case got := <-results:
		if got != "10.0.0.9 ok" || linkLocal.Load() != 1 {
			t.Errorf("after other servers: %s", got)
		}
	case <-time.After(10 * time.Second):
		t.Error("the pending look-up did not go to the new server")
	}
}

func errText(err error) string {
	if err == nil {
		return "ok"
	}
	return err.Error()
}

// TestDialName: names are dialed by the address that answers first, whichever IP version it is of (RFC 8305).
func TestDialName(t *testing.T) {
	t.Parallel()
	a, b := namePair(t, dns.Config{})
	nameServer(t, b, "", func(q *dns.Message, _ bool) *dns.Message {
		return slices.Concat(testZone, zone{
			address("dark6.test", "2001:db8::dead"), address("dark6.test", "10.0.0.2"), // IPv6 comes first, and nobody answers there
			address("refused.test", "2001:db8::2"), address("refused.test", "10.0.0.2"),
			address("dark.test", "10.0.0.77"),
		}).answer(q)
	})
	l, err := b.Listen("tcp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	l4, err := b.Listen("tcp4", ":81")
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []net.Listener{l, l4} {
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				go func() {
					_, _ = io.Copy(c, c)
					c.Close()
				}()
			}
		}()
	}
	u, err := b.ListenPacket("udp", ":80")
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	ctx := context.Background()
	for _, c := range []struct{ network, address, remote string }{
		{"tcp", "www.test:80", "[2001:db8::2]:80"},
		{"tcp4", "www.test:80", "10.0.0.2:80"},
		{"tcp6", "www.test:80", "[2001:db8::2]:80"},
		{"tcp", "refused.test:81", "10.0.0.2:81"},
		{"tcp", "dark6.test:80", "10.0.0.2:80"},
		{"udp", "www.test:80", "[2001:db8::2]:80"},
	} {
		start := time.Now()
		conn, err := a.Dial(ctx, c.network, c.address)
		if err != nil {
			t.Errorf("%s %s: %v", c.network, c.address, err)
			continue
		}
		if got := conn.RemoteAddr().String(); got != c.remote || time.Since(start) > 2*time.Second {
			t.Errorf("%s %s: connected to %s after %v, want %s", c.network, c.address, got, time.Since(start), c.remote)
		}
		conn.Close()
	}
	// With a local address its version, with data one address after the other.
	d := host.Dialer{Host: a, LocalAddr: netip.MustParseAddrPort(addrA + ":0")}
	conn, err := d.DialWith(ctx, "tcp", "www.test:80", []byte("once"))
	if err != nil {
		t.Fatal(err)
	}
	conn.(*host.TCPConn).CloseWrite()
	if text, err := io.ReadAll(conn); string(text) != "once" || err != nil || conn.RemoteAddr().String() != "10.0.0.2:80" {
		t.Errorf("with data: %q, %v from %v", text, err, conn.RemoteAddr())
	}
	conn.Close()
	short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	for _, c := range []struct {
		ctx     context.Context
		address string
		is      error
	}{
		{ctx, "www.test:82", syscall.ECONNREFUSED}, {ctx, "nonesuch.test:80", dns.ErrNoName}, {short, "dark.test:80", os.ErrDeadlineExceeded},
	} {
		conn, err := a.Dial(c.ctx, "tcp", c.address)
		var op *net.OpError
		if err == nil || !errors.Is(err, c.is) || !errors.As(err, &op) || op.Op != "dial" {
			t.Errorf("%s: %v, %v, want %v", c.address, conn, err, c.is)
		}
	}
}

// TestResolverInLoop: a program without goroutines asks from inside the loop.
func TestResolverInLoop(t *testing.T) {
	t.Parallel()
	a, b := namePair(t, dns.Config{})
	nameServer(t, b, "", func(q *dns.Message, _ bool) *dns.Message { return testZone.answer(q) })
	r, got := a.Resolver(), make(chan []dns.Result, 2)
	ask := func() error {
		return r.Start("v4.test.", func(list []dns.Result) {
			got <- list
			// A look-up from within the answer to another, which the cache knows.
			if err := r.Start("v4.test.", func(list []dns.Result) { got <- list }, dissect.DNSTypeA); err != nil {
				t.Error(err)
			}
		}, dissect.DNSTypeA)
	}
	a.Do(func(*stack.Stack) {
		if err := ask(); err != nil {
			t.Error(err)
		}
		if err := r.Start("a..b", nil, dissect.DNSTypeA); !errors.Is(err, dns.ErrBadName) {
			t.Errorf("a bad name: %v", err)
		}
	})
	for range 2 {
		select {
		case list := <-got:
			if len(list) != 1 || list[0].Err != nil || len(list[0].Records) != 2 {
				t.Errorf("%+v", list)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("no result")
		}
	}
}

// TestResolverPorts: every question has a port and an ID of its own, taken at random, and only what comes from the server's port to that port
// counts (RFC 5452).
func TestResolverPorts(t *testing.T) {
	t.Parallel()
	a, b := namePair(t, dns.Config{Timeout: time.Minute, CacheSize: -1})
	u, err := b.ListenPacket("udp", ":53")
	if err != nil {
		t.Fatal(err)
	}
	other, err := b.ListenPacket("udp", ":5300")
	if err != nil {
		t.Fatal(err)
	}
	const rounds = 50
	ports, ids := map[int]bool{}, map[uint16]bool{}
	go func() {
		buf := make([]byte, 4096)
		for {
			n, from, err := u.ReadFrom(buf)
			if err != nil {
				return
			}
			q, err := dns.ParseMessage(buf[:n])
			if err != nil {
				return
			}
			ports[from.(*net.UDPAddr).Port], ids[q.Header.ID] = true, true
			forged := zone{address("www.test", "10.6.6.6")}.answer(q)
			_, _ = other.WriteTo(forged.Append(nil), from) // from another port
			forged.Header.ID++
			_, _ = u.WriteTo(forged.Append(nil), from) // with another ID
			to := *from.(*net.UDPAddr)
			to.Port++
			_, _ = u.WriteTo(testZone.answer(q).Append(nil), &to) // to another port
			_, _ = u.WriteTo(testZone.answer(q).Append(nil), from)
		}
	}()
	for range rounds {
		if list, err := a.Resolver().LookupHost(context.Background(), "www.test"); err != nil || toText(list) != "2001:db8::2 10.0.0.2" {
			t.Fatalf("%v, %v", list, err)
		}
	}
	u.Close()
	// 100 questions: more than a few ports or IDs that come again would not be chance.
	if c := a.Resolver().Counters(); c.Answers != 2*rounds || c.RejectedID == 0 || len(ports) < 2*rounds-5 || len(ids) < 2*rounds-5 {
		t.Errorf("%d ports, %d IDs, %+v", len(ports), len(ids), c)
	}
	var inOrder int
	for p := range ports {
		if ports[p+1] {
			inOrder++
		}
	}
	if inOrder > 10 {
		t.Errorf("%d of %d ports follow another", inOrder, len(ports))
	}
}

// TestResolverLeavesNothing: after an answer over TCP, and after a look-up that was given up, no connection and no goroutine is left.
func TestResolverLeavesNothing(t *testing.T) {
	a, b := namePair(t, dns.Config{Timeout: time.Minute})
	nameServer(t, b, "", func(q *dns.Message, tcp bool) *dns.Message {
		r := testZone.answer(q)
		r.Header.Truncation = !tcp
		return r
	})
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithCancel(context.Background())
	r := a.NewResolver(dns.Config{Servers: []netip.AddrPort{netip.MustParseAddrPort(addrB + ":53")}})
	if _, err := r.LookupHost(ctx, "www.test"); err != nil {
		t.Fatal(err)
	}
	gone := a.NewResolver(dns.Config{Servers: []netip.AddrPort{netip.MustParseAddrPort(addrB + ":5353")}})
	time.AfterFunc(10*time.Millisecond, cancel)
	if _, err := gone.LookupHost(ctx, "nobody.local"); !errors.Is(err, context.Canceled) {
		t.Errorf("canceled: %v", err)
	}
	r.Close()
	gone.Close()
	r.Close()
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		conns, n := 0, runtime.NumGoroutine()
		a.Do(func(s *stack.Stack) {
			for range s.TCPSockets() {
				conns++
			}
		})
		if conns == 0 && n <= before {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%d connections, %d goroutines, before %d", conns, n, before)
		}
	}
}
