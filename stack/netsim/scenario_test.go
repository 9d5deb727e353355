package netsim_test

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"smoltcp/dissect"
	"smoltcp/stack"
	"smoltcp/stack/netsim"
	"smoltcp/stack/tcp"
)

var (
	soak   = flag.Bool("soak", false, "run the long simulations too")
	update = flag.Bool("update", false, "record the goodput of the scenarios that run in testdata/goodput.txt")
)

// scenario is a network, what goes through it, and how much of what could go through did in the end. Two numbers stand beside it:
// what the link, the windows and the reader let through, and what Reno's or CUBIC's response function gives for a path that loses
// by chance.
type scenario struct {
	name string
	ab   netsim.LinkConfig // from the sender
	ba   netsim.LinkConfig // from the receiver; as ab if that has no delay and no rate
	buf  int               // both buffers, bytes; 4 MiB if zero
	tcp  func(*tcp.Config)
	algs []tcp.Algorithm // CUBIC if nil
	reno bool            // Reno not only with -soak, where it stands beside others

	farther []time.Duration // of each flow; nil: one flow
	mixed   []tcp.Algorithm // of each flow, if not the same
	gone    time.Duration   // the link is away for so long, beginning with the second second
	down    bool            // and the device says that it is full, instead of losing everything
	reads   int             // bytes a second that the receiving program takes, in gulps; 0: all at once

	time  time.Duration // of the run, from the first SYN
	least float64       // part of the lesser of the two numbers: what has to be reached whatever is recorded
	slack float64       // part of the recorded goodput that may be missing, 0.03 if zero: more where chance decides
	soak  bool          // only with -soak
}

var (
	everyAlgorithm = []tcp.Algorithm{tcp.Cubic, tcp.NewReno, tcp.BBR}
	cubicAndBBR    = []tcp.Algorithm{tcp.Cubic, tcp.BBR}
)

const (
	mbit = 1_000_000
	gbit = 1_000_000_000
	msec = time.Millisecond
)

// link is one with a round trip, a rate and a queue in frames.
func link(rtt time.Duration, rate, queue int, change ...func(*netsim.LinkConfig)) netsim.LinkConfig {
	l := netsim.LinkConfig{Delay: rtt / 2, Rate: rate, Queue: queue}
	for _, f := range change {
		f(&l)
	}
	return l
}

func loses(p float64) func(*netsim.LinkConfig) { return func(l *netsim.LinkConfig) { l.Loss = p } }

// scenarios has one line or a few for each thing that a network can do.
var scenarios = []scenario{
	// Delay and rate.
	{name: "1 Mbit/s, 300 ms", ab: link(300*msec, mbit, 50), buf: 1 << 20, algs: everyAlgorithm, time: time.Minute, least: 0.9},
	{name: "10 Mbit/s, 20 ms", ab: link(20*msec, 10*mbit, 20), algs: everyAlgorithm, reno: true, time: 4 * time.Second, least: 0.9},
	{name: "100 Mbit/s, 40 ms", ab: link(40*msec, 100*mbit, 350), algs: cubicAndBBR, time: 2 * time.Second, least: 0.8},
	{name: "100 Mbit/s, 40 ms, longer", ab: link(40*msec, 100*mbit, 350), buf: 16 << 20, algs: everyAlgorithm, time: 20 * time.Second, least: 0.9, soak: true},
	{name: "100 Mbit/s, 300 ms", ab: link(300*msec, 100*mbit, 2500), buf: 16 << 20, algs: everyAlgorithm, time: 20 * time.Second, soak: true},
	{name: "100 Mbit/s, 300 ms, at first", ab: link(300*msec, 100*mbit, 2500), buf: 16 << 20, algs: everyAlgorithm, reno: true, time: 4 * time.Second, slack: 0.1},
	{name: "1 Gbit/s, no delay", ab: link(0, gbit, 64), buf: 1 << 20, algs: cubicAndBBR, time: 60 * msec, least: 0.95},
	{name: "1 Gbit/s, 10 ms", ab: link(10*msec, gbit, 850), buf: 8 << 20, algs: everyAlgorithm, time: 2 * time.Second, least: 0.85, soak: true},
	{
		name: "10 Gbit/s, 1 ms, jumbo", ab: link(msec, 10*gbit, 150, func(l *netsim.LinkConfig) { l.MTU = 9000 }),
		buf: 8 << 20, algs: cubicAndBBR, time: 20 * msec, least: 0.55,
	},
	{
		name: "10 Gbit/s, 50 ms, jumbo", ab: link(50*msec, 10*gbit, 7000, func(l *netsim.LinkConfig) { l.MTU = 9000 }),
		buf: 128 << 20, algs: cubicAndBBR, time: time.Second, soak: true,
	},
	{
		name: "10 Mbit/s, 40 ms, jitter 20 ms", ab: link(40*msec, 10*mbit, 100, func(l *netsim.LinkConfig) { l.Jitter = 20 * msec }),
		algs: everyAlgorithm, time: 8 * time.Second, slack: 0.1,
	},

	// Windows.
	{name: "64 B buffers, 1 ms", ab: link(msec, 100*mbit, 100), buf: 64, time: 2 * time.Second, least: 0.9},
	{name: "64 B buffers, 10 ms, loss 5 %", ab: link(10*msec, 100*mbit, 100, loses(0.05)), buf: 64, time: 10 * time.Minute, slack: 0.1},
	{name: "8 KiB buffers, 100 ms", ab: link(100*msec, 0, 0), buf: 8 << 10, time: time.Minute, least: 0.9},
	{name: "32 KiB buffers, 100 ms", ab: link(100*msec, 0, 0), buf: 32 << 10, time: time.Minute, least: 0.9},
	{
		name: "buffers that grow, 100 Mbit/s, 40 ms", ab: link(40*msec, 100*mbit, 350), buf: 16 << 20, tcp: func(g *tcp.Config) {
			g.RcvBufMax, g.SndBufMax, g.RcvBuf, g.SndBuf = g.RcvBuf, g.SndBuf, 0, 0
		}, algs: cubicAndBBR, time: 2 * time.Second, slack: 0.1,
	},
	{name: "a slow reader, 64 KiB", ab: link(20*msec, 100*mbit, 100), buf: 64 << 10, reads: 100_000, algs: cubicAndBBR, time: 20 * time.Second, least: 0.95},
	{name: "a slow reader, 2 KiB", ab: link(20*msec, 100*mbit, 100), buf: 2 << 10, reads: 20_000, algs: cubicAndBBR, time: 20 * time.Second, slack: 0.1},
	{name: "a slow reader, 64 KiB, loss 3 %", ab: link(20*msec, 100*mbit, 100, loses(0.03)), buf: 64 << 10, reads: 100_000, algs: cubicAndBBR, time: 20 * time.Second, slack: 0.1},
	{name: "1 MiB buffers, 100 ms", ab: link(100*msec, 0, 0), buf: 1 << 20, time: 3 * time.Second, least: 0.7},

	// Losses by chance: what Rust's smoltcp publishes 266384 and 74126 B/s for, then a path of today.
	{name: "32 KiB buffers, 100 ms, loss 1 %", ab: link(100*msec, 0, 0, loses(0.01)), buf: 32 << 10, algs: everyAlgorithm, reno: true, time: time.Minute, slack: 0.15},
	{name: "32 KiB buffers, 100 ms, loss 10 %", ab: link(100*msec, 0, 0, loses(0.10)), buf: 32 << 10, algs: everyAlgorithm, time: 4 * time.Minute, slack: 0.15},
	{name: "10 Mbit/s, 40 ms, loss 0.1 %", ab: link(40*msec, 10*mbit, 40, loses(0.001)), algs: everyAlgorithm, time: 10 * time.Second, slack: 0.15},
	{name: "10 Mbit/s, 40 ms, loss 1 %", ab: link(40*msec, 10*mbit, 40, loses(0.01)), algs: everyAlgorithm, reno: true, time: 10 * time.Second, slack: 0.15},
	{name: "10 Mbit/s, 40 ms, loss 3 %", ab: link(40*msec, 10*mbit, 40, loses(0.03)), algs: everyAlgorithm, time: 20 * time.Second, slack: 0.15},
	{name: "10 Mbit/s, 40 ms, loss 10 %", ab: link(40*msec, 10*mbit, 40, loses(0.10)), algs: everyAlgorithm, reno: true, time: 20 * time.Second, slack: 0.15},
	{name: "10 Mbit/s, 40 ms, loss 30 %", ab: link(40*msec, 10*mbit, 40, loses(0.30)), algs: everyAlgorithm, time: 3 * time.Minute, slack: 0.25},
	{name: "10 Mbit/s, 40 ms, loss 1 %, longer", ab: link(40*msec, 10*mbit, 40, loses(0.01)), algs: everyAlgorithm, time: 5 * time.Minute, slack: 0.05, soak: true},
	{name: "10 Mbit/s, 40 ms, loss 10 %, longer", ab: link(40*msec, 10*mbit, 40, loses(0.10)), algs: everyAlgorithm, time: 10 * time.Minute, slack: 0.05, soak: true},
	{name: "1 Gbit/s, 1 ms, loss 0.1 %", ab: link(msec, gbit, 100, loses(0.001)), algs: cubicAndBBR, time: 60 * msec, slack: 0.2},
	{name: "no SACK, 10 Mbit/s, 40 ms, loss 1 %", ab: link(40*msec, 10*mbit, 40, loses(0.01)), tcp: func(g *tcp.Config) { g.NoSACK = true }, algs: everyAlgorithm, reno: true, time: 20 * time.Second, slack: 0.15},
	{
		name: "10 Mbit/s, 40 ms, loss 1 % in bursts of 5", ab: link(40*msec, 10*mbit, 40, loses(0.01), func(l *netsim.LinkConfig) { l.Burst = 5 }),
		algs: everyAlgorithm, time: 20 * time.Second, slack: 0.2,
	},
	{
		name: "10 Mbit/s, 40 ms, bad times of 50 frames, 3 % in all",
		ab:   link(40*msec, 10*mbit, 40, loses(0.03), func(l *netsim.LinkConfig) { l.Burst, l.BurstLoss = 50, 0.5 }),
		algs: everyAlgorithm, time: 30 * time.Second, slack: 0.25,
	},
	{name: "ACKs lost, 20 %", ab: link(40*msec, 10*mbit, 40), ba: link(40*msec, 10*mbit, 40, loses(0.20)), algs: everyAlgorithm, time: 8 * time.Second, slack: 0.05, least: 0.8},
	{name: "corruption 1 %", ab: link(40*msec, 10*mbit, 40, func(l *netsim.LinkConfig) { l.Corrupt = 0.01 }), algs: cubicAndBBR, time: 10 * time.Second, slack: 0.15},

	// Nothing is lost, though it looks like it.
	{name: "reordering 1 %", ab: link(20*msec, 20*mbit, 100, func(l *netsim.LinkConfig) { l.Reorder = 0.01 }), algs: everyAlgorithm, reno: true, time: 4 * time.Second, slack: 0.1, least: 0.7},
	{name: "reordering 20 %", ab: link(20*msec, 20*mbit, 100, func(l *netsim.LinkConfig) { l.Reorder = 0.20 }), algs: everyAlgorithm, time: 4 * time.Second, slack: 0.15},
	{name: "duplication 10 %", ab: link(20*msec, 20*mbit, 100, func(l *netsim.LinkConfig) { l.Duplicate = 0.10 }), algs: everyAlgorithm, time: 4 * time.Second, slack: 0.05, least: 0.85},

	// Other ways back, and other queues.
	{name: "20 Mbit/s there, 200 kbit/s back", ab: link(40*msec, 20*mbit, 100), ba: link(40*msec, 200_000, 100), algs: cubicAndBBR, time: 8 * time.Second},
	{name: "a queue of 5", ab: link(40*msec, 20*mbit, 5), algs: everyAlgorithm, time: 8 * time.Second},
	{name: "a queue of 20", ab: link(40*msec, 20*mbit, 20), algs: everyAlgorithm, reno: true, time: 8 * time.Second},
	{name: "a queue of 20, paced", ab: link(40*msec, 20*mbit, 20), tcp: func(g *tcp.Config) { g.Pacing = true }, time: 8 * time.Second},
	{name: "bufferbloat: a queue of 5000", ab: link(40*msec, 20*mbit, 5000), buf: 16 << 20, algs: cubicAndBBR, time: 8 * time.Second, least: 0.9},
	{
		name: "RED marks", ab: link(40*msec, 20*mbit, 200, func(l *netsim.LinkConfig) { l.RED = netsim.RED{Min: 15, Max: 60} }),
		tcp: func(g *tcp.Config) { g.ECN = tcp.ECNActive }, algs: everyAlgorithm, reno: true, time: 8 * time.Second, slack: 0.1, least: 0.7,
	},
	{
		name: "RED drops", ab: link(40*msec, 20*mbit, 200, func(l *netsim.LinkConfig) { l.RED = netsim.RED{Min: 15, Max: 60} }),
		algs: everyAlgorithm, time: 8 * time.Second, slack: 0.15, least: 0.6,
	},
	{
		name: "CoDel marks", ab: link(40*msec, 20*mbit, 500, func(l *netsim.LinkConfig) { l.CoDel.Target = 5 * msec }),
		tcp: func(g *tcp.Config) { g.ECN = tcp.ECNActive }, algs: everyAlgorithm, time: 8 * time.Second, slack: 0.1, least: 0.7,
	},
	{
		name: "CoDel marks, Accurate ECN", ab: link(40*msec, 20*mbit, 500, func(l *netsim.LinkConfig) { l.CoDel.Target = 5 * msec }),
		tcp: func(g *tcp.Config) { g.ECN, g.AccurateECN = tcp.ECNActive, true }, algs: everyAlgorithm, time: 8 * time.Second, slack: 0.1, least: 0.7,
	},
	{
		name: "all marked that waited for 2 ms", ab: link(40*msec, 20*mbit, 500, func(l *netsim.LinkConfig) { l.CoDel = netsim.CoDel{Target: 2 * msec, Interval: 1} }),
		tcp: func(g *tcp.Config) { g.ECN = tcp.ECNActive }, algs: everyAlgorithm, time: 8 * time.Second, slack: 0.1,
	},
	{
		name: "CoDel drops", ab: link(40*msec, 20*mbit, 500, func(l *netsim.LinkConfig) { l.CoDel.Target = 5 * msec }),
		algs: everyAlgorithm, time: 8 * time.Second, slack: 0.1, least: 0.7,
	},

	// Flows that share a link.
	{name: "2 flows, 20 ms and 20 ms", ab: link(20*msec, 10*mbit, 40), farther: make([]time.Duration, 2), algs: everyAlgorithm, reno: true, time: 12 * time.Second, slack: 0.15, least: 0.9},
	{name: "2 flows, 20 ms and 100 ms", ab: link(20*msec, 10*mbit, 40), farther: []time.Duration{0, 80 * msec}, algs: everyAlgorithm, time: 12 * time.Second, slack: 0.25, least: 0.9},
	{name: "10 flows, 40 to 130 ms", ab: link(40*msec, 20*mbit, 70), farther: steps(10, 10*msec), algs: everyAlgorithm, time: 8 * time.Second, slack: 0.3, least: 0.9},
	{name: "CUBIC against BBR", ab: link(20*msec, 10*mbit, 40), farther: make([]time.Duration, 2), mixed: []tcp.Algorithm{tcp.Cubic, tcp.BBR}, time: 20 * time.Second, slack: 0.25, least: 0.9},

	// Links that go away.
	{name: "nothing arrives for a minute", ab: link(40*msec, 2*mbit, 20), gone: time.Minute, algs: everyAlgorithm, reno: true, time: 3 * time.Minute, slack: 0.4},
	{name: "the link is down for a minute", ab: link(40*msec, 2*mbit, 20, func(l *netsim.LinkConfig) { l.TxRing = 16 }), gone: time.Minute, down: true, algs: everyAlgorithm, time: 3 * time.Minute, slack: 0.1},
}

// steps gives n times, each d more than the one before.
func steps(n int, d time.Duration) []time.Duration {
	s := make([]time.Duration, n)
	for i := range s {
		s[i] = time.Duration(i) * d
	}
	return s
}

// result is one line of the table.
type result struct {
	name, alg        string
	goodput          float64 // bytes a second
	limit, response  float64 // likewise: what the link, the windows and the reader let through, and the response function; 0: none
	resent, timeouts int
	text             string // the line as it is written, for those that were not run now
}

func (r *result) String() string {
	if r.text != "" {
		return r.text
	}
	response := "-"
	if r.response > 0 {
		response = strconv.FormatFloat(r.response, 'f', 0, 64)
	}
	return fmt.Sprintf("%-56s | %-7s | %11.0f | %11.0f | %5.3f | %11s | %6d | %4d",
		r.name, r.alg, r.goodput, r.limit, r.goodput/r.limit, response, r.resent, r.timeouts)
}

// part is how much of the lesser of the two numbers was reached.
func (r *result) part() float64 {
	if r.response > 0 {
		return r.goodput / min(r.limit, r.response)
	}
	return r.goodput / r.limit
}

const goodputFile = "testdata/goodput.txt"

const goodputHead = `# Goodput of TCP over simulated networks, in bytes a second.
# limit: the least of what the link carries of full segments less what it loses by chance, what the buffers let through in a round
# trip, and what the reading program takes; of flows that share a link, for all together, and for one its part of that.
# ratio: goodput / limit.
# response: where at most 5 % of the frames are lost by chance, what the response function of Reno (RFC 5681, RFC 9438 section 5.1)
# or of CUBIC (the same or RFC 9438 section 5.1's own, the greater) gives at that rate in the long run. It is a mean: a short run
# may be above it. "-": there is none, or it is beyond the limit, and the limit binds.
# Written by: go test ./stack/netsim -run TestScenarios -args -soak -update
`

// readGoodput reads the table: lines in their order, and by name.
func readGoodput(t *testing.T) (lines []*result, by map[[2]string]*result) {
	t.Helper()
	by = make(map[[2]string]*result)
	text, err := os.ReadFile(filepath.FromSlash(goodputFile))
	if err != nil && !*update {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		f := strings.Split(strings.TrimSpace(line), "|")
		if strings.HasPrefix(line, "#") || len(f) != 8 {
			continue
		}
		for i := range f {
			f[i] = strings.TrimSpace(f[i])
		}
		r := &result{name: f[0], alg: f[1], text: strings.TrimRight(line, "\n")}
		if r.goodput, err = strconv.ParseFloat(f[2], 64); err != nil {
			continue // the heading
		}
		lines = append(lines, r)
		by[[2]string{r.name, r.alg}] = r
	}
	return lines, by
}

// TestScenarios runs the table and compares it with what was recorded: a line that has become worse fails, a better one is to
// be recorded anew.
func TestScenarios(t *testing.T) {
	_, recorded := readGoodput(t)
	var table []*result
	for i := range scenarios {
		c := &scenarios[i]
		algs := c.algs
		if algs == nil {
			algs = []tcp.Algorithm{tcp.Cubic}
		}
		for _, a := range algs {
			name := a.String()
			if c.mixed != nil {
				name = "mixed"
			}
			if !*soak && (c.soak || a == tcp.NewReno && len(algs) > 1 && !c.reno) {
				for _, part := range c.parts() {
					if r := recorded[[2]string{part, name}]; r != nil {
						table = append(table, r)
					}
				}
				continue
			}
			t.Run(c.name+", "+name, func(t *testing.T) {
				start := time.Now()
				for _, r := range c.run(t, a) {
					r.alg = name
					table = append(table, r)
					t.Logf("%s (%v)", r, time.Since(start).Round(msec))
					if part := r.part(); part < c.least && r.name == c.name {
						t.Errorf("%.3f of what can be reached, which must not be less than %.3f", part, c.least)
					}
					old := recorded[[2]string{r.name, name}]
					switch slack := cmp.Or(c.slack, 0.03); {
					case *update:
					case old == nil:
						t.Errorf("not recorded: run with -update")
					case r.goodput < old.goodput*(1-slack):
						t.Errorf("%.1f %% less than recorded:\n%s\n%s", 100*(1-r.goodput/old.goodput), r, old)
					case r.goodput > old.goodput*(1+slack):
						t.Logf("%.1f %% better than recorded; record it with -update", 100*(r.goodput/old.goodput-1))
					}
				}
			})
		}
	}
	if *update && !t.Failed() {
		var b bytes.Buffer
		b.WriteString(goodputHead)
		fmt.Fprintf(&b, "%-56s | %-7s | %11s | %11s | %5s | %11s | %6s | %4s\n", "scenario", "", "goodput", "limit", "ratio", "response", "resent", "RTOs")
		for _, r := range table {
			fmt.Fprintln(&b, r)
		}
		if err := os.WriteFile(filepath.FromSlash(goodputFile), b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// parts are the names of the lines that a scenario gives: the sum of the flows, and the flow that got least.
func (c *scenario) parts() []string {
	if len(c.farther) > 1 {
		return []string{c.name, c.name + ": the least"}
	}
	return []string{c.name}
}

// carried is a stream of which any part tells where it is: a period of a prime number of bytes.
var carried = func() []byte {
	const period = 65521
	b := make([]byte, period+64<<10)
	for i := range b {
		b[i] = pattern(i%period, 7)
	}
	return b
}()

const carriedPeriod = 65521

// stream is one flow of a scenario, which is checked byte for byte.
type stream struct {
	from           *stack.TCPSocket
	sent, received int
	timeouts       int
	wrong          bool
}

func (f *stream) write() {
	for {
		at := f.sent % carriedPeriod
		n, err := f.from.Write(carried[at : at+32<<10])
		f.sent += n
		if err != nil {
			return
		}
	}
}

// gulps is how often in a second a slow program reads.
const gulps = 20

// slowly has the program read some bytes each time.
func (f *stream) slowly(sim *netsim.Sim, s *stack.TCPSocket, most int) {
	f.read(s, most)
	sim.After(time.Second/gulps, func() { f.slowly(sim, s, most) })
}

// read takes at most so many of the bytes that have come.
func (f *stream) read(s *stack.TCPSocket, most int) {
	x, y := s.Peek()
	x = x[:min(len(x), most)]
	y = y[:min(len(y), most-len(x))]
	for _, piece := range [][]byte{x, y} {
		for len(piece) > 0 {
			at := f.received % carriedPeriod
			n := min(len(piece), 32<<10)
			f.wrong = f.wrong || !bytes.Equal(piece[:n], carried[at:at+n])
			f.received += n
			piece = piece[n:]
		}
	}
	s.Discard(len(x) + len(y))
}

const firstPort = 9000

// run runs a scenario.
func (c *scenario) run(t *testing.T, a tcp.Algorithm) []*result {
	sim := netsim.New(1)
	ab, ba := c.ab, c.ba
	if ba.Delay == 0 && ba.Rate == 0 {
		ba = ab
		ba.Loss, ba.Reorder, ba.Duplicate, ba.Corrupt, ba.Jitter, ba.RED, ba.CoDel = 0, 0, 0, 0, 0, netsim.RED{}, netsim.CoDel{}
	}
	flows := make([]*stream, max(len(c.farther), 1))
	if c.farther != nil {
		ab.Way = func(frame []byte) time.Duration {
			port := 0
			if ip := dissect.IPv4(dissect.Ethernet(frame).Payload()); ip.Check() == nil && ip.Protocol() == dissect.ProtoTCP {
				port = int(dissect.TCP(ip.Payload()).DstPort())
			}
			if i := port - firstPort; i >= 0 && i < len(c.farther) {
				return c.farther[i]
			}
			return 0
		}
	}
	x, y := sim.Path(ab, ba)
	buf := cmp.Or(c.buf, 4<<20)
	config := func(f *stream, a tcp.Algorithm) *tcp.Config {
		g := &tcp.Config{RcvBuf: buf, SndBuf: buf, Congestion: a}
		if c.tcp != nil {
			c.tcp(g)
		}
		g.Events = func(_ *tcp.Conn, e tcp.Event) {
			if e.Kind == tcp.RetransmitTimeout {
				f.timeouts++
			}
		}
		return g
	}
	from := host(t, sim, x, 1, stack.Config{})
	to := host(t, sim, y, 2, stack.Config{TCP: *config(new(stream), a)})
	for i := range flows {
		f := new(stream)
		flows[i] = f
		at := netip.AddrPortFrom(addr(2), uint16(firstPort+i))
		l, err := to.ListenTCP(at, stack.TCPOptions{})
		if err != nil {
			t.Fatal(err)
		}
		l.SetHandler(func() {
			switch s, err := l.Accept(); {
			case err != nil:
			case c.reads > 0:
				f.slowly(sim, s, c.reads/gulps)
			default:
				s.SetHandler(func() { f.read(s, math.MaxInt) })
			}
		})
		alg := a
		if c.mixed != nil {
			alg = c.mixed[i]
		}
		if f.from, err = from.DialTCP(at, stack.TCPOptions{Config: config(f, alg)}); err != nil {
			t.Fatal(err)
		}
		f.from.SetHandler(f.write)
	}
	if c.gone > 0 {
		for _, e := range []*netsim.End{x, y} {
			loss := ab.Loss
			sim.After(time.Second, func() { c.cut(e, 1) })
			sim.After(time.Second+c.gone, func() { c.cut(e, loss) })
		}
	}
	sim.Run(c.time)

	sum := &result{name: c.name}
	sum.limit, sum.response = c.limits(a, ab, ba, buf)
	least := &result{name: c.name + ": the least", limit: sum.limit / float64(len(flows)), goodput: math.Inf(1)}
	for i, f := range flows {
		if f.wrong || f.from.Err() != nil {
			t.Fatalf("flow %d: bytes wrong %v, %v", i, f.wrong, f.from.Err())
		}
		got := float64(f.received) / c.time.Seconds()
		info := f.from.Info()
		sum.goodput += got
		sum.resent += int(info.Retransmits)
		sum.timeouts += f.timeouts
		if got < least.goodput {
			least.goodput, least.resent, least.timeouts = got, int(info.Retransmits), f.timeouts
		}
	}
	if len(flows) > 1 {
		return []*result{sum, least}
	}
	return []*result{sum}
}

// cut takes an end off the network, with a loss of 1, or puts it on again.
func (c *scenario) cut(e *netsim.End, loss float64) {
	if c.down {
		e.SetDown(loss == 1)
	} else {
		e.Configure(func(l *netsim.LinkConfig) { l.Loss = loss })
	}
}

// headers is what a full segment has around its text: Ethernet, IPv4 and TCP with timestamps.
const headers = 66

// limits are the goodput that could be reached whatever congestion control does, and what the response of Reno or CUBIC to losses
// by chance gives, 0 if that is no less or not known.
func (c *scenario) limits(a tcp.Algorithm, ab, ba netsim.LinkConfig, buf int) (limit, response float64) {
	mss := float64(cmp.Or(ab.MTU, 1500) - 52)
	text := min(mss, float64(buf)) // of a segment
	rtt := (ab.Delay + ba.Delay).Seconds()
	lost := 1 - (1-ab.Loss)*(1-ab.Corrupt)
	limit = math.Inf(1)
	if ab.Rate > 0 {
		limit = float64(ab.Rate) / 8 * text / (text + headers) * (1 - lost)
		rtt += (text + headers) * 8 / float64(ab.Rate)
	}
	if ba.Rate > 0 {
		rtt += headers * 8 / float64(ba.Rate)
	}
	if c.farther == nil {
		limit = min(limit, float64(buf)/rtt)
	}
	if c.reads > 0 {
		limit = min(limit, float64(c.reads))
	}
	// Reno's and CUBIC's response to a loss now and then (RFC 5681 by way of Mathis and others; RFC 9438 sections 5.1 and
	// 4.3). It says nothing of paths that lose so much that timeouts decide.
	if events := lost / max(ab.Burst, 1) / cmp.Or(ab.BurstLoss, 1); events > 0 && events <= 0.05 && a != tcp.BBR {
		window := math.Sqrt(1.5 / events)
		if a == tcp.Cubic {
			const c, beta = 0.4, 0.7
			window = max(window, math.Pow(c*(3+beta)/(4*(1-beta)), 0.25)*math.Pow(rtt/events, 0.75))
		}
		if response = window * text / rtt; response >= limit {
			response = 0
		}
	}
	there := float64(c.time-c.gone) / float64(c.time)
	return limit * there, response * there
}
