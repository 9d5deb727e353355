package sockets

import (
	"bufio"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"io"
)

// A Source may be in a process of its own, which keeps the right to look into other processes and reads nothing that a stranger wrote, while
// the one that reads packets keeps no rights. Between them are two pipes: a byte asks for a scan, and a message brings the snapshot.

// message is a snapshot on its way.
type message struct {
	Error     string // why there are none
	At        int64
	Denied    int
	Processes []Process
	Spaces    []messageSpace
}

type messageSpace struct {
	Addrs   []byte // one behind the other
	Sockets []byte // records of socketRecord bytes
}

// socketRecord is the length of a socket on its way: the key, its inode, and 1 + the index of its process, or 0.
const socketRecord = 16 + 16 + 2 + 2 + 2 + 4 + 4

func (s *snapshot) message() *message {
	m := &message{At: s.at, Denied: s.denied}
	index := make(map[*Process]uint32)
	for _, n := range s.spaces {
		var space messageSpace
		for a := range n.addrs {
			space.Addrs = append(space.Addrs, a[:]...)
		}
		for k, sock := range n.sockets {
			who := uint32(0)
			if sock.who != nil {
				if who = index[sock.who]; who == 0 {
					m.Processes = append(m.Processes, *sock.who)
					who = uint32(len(m.Processes))
					index[sock.who] = who
				}
			}
			b := append(append(space.Sockets, k.local[:]...), k.remote[:]...)
			for _, v := range [...]uint16{k.localPort, k.remotePort, k.proto} {
				b = binary.BigEndian.AppendUint16(b, v)
			}
			space.Sockets = binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(b, sock.inode), who)
		}
		m.Spaces = append(m.Spaces, space)
	}
	return m
}

var errMessage = errors.New("a snapshot that makes no sense")

// snapshot is the inverse of snapshot.message.
func (m *message) snapshot() (*snapshot, error) {
	if m.Error != "" {
		return nil, errors.New(m.Error)
	}
	s := newSnapshot(m.At)
	s.denied = m.Denied
	for _, from := range m.Spaces {
		n := &space{addrs: make(map[[16]byte]bool, len(from.Addrs)/16), sockets: make(map[key]socket, len(from.Sockets)/socketRecord)}
		for b := from.Addrs; len(b) >= 16; b = b[16:] {
			n.addrs[[16]byte(b)] = true
		}
		for b := from.Sockets; len(b) >= socketRecord; b = b[socketRecord:] {
			k := key{local: [16]byte(b), remote: [16]byte(b[16:])}
			k.localPort, k.remotePort, k.proto = binary.BigEndian.Uint16(b[32:]), binary.BigEndian.Uint16(b[34:]), binary.BigEndian.Uint16(b[36:])
			sock := socket{inode: binary.BigEndian.Uint32(b[38:])}
			if who := binary.BigEndian.Uint32(b[42:]); who > uint32(len(m.Processes)) {
				return nil, errMessage
			} else if who > 0 {
				sock.who = &m.Processes[who-1]
			}
			n.sockets[k] = sock
		}
		s.spaces = append(s.spaces, n)
	}
	if len(s.spaces) == 0 {
		return nil, errMessage
	}
	return s, nil
}

// Fail answers in the place of a Source that could not be opened.
func Fail(w io.Writer, err error) error {
	return gob.NewEncoder(w).Encode(&message{Error: err.Error()})
}

// serve writes what scan gives to w, once, and again for each byte that comes from r, until r ends.
func serve(scan func() *snapshot, r io.Reader, w io.Writer) error {
	to := bufio.NewWriter(w)
	encoder := gob.NewEncoder(to)
	for request := make([]byte, 1); ; {
		if err := errors.Join(encoder.Encode(scan().message()), to.Flush()); err != nil {
			return err
		}
		if _, err := io.ReadFull(r, request); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// Connect waits for the first scan of a Source that serves at the other ends of r and w, and makes a Table that has the others made there. When
// it is closed, or the other side has failed, it calls end. warn is as for Source.Table.
func Connect(r io.Reader, w io.Writer, warn func(text string), end func()) (*Table, error) {
	decoder := gob.NewDecoder(bufio.NewReader(r))
	receive := func() (*snapshot, error) {
		var m message
		if err := decoder.Decode(&m); err != nil {
			return nil, err
		}
		return m.snapshot()
	}
	first, err := receive()
	if err != nil {
		end()
		return nil, err
	}
	m := newMailbox(first)
	go m.run(func() (*snapshot, error) {
		if _, err := w.Write([]byte{1}); err != nil {
			return nil, err
		}
		return receive()
	}, end)
	return newTable(m, warn), nil
}
