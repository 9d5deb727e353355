package sockets

import (
	"slices"

	"smoltcp/dissect"
)

// snapshot is what one scan found. It is not changed once it is published.
type snapshot struct {
	at         int64         // when the scan began, nanoseconds since 1970
	superseded chan struct{} // closed when there is a newer one
	spaces     []*space      // network namespaces, that of the capture first
	denied     int           // how many processes may not be looked into
}

func newSnapshot(at int64) *snapshot { return &snapshot{at: at, superseded: make(chan struct{})} }

// space is what is known of one network namespace.
type space struct {
	addrs   map[[16]byte]bool // its own addresses
	sockets map[key]socket
}

// socket is one that may belong to a process.
type socket struct {
	inode uint32   // 0: none, or none that can be told from others
	who   *Process // nil: not found
}

var (
	anyIPv4 = [16]byte{10: 0xff, 11: 0xff} // a socket with 0.0.0.0
	anyIPv6 [16]byte                       // a socket with ::, which may hear IPv4 too
)

func isIPv4(a *[16]byte) bool { return [12]byte(a[:12]) == [12]byte(anyIPv4[:12]) }

func isLoopback(a *[16]byte) bool {
	if isIPv4(a) {
		return a[12] == 127
	}
	return *a == [16]byte{15: 1}
}

// isGroup reports whether an address is one of many hosts: multicast, or IPv4's broadcast to this network.
func isGroup(a *[16]byte) bool {
	if isIPv4(a) {
		return a[12]&0xf0 == 0xe0 || [4]byte(a[12:]) == [4]byte{255, 255, 255, 255}
	}
	return a[0] == 0xff
}

// find gives the process behind a conversation, seen from the sender's end: the sender's, or, if that is another machine or the
// kernel, the receiver's. hidden reports, when there is none, that there is a socket all the same.
func (s *snapshot) find(k *key) (who *Process, hidden bool) {
	if who, hidden = s.findLocal(k); who != nil {
		return who, false
	}
	if (k.proto == protoTCP || k.proto == protoUDP) && s.owns(&k.local) {
		return nil, hidden // a process of this machine sent it, whichever it was: the receiver's name would be taken for its
	}
	other := k.turned()
	who, also := s.findLocal(&other)
	return who, who == nil && (hidden || also)
}

// findLocal gives the process at the local end of k. What may be said of another namespace than the capture's is less: its loopback
// addresses are not those seen here.
func (s *snapshot) findLocal(k *key) (who *Process, hidden bool) {
	for i, n := range s.spaces {
		if i > 0 && (isLoopback(&k.local) || !n.addrs[k.local]) {
			continue
		}
		sock := n.find(k)
		if sock.who != nil {
			return sock.who, false
		}
		hidden = hidden || sock.inode != 0
	}
	return nil, hidden
}

// find gives the socket that has the local end of k, with its process if there is one. The kernel prefers a connected socket to one
// that is bound to the address, and that to one that is bound to the port alone.
func (n *space) find(k *key) socket {
	s := n.findBound(k)
	if s.inode == 0 && k.localPort != 0 && (k.proto == protoICMP || k.proto == protoICMPv6) {
		// An echo that this end asked for, through a raw socket.
		return n.findBound(&key{local: k.local, remote: k.remote, proto: k.proto | rawSocket})
	}
	return s
}

const (
	protoTCP    = uint16(dissect.ProtoTCP)
	protoUDP    = uint16(dissect.ProtoUDP)
	protoICMP   = uint16(dissect.ProtoICMP)
	protoICMPv6 = uint16(dissect.ProtoICMPv6)
)

func (n *space) findBound(k *key) socket {
	if s, ok := n.sockets[*k]; ok {
		return s
	}
	if k.localPort == 0 && k.proto&rawSocket == 0 {
		return socket{} // an echo, at the end that is only asked
	}
	bound := key{local: k.local, localPort: k.localPort, proto: k.proto}
	if s, ok := n.sockets[bound]; ok {
		return s
	}
	if !n.owns(&k.local) && !isGroup(&k.local) {
		return socket{} // a socket may have the same port, but the packet is another host's
	}
	if isIPv4(&k.local) {
		bound.local = anyIPv4
		if s, ok := n.sockets[bound]; ok {
			return s
		}
	}
	bound.local = anyIPv6
	return n.sockets[bound]
}

// owns reports whether an address is the namespace's. The whole of 127/8 is, whatever is configured.
func (n *space) owns(a *[16]byte) bool { return n.addrs[*a] || isLoopback(a) }

// owns reports whether an address is this machine's, in any namespace.
func (s *snapshot) owns(a *[16]byte) bool {
	return slices.ContainsFunc(s.spaces, func(n *space) bool { return n.owns(a) })
}

// local reports whether either end of k can be this machine's.
func (s *snapshot) local(k *key) bool {
	return s.owns(&k.local) || s.owns(&k.remote) || isGroup(&k.remote)
}

// sanitize makes a process's name, which its process may choose, one that can be printed.
func sanitize(name []byte) string {
	for i, c := range name {
		if c < 0x20 || c > 0x7e {
			name[i] = '?'
		}
	}
	return string(name)
}
