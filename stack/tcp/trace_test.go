package tcp

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"smoltcp/dissect"
)

// A trace is a test that reads as one, in packetdrill's words: what arrives and what is sent, each at its time.
//
//	x := established(t, nil)
//	x.write(0, 100)
//	x.expect(0, "P. 1:101(100) ack 1")
//	x.input(50*ms, ". 1:1(0) ack 101 win 1000")
//
// Numbers are relative: ours to our initial number, the peer's to its own. What a line of expect does not name (win, urg,
// options) is not compared; "<>" means no options. Both initial numbers are just below the wrap.
type trace struct {
	*testing.T
	c      Conn
	cfg    Config
	now    time.Duration
	sent   []sentSegment
	events []Event
}

type sentSegment struct {
	at  time.Duration
	out Segment
}

const (
	ms       = time.Millisecond
	traceISS = Seq(0xffff_fff0)
	traceIRS = Seq(0xffff_ffe0)
	tsBase   = 5000 // our timestamp at time 0
)

// newTrace makes a connection that is CLOSED. change may alter its configuration: no timestamps, no SACK, no window scale
// and MSS 1000 unless it says otherwise.
func newTrace(t *testing.T, change func(*Config)) *trace {
	t.Helper()
	x := &trace{T: t, cfg: Config{MSS: 1000, NoTimestamps: true, NoSACK: true, NoWindowScale: true, NoPathProbing: true, QuickAcks: -1, Congestion: NewReno, Counters: new(Counters)}}
	x.cfg.Events = func(_ *Conn, e Event) { x.events = append(x.events, e) }
	if change != nil {
		change(&x.cfg)
	}
	return x
}

const plainSyn = "S 0:0(0) win 10000 <mss 1000>"

// synSent, synReceived and so on make a connection in that state, with nothing left to send.
func synSent(t *testing.T, change func(*Config)) *trace {
	t.Helper()
	x := newTrace(t, change)
	x.c.Connect(0, &x.cfg, traceISS, tsBase)
	x.expect(0, "S 0:0(0)")
	return x
}

func synReceived(t *testing.T, change func(*Config)) *trace {
	t.Helper()
	x := newTrace(t, change)
	x.accept(0, plainSyn)
	x.expect(0, "S. 0:0(0) ack 1")
	return x
}

// established has a peer with MSS 1000 and window 10000, not scaled.
func established(t *testing.T, change func(*Config)) *trace {
	t.Helper()
	x := synReceived(t, change)
	x.input(0, ". 1:1(0) ack 1 win 10000")
	x.quiet(0)
	x.wantState(Established)
	return x
}

// negotiated is established with all that both ends can do: the peer's window is shifted by 2, its clock is at 100.
func negotiated(t *testing.T, change func(*Config)) *trace {
	t.Helper()
	x := newTrace(t, func(g *Config) {
		g.NoTimestamps, g.NoSACK, g.NoWindowScale = false, false, false
		if change != nil {
			change(g)
		}
	})
	x.accept(0, "S 0:0(0) win 10000 <mss 1000,sackOK,TS val 100 ecr 0,wscale 2>")
	x.expect(0, "S. 0:0(0) ack 1")
	x.input(0, ". 1:1(0) ack 1 win 2500 <TS val 100 ecr 5000>")
	x.wantState(Established)
	return x
}

func finWait1(t *testing.T) *trace {
	x := established(t, nil)
	x.c.CloseWrite(x.time())
	x.expect(0, "F. 1:1(0) ack 1")
	x.wantState(FinWait1)
	return x
}

func finWait2(t *testing.T) *trace {
	x := finWait1(t)
	x.input(0, ". 1:1(0) ack 2 win 10000")
	x.quiet(0)
	x.wantState(FinWait2)
	return x
}

func closeWait(t *testing.T) *trace {
	x := established(t, nil)
	x.input(0, "F. 1:1(0) ack 1 win 10000")
	x.expect(0, ". 1:1(0) ack 2")
	x.wantState(CloseWait)
	return x
}

func closing(t *testing.T) *trace {
	x := finWait1(t)
	x.input(0, "F. 1:1(0) ack 1 win 10000")
	x.expect(0, ". 2:2(0) ack 2")
	x.wantState(Closing)
	return x
}

func lastAck(t *testing.T) *trace {
	x := closeWait(t)
	x.c.CloseWrite(x.time())
	x.expect(0, "F. 1:1(0) ack 2")
	x.wantState(LastAck)
	return x
}

func timeWait(t *testing.T) *trace {
	x := finWait2(t)
	x.input(0, "F. 1:1(0) ack 2 win 10000")
	x.expect(0, ". 2:2(0) ack 2")
	x.wantState(TimeWait)
	return x
}

func (x *trace) time() Time { return Time(x.now) }

// accept starts the connection with a SYN.
func (x *trace) accept(at time.Duration, line string) {
	x.Helper()
	x.advance(at)
	s, _ := x.parse(line, true)
	x.c.Accept(x.time(), &x.cfg, traceISS, tsBase, &s)
}

// input lets a segment arrive.
func (x *trace) input(at time.Duration, line string) {
	x.Helper()
	x.advance(at)
	s, _ := x.parse(line, true)
	x.c.Input(x.time(), &s)
	x.invariants()
}

func (x *trace) write(at time.Duration, n int) {
	x.Helper()
	x.advance(at)
	if got, err := x.c.Write(x.time(), pattern(n, 1)); got != n || err != nil {
		x.Fatalf("write of %d: %d, %v", n, got, err)
	}
	x.invariants()
}

// read reads n bytes and expects them to be there.
func (x *trace) read(at time.Duration, n int) {
	x.Helper()
	x.advance(at)
	if got, err := x.c.Read(x.time(), make([]byte, n)); got != n || err != nil {
		x.Fatalf("read of %d: %d, %v", n, got, err)
	}
	x.invariants()
}

// advance lets time pass: timers fire and what they send is kept for expect.
func (x *trace) advance(at time.Duration) {
	x.Helper()
	if at < x.now {
		x.Fatalf("time goes back from %v to %v", x.now, at)
	}
	for {
		d := x.c.Deadline()
		if d > Time(at) {
			break
		}
		if d == Time(at) && d == x.time() {
			break // what is due at this very instant is sent when it is asked for
		}
		x.now = max(x.now, time.Duration(d))
		x.drain()
	}
	x.now = at
}

func (x *trace) drain() {
	x.Helper()
	var out Out
	for n := 0; x.c.Output(x.time(), &out); n++ {
		x.sent = append(x.sent, sentSegment{x.now, segmentFrom(&out)})
		x.invariants()
		if n > 10000 {
			x.Fatal("sends for ever")
		}
	}
	if d := x.c.Deadline(); d <= x.time() {
		x.Fatalf("nothing to send at %v, but the deadline is %v", x.now, time.Duration(d))
	}
}

func (x *trace) invariants() {
	x.Helper()
	if err := x.c.Verify(false); err != nil {
		x.Fatalf("%v: %v", x.now, err)
	}
}

// expect checks that the next segment is sent at that time and looks like line.
func (x *trace) expect(at time.Duration, line string) {
	x.Helper()
	x.advance(at)
	x.drain()
	if len(x.sent) == 0 {
		x.Fatalf("%v: nothing sent, expected %s (state %v, next at %v)", at, line, x.c.State(), time.Duration(x.c.Deadline()))
	}
	got := x.sent[0]
	x.sent = x.sent[1:]
	want, named := x.parse(line, false)
	if text := x.show(&got.out, named); got.at != at || text != x.show(&want, named) {
		x.Fatalf("%v: sent at %v\n     got %s\nexpected %s", at, got.at, x.show(&got.out, nil), line)
	}
}

// quiet checks that nothing is sent up to and at that time.
func (x *trace) quiet(at time.Duration) {
	x.Helper()
	x.advance(at)
	x.drain()
	if len(x.sent) > 0 {
		x.Fatalf("%v: sent %s", x.sent[0].at, x.show(&x.sent[0].out, nil))
	}
}

func (x *trace) wantState(s State) {
	x.Helper()
	if x.c.State() != s {
		x.Fatalf("%v: state %v, expected %v", x.now, x.c.State(), s)
	}
}

func (x *trace) wantErr(err error) {
	x.Helper()
	if x.c.Err() != err {
		x.Fatalf("%v: error %v, expected %v", x.now, x.c.Err(), err)
	}
}

func (x *trace) wantDropped(why Reason, n uint64) {
	x.Helper()
	if got := x.cfg.Counters.Dropped[why]; got != n {
		x.Fatalf("%v: %d dropped for %q, expected %d", x.now, got, why, n)
	}
}

var flagLetters = []struct {
	letter byte
	flag   dissect.TCPFlags
}{{'S', dissect.SYN}, {'F', dissect.FIN}, {'R', dissect.RST}, {'P', dissect.PSH}, {'U', dissect.URG}, {'E', dissect.ECE}, {'W', dissect.CWR}, {'A', dissect.AE}, {'.', dissect.ACK}}

// parse reads "flags first:end(len) [ack n] [win n] [urg n] [<options>]". inbound says whose numbers are whose.
// named has the fields that were there.
func (x *trace) parse(line string, inbound bool) (s Segment, named map[string]bool) {
	x.Helper()
	seqBase, ackBase := traceISS, traceIRS
	if inbound {
		seqBase, ackBase = traceIRS, traceISS
	}
	bad := func() { x.Helper(); x.Fatalf("cannot read %q", line) }
	named = map[string]bool{}
	head, options, _ := strings.Cut(line, "<")
	words := strings.Fields(head)
	if len(words) < 2 {
		bad()
	}
	for _, l := range []byte(words[0]) {
		known := l == '-'
		for _, f := range flagLetters {
			if f.letter == l {
				s.Flags |= f.flag
				known = true
			}
		}
		if !known {
			bad()
		}
	}
	var first, last, n int64
	if _, err := fmt.Sscanf(words[1], "%d:%d(%d)", &first, &last, &n); err != nil || last-first != n {
		bad()
	}
	s.Seq = seqBase + Seq(first)
	if n > 0 {
		s.Payload = make([]byte, n)
	}
	for i := 2; i+1 < len(words); i += 2 {
		v, err := strconv.ParseInt(words[i+1], 10, 64)
		if err != nil {
			bad()
		}
		named[words[i]] = true
		switch words[i] {
		case "ack":
			s.Ack = ackBase + Seq(v)
		case "win":
			s.Window = uint16(v)
		case "urg":
			s.Urgent = uint16(v)
		case "ecn": // the field of the IP header: 2 is ECT(0), 3 a mark
			s.ECN = dissect.ECN(v)
		default:
			bad()
		}
	}
	if !strings.Contains(line, "<") {
		return s, named
	}
	named["options"] = true
	o := &s.Options
	for _, opt := range strings.Split(strings.TrimSuffix(options, ">"), ",") {
		f := strings.Fields(opt)
		if len(f) == 0 {
			continue
		}
		num := func(i int) uint32 {
			if i >= len(f) {
				bad()
			}
			v, err := strconv.ParseUint(f[i], 10, 32)
			if err != nil {
				bad()
			}
			return uint32(v)
		}
		switch f[0] {
		case "mss":
			o.MSS = uint16(num(1))
		case "sackOK":
			o.SACKPermitted = true
		case "wscale":
			o.HasWindowScale, o.WindowScale = true, uint8(num(1))
		case "TS":
			o.HasTimestamps, o.TSVal, o.TSEcr = true, num(2), num(4)
		case "sack":
			for _, b := range f[1:] {
				var l, r int64
				if _, err := fmt.Sscanf(b, "%d:%d", &l, &r); err != nil {
					bad()
				}
				o.SACK[o.NumSACK] = dissect.SACKBlock{Left: uint32(l) + uint32(ackBase), Right: uint32(r) + uint32(ackBase)}
				o.NumSACK++
			}
		default:
			bad()
		}
	}
	return s, named
}

// show writes one of our segments; named limits it to some fields, nil to none.
func (x *trace) show(s *Segment, named map[string]bool) string {
	var b strings.Builder
	for _, f := range flagLetters {
		if s.Flags.Has(f.flag) {
			b.WriteByte(f.letter)
		}
	}
	if s.Flags == 0 {
		b.WriteByte('-')
	}
	seq := int32(s.Seq - traceISS)
	fmt.Fprintf(&b, " %d:%d(%d)", seq, int(seq)+len(s.Payload), len(s.Payload))
	if s.Flags.Has(dissect.ACK) {
		fmt.Fprintf(&b, " ack %d", int32(s.Ack-traceIRS))
	}
	if named == nil || named["win"] {
		fmt.Fprintf(&b, " win %d", s.Window)
	}
	if named["urg"] {
		fmt.Fprintf(&b, " urg %d", s.Urgent)
	}
	if named["ecn"] {
		fmt.Fprintf(&b, " ecn %d", s.ECN)
	}
	if named == nil || named["options"] {
		o := &s.Options
		var opts []string
		if o.MSS != 0 {
			opts = append(opts, fmt.Sprintf("mss %d", o.MSS))
		}
		if o.SACKPermitted {
			opts = append(opts, "sackOK")
		}
		if o.HasTimestamps {
			opts = append(opts, fmt.Sprintf("TS val %d ecr %d", o.TSVal, o.TSEcr))
		}
		if o.HasWindowScale {
			opts = append(opts, fmt.Sprintf("wscale %d", o.WindowScale))
		}
		if o.NumSACK > 0 {
			t := "sack"
			for _, k := range o.SACK[:o.NumSACK] {
				t += fmt.Sprintf(" %d:%d", int32(k.Left-uint32(traceIRS)), int32(k.Right-uint32(traceIRS)))
			}
			opts = append(opts, t)
		}
		fmt.Fprintf(&b, " <%s>", strings.Join(opts, ","))
	}
	return b.String()
}

// line writes a line for expect with numbers that are computed.
func (x *trace) line(flags string, seq Seq, n, ack int) string {
	return fmt.Sprintf("%s %d:%d(%d) ack %d", flags, seq, int(seq)+n, n, ack)
}

func itoa(n int) string { return strconv.Itoa(n) }
