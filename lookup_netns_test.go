//go:build linux

package main

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"smoltcp/dissect"
	"smoltcp/stack/dns"
)

// lookup runs smoltcp lookup in a namespace to its end.
func (n *network) lookup(ns, via string, args ...string) (code int, out string) {
	n.t.Helper()
	p := n.start(ns, append([]string{"smoltcp", "lookup", "--via", via}, args...)...)
	code = p.end()
	return code, p.stdout.String() + p.stderr.String()
}

// dnsmasq starts a name server on the kernel's side of tap0: 192.168.69.100 and fdaa::100.
func (n *network) dnsmasq(args ...string) *program {
	n.t.Helper()
	n.run(n.a, "ip", "tuntap", "add", "name", "tap0", "mode", "tap")
	n.ip(n.a, "addr", "add", "192.168.69.100/24", "dev", "tap0")
	n.ip(n.a, "addr", "add", "fdaa::100/64", "dev", "tap0", "nodad")
	n.ip(n.a, "link", "set", "tap0", "up")
	records := []string{
		"--host-record=a.test,10.0.0.2,fd00::2", "--host-record=p.test,192.168.69.100,fdaa::100", "--host-record=far.test,203.0.113.99",
		"--cname=c.test,a.test", "--cname=out.test,a.elsewhere", "--host-record=a.elsewhere,10.0.0.4", "--txt-record=t.test,hello,wor ld;\"x\"", "--mx-host=m.test,mail.test,10", "--srv-host=_http._tcp.s.test,far.test,80",
		"--caa-record=a.test,0,issue,ca.test", "--naptr-record=n.test,1,2,s,SIP,,_sip.test", "--local=/test/", "--auth-zone=zone.test", "--auth-server=ns.zone.test",
		"--host-record=a-name-that-is-longer-than-the-column.test,10.0.0.3",
	}
	for i := range 20 {
		records = append(records, fmt.Sprintf("--txt-record=big.test,%03d %s", i, strings.Repeat("x", 200)))
	}
	p := n.start(n.a, append(append([]string{
		"dnsmasq", "--keep-in-foreground", "--log-facility=-", "--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--user=root", "--pid-file=",
		"--bind-interfaces", "--listen-address=192.168.69.100,fdaa::100", "--log-queries",
	}, records...), args...)...)
	p.await(&p.stderr, "started, version")
	return p
}

// digNumbers are what differs from one run to the next, and the line with the program and its arguments.
var digNumbers = regexp.MustCompile(`(, id: |Query time: |WHEN: |; <<>> )[^\n]*`)

// What smoltcp lookup and dig print of the same name is the same text, but for numbers; and so are their exit codes.
func TestLookupLikeDig(t *testing.T) {
	t.Parallel()
	n := newNamespace(t, "dig", "dnsmasq")
	n.dnsmasq()
	for _, args := range []string{
		"@192.168.69.100 a.test", "@192.168.69.100 c.test AAAA", "@192.168.69.100 t.test TXT", "@192.168.69.100 nope.test",
		"@192.168.69.100 m.test mx", "@192.168.69.100 _http._tcp.s.test srv", "@192.168.69.100 x.other", "@192.168.69.100 a.test caa",
		"@192.168.69.100 n.test NAPTR", "@192.168.69.100 -x 10.0.0.2", "@192.168.69.100 -x fd00::2", "@192.168.69.100 a.test +noedns", "@192.168.69.100 a.test +norec",
		"@192.168.69.100 +tcp m.test mx", "@192.168.69.100 big.test txt", "@192.168.69.100 big.test txt +short", "@192.168.69.100 c.test +short",
		"@192.168.69.100 t.test TXT +short", "@192.168.69.100 nope.test +short", "@192.168.69.100 a-name-that-is-longer-than-the-column.test", "@fdaa::100 a.test AAAA",
		"@192.168.69.100 zone.test SOA", "@192.168.69.100 a.test TYPE65", "@192.168.69.100 out.test", "@192.168.69.100 out.test +short",
		"@192.168.69.100 +noall +answer a.test", "@192.168.69.100 +nocomments m.test mx", "@192.168.69.100 +noquestion +nostats a.test", "@192.168.69.100 +nocmd zone.test SOA",
		"@192.168.69.100 +noall +comments a.test", "@192.168.69.100 +noall a.test", "@192.168.69.100 -p 53 +noall +question a.test",
	} {
		words := strings.Fields(args)
		p := n.start(n.a, append([]string{"dig", "+nocookie", "+noad"}, words...)...)
		want := p.end()
		wantOut := digNumbers.ReplaceAllString(p.stdout.String(), "${1}N")
		code, out := n.lookup(n.a, "tap0", words...)
		if out = digNumbers.ReplaceAllString(out, "${1}N"); code != want || out != wantOut {
			t.Errorf("smoltcp lookup %s: exit code %d\n%s\ndig: exit code %d\n%s", args, code, out, want, wantOut)
		}
	}
	for _, c := range []struct {
		args, want string
		code       int
	}{
		{"@192.168.69.77 a.test +time=0.2 +tries=1", "no servers could be reached", 9},
		{"@192.168.69.100#54 a.test", ";; communications error to 192.168.69.100#54: connection refused\n", 9},
		{"@192.168.69.100 a..test", "not a domain name", 10}, {"@192.168.69.100 -p 54 a.test", "192.168.69.100#54: connection refused", 9}, {"a.test", "which name server?", 1}, {"a.test --nonsense", "no such flag", 1},
		{"a.test --addr 192.168.69.255/24 @192.168.69.100", "broadcast address", 1},
	} {
		if code, out := n.lookup(n.a, "tap0", strings.Fields(c.args)...); code != c.code || !strings.Contains(out, c.want) {
			t.Errorf("smoltcp lookup %s: exit code %d\n%s", c.args, code, out)
		}
	}
}

// Names reach dnsmasq through a network that loses 20 % of the packets, behind a server that always fails, with addresses by DHCP; ping and fetch use
// them.
func TestLookupServers(t *testing.T) {
	t.Parallel()
	n := newNamespace(t, "dnsmasq", "nft")
	n.dnsmasq("--dhcp-range=192.168.69.50,192.168.69.60,2m", "--dhcp-option=option:dns-server,192.168.69.100", "--dhcp-option=option:domain-search,test",
		"--dhcp-leasefile=/dev/null")

	// The failing server.
	var u *net.UDPConn
	var err error
	n.within(n.a, func() { u, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(192, 168, 69, 100), Port: 5300}) })
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	go func() {
		buf := make([]byte, 4096)
		for {
			k, from, err := u.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			if q, err := dns.ParseMessage(buf[:k]); err == nil {
				q.Header.Response, q.Header.Rcode = true, dissect.DNSRcode(dns.RcodeServFail)
				_, _ = u.WriteToUDPAddrPort(q.Append(nil), from)
			}
		}
	}()
	if code, out := n.lookup(n.a, "tap0", "a.test", "--short", "--server", "192.168.69.100:5300", "--server", "192.168.69.100"); code != 0 || out != "10.0.0.2\n" {
		t.Errorf("behind a failing server: exit code %d\n%s", code, out)
	}
	if code, out := n.lookup(n.a, "tap0", "a.test", "@192.168.69.100#5300"); code != 0 || !strings.Contains(out, "status: SERVFAIL") {
		t.Errorf("a failing server alone: exit code %d\n%s", code, out)
	}
	if code, out := n.lookup(n.a, "tap0", "a", "--short", "--dhcp", "--search", "test"); code != 0 || out != "10.0.0.2\n" {
		t.Errorf("by the server of a lease: exit code %d\n%s", code, out)
	}

	n.web(n.a, 8080, nil)
	if code, out := n.ping("--server", "192.168.69.100", "-c", "1", "p.test"); code != 0 || !strings.Contains(out, "PING p.test (192.168.69.100) 56(84)") {
		t.Errorf("ping by name: exit code %d\n%s", code, out)
	}
	if code, out := n.ping("--server", "192.168.69.100", "-c", "1", "nope.test"); code != 2 || !strings.Contains(out, "nope.test: Name or service not known") {
		t.Errorf("ping of no name: exit code %d\n%s", code, out)
	}
	if code, out := n.ping("-c", "1", "localhost.other"); code != 2 || !strings.Contains(out, "no name server is known") {
		t.Errorf("ping without a name server: exit code %d\n%s", code, out)
	}
	if code, _, errs := n.fetch("--server", "192.168.69.100", "http://p.test:8080/"); code != 0 {
		t.Errorf("fetch by name: exit code %d\n%s", code, errs)
	}
	if code, _, errs := n.fetch("--server", "192.168.69.100", "http://nope.test:8080/"); code != 6 {
		t.Errorf("fetch of no name: exit code %d\n%s", code, errs)
	}

	// A SYN that is lost is sent again after a second, which is more than +time: what TCP does about loss is tested elsewhere.
	n.run(n.a, "nft", "add table inet loss; add chain inet loss in { type filter hook input priority 0; }; add chain inet loss out { type filter hook output priority 0; };"+
		"add rule inet loss in iifname tap0 meta l4proto udp numgen random mod 100 < 20 drop; add rule inet loss out oifname tap0 meta l4proto udp numgen random mod 100 < 20 drop")
	for i := range 10 {
		args := []string{"@192.168.69.100", "a.test", "+short", "+time=0.2", "+tries=8"}
		if i == 9 {
			args = append(args[:1], "big.test", "txt", "+time=0.5", "+tries=8") // by UDP, truncated, and then by TCP
		}
		code, out := n.lookup(n.a, "tap0", args...)
		if i < 9 && !strings.HasSuffix(out, "10.0.0.2\n") || i == 9 && !strings.Contains(out, "ANSWER: 20") || code != 0 {
			t.Errorf("with loss, look-up %d: exit code %d\n%s", i, code, out)
		}
	}
}

// The host of serve answers for its name: to the kernel's sockets, to another host of ours, and says goodbye. A second host gets another name.
func TestServeName(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	n.ip(n.a, "route", "add", "224.0.0.0/4", "dev", "eth0")
	var group, asker *net.UDPConn
	var err error
	n.within(n.a, func() {
		ifc, ierr := net.InterfaceByName("eth0")
		if err = ierr; err != nil {
			return
		}
		if group, err = net.ListenMulticastUDP("udp4", ifc, &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: 5353}); err == nil {
			asker, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(192, 168, 69, 100)})
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	defer group.Close()
	defer asker.Close()
	p := n.serve(n.b, "eth0", "--addr", "192.168.69.7/24", "--hardware-addr", "02:00:00:00:00:07", "--name", "printer")
	p.await(&p.stderr, "eth0: known as printer.local.\n")

	// A plain question from a port of its own (RFC 6762 section 6.7), to the group.
	name, _ := dns.ParseName("PRINTER.local")
	q := dns.Message{Header: dissect.DNSHeader{ID: 4711}, Questions: []dns.Question{{Name: name, Type: dissect.DNSTypeA, Class: dissect.DNSClassIN}}}
	if _, err := asker.WriteToUDPAddrPort(q.Append(nil), dns.Group4); err != nil {
		t.Fatal(err)
	}
	asker.SetReadDeadline(time.Now().Add(patience))
	buf := make([]byte, 4096)
	k, from, err := asker.ReadFromUDPAddrPort(buf)
	if err != nil {
		t.Fatal(err)
	}
	if m, err := dns.ParseMessage(buf[:k]); err != nil || from != netip.MustParseAddrPort("192.168.69.7:5353") || m.Header.ID != 4711 || len(m.Answer) != 1 ||
		binary.BigEndian.Uint32(m.Answer[0].Data) != 192<<24|168<<16|69<<8|7 || m.Answer[0].TTL > 10 {
		t.Errorf("from %v: %+v, %v", from, m, err)
	}
	// Another host of ours, by its own multicast question, and the address back.
	if code, out := n.lookup(n.a, "eth0", "--addr", "192.168.69.8/24", "--hardware-addr", "02:00:00:00:00:08", "Printer.local", "--short"); code != 0 || out != "192.168.69.7\n" {
		t.Errorf("look-up of printer.local: exit code %d\n%s", code, out)
	}
	if code, out := n.ping2("eth0", "--addr", "192.168.69.8/24", "--hardware-addr", "02:00:00:00:00:08", "-c", "1", "printer.local"); code != 0 ||
		!strings.Contains(out, "PING printer.local (192.168.69.7)") {
		t.Errorf("ping printer.local: exit code %d\n%s", code, out)
	}
	second := n.serve(n.a, "eth0", "--addr", "192.168.69.9/24", "--hardware-addr", "02:00:00:00:00:09", "--name", "printer")
	second.await(&second.stderr, "eth0: another host has the name; trying printer-2.local.\n")
	second.await(&second.stderr, "eth0: known as printer-2.local.\n")
	second.interrupt(os.Interrupt)

	p.interrupt(syscall.SIGTERM)
	group.SetReadDeadline(time.Now().Add(patience))
	for goodbye := false; !goodbye; {
		k, from, err := group.ReadFromUDPAddrPort(buf)
		if err != nil {
			t.Fatalf("no goodbye: %v", err)
		}
		m, err := dns.ParseMessage(buf[:k])
		goodbye = err == nil && from.Addr() == netip.MustParseAddr("192.168.69.7") && m.Header.Response && len(m.Answer) > 0 && m.Answer[0].TTL == 0
	}
}

// ping2 is ping by another interface than tap0, in the namespace a.
func (n *network) ping2(via string, args ...string) (code int, out string) {
	n.t.Helper()
	p := n.start(n.a, append([]string{"smoltcp", "ping", "--via", via}, args...)...)
	code = p.end()
	return code, p.stdout.String() + p.stderr.String()
}

// With name servers the log of serve has the names of peers.
func TestServeNamesPeers(t *testing.T) {
	t.Parallel()
	n := newNamespace(t, "dnsmasq", "socat")
	n.dnsmasq()
	p := n.serve(n.a, "tap0", "--verbose", "--dns", "192.168.69.100")
	n.run(n.a, "bash", "-c", "echo hello | socat - TCP:192.168.69.1:6969")
	p.await(&p.stderr, `msg="peer is known as" addr=192.168.69.100 name=p.test.`)
	p.interrupt(os.Interrupt)
}
