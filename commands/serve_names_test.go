package commands

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"smoltcp/capture"
	"smoltcp/dissect"
	"smoltcp/stack"
	"smoltcp/stack/dns"
	"smoltcp/stack/host"
)

func TestServeNameOptions(t *testing.T) {
	o, err := parseServe(t, "tap0 --name printer --dns 10.0.0.1 --dns [fdaa::1]:5300")
	if err != nil || o.own != "printer" || len(o.names.servers) != 2 || o.names.servers[1] != netip.MustParseAddrPort("[fdaa::1]:5300") {
		t.Errorf("%+v, %v", o.names, err)
	}
	for line, want := range map[string]string{
		"tap0 --name a.b":                         "--name a.b: want one label",
		"tap0 --name a_b":                         "--name a_b: want one label",
		"tap0 --name -a":                          "want one label",
		"tap0 --name " + strings.Repeat("x", 64):  "want one label",
		"tap0 --name=":                            "want one label",
		"tap0 --dns ns.test":                      "--dns ns.test: want an IP address",
		"tap0" + strings.Repeat(" --dns ::1", 17): "17 servers",
	} {
		if _, err := parseServe(t, line); err == nil || !strings.Contains(err.Error(), want) || ExitCode(err) != 2 {
			t.Errorf("serve %s: %v (exit code %d), want %q", line, err, ExitCode(err), want)
		}
	}
}

// The log of serve has a line with the name of each peer that appears in it, one for each, in whatever form it does.
func TestPeerNames(t *testing.T) {
	x, y := capture.Pipe(1500)
	peer := peerHost(t, y)
	answering(t, peer, func(q *dns.Message) *dns.Message {
		r := &dns.Message{Header: q.Header, Questions: q.Questions}
		r.Header.Response, r.Header.RecursionAvailable = true, true
		target, _ := dns.ParseName("peer.test")
		if q.Questions[0].Name.Equal(dns.Reverse(netip.MustParseAddr("10.9.9.9"))) {
			r.Header.Rcode = dissect.DNSRcode(dns.RcodeNoName)
		} else {
			r.Answer = []dns.Record{{Name: q.Questions[0].Name, Type: dissect.DNSTypePTR, Class: dissect.DNSClassIN, TTL: 60, Data: []byte(target)}}
		}
		return r
	})
	h, err := host.New(x, host.Config{
		DNS: dns.Config{Servers: []netip.AddrPort{netip.MustParseAddrPort("192.168.69.100:53")}},
		Interface: stack.InterfaceConfig{
			Name: "tap0", HardwareAddr: dissect.MAC{2, 0, 0, 0, 0, 1}, Addrs: []netip.Prefix{netip.MustParsePrefix("192.168.69.1/24")},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- h.Run(context.Background()) }()
	defer func() {
		h.Close()
		<-ended
	}()
	var out lockedBuffer
	log, start := withPeerNames(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})))
	stop := start(h)
	log.Debug("no peer", "addr", "10.1.1.0")
	log.Debug("unknown", "peer", netip.MustParseAddrPort("10.9.9.9:1"))
	log.With("peer", netip.MustParseAddrPort("10.1.1.1:1")).Debug("a connection")
	log.Debug("again", "peer", netip.MustParseAddrPort("[::ffff:10.1.1.1]:2"))
	log.WithGroup("g").Debug("an address", "peer", netip.MustParseAddr("10.1.1.2"))
	log.Debug("net's", "peer", &net.TCPAddr{IP: net.IPv4(10, 1, 1, 3), Port: 5})
	log.Debug("text", "peer", "10.1.1.4:80")
	log.Debug("nonsense", "peer", "nobody")
	for end := time.Now().Add(10 * time.Second); !strings.Contains(out.String(), "addr=10.1.1.4 name=peer.test."); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("no name of the last peer:\n%s", out.String())
		}
	}
	stop()
	for _, a := range []string{"10.1.1.1", "10.1.1.2", "10.1.1.3", "10.1.1.4"} {
		if n := strings.Count(out.String(), `msg="peer is known as" addr=`+a+" name=peer.test.\n"); n != 1 {
			t.Errorf("%s has %d lines:\n%s", a, n, out.String())
		}
	}
	if n := strings.Count(out.String(), "known as"); n != 4 {
		t.Errorf("%d names:\n%s", n, out.String())
	}
}
