package sockets

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"smoltcp/dissect"
)

// packet decodes a packet of the given protocol between two ends.
func packet(proto dissect.IPProto, flags dissect.TCPFlags, src, dst string) *dissect.Packet {
	from, to := netip.MustParseAddrPort(src), netip.MustParseAddrPort(dst)
	var b []byte
	switch proto {
	case dissect.ProtoTCP:
		h := dissect.TCPHeader{SrcPort: from.Port(), DstPort: to.Port(), Flags: flags}
		b = h.Append(nil)
	case dissect.ProtoUDP:
		b = dissect.UDPHeader{SrcPort: from.Port(), DstPort: to.Port(), Length: 8}.Append(nil)
	case dissect.ProtoICMP: // the port is the identifier, at the end that asks
		h := dissect.ICMPv4Header{Type: dissect.ICMPv4EchoRequest, ID: from.Port()}
		if from.Port() == 0 {
			h = dissect.ICMPv4Header{Type: dissect.ICMPv4EchoReply, ID: to.Port()}
		}
		b = h.Append(nil)
	}
	var whole []byte
	if from.Addr().Is4() {
		h := dissect.IPv4Header{TotalLen: 20 + len(b), TTL: 64, Protocol: proto, Src: from.Addr(), Dst: to.Addr()}
		whole = h.Append(nil)
	} else {
		h := dissect.IPv6Header{PayloadLen: len(b), HopLimit: 64, NextHeader: proto, Src: from.Addr(), Dst: to.Addr()}
		whole = h.Append(nil)
	}
	whole = append(whole, b...)
	p := new(dissect.Packet)
	p.Decode(dissect.LinkRaw, whole, len(whole))
	return p
}

// bound is the key of a socket; "*" stands for any IPv4 address and "[*]" for any at all.
func bound(proto uint16, local, remote string) key {
	end := func(s string) (a [16]byte, port uint16) {
		if s == "" {
			return
		}
		if rest, ok := cut(s, "*:"); ok {
			p := netip.MustParseAddrPort("0.0.0.0:" + rest)
			return anyIPv4, p.Port()
		}
		if rest, ok := cut(s, "[*]:"); ok {
			p := netip.MustParseAddrPort("0.0.0.0:" + rest)
			return anyIPv6, p.Port()
		}
		p := netip.MustParseAddrPort(s)
		return p.Addr().As16(), p.Port()
	}
	k := key{proto: proto}
	k.local, k.localPort = end(local)
	k.remote, k.remotePort = end(remote)
	return k
}

func cut(s, prefix string) (string, bool) {
	if len(s) >= len(prefix) && s[:len(prefix)] == prefix {
		return s[len(prefix):], true
	}
	return s, false
}

// spaceOf makes a namespace with addresses of its own and sockets, each of a process of its name.
func spaceOf(addrs []string, sockets map[string]key) *space {
	n := &space{addrs: make(map[[16]byte]bool), sockets: make(map[key]socket)}
	for _, a := range addrs {
		n.addrs[netip.MustParseAddr(a).As16()] = true
	}
	for name, k := range sockets {
		n.sockets[k] = socket{inode: 1, who: &Process{PID: 1, Name: name}}
	}
	return n
}

const (
	tcp = uint16(dissect.ProtoTCP)
	udp = uint16(dissect.ProtoUDP)
)

func testSnapshot(at int64) *snapshot {
	host := spaceOf([]string{"192.168.69.1", "10.0.0.1", "2001:db8::1"}, map[string]key{
		"sshd":      bound(tcp, "[*]:22", ""),
		"session":   bound(tcp, "192.168.69.1:22", "192.168.69.100:40000"),
		"curl":      bound(tcp, "192.168.69.1:50000", "192.0.2.1:443"),
		"named":     bound(udp, "*:53", ""),
		"named6":    bound(udp, "[2001:db8::1]:53", ""),
		"local":     bound(tcp, "127.0.0.1:80", ""),
		"localpeer": bound(tcp, "127.0.0.1:50001", "127.0.0.1:80"),
		"avahi":     bound(udp, "*:5353", ""),
		"specific":  bound(udp, "10.0.0.1:53", ""),
		"ping":      bound(protoICMP, "*:77", ""),
		"rawping":   bound(protoICMP|rawSocket, "*:0", ""),
		"ospfd":     bound(uint16(dissect.ProtoOSPF)|rawSocket, "*:0", ""),
	})
	inside := spaceOf([]string{"172.17.0.2"}, map[string]key{
		"nginx":    bound(tcp, "*:80", ""),
		"insider":  bound(tcp, "172.17.0.2:50000", "192.0.2.1:443"),
		"loopback": bound(tcp, "127.0.0.1:8080", ""),
	})
	return &snapshot{at: at, superseded: make(chan struct{}), spaces: []*space{host, inside}}
}

func TestFind(t *testing.T) {
	s := testSnapshot(0)
	for _, c := range []struct {
		name     string
		proto    dissect.IPProto
		src, dst string
		want     string
	}{
		{"sender", dissect.ProtoTCP, "192.168.69.1:50000", "192.0.2.1:443", "curl"},
		{"receiver", dissect.ProtoTCP, "192.0.2.1:443", "192.168.69.1:50000", "curl"},
		{"connection before listener", dissect.ProtoTCP, "192.168.69.100:40000", "192.168.69.1:22", "session"},
		{"listener, for IPv4 too", dissect.ProtoTCP, "192.168.69.100:40001", "192.168.69.1:22", "sshd"},
		{"listener, IPv6", dissect.ProtoTCP, "[2001:db8::64]:40001", "[2001:db8::1]:22", "sshd"},
		{"same ports, other protocol", dissect.ProtoUDP, "192.168.69.1:50000", "192.0.2.1:443", ""},
		{"any address, ours", dissect.ProtoUDP, "192.0.2.53:9999", "192.168.69.1:53", "named"},
		{"any address, not ours", dissect.ProtoUDP, "192.0.2.53:53", "192.168.69.1:9999", ""},
		{"this address before any", dissect.ProtoUDP, "192.0.2.53:9999", "10.0.0.1:53", "specific"},
		{"IPv4's any is not IPv6's", dissect.ProtoUDP, "[2001:db8::64]:9999", "[2001:db8::1]:5353", ""},
		{"bound to IPv6", dissect.ProtoUDP, "[2001:db8::64]:9999", "[2001:db8::1]:53", "named6"},
		{"multicast", dissect.ProtoUDP, "192.168.69.100:9999", "224.0.0.251:5353", "avahi"},
		{"broadcast", dissect.ProtoUDP, "192.168.69.100:9999", "255.255.255.255:5353", "avahi"},
		{"both are ours: the sender", dissect.ProtoTCP, "127.0.0.1:50001", "127.0.0.1:80", "localpeer"},
		{"both are ours, answer", dissect.ProtoTCP, "127.0.0.1:80", "127.0.0.1:50001", "local"},
		{"the sender is ours but gone: not the receiver", dissect.ProtoTCP, "127.0.0.1:50009", "127.0.0.1:80", ""},
		{"a container's, gone", dissect.ProtoUDP, "172.17.0.2:9999", "192.168.69.1:53", ""},
		{"container's listener", dissect.ProtoTCP, "192.0.2.1:9999", "172.17.0.2:80", "nginx"},
		{"container's connection", dissect.ProtoTCP, "172.17.0.2:50000", "192.0.2.1:443", "insider"},
		{"its listener is not ours", dissect.ProtoTCP, "192.0.2.1:9999", "192.168.69.1:80", ""},
		{"its loopback is not ours", dissect.ProtoTCP, "127.0.0.1:9999", "127.0.0.1:8080", ""},
		{"nobody's", dissect.ProtoTCP, "192.0.2.1:50000", "192.0.2.2:443", ""},
		{"ping asks", dissect.ProtoICMP, "192.168.69.1:77", "192.0.2.1:0", "ping"},
		{"ping is answered", dissect.ProtoICMP, "192.0.2.1:0", "192.168.69.1:77", "ping"},
		{"raw ping asks", dissect.ProtoICMP, "192.168.69.1:78", "192.0.2.1:0", "rawping"},
		{"raw ping is answered", dissect.ProtoICMP, "192.0.2.1:0", "192.168.69.1:78", "rawping"},
		{"the kernel is asked", dissect.ProtoICMP, "192.0.2.1:78", "192.168.69.1:0", ""},
		{"the kernel answers", dissect.ProtoICMP, "192.168.69.1:0", "192.0.2.1:78", ""},
		{"raw, out", dissect.ProtoOSPF, "192.168.69.1:0", "224.0.0.5:0", "ospfd"},
		{"raw, in", dissect.ProtoOSPF, "192.168.69.2:0", "224.0.0.5:0", "ospfd"},
	} {
		p := packet(c.proto, dissect.ACK, c.src, c.dst)
		got := ""
		for i := range p.Layers() {
			if k, _, ok := keyOf(p, &p.Layers()[i]); ok {
				if who, _ := s.find(&k); who != nil {
					got = who.Name
				}
			}
		}
		if got != c.want {
			t.Errorf("%s: %v %s > %s is %q's, want %q", c.name, c.proto, c.src, c.dst, got, c.want)
		}
	}
}

// answering makes a mailbox that publishes the snapshots that next makes, one for each request; it ends with the test.
func answering(t *testing.T, first *snapshot, next func() *snapshot) *mailbox {
	s := newMailbox(first)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-s.asked:
				if snap := next(); snap != nil {
					s.publish(snap)
				}
			case <-s.stop:
				return
			}
		}
	}()
	t.Cleanup(func() {
		s.close()
		<-done
	})
	return s
}

// TestLookup follows a connection from before it is known until after its socket is gone and its ports are another's.
func TestLookup(t *testing.T) {
	snapshots := make(chan *snapshot, 8)
	table := newTable(answering(t, testSnapshot(100), func() *snapshot { return <-snapshots }), nil)
	k := bound(tcp, "192.168.69.1:60000", "192.0.2.1:443")
	with := func(at int64, name string) *snapshot {
		s := testSnapshot(at)
		if name != "" {
			s.spaces[0].sockets[k] = socket{inode: 9, who: &Process{PID: 9, Name: name}}
		}
		return s
	}
	send := func(now int64, flags dissect.TCPFlags) string {
		if who := table.Lookup(packet(dissect.ProtoTCP, flags, "192.168.69.1:60000", "192.0.2.1:443"), now); who != nil {
			return who.Name
		}
		return ""
	}
	snapshots <- with(200, "wget")
	if got := send(150, dissect.SYN); got != "wget" {
		t.Errorf("a new connection is %q's", got)
	}
	snapshots <- with(300, "")
	table.scans.request()
	<-table.scans.current.Load().superseded
	if got := send(250, dissect.FIN|dissect.ACK); got != "wget" {
		t.Errorf("when its socket is gone, the connection is %q's", got)
	}
	snapshots <- with(500, "python3")
	if got := send(400, dissect.SYN); got != "python3" {
		t.Errorf("the next connection with the same ports is %q's", got)
	}
	snapshots <- with(700, "")
	if got := send(600, dissect.SYN); got != "" {
		t.Errorf("a third, which nobody was seen to have, is %q's", got)
	}
}

// TestLookupAsksSeldom checks what asks for a scan: not a packet that is no business of this machine's, nor one that is
// known.
func TestLookupAsksSeldom(t *testing.T) {
	asked := make(chan struct{}, 100)
	table := newTable(answering(t, testSnapshot(100), func() *snapshot { asked <- struct{}{}; return nil }), nil)
	for _, p := range []*dissect.Packet{
		packet(dissect.ProtoTCP, dissect.SYN, "192.0.2.1:1", "192.0.2.2:2"),              // forwarded
		packet(dissect.ProtoTCP, dissect.ACK, "192.168.69.1:50000", "192.0.2.1:443"),     // known
		packet(dissect.ProtoTCP, dissect.SYN, "192.168.69.100:40009", "192.168.69.1:22"), // a listener's
	} {
		for range 3 {
			table.Lookup(p, 200)
		}
	}
	table.Close()
	if len(asked) != 0 || len(table.scans.asked) != 0 {
		t.Error("a scan was asked for")
	}
}

// TestLookupPatience checks that a table that never learns anything does not hold packets up.
func TestLookupPatience(t *testing.T) {
	table := newTable(answering(t, testSnapshot(100), func() *snapshot { return nil }), nil)
	start := time.Now()
	const n = 2000
	for i := range n {
		if who := table.Lookup(packet(dissect.ProtoTCP, dissect.SYN, fmt.Sprintf("192.168.69.1:%d", 1024+i), "192.0.2.1:443"), 200); who != nil {
			t.Fatalf("%+v", who)
		}
	}
	// The first waits for maxPatience; after that a tenth of the time is for waiting. The rest is for a slow machine.
	if d := time.Since(start); d > 20*maxPatience {
		t.Errorf("%d packets of nobody took %v", n, d)
	}
}

func TestPatience(t *testing.T) {
	var p patience
	at := time.Unix(0, 0)
	p.init(at)
	if got := p.left(at); got != maxPatience {
		t.Errorf("at first %v", got)
	}
	at = at.Add(maxPatience)
	p.spend(at, maxPatience)
	if got := p.left(at); got != 0 {
		t.Errorf("when it is used up %v", got)
	}
	at = at.Add(50 * time.Millisecond)
	if got, want := p.left(at), 50*time.Millisecond/patienceShare; got != want {
		t.Errorf("50 ms later %v, want %v", got, want)
	}
	at = at.Add(time.Hour)
	if got := p.left(at); got != maxPatience {
		t.Errorf("an hour later %v", got)
	}
}

// TestLookupMemory checks that what is remembered is bounded, and that what is in use is not what is forgotten.
func TestLookupMemory(t *testing.T) {
	s := testSnapshot(1000)
	table := newTable(answering(t, s, func() *snapshot { return nil }), nil)
	table.limit = 50
	used := packet(dissect.ProtoTCP, dissect.ACK, "192.168.69.1:50000", "192.0.2.1:443")
	for i := range 10 * table.limit {
		table.Lookup(packet(dissect.ProtoUDP, 0, fmt.Sprintf("192.0.2.7:%d", 1+i), "192.0.2.8:9"), 500)
		if i%10 == 0 && table.Lookup(used, 500) == nil {
			t.Fatalf("forgotten after %d others", i)
		}
		if len(table.recent) > table.limit || len(table.before) > table.limit {
			t.Fatalf("%d and %d are remembered", len(table.recent), len(table.before))
		}
	}
	// Its socket is gone, and it is remembered all the same.
	delete(s.spaces[0].sockets, bound(tcp, "192.168.69.1:50000", "192.0.2.1:443"))
	if table.Lookup(used, 500) == nil {
		t.Error("the connection in use was forgotten")
	}
}

func TestLookupWarnsOnce(t *testing.T) {
	s := testSnapshot(1000)
	k := bound(tcp, "192.168.69.1:50000", "192.0.2.1:443")
	s.spaces[0].sockets[k] = socket{inode: 5}
	s.denied = 7
	var warnings []string
	table := newTable(answering(t, s, func() *snapshot { return nil }), func(text string) { warnings = append(warnings, text) })
	for i := range 5 {
		table.Lookup(packet(dissect.ProtoUDP, 0, fmt.Sprintf("192.0.2.7:%d", 1+i), "192.0.2.8:9"), 500)
	}
	if len(warnings) != 0 {
		t.Errorf("packets of others: %q", warnings)
	}
	for range 5 {
		table.Lookup(packet(dissect.ProtoTCP, dissect.ACK, "192.168.69.1:50000", "192.0.2.1:443"), 500)
	}
	if len(warnings) != 1 {
		t.Errorf("warnings: %q", warnings)
	}
}

func TestLookupAllocates(t *testing.T) {
	table := newTable(answering(t, testSnapshot(1000), func() *snapshot { return nil }), nil)
	packets := []*dissect.Packet{
		packet(dissect.ProtoTCP, dissect.ACK, "192.168.69.1:50000", "192.0.2.1:443"),
		packet(dissect.ProtoTCP, dissect.ACK, "192.0.2.1:443", "192.168.69.1:50000"),
		packet(dissect.ProtoUDP, 0, "192.0.2.53:9999", "192.168.69.1:53"),
		packet(dissect.ProtoUDP, 0, "192.0.2.53:9999", "192.0.2.1:53"),
		packet(dissect.ProtoUDP, 0, "[2001:db8::64]:9999", "[2001:db8::1]:53"),
	}
	all := func() {
		for _, p := range packets {
			table.Lookup(p, 500)
		}
	}
	all()
	if n := testing.AllocsPerRun(100, all); n != 0 {
		t.Errorf("%v allocations for packets that were seen before", n)
	}
}

func BenchmarkLookup(b *testing.B) {
	table := newTable(newMailbox(testSnapshot(1000)), nil)
	p := packet(dissect.ProtoTCP, dissect.ACK, "192.168.69.1:50000", "192.0.2.1:443")
	for b.Loop() {
		table.Lookup(p, 500)
	}
}

// FuzzLookup looks up whatever comes from the wire.
func FuzzLookup(f *testing.F) {
	for _, p := range []*dissect.Packet{
		packet(dissect.ProtoTCP, dissect.SYN, "192.168.69.1:50000", "192.0.2.1:443"),
		packet(dissect.ProtoUDP, 0, "[2001:db8::64]:9999", "[2001:db8::1]:53"),
		packet(dissect.ProtoICMP, 0, "192.168.69.1:77", "192.0.2.1:0"),
	} {
		f.Add(p.Data)
	}
	table := newTable(newMailbox(testSnapshot(1000)), nil)
	table.Close()
	f.Fuzz(func(t *testing.T, data []byte) {
		var p dissect.Packet
		p.Decode(dissect.LinkRaw, data, len(data))
		if who := table.Lookup(&p, 500); who != nil && who.Name == "" {
			t.Errorf("%+v", who)
		}
	})
}

func TestContainerOf(t *testing.T) {
	const id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	for _, c := range []struct{ name, cgroup, container, unit string }{
		{"Docker with systemd", "0::/system.slice/docker-" + id + ".scope\n", id, ""},
		{"Docker", "0::/docker/" + id + "\n", id, ""},
		{"Docker, cgroup v1", "12:pids:/docker/" + id + "\n11:cpu,cpuacct:/docker/" + id + "\n1:name=systemd:/docker/" + id + "\n", id, ""},
		{"Docker in Docker", "0::/docker/" + id + "/docker/" + "f" + id[1:] + "\n", "f" + id[1:], ""},
		{"Podman", "0::/machine.slice/libpod-" + id + ".scope/container\n", id, ""},
		{"Podman of a user", "0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + id + ".scope/container\n", id, ""},
		{"Podman's monitor", "0::/machine.slice/libpod-conmon-" + id + ".scope\n", "", ""},
		{"Kubernetes", "0::/kubepods/burstable/pod01234567-89ab-cdef-0123-456789abcdef/" + id + "\n", id, ""},
		{"Kubernetes with systemd", "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0123.slice/cri-containerd-" + id + ".scope\n", id, ""},
		{"CRI-O", "0::/kubepods.slice/kubepods-pod0123.slice/crio-" + id + ".scope\n", id, ""},
		{"containerd", "0::/default/" + id + "\n", id, ""},
		{"LXC", "0::/lxc.payload.web/system.slice/nginx.service\n", "web", ""},
		{"LXC of old", "4:memory:/lxc/web/system.slice\n", "web", ""},
		{"nspawn", "0::/machine.slice/systemd-nspawn@my\\x2dweb.service/payload\n", "my-web", ""},
		{"machine", "0::/machine.slice/machine-web.scope\n", "web", ""},
		{"unit", "0::/system.slice/nginx.service\n", "", "nginx.service"},
		{"unit of a user", "0::/user.slice/user-1000.slice/user@1000.service/app.slice/syncthing.service\n", "", "syncthing.service"},
		{"session", "0::/user.slice/user-1000.slice/session-3.scope\n", "", ""},
		{"inside a container", "0::/\n", "", ""},
		{"nothing", "", "", ""},
		{"rubbish", "0\n0:\n::::\n0::docker-\n0::/" + id[1:] + "\n", "", ""},
		{"a name to harm terminals", "0::/lxc/\x1b[2J\n", "?[2J", ""},
	} {
		container, unit := containerOf(c.cgroup)
		if container != c.container || unit != c.unit {
			t.Errorf("%s: container %q, unit %q; want %q, %q", c.name, container, unit, c.container, c.unit)
		}
	}
}

// FuzzContainerOf reads what whoever may make cgroups can call them.
func FuzzContainerOf(f *testing.F) {
	f.Add("0::/system.slice/docker-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope\n")
	f.Add("0::/lxc.payload.web/x\n")
	f.Fuzz(func(t *testing.T, cgroup string) {
		container, unit := containerOf(cgroup)
		if container != "" && unit != "" {
			t.Errorf("container %q and unit %q", container, unit)
		}
		for _, s := range []string{container, unit} {
			for i := range len(s) {
				if s[i] < 0x20 || s[i] > 0x7e {
					t.Errorf("%q has bytes that do not print", s)
				}
			}
		}
	})
}
