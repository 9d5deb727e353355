package commands

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"

	"smoltcp/dissect"
)

// files makes the files that a resolver reads; one that is not there is nil.
func files(texts map[string]string) func(string) io.Reader {
	return func(name string) io.Reader {
		if text, ok := texts[name]; ok {
			return strings.NewReader(text)
		}
		return nil
	}
}

// nobody answers no question.
func nobody(context.Context, string) ([]string, error) { return nil, errors.New("no such host") }

func testResolver(t *testing.T, o resolveOptions) *resolver {
	if o.open == nil {
		o.open = files(nil)
	}
	if o.lookup == nil {
		o.lookup = nobody
	}
	r := newResolver(o)
	t.Cleanup(r.close)
	return r
}

const (
	testHosts = `# comment
127.0.0.1 localhost loopback
127.0.0.1 another
10.0.0.1	one.example.org one # the first
::1 ip6-localhost
fe80::1%eth0 scoped
not-an-address name
10.0.0.2
`
	testEthers = `02:00:00:00:00:01 alice
2:0:0:0:0:a bob
02:00:00:00:01 short
02:00:00:00:00:zz odd
`
	testServices = `
http		80/tcp		www	# WorldWideWeb HTTP
late		80/tcp
ntp		123/udp
diameter	3868/sctp
dccpthing	5/dccp
broken		x/tcp
broken		70000/tcp
none
`
)

func TestResolverFiles(t *testing.T) {
	r := testResolver(t, resolveOptions{open: files(map[string]string{"/etc/hosts": testHosts, "/etc/ethers": testEthers, "/etc/services": testServices})})
	for addr, want := range map[string]string{
		"127.0.0.1": "localhost", "10.0.0.1": "one.example.org", "::1": "ip6-localhost", "10.0.0.2": "", "0.0.0.0": "", "255.255.255.255": "",
	} {
		if got := r.Host(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: %q, want %q", addr, got, want)
		}
	}
	for _, c := range []struct {
		proto dissect.IPProto
		port  uint16
		want  string
	}{
		{dissect.ProtoTCP, 80, "http"}, {dissect.ProtoUDP, 80, ""}, {dissect.ProtoUDP, 123, "ntp"}, {dissect.ProtoTCP, 123, ""},
		{dissect.ProtoSCTP, 3868, "diameter"}, {dissect.ProtoTCP, 4464, ""}, {dissect.ProtoTCP, 65535, ""}, {dissect.ProtoUDP, 0, ""},
	} {
		if got := r.Port(c.proto, c.port); got != c.want {
			t.Errorf("%v %d: %q, want %q", c.proto, c.port, got, c.want)
		}
	}
	for mac, want := range map[dissect.MAC]string{
		{2, 0, 0, 0, 0, 1}: "alice", {2, 0, 0, 0, 0, 10}: "bob", {2, 0, 0, 0, 1}: "", {}: "",
	} {
		if got := r.MAC(mac); got != want {
			t.Errorf("%v: %q, want %q", mac, got, want)
		}
	}
}

// TestResolverBuiltin is a machine without files.
func TestResolverBuiltin(t *testing.T) {
	r := testResolver(t, resolveOptions{})
	if got := r.Port(dissect.ProtoUDP, 53); got != "domain" {
		t.Errorf("udp 53 is %q", got)
	}
	if got := r.Port(dissect.ProtoTCP, 443); got != "https" {
		t.Errorf("tcp 443 is %q", got)
	}
	n := 0
	eachLine(strings.NewReader(builtinServices), func([]string) { n++ })
	if lines := strings.Count(builtinServices, "\n") - 1; n != lines {
		t.Errorf("%d of %d services are in the form of /etc/services", n, lines)
	}
}

func TestResolverFirstPart(t *testing.T) {
	r := testResolver(t, resolveOptions{
		open: files(map[string]string{"/etc/hosts": testHosts}), firstPart: true, wait: time.Minute,
		lookup: func(context.Context, string) ([]string, error) { return []string{"two.example.org."}, nil },
	})
	if got := r.Host(netip.MustParseAddr("10.0.0.1")); got != "one" {
		t.Errorf("of a file: %q", got)
	}
	if got := r.Host(netip.MustParseAddr("10.0.0.2")); got != "two" {
		t.Errorf("of DNS: %q", got)
	}
}

func TestResolverForeign(t *testing.T) {
	local := netip.MustParsePrefix("10.0.0.0/8")
	r := testResolver(t, resolveOptions{
		open:    files(map[string]string{"/etc/hosts": testHosts}),
		foreign: func(a netip.Addr) bool { return a.Is4() && !local.Contains(a) },
	})
	for addr, want := range map[string]string{"10.0.0.1": "one.example.org", "127.0.0.1": "", "::1": "ip6-localhost"} {
		if got := r.Host(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: %q, want %q", addr, got, want)
		}
	}
}

// TestResolverBackground asks for a name that comes late: until then the number stands, and nobody waits.
func TestResolverBackground(t *testing.T) {
	asked, answer := make(chan string, 10), make(chan struct{})
	r := testResolver(t, resolveOptions{lookup: func(_ context.Context, addr string) ([]string, error) {
		asked <- addr
		<-answer
		return []string{"late.example.org.", "alias."}, nil
	}})
	a := netip.MustParseAddr("192.0.2.1")
	for range 3 {
		if got := r.Host(a); got != "" {
			t.Fatalf("%q before there is an answer", got)
		}
	}
	if got := <-asked; got != "192.0.2.1" {
		t.Errorf("asked for %s", got)
	}
	h := r.young[a]
	close(answer)
	<-h.done
	if got := r.Host(a); got != "late.example.org" {
		t.Errorf("%q", got)
	}
	if len(asked) != 0 {
		t.Errorf("asked for %s again", <-asked)
	}
}

// TestResolverWaits lets a packet wait for its name, and gives up on one server that is silent for all packets until it speaks.
func TestResolverWaits(t *testing.T) {
	silent := make(chan struct{})
	r := testResolver(t, resolveOptions{wait: 20 * time.Millisecond, lookup: func(_ context.Context, addr string) ([]string, error) {
		if addr == "192.0.2.1" {
			<-silent
		}
		return []string{"name-of-" + addr + "."}, nil
	}})
	if got := r.Host(netip.MustParseAddr("192.0.2.1")); got != "" || !r.silent {
		t.Errorf("%q, silent %v", got, r.silent)
	}
	// Nothing waits now, and the answer that comes all the same ends that.
	b := netip.MustParseAddr("192.0.2.2")
	r.Host(b)
	<-r.young[b].done
	r.mu.Lock()
	quiet := r.silent
	r.mu.Unlock()
	if quiet {
		t.Error("still silent after an answer")
	}
	r.opts.wait = time.Minute
	if got := r.Host(netip.MustParseAddr("192.0.2.3")); got != "name-of-192.0.2.3" {
		t.Errorf("%q", got)
	}
	close(silent)
}

// TestResolverBound asks for more addresses than are kept, and for more than can be asked.
func TestResolverBound(t *testing.T) {
	block := make(chan struct{})
	defer close(block)
	r := testResolver(t, resolveOptions{lookup: func(ctx context.Context, _ string) ([]string, error) {
		select {
		case <-block:
		case <-ctx.Done():
		}
		return nil, ctx.Err()
	}})
	for i := range 2 * maxAsked {
		r.Host(netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}))
	}
	if n := len(r.young); n < maxAsked || n > maxAsked+askers {
		t.Errorf("%d questions are open", n)
	}
	for i := range 5 * maxHostNames / 2 {
		r.keep(netip.AddrFrom4([4]byte{11, byte(i >> 16), byte(i >> 8), byte(i)}), &hostName{})
	}
	if len(r.young) > maxHostNames || len(r.old) > maxHostNames {
		t.Errorf("%d and %d addresses are kept", len(r.young), len(r.old))
	}
}

// TestResolverUnknownAgain asks again for a name that was not there, but not at once.
func TestResolverUnknownAgain(t *testing.T) {
	n := 0
	r := testResolver(t, resolveOptions{wait: time.Minute, lookup: func(context.Context, string) ([]string, error) {
		if n++; n == 1 {
			return nil, errors.New("no such host")
		}
		return []string{"found."}, nil
	}})
	a := netip.MustParseAddr("192.0.2.1")
	if got := r.Host(a); got != "" {
		t.Errorf("%q", got)
	}
	if got := r.Host(a); got != "" || n != 1 {
		t.Errorf("%q after %d questions", got, n)
	}
	r.mu.Lock()
	r.young[a].again = time.Now().Add(-time.Second)
	r.mu.Unlock()
	if got := r.Host(a); got != "found" {
		t.Errorf("%q after %d questions", got, n)
	}
}

func TestResolverAllocations(t *testing.T) {
	r := testResolver(t, resolveOptions{open: files(map[string]string{"/etc/hosts": testHosts}), wait: time.Minute,
		lookup: func(context.Context, string) ([]string, error) { return []string{"name."}, nil }})
	file, dns := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("192.0.2.1")
	r.Host(dns)
	if n := testing.AllocsPerRun(100, func() {
		if r.Host(file) == "" || r.Host(dns) == "" || r.Port(dissect.ProtoUDP, 53) == "" {
			t.Fatal("no names")
		}
		r.MAC(dissect.MAC{2})
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
