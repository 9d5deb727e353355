package stack

import (
	"errors"
	"fmt"
)

// Verify reports the first of the rules that the stack has to keep between polls and does not, nil if it keeps them all: its
// tables agree with each other and stay within the configuration, every connection keeps its own rules (tcp.Conn.Verify), and
// timers and NextPoll agree. It looks at everything and changes nothing. For tests and simulations, which ask it after a Poll
// that reported false.
func (s *Stack) Verify() error {
	if next := s.NextPoll(); next <= s.now {
		return fmt.Errorf("polled at %v, and the next poll is due at %v", s.now, next)
	}
	if err := s.tcp.verify(); err != nil {
		return err
	}
	if err := s.timers.verify(s.now); err != nil {
		return err
	}
	if s.reassembly.cost > s.cfg.ReassemblyMemory {
		return fmt.Errorf("fragments hold %d bytes", s.reassembly.cost)
	}
	for _, ifc := range s.interfaces {
		for _, n := range [...]*neighborCache{&ifc.neighbors, &ifc.neighbors6} {
			switch {
			case n.waiting > s.cfg.NeighborQueueBytes+s.cfg.Neighbors*largeBuffer: // one packet for each always fits
				return fmt.Errorf("%s: %d bytes wait for neighbors", ifc.name, n.waiting)
			case n.pending.len > s.cfg.Neighbors || n.known.len > s.cfg.Neighbors:
				return fmt.Errorf("%s: %d neighbors, %d being resolved", ifc.name, n.known.len, n.pending.len)
			}
		}
		if err := ifc.verify4(); err != nil {
			return err
		}
		if err := ifc.verify6(); err != nil {
			return err
		}
	}
	return nil
}

// verify: every connection is in the tables that it says it is in, and is asked again in time.
func (t *tcpTable) verify() error {
	conns, waits, half := 0, 0, 0
	for c := t.first; c != nil; c = c.next {
		conns++
		if err := c.verify(); err != nil {
			return fmt.Errorf("%s-%s %s: %w", c.local, c.remote, c.State(), err)
		}
		if c.waiting {
			waits++
		}
		if c.half && !c.early {
			half++
		}
	}
	switch g := &t.stack.cfg; {
	case conns != t.conns.len() || conns > g.MaxConns:
		return fmt.Errorf("%d connections, %d in the table, at most %d", conns, t.conns.len(), g.MaxConns)
	case waits != t.waits.n || waits > g.MaxTimeWait:
		return fmt.Errorf("%d connections in TIME-WAIT, %d in the list, at most %d", waits, t.waits.n, g.MaxTimeWait)
	}
	for _, ls := range t.listens {
		for _, l := range ls {
			half -= l.half.n
			if l.half.n > l.opt.Backlog || l.accepted.len() > 2*l.opt.Backlog {
				return fmt.Errorf("%s: %d half open, %d to be accepted, backlog %d", l.local, l.half.n, l.accepted.len(), l.opt.Backlog)
			}
		}
	}
	if half != 0 {
		return fmt.Errorf("%d half open connections more than the listeners know of", half)
	}
	return nil
}

// verify: the connection is found, keeps its own rules, and will be asked when it has something to do.
func (c *TCPSocket) verify() error {
	if c.gone || c.stack.tcp.conns.find(c.local, c.remote) != c {
		return errors.New("not in the table")
	}
	if err := c.conn.Verify(!c.queued); err != nil {
		return err
	}
	if d := c.conn.Deadline(); !c.queued && c.timer.at > d {
		return fmt.Errorf("deadline %v, timer %v", d, c.timer.at)
	}
	return nil
}

// verify: the heap is one, and no timer is later in it than it is due, nor over.
func (h *timers) verify(now Time) error {
	for i, e := range h.heap {
		switch {
		case int(e.t.index) != i:
			return fmt.Errorf("timer %d believes to be %d", i, e.t.index)
		case e.key > e.t.at || i > 0 && e.key < h.heap[(i-1)/4].key:
			return fmt.Errorf("timer %d of %v stands at %v", i, e.t.at, e.key)
		case e.t.at <= now:
			return fmt.Errorf("timer %d was due at %v, and it is %v", i, e.t.at, now)
		}
	}
	return nil
}
