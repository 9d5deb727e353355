// Package netsim is a network in virtual time, for tests: stacks, and links between them that delay, limit, lose,
// mark, reorder, duplicate and corrupt real frames. Everything random comes from one seed: a run with the same seed and
// the same calls is the same run.
//
//	sim := netsim.New(1)
//	a, b := sim.Link(netsim.LinkConfig{Delay: 10 * time.Millisecond, Loss: 0.01})
//	// give a and b to two stacks as their devices, then
//	sim.Attach(stackA, a)
//	sim.Attach(stackB, b)
//	sim.Until(done, time.Minute)
//
// Virtual time jumps from one event to the next, so that an hour of waiting costs nothing. Nothing here is safe for
// concurrent use.
package netsim

import (
	"io"
	"math/rand/v2"
	"time"

	"smoltcp/stack"
)

// Node is what is driven by the simulation's clock: a *stack.Stack, or something that stands in for one.
type Node interface {
	Poll(now stack.Time) bool
	NextPoll() stack.Time
}

// Sim is a simulated network and its clock, which starts at 0.
type Sim struct {
	now    stack.Time
	rng    *rand.Rand
	seed   uint64
	seeds  uint64
	events []event // a heap
	serial uint64
	nodes  []*node
	free   [][]byte

	// Late is how much later than asked for nodes are polled, unless something happens before: a program that sleeps wakes up late.
	Late time.Duration

	// Check, if set, is called whenever a node was polled and has nothing more to do at once: for what must hold then.
	Check func(n Node)
}

// node is a Node and when it is to be polled.
type node struct {
	Node
	next  stack.Time
	woken bool // something happened to an end since the last poll
}

// event is something that happens at a time. Events of one time happen in the order in which they were made.
type event struct {
	at     stack.Time
	serial uint64
	frame  []byte // to be delivered to end
	end    *End   // without a frame: one frame has left the end's transmit queue
	f      func()
}

// New makes an empty network.
func New(seed uint64) *Sim {
	s := &Sim{seed: seed}
	s.rng = rand.New(s.source())
	return s
}

// source gives a generator of its own for each caller.
func (s *Sim) source() *rand.ChaCha8 {
	var key [32]byte
	for i := range 8 {
		key[i], key[8+i] = byte(s.seed>>(8*i)), byte(s.seeds>>(8*i))
	}
	s.seeds++
	return rand.NewChaCha8(key)
}

// Now is the present.
func (s *Sim) Now() stack.Time { return s.now }

// Rand is for what tests decide by chance.
func (s *Sim) Rand() *rand.Rand { return s.rng }

// RandReader gives a source of random bytes, a different one in each call, for stack.Config.Rand.
func (s *Sim) RandReader() io.Reader { return s.source() }

// Attach has a node polled when its time comes and when something happens to its ends.
func (s *Sim) Attach(n Node, ends ...*End) {
	at := &node{Node: n}
	s.nodes = append(s.nodes, at)
	for _, e := range ends {
		e.node = at
	}
}

// After calls f when d has passed.
func (s *Sim) After(d time.Duration, f func()) { s.push(event{at: s.now.Add(d), f: f}) }

// Run lets d pass.
func (s *Sim) Run(d time.Duration) { s.Until(func() bool { return false }, d) }

// maxPolls bounds how often a node may ask to be polled at one instant. A stack that has something to do at once
// for ever is broken.
const maxPolls = 100000

// Until lets time pass until done reports true, but no more than limit, and reports what done said last. done is
// asked after each instant at which anything happened.
func (s *Sim) Until(done func() bool, limit time.Duration) bool {
	end := s.now.Add(limit)
	s.refresh()
	for !done() {
		s.refresh()
		at := end
		if len(s.events) > 0 {
			at = min(at, s.events[0].at)
		}
		for _, n := range s.nodes {
			at = min(at, n.next)
		}
		s.now = max(s.now, at)
		for len(s.events) > 0 && s.events[0].at <= s.now {
			s.happen(s.pop())
		}
		for _, n := range s.nodes {
			if n.next > s.now {
				continue
			}
			n.woken = false
			for polls := 0; n.Poll(s.now); polls++ {
				if polls == maxPolls {
					panic("netsim: a node has something to do at once for ever")
				}
			}
			n.next = s.due(n)
			if s.Check != nil {
				s.Check(n.Node)
			}
		}
		if s.now >= end {
			s.advance()
			return done()
		}
		s.advance()
	}
	return true
}

// refresh takes in what was done to nodes from outside.
func (s *Sim) refresh() {
	for _, n := range s.nodes {
		if !n.woken {
			n.next = s.due(n)
		}
	}
}

// due is when a node is to be polled if nothing else happens.
func (s *Sim) due(n *node) stack.Time {
	at := n.NextPoll()
	if at > s.now {
		at = at.Add(s.Late)
	}
	return at
}

// advance tells the nodes the time, for what the test does to them between polls.
func (s *Sim) advance() {
	for _, n := range s.nodes {
		if a, ok := n.Node.(interface{ Advance(stack.Time) }); ok {
			a.Advance(s.now)
		}
	}
}

// happen lets one event happen.
func (s *Sim) happen(e event) {
	switch {
	case e.f != nil:
		s.advance()
		e.f()
		s.refresh()
	case e.frame != nil:
		e.end.inbox = append(e.end.inbox, e.frame)
		e.end.wake()
	default:
		if e.end.queued--; e.end.full {
			e.end.full = false
			e.end.wake()
		}
	}
}

func (s *Sim) before(i, j int) bool {
	a, b := &s.events[i], &s.events[j]
	return a.at < b.at || a.at == b.at && a.serial < b.serial
}

func (s *Sim) push(e event) {
	e.serial = s.serial
	s.serial++
	s.events = append(s.events, e)
	for i := len(s.events) - 1; i > 0; {
		p := (i - 1) / 2
		if !s.before(i, p) {
			break
		}
		s.events[i], s.events[p] = s.events[p], s.events[i]
		i = p
	}
}

func (s *Sim) pop() event {
	e, last := s.events[0], len(s.events)-1
	s.events[0] = s.events[last]
	s.events[last] = event{}
	s.events = s.events[:last]
	for i := 0; ; {
		least := i
		for c := 2*i + 1; c <= 2*i+2 && c < last; c++ {
			if s.before(c, least) {
				least = c
			}
		}
		if least == i {
			return e
		}
		s.events[i], s.events[least] = s.events[least], s.events[i]
		i = least
	}
}

// buffer gives an empty buffer for a frame.
func (s *Sim) buffer() []byte {
	if n := len(s.free); n > 0 {
		b := s.free[n-1]
		s.free = s.free[:n-1]
		return b[:0]
	}
	return make([]byte, 0, 2048)
}

func (s *Sim) release(b []byte) { s.free = append(s.free, b) }
