package stack

import "net/netip"

// loopDevice gives back what it is sent: by it packets to our own addresses come in again.
type loopDevice struct {
	pool  *pool
	queue queue
	lent  []byte
}

// loopQueue is how many packets the loopback holds before it is full.
const loopQueue = 256

func (d *loopDevice) Ethernet() bool { return false }
func (d *loopDevice) MTU() int       { return maxMTU }
func (d *loopDevice) waiting() bool  { return d.queue.len() > 0 }

func (d *loopDevice) Send(pieces [][]byte) (bool, error) {
	if d.queue.len() == loopQueue {
		return false, nil
	}
	d.queue.push(gather(d.pool, pieces))
	return true, nil
}

func (d *loopDevice) Recv() ([]byte, error) {
	if d.lent != nil {
		d.pool.put(d.lent)
		d.lent = nil
	}
	if d.queue.len() > 0 {
		d.lent = d.queue.pop()
	}
	return d.lent, nil
}

// addLoopback makes interface 0.
func (s *Stack) addLoopback() {
	lo := &Interface{stack: s, name: "lo", dev: &loopDevice{pool: &s.pool}, loopback: true, mtu: maxMTU, stalledAt: Never}
	lo.neighbors.init(lo, false)
	lo.neighbors6.init(lo, true)
	lo.igmp.init(lo, igmpReports{}, false)
	lo.mld.init(lo, mldReports{}, true)
	lo.mtu6 = lo.mtu
	lo.addrs = []netip.Prefix{netip.PrefixFrom(loopback4, 8), netip.PrefixFrom(loopback6, 128)}
	s.interfaces = append(s.interfaces, lo)
	s.locals[loopback4], s.locals[loopback6] = lo, lo
}

// gather copies a frame into one buffer of the pool.
func gather(p *pool, pieces [][]byte) []byte {
	n := 0
	for _, b := range pieces {
		n += len(b)
	}
	out := p.get(n)
	for _, b := range pieces {
		out = append(out, b...)
	}
	return out
}
