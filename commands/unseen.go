package commands

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"time"

	"smoltcp/capture"
	"smoltcp/dissect"
)

// A filter such as "port 80" looks for its port where it is in a packet without a VLAN tag, and finds nothing on a link where all have
// one that the kernel has not taken off: two tags, or tags of packets that this machine sends. People then look for the
// packets everywhere but there. So for the first seconds of a capture a second socket counts what the filter would have matched behind
// the tags. It hands no packet over: the kernel runs a program on each, and what matches finds a buffer with no room.

const (
	// behindTime is how long that socket is there.
	behindTime = 10 * time.Second
	// behindLook is how often it is looked at.
	behindLook = time.Second
	// behindTries is, where the filter runs in this process, the number of packets that are looked at in the same way.
	behindTries = 10_000
)

// warnUnseen says what passed unseen behind VLAN tags, if anything did.
func warnUnseen(w io.Writer, command string, n uint64) bool {
	if n == 0 {
		return false
	}
	fmt.Fprintf(w, "smoltcp: %s: filter: %s with VLAN tags passed unseen that would match behind them: try --vlan-aware, or the word vlan before the rest\n",
		command, plural(n, "packet"))
	return true
}

// tagged reports whether a packet of a file begins with a VLAN tag.
func tagged(p *capture.Packet) bool {
	at := -1
	switch p.Link {
	case dissect.LinkEthernet:
		at = 12
	case dissect.LinkSLL:
		at = 14
	case dissect.LinkSLL2:
		at = 0
	}
	if at < 0 || len(p.Data) < at+2 {
		return false
	}
	switch binary.BigEndian.Uint16(p.Data[at:]) {
	case 0x8100, 0x88a8, 0x9100, 0x9200:
		return true
	}
	return false
}

// unseen watches for packets that the filters of a live capture miss behind VLAN tags.
type unseen struct {
	programs []*liveProgram
	counters []*capture.Counter // nil for those that count themselves
	end      context.CancelFunc
	ended    chan struct{}
}

// watchUnseen starts the watch over captures with the programs given. It is to be called where the interfaces are. What cannot be
// watched, for want of memory for one more socket perhaps, is not.
func watchUnseen(lives []capture.LiveOptions, programs []*liveProgram) *unseen {
	u := &unseen{ended: make(chan struct{})}
	for i, p := range programs {
		if p == nil || p.behind == nil {
			continue
		}
		var c *capture.Counter
		if lives[i].Accept == nil {
			if p.behind.KernelProblem() != nil || lives[i].Direction == capture.DirOut {
				continue
			}
			var err error
			if c, err = capture.NewCounter(lives[i].Interface, lives[i].Direction, p.behind.Raw()); err != nil {
				continue
			}
		}
		u.programs, u.counters = append(u.programs, p), append(u.counters, c)
	}
	return u
}

// run looks at the counts until there is something to tell, or the time is over.
func (u *unseen) run(stderr io.Writer) {
	ctx, end := context.WithTimeout(context.Background(), behindTime)
	u.end = end
	go func() {
		defer close(u.ended)
		defer u.close()
		if len(u.programs) == 0 {
			return
		}
		look := time.NewTicker(behindLook)
		defer look.Stop()
		for {
			select {
			case <-look.C:
				if warnUnseen(stderr, "dump", u.count()) {
					return
				}
			case <-ctx.Done():
				warnUnseen(stderr, "dump", u.count())
				return
			}
		}
	}()
}

// stop ends the watch, and says what has not been said. It may be called again.
func (u *unseen) stop() {
	if u.end == nil { // it has not begun
		u.close()
		return
	}
	u.end()
	<-u.ended
}

func (u *unseen) count() (n uint64) {
	for i, p := range u.programs {
		if c := u.counters[i]; c != nil {
			k, err := c.Count()
			if err != nil {
				continue // the interface is gone, as others will say
			}
			n += k
		} else {
			n += p.missed.Load()
		}
	}
	return n
}

func (u *unseen) close() {
	for _, c := range u.counters {
		if c != nil {
			_ = c.Close() // nothing was to be kept
		}
	}
}
