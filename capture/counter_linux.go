package capture

import (
	"fmt"
	"net"
	"sync"

	"github.com/mdlayher/packet"
	"golang.org/x/net/bpf"
)

// Counter counts the packets on an interface that a filter accepts, and sees none of them.
type Counter struct {
	conn *packet.Conn
	mu   sync.Mutex
	seen uint64
}

// NewCounter starts to count packets for which the program, as in LiveOptions.Filter, does not return zero. It leaves the
// interface's filter of hardware addresses alone.
func NewCounter(name string, dir Direction, program []bpf.RawInstruction) (*Counter, error) {
	ifi, err := interfaceByName(name)
	if err != nil {
		return nil, err
	}
	loopback := ifi.Flags&net.FlagLoopback != 0
	conn, err := openPacketSocket(name, ifi.Index, packetSocketOptions{
		ignoreOutgoing: dir == DirIn || loopback,
		buffer:         1, // the kernel makes it the least that it has, which soon is full: it copies no more packets then
		filter:         cutFilter(program, 1),
	})
	if err != nil {
		return nil, err
	}
	return &Counter{conn: conn}, nil
}

// Count tells how many packets there have been.
func (c *Counter) Count() (uint64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, err := c.conn.Stats() // since the last time
	if err != nil {
		return c.seen, fmt.Errorf("statistics: %w", err)
	}
	c.seen += uint64(s.Packets)
	return c.seen, nil
}

// Close ends the counting.
func (c *Counter) Close() error { return c.conn.Close() }
