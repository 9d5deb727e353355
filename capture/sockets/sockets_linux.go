package sockets

import (
	"fmt"
	"io"
	"os"
	"time"
)

// Options says where to look.
type Options struct {
	// Enter calls f in the network namespace of the capture, on the calling thread, and returns its error. Nil stands for the
	// namespace of the process.
	Enter func(f func() error) error
}

// Source makes snapshots.
type Source struct {
	proc   string
	tables tables

	inodes   map[uint32]*Process // of the sockets in the last snapshot
	hopeless map[uint32]int      // inodes that were looked for in vain, and how often
}

// Open opens what must be opened with privileges, if there are any. Scans need the rights to read /proc/PID/fd of other users' processes
// (CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE), and do without those that may not be read.
func Open(o Options) (*Source, error) {
	s := &Source{proc: "/proc"}
	enter := o.Enter
	if enter == nil {
		enter = func(f func() error) error { return f() }
	}
	if err := enter(s.tables.open); err != nil {
		return nil, err
	}
	return s, nil
}

// Table makes the first scan, and a Table that has the others made by a goroutine of this process. warn is told, once, why a packet's
// process stays unknown, in Lookup.
func (s *Source) Table(warn func(text string)) *Table {
	m := newMailbox(s.scan())
	go m.run(func() (*snapshot, error) { return s.scan(), nil }, s.tables.close)
	return newTable(m, warn)
}

// Serve makes a scan and writes it to w, and another for each byte that comes from r, until r ends: for a Table that Connect makes at
// the other end.
func (s *Source) Serve(r io.Reader, w io.Writer) error {
	defer s.tables.close()
	return serve(s.scan, r, w)
}

// maxSockets and maxSpaces bound a snapshot, to some tens of megabytes.
const (
	maxSockets = 1 << 18
	maxSpaces  = 256
)

// scan makes a snapshot.
func (s *Source) scan() *snapshot {
	snap := newSnapshot(time.Now().UnixNano())
	room := maxSockets
	own := s.tables.read(&room)
	snap.spaces = append(snap.spaces, own)

	procs := listProcesses(s.proc)
	for _, pid := range otherNamespaces(s.proc, procs, s.tables.namespace) {
		if len(snap.spaces) == maxSpaces || room <= 0 {
			break
		}
		snap.spaces = append(snap.spaces, readSpace(fmt.Sprintf("%s/%d/net/", s.proc, pid), &room))
	}
	s.assign(snap, procs)
	return snap
}

// maxTries is how often a socket's process is looked for. Some have none: the kernel's own.
const maxTries = 3

// assign finds the processes of a snapshot's sockets.
func (s *Source) assign(snap *snapshot, procs []int) {
	alive := make(map[int]bool, len(procs))
	for _, pid := range procs {
		alive[pid] = true
	}
	found := make(map[uint32]*Process)
	wanted := make(map[uint32]bool)
	hopeless := make(map[uint32]int)
	for _, n := range snap.spaces {
		for _, sock := range n.sockets {
			switch who := s.inodes[sock.inode]; {
			case who != nil && alive[who.PID]:
				found[sock.inode] = who
			case s.hopeless[sock.inode] < maxTries:
				wanted[sock.inode] = true
			default:
				hopeless[sock.inode] = maxTries
			}
		}
	}
	snap.denied = findInodes(s.proc, procs, wanted, found)
	for inode := range wanted {
		hopeless[inode] = s.hopeless[inode] + 1
	}
	s.inodes, s.hopeless = found, hopeless
	for _, n := range snap.spaces {
		for k, sock := range n.sockets {
			sock.who = found[sock.inode]
			n.sockets[k] = sock
		}
	}
}

// tables are the kernel's tables of the sockets of one network namespace, opened there: they can be read from anywhere.
type tables struct {
	diag      int    // a netlink socket, or -1
	asked     uint32 // the number of the last request to it
	files     map[string]*os.File
	namespace string // the namespace, as /proc/PID/ns/net links to it
}
