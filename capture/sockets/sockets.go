// Package sockets finds the process, and its container, behind a packet of this machine: whose socket sent it, or
// else whose received it.
//
//	packet ─▶ Lookup ── known ──────────────────────────────▶ Process
//	              └──── not known: ask ─▶ a scan, elsewhere ─▶ snapshot of all sockets
//
// What a packet shows is an address and a port at each end. The kernel's tables of sockets lead from there to a socket's
// inode, /proc/PID/fd from there to a process, and /proc/PID/cgroup to a container. None of it is part of the packet: it is looked up while
// the packet waits to be printed, so the answer is a good guess and no record. A socket that was closed before anyone looked is
// not found, nor one whose process may not be looked into.
//
// A scan of all that takes milliseconds. It happens in a goroutine of its own, or in a process of its own with rights of its own, when a packet shows a connection of this machine that no
// scan has seen, and never takes more than about a tenth of the time; Lookup waits for it within the same measure, so that
// a busy capture is not held up. Everything that is remembered is bounded.
package sockets

import (
	"fmt"
	"time"

	"smoltcp/dissect"
)

// Process is who has a socket. It is not changed once it is made.
type Process struct {
	PID  int
	Name string // as the kernel has it, up to 15 bytes, without what does not print

	Container string // the id, or the name where a runtime has no ids; "" for none
	Unit      string // systemd's, of a process in no container; "" for none
}

// key is one end of a conversation as one host sees it. A zero remote is a socket that talks to anyone.
type key struct {
	local, remote         [16]byte // IPv4 as ::ffff:a.b.c.d
	localPort, remotePort uint16
	proto                 uint16 // an IP protocol number, with rawSocket for one that has no ports
}

// rawSocket marks the protocol of a raw socket, which hears and says all of it.
const rawSocket = 0x100

// entry is what is known of a conversation.
type entry struct {
	who  *Process  // nil: nobody's that we know
	from *snapshot // the newest that was asked
	at   int64     // when a new one was last asked for, nanoseconds since 1970
}

// Table answers for packets. Lookup is for one goroutine.
type Table struct {
	scans *mailbox

	// recent and before hold what packets have asked for; when recent is full it becomes before, whose entries are forgotten unless they
	// were moved to recent meanwhile.
	recent, before map[key]entry
	limit          int

	patience patience
	timer    *time.Timer

	warn   func(text string)
	warned bool
}

// maxRemembered bounds the conversations that are remembered: twice as many at most, at about 150 bytes each.
const maxRemembered = 1 << 15

// recheck is how old an answer may be before it is looked up again: ports are used again, and sockets handed on.
const recheck = 10 * time.Second

// retry is how soon a conversation is looked up again that was nobody's.
const retry = 2 * time.Second

func newTable(m *mailbox, warn func(string)) *Table {
	t := &Table{scans: m, warn: warn, recent: make(map[key]entry), limit: maxRemembered, timer: time.NewTimer(time.Hour)}
	t.timer.Stop()
	t.patience.init(time.Now())
	return t
}

// Lookup gives the process behind a packet that was captured at time now, in nanoseconds since 1970; nil if it is not known. It may
// wait for some milliseconds when the packet is the first of its kind.
func (t *Table) Lookup(p *dissect.Packet, now int64) *Process {
	layers := p.Layers()
	var last *Process
	for i := range layers {
		l := &layers[i]
		if l.Flags&dissect.Quoted != 0 {
			break // an excerpt of another packet
		}
		k, opens, ok := keyOf(p, l)
		if !ok {
			continue
		}
		if who := t.lookup(&k, opens, now); who != nil {
			last = who // a packet in a tunnel belongs to who is inside
		}
	}
	return last
}

// keyOf reads addresses and ports as the sender's host sees them. opens is true of a packet that begins a connection.
func keyOf(p *dissect.Packet, l *dissect.Layer) (k key, opens, ok bool) {
	if l.Err != nil {
		return k, false, false
	}
	b := p.Bytes(l)
	switch l.Type {
	case dissect.LayerIPv4:
		return rawKey(p, l, dissect.IPv4(b).Protocol())
	case dissect.LayerIPv6:
		return rawKey(p, l, dissect.IPv6(b).NextHeader())
	}
	if l.Net < 0 {
		return k, false, false
	}
	switch l.Type {
	case dissect.LayerTCP:
		tcp := dissect.TCP(b)
		k.proto, k.localPort, k.remotePort = uint16(dissect.ProtoTCP), tcp.SrcPort(), tcp.DstPort()
		opens = tcp.Flags()&(dissect.SYN|dissect.ACK) == dissect.SYN
	case dissect.LayerUDP:
		udp := dissect.UDP(b)
		k.proto, k.localPort, k.remotePort = uint16(dissect.ProtoUDP), udp.SrcPort(), udp.DstPort()
	case dissect.LayerICMPv4:
		// A socket of ping's kind has the echo's identifier for a port.
		switch m := dissect.ICMPv4(b); m.Type() {
		case dissect.ICMPv4EchoRequest:
			k.proto, k.localPort = uint16(dissect.ProtoICMP), m.ID()
		case dissect.ICMPv4EchoReply:
			k.proto, k.remotePort = uint16(dissect.ProtoICMP), m.ID()
		default:
			return k, false, false
		}
	case dissect.LayerICMPv6:
		switch m := dissect.ICMPv6(b); m.Type() {
		case dissect.ICMPv6EchoRequest:
			k.proto, k.localPort = uint16(dissect.ProtoICMPv6), m.ID()
		case dissect.ICMPv6EchoReply:
			k.proto, k.remotePort = uint16(dissect.ProtoICMPv6), m.ID()
		default:
			return k, false, false
		}
	default:
		return k, false, false
	}
	return k, opens, k.setAddrs(p, &p.Layers()[l.Net])
}

// rawKey is the key of a protocol that programs speak through raw sockets, such as OSPF.
func rawKey(p *dissect.Packet, l *dissect.Layer, proto dissect.IPProto) (k key, opens, ok bool) {
	switch proto {
	case dissect.ProtoTCP, dissect.ProtoUDP, dissect.ProtoICMP, dissect.ProtoICMPv6:
		return k, false, false
	}
	k.proto = uint16(proto) | rawSocket
	return k, false, k.setAddrs(p, l)
}

// setAddrs sets the addresses from an IP header.
func (k *key) setAddrs(p *dissect.Packet, net *dissect.Layer) bool {
	switch net.Type {
	case dissect.LayerIPv4:
		ip := dissect.IPv4(p.Bytes(net))
		k.local, k.remote = ip.Src().As16(), ip.Dst().As16()
	case dissect.LayerIPv6:
		ip := dissect.IPv6(p.Bytes(net))
		k.local, k.remote = ip.Src().As16(), ip.Dst().As16()
	default:
		return false
	}
	return true
}

// turned is the same conversation as the other end sees it.
func (k *key) turned() key {
	return key{local: k.remote, remote: k.local, localPort: k.remotePort, remotePort: k.localPort, proto: k.proto}
}

// lookup answers for the sender's end k of a conversation.
func (t *Table) lookup(k *key, opens bool, now int64) *Process {
	snap := t.scans.current.Load()
	again := opens && snap.at < now && snap.owns(&k.local) // the ports may have been another connection's before
	e, known := t.remembered(k)
	if known && e.from == snap && !again {
		if now-e.at > int64(recheck) || e.who == nil && now-e.at > int64(retry) {
			t.scans.request()
			e.at = now
			t.remember(k, e)
		}
		return e.who
	}
	who, hidden := snap.find(k)
	if (again || who == nil && !known && snap.local(k)) && !t.scans.closed() {
		snap = t.fresh(snap, now)
		who, hidden = snap.find(k)
		e.at = now
	}
	if hidden && snap.denied > 0 && !t.warned && t.warn != nil {
		t.warned = true
		t.warn(fmt.Sprintf("%d of the machine's processes may not be looked into, and which sockets they have stays unknown: "+
			"it needs root, or CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH", snap.denied))
	}
	if who != nil || again {
		e.who = who // otherwise it is kept: the last packets of a connection come when its socket is gone
	}
	if !known {
		e.at = now
	}
	e.from = snap
	t.remember(k, e)
	return e.who
}

// fresh asks for a snapshot taken after now and waits for it, within reason. It gives the newest there is.
func (t *Table) fresh(snap *snapshot, now int64) *snapshot {
	t.scans.request()
	start := time.Now()
	t.timer.Reset(t.patience.left(start))
	defer func() {
		t.timer.Stop()
		t.patience.spend(time.Now(), time.Since(start))
	}()
	for snap.at < now {
		select {
		case <-snap.superseded:
			snap = t.scans.current.Load()
		case <-t.timer.C:
			return snap
		}
	}
	return snap
}

func (t *Table) remembered(k *key) (entry, bool) {
	if e, ok := t.recent[*k]; ok {
		return e, true
	}
	e, ok := t.before[*k]
	if ok {
		t.remember(k, e)
	}
	return e, ok
}

func (t *Table) remember(k *key, e entry) {
	if len(t.recent) >= t.limit {
		if _, ok := t.recent[*k]; !ok {
			t.recent, t.before = t.before, t.recent
			if t.recent == nil {
				t.recent = make(map[key]entry)
			}
			clear(t.recent)
		}
	}
	t.recent[*k] = e
}

// Close ends scanning. Lookup goes on with what is known.
func (t *Table) Close() { t.scans.close() }

// patience is how long Lookup may still wait: a tenth of the time that has passed, up to a bound.
type patience struct {
	saved time.Duration
	last  time.Time
}

const (
	maxPatience   = 100 * time.Millisecond
	patienceShare = 10
)

func (p *patience) init(now time.Time) { p.saved, p.last = maxPatience, now }

// left is how long the next wait may be.
func (p *patience) left(now time.Time) time.Duration {
	p.saved = min(p.saved+now.Sub(p.last)/patienceShare, maxPatience)
	p.last = now
	return max(p.saved, 0)
}

func (p *patience) spend(now time.Time, d time.Duration) {
	p.saved -= d
	p.last = now
}
