package dhcp

import (
	"encoding/binary"
	"io"
	"time"

	"smoltcp/stack/tcp"
)

// Time is an instant on the clock of the client's owner, the same type as that of the stack: nanoseconds since an origin of its
// choice. It never goes back, and it must run on while the host sleeps, since leases do.
type Time = tcp.Time

// Never is later than every deadline.
const Never = tcp.Never

// notices are events on their way to a hook. They are kept until the client is of one piece again, so that the hook may call it; what
// that brings about follows behind.
type notices[E any] struct {
	list       []E
	delivering bool
}

func (n *notices[E]) deliver(hook func(E)) {
	if n.delivering {
		return
	}
	n.delivering = true
	for i := 0; i < len(n.list); i++ {
		hook(n.list[i])
	}
	n.list, n.delivering = nil, false
}

// random draws from the source of the configuration. One that fails gives zeros: a source that is not there is for whoever gave
// it to see.
type random struct{ src io.Reader }

func (r random) uint32() uint32 {
	var b [4]byte
	_, _ = io.ReadFull(r.src, b[:])
	return binary.LittleEndian.Uint32(b[:])
}

// between gives a time from low to high, both included.
func (r random) between(low, high time.Duration) time.Duration {
	if high <= low {
		return low
	}
	var b [8]byte
	_, _ = io.ReadFull(r.src, b[:])
	return low + time.Duration(binary.LittleEndian.Uint64(b[:])%uint64(high-low+1))
}
