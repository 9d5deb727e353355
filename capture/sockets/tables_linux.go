package sockets

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// table is one of the kernel's: its file in /proc/net, its protocol, its family.
type table struct {
	file   string
	proto  uint16
	family uint8
	diag   bool // netlink has it too
}

var allTables = []table{
	{"tcp", unix.IPPROTO_TCP, unix.AF_INET, true},
	{"tcp6", unix.IPPROTO_TCP, unix.AF_INET6, true},
	{"udp", unix.IPPROTO_UDP, unix.AF_INET, true},
	{"udp6", unix.IPPROTO_UDP, unix.AF_INET6, true},
	{"icmp", unix.IPPROTO_ICMP, unix.AF_INET, false},
	{"icmp6", unix.IPPROTO_ICMPV6, unix.AF_INET6, false},
	{"raw", unix.IPPROTO_RAW, unix.AF_INET, false},
	{"raw6", unix.IPPROTO_RAW, unix.AF_INET6, false},
}

// Files that list a namespace's own addresses.
const (
	addrs4File = "fib_trie"
	addrs6File = "if_inet6"
)

// open opens all tables in the network namespace of the calling thread.
func (t *tables) open() (err error) {
	const dir = "/proc/thread-self/"
	if t.namespace, err = os.Readlink(dir + "ns/net"); err != nil {
		return fmt.Errorf("finding processes needs /proc: %w", err)
	}
	t.files = make(map[string]*os.File)
	for _, name := range append([]string{addrs4File, addrs6File}, tableFiles()...) {
		if f, err := os.Open(dir + "net/" + name); err == nil {
			t.files[name] = f // without it (no IPv6, say) that table is empty
		}
	}
	if len(t.files) == 0 {
		return fmt.Errorf("finding processes needs /proc/net: nothing there can be read")
	}
	if t.diag, err = unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG); err != nil {
		t.diag = -1 // the files say the same
		return nil
	}
	_ = unix.SetsockoptTimeval(t.diag, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 2})
	return nil
}

func tableFiles() (names []string) {
	for _, t := range allTables {
		names = append(names, t.file)
	}
	return names
}

func (t *tables) close() {
	if t.diag >= 0 {
		_ = unix.Close(t.diag)
	}
	for _, f := range t.files {
		f.Close()
	}
}

// read reads all tables of up to room sockets, which it counts down.
func (t *tables) read(room *int) *space {
	n := newSpace()
	for _, table := range allTables {
		if t.diag >= 0 && table.diag && t.readDiag(n, table, room) == nil {
			continue
		}
		if f := t.files[table.file]; f != nil {
			n.readTable(f, table, room)
		}
	}
	if f := t.files[addrs4File]; f != nil {
		n.readAddrs4(f)
	}
	if f := t.files[addrs6File]; f != nil {
		n.readAddrs6(f)
	}
	return n
}

// readSpace reads the tables of another namespace, from the net directory of a process in it.
func readSpace(dir string, room *int) *space {
	n := newSpace()
	read := func(name string, f func(*os.File)) {
		if file, err := os.Open(dir + name); err == nil {
			f(file)
			file.Close()
		}
	}
	for _, table := range allTables {
		read(table.file, func(f *os.File) { n.readTable(f, table, room) })
	}
	read(addrs4File, func(f *os.File) { n.readAddrs4(f) })
	read(addrs6File, func(f *os.File) { n.readAddrs6(f) })
	return n
}

func newSpace() *space {
	return &space{addrs: make(map[[16]byte]bool), sockets: make(map[key]socket)}
}

// add remembers a socket, unless a connection has ended and left it to no one. Of several with the same addresses the first
// counts (SO_REUSEPORT makes such), but raw sockets hear and say the same, so of several none does.
func (n *space) add(k key, inode uint32, room *int) {
	if inode == 0 || *room <= 0 {
		return
	}
	if k.remotePort == 0 && k.proto&rawSocket == 0 {
		k.remote = [16]byte{}
	}
	if _, ok := n.sockets[k]; !ok {
		n.sockets[k] = socket{inode: inode}
		*room--
	} else if k.proto&rawSocket != 0 {
		n.sockets[k] = socket{}
	}
}

func isUnspecified(a *[16]byte) bool { return *a == anyIPv4 || *a == anyIPv6 }

// The messages of sock_diag(7), in bytes: the kernel's byte order, but for ports and addresses.
const (
	diagRequestLen = 56 // struct inet_diag_req_v2
	diagMessageLen = 72 // struct inet_diag_msg
	diagID         = 4  // struct inet_diag_sockid in the message
	diagInode      = 68
)

// readDiag asks the kernel for a table by netlink, which is faster than its file.
func (t *tables) readDiag(n *space, table table, room *int) error {
	t.asked++
	request := make([]byte, unix.NLMSG_HDRLEN+diagRequestLen)
	binary.NativeEndian.PutUint32(request[0:], uint32(len(request)))
	binary.NativeEndian.PutUint16(request[4:], unix.SOCK_DIAG_BY_FAMILY)
	binary.NativeEndian.PutUint16(request[6:], unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	binary.NativeEndian.PutUint32(request[8:], t.asked)
	request[unix.NLMSG_HDRLEN], request[unix.NLMSG_HDRLEN+1] = table.family, uint8(table.proto)
	binary.NativeEndian.PutUint32(request[unix.NLMSG_HDRLEN+4:], ^uint32(0)) // in any state
	if err := unix.Sendto(t.diag, request, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return err
	}
	for buf := make([]byte, 32<<10); ; {
		size, _, err := unix.Recvfrom(t.diag, buf, 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		for b := buf[:size]; len(b) >= unix.NLMSG_HDRLEN; {
			length := int(binary.NativeEndian.Uint32(b))
			if length < unix.NLMSG_HDRLEN || length > len(b) {
				return unix.EBADMSG
			}
			m := b[unix.NLMSG_HDRLEN:length]
			kind, asked := binary.NativeEndian.Uint16(b[4:]), binary.NativeEndian.Uint32(b[8:])
			switch {
			case asked != t.asked: // the rest of an answer that was given up
			case kind == unix.NLMSG_DONE:
				return nil
			case kind == unix.NLMSG_ERROR:
				if len(m) >= 4 {
					return unix.Errno(-int32(binary.NativeEndian.Uint32(m)))
				}
				return unix.EBADMSG
			case kind == unix.SOCK_DIAG_BY_FAMILY:
				if len(m) >= diagMessageLen {
					n.add(diagKey(m, table), binary.NativeEndian.Uint32(m[diagInode:]), room)
				}
			}
			b = b[min(len(b), (length+unix.NLMSG_ALIGNTO-1)&^(unix.NLMSG_ALIGNTO-1)):]
		}
	}
}

func diagKey(m []byte, t table) key {
	id := m[diagID:]
	return key{
		proto:      t.proto,
		localPort:  binary.BigEndian.Uint16(id[0:]),
		remotePort: binary.BigEndian.Uint16(id[2:]),
		local:      address(id[4:20], t.family),
		remote:     address(id[20:36], t.family),
	}
}

// address gives an address of a family, in network byte order.
func address(b []byte, family uint8) (a [16]byte) {
	if family == unix.AF_INET {
		a = anyIPv4
		copy(a[12:], b[:4])
		return a
	}
	copy(a[:], b)
	return a
}

// lines calls f with each line of a file, from its start, split into words; f keeps none of them. A table can be long, and is cut
// off after maxSockets lines.
func lines(f *os.File, do func(words [][]byte)) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return
	}
	scanner := bufio.NewScanner(f)
	for i := 0; i < maxSockets && scanner.Scan(); i++ {
		do(bytes.Fields(scanner.Bytes()))
	}
}

// readTable reads a table as /proc/net has it: the local address is the second word, the remote one the third, the inode the tenth.
func (n *space) readTable(f *os.File, t table, room *int) {
	lines(f, func(words [][]byte) {
		if len(words) < 10 || words[0][len(words[0])-1] != ':' {
			return // the heading
		}
		k := key{proto: t.proto}
		var ok1, ok2 bool
		k.local, k.localPort, ok1 = parseEnd(words[1])
		k.remote, k.remotePort, ok2 = parseEnd(words[2])
		inode, err := strconv.ParseUint(string(words[9]), 10, 32)
		if !ok1 || !ok2 || err != nil {
			return
		}
		if t.proto == unix.IPPROTO_RAW { // the "port" is the protocol
			k.proto, k.localPort, k.remotePort = k.localPort|rawSocket, 0, 0
			if isUnspecified(&k.remote) {
				k.remote = [16]byte{}
			}
		}
		n.add(k, uint32(inode), room)
	})
}

// parseEnd reads "0100007F:0016": an address, 32 bits at a time in the kernel's byte order, and a port.
func parseEnd(word []byte) (a [16]byte, port uint16, ok bool) {
	address, tail, ok := bytes.Cut(word, []byte(":"))
	if !ok || len(address) != 8 && len(address) != 32 {
		return a, 0, false
	}
	p, err := strconv.ParseUint(string(tail), 16, 16)
	if err != nil {
		return a, 0, false
	}
	to := a[:]
	if len(address) == 8 {
		a = anyIPv4
		to = a[12:]
	}
	for i := 0; i < len(to); i += 4 {
		v, err := strconv.ParseUint(string(address[2*i:2*i+8]), 16, 32)
		if err != nil {
			return a, 0, false
		}
		binary.NativeEndian.PutUint32(to[i:], uint32(v))
	}
	return a, uint16(p), true
}

// readAddrs4 reads the local addresses from /proc/net/fib_trie: an address, and in a line below it what it is.
//
//	|-- 192.168.69.1
//	   /32 host LOCAL
func (n *space) readAddrs4(f *os.File) {
	var last [16]byte
	var have bool
	lines(f, func(words [][]byte) {
		switch {
		case len(words) == 2 && string(words[0]) == "|--":
			last, have = parseIPv4(words[1])
		case have && len(words) == 3 && string(words[0]) == "/32" && string(words[2]) == "LOCAL":
			n.addrs[last] = true
		}
	})
}

func parseIPv4(b []byte) (a [16]byte, ok bool) {
	a = anyIPv4
	for i := range 4 {
		part, rest, more := bytes.Cut(b, []byte("."))
		v, err := strconv.ParseUint(string(part), 10, 8)
		if err != nil || more != (i < 3) {
			return a, false
		}
		a[12+i], b = byte(v), rest
	}
	return a, true
}

// readAddrs6 reads the local addresses from /proc/net/if_inet6, where they are the first word, in hexadecimal.
func (n *space) readAddrs6(f *os.File) {
	lines(f, func(words [][]byte) {
		if len(words) == 0 || len(words[0]) != 32 {
			return
		}
		var a [16]byte
		for i := range a {
			v, err := strconv.ParseUint(string(words[0][2*i:2*i+2]), 16, 8)
			if err != nil {
				return
			}
			a[i] = byte(v)
		}
		n.addrs[a] = true
	})
}
