package netsim_test

import (
	"net/netip"
	"testing"
	"time"

	"smoltcp/dissect"
	"smoltcp/stack/netsim"
)

// ecnFrame is a frame with an IP packet of 1000 bytes.
func ecnFrame(ecn dissect.ECN) []byte {
	eth := dissect.EthernetHeader{Dst: dissect.MAC{2}, Src: dissect.MAC{2, 1}, Type: dissect.EtherTypeIPv4}
	ip := dissect.IPv4Header{
		TotalLen: 1000, TTL: 64, Protocol: dissect.ProtoUDP, ECN: ecn,
		Src: netip.AddrFrom4([4]byte{10, 0, 0, 1}), Dst: netip.AddrFrom4([4]byte{10, 0, 0, 2}),
	}
	return append(ip.Append(eth.Append(nil)), make([]byte, 980)...)
}

// Queue management marks what understands ECN, drops what does not, and touches nothing while the queue is short.
func TestQueueManagement(t *testing.T) {
	const n = 3000
	for name, c := range map[string]netsim.LinkConfig{
		"RED":   {RED: netsim.RED{Min: 10, Max: 40}},
		"CoDel": {CoDel: netsim.CoDel{Target: 5 * time.Millisecond}},
	} {
		c.Rate, c.Queue = 8_112_000, 1000 // a millisecond for each frame
		for _, gap := range []time.Duration{2 * time.Millisecond, 900 * time.Microsecond} {
			for _, ecn := range []dissect.ECN{dissect.ECT0, dissect.NotECT} {
				sim, a, k := pipe(1, c)
				for range n {
					if ok, err := a.Send([][]byte{ecnFrame(ecn)}); !ok || err != nil {
						t.Fatal(ok, err)
					}
					sim.Run(gap)
				}
				sim.Run(time.Second)
				marked := 0
				for _, f := range k.frames {
					ip := dissect.IPv4(f[14:])
					if !ip.ChecksumOK() {
						t.Fatal("the IP header has a wrong checksum")
					}
					if ip.ECN() == dissect.CE {
						marked++
					}
				}
				picked := marked
				if ecn == dissect.NotECT {
					picked = n - len(k.frames)
				}
				switch s := a.Stats; {
				case marked != s.Marked || s.Marked > 0 && ecn == dissect.NotECT || s.Early != n-len(k.frames) || s.Early > 0 && ecn != dissect.NotECT:
					t.Errorf("%s, ECN %d: %d of %d arrived, %d marked, %+v", name, ecn, len(k.frames), n, marked, s)
				case picked > 0 != (gap < time.Millisecond):
					t.Errorf("%s, ECN %d, a frame every %v: %d picked", name, ecn, gap, picked)
				}
				if gap < time.Millisecond && ecn == dissect.NotECT && a.Stats.Overflowed > 0 {
					t.Errorf("%s: %d overflowed", name, a.Stats.Overflowed)
				}
			}
		}
	}
}

// RFC 8289 section 5.5: nothing happens for an interval; then the time to the next drop shrinks with the square root of their number.
func TestCoDelTimes(t *testing.T) {
	sim, a, _ := pipe(1, netsim.LinkConfig{Rate: 8_112_000, CoDel: netsim.CoDel{Target: 5 * time.Millisecond, Interval: 100 * time.Millisecond}})
	var at []time.Duration
	for a.Stats.Marked < 4 {
		before := a.Stats.Marked
		for range 2 { // twice the rate: the queue grows by half of the time
			if _, err := a.Send([][]byte{ecnFrame(dissect.ECT0)}); err != nil {
				t.Fatal(err)
			}
		}
		if a.Stats.Marked > before {
			at = append(at, 2*time.Duration(sim.Now())) // when it leaves
		}
		sim.Run(time.Millisecond)
	}
	if first := at[0]; first < 105*time.Millisecond || first > 120*time.Millisecond {
		t.Errorf("first mark at %v", at[0])
	}
	for i, want := range []float64{100, 70.7, 57.7} {
		if gap := (at[i+1] - at[i]).Seconds() * 1000; gap < want-4 || gap > want+4 {
			t.Errorf("mark %d after %.1f ms, want %.1f", i+2, gap, want)
		}
	}
}

// Some frames have farther to go.
func TestWay(t *testing.T) {
	sim, a, k := pipe(1, netsim.LinkConfig{Delay: time.Millisecond, Way: func(f []byte) time.Duration {
		return time.Duration(number(f)%2) * 10 * time.Millisecond
	}})
	for i := range 4 {
		send(a, i, 100)
	}
	sim.Run(time.Second)
	for i, want := range []int{0, 2, 1, 3} {
		if number(k.frames[i]) != want || k.times[i] != time.Duration(1+10*(want%2))*time.Millisecond {
			t.Errorf("frame %d at %v", number(k.frames[i]), k.times[i])
		}
	}
}
