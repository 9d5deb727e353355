package tcp

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"smoltcp/dissect"
)

// fuzzInput hands out the bytes of a fuzz input; zeros when they are used up.
type fuzzInput struct{ b []byte }

func (f *fuzzInput) byte() (v byte) {
	if len(f.b) > 0 {
		v, f.b = f.b[0], f.b[1:]
	}
	return v
}

func (f *fuzzInput) pick(n int) int { return int(f.byte()) % n }

// near gives a number that is likely to matter: one of the marks, or a little beside it.
func (f *fuzzInput) near(marks ...Seq) Seq {
	v := marks[f.pick(len(marks))]
	switch f.pick(6) {
	case 0:
		return v + Seq(f.byte())
	case 1:
		return v - Seq(f.byte())
	case 2:
		return v + Seq(f.byte())<<8
	case 3:
		return v + Seq(f.byte())<<24
	}
	return v
}

func (f *fuzzInput) segment(c *Conn) Segment {
	s := Segment{
		Seq:    f.near(c.rcvNxt, c.rcvNxt-1, c.rcvAdv, c.finSeq, c.irs),
		Ack:    f.near(c.sndUna, c.sndNxt, c.sndUna+1, c.iss+1),
		Window: []uint16{0, 1, 10, 500, 1000, 65535}[f.pick(6)],
		Flags:  dissect.ACK,
	}
	switch f.pick(16) {
	case 0:
		s.Flags = dissect.SYN
	case 1:
		s.Flags |= dissect.SYN
	case 2, 3:
		s.Flags |= dissect.FIN
	case 4:
		s.Flags |= dissect.RST
	case 5:
		s.Flags = dissect.TCPFlags(f.byte())
	case 6:
		s.Flags |= dissect.URG
		s.Urgent = uint16(f.byte())
	}
	s.Payload = make([]byte, []int{0, 0, 0, 1, 9, 100, 1000, 3000}[f.pick(8)])
	o := &s.Options
	if opt := f.pick(8); opt > 0 {
		o.HasTimestamps = true
		o.TSVal, o.TSEcr = c.tsRecent+uint32(f.pick(3))-1, c.tsNow()-uint32(f.pick(20))
		o.SACKPermitted, o.HasWindowScale, o.WindowScale, o.MSS = opt > 2, opt > 3, uint8(opt), uint16(opt-1)*100
		o.NumSACK = f.pick(5)
		for i := range o.NumSACK {
			l := f.near(c.sndUna, c.sndNxt, c.sent.highest)
			o.SACK[i] = dissect.SACKBlock{Left: uint32(l), Right: uint32(l) + uint32(f.byte())*uint32(1+f.pick(20))}
		}
	}
	return s
}

func (f *fuzzInput) config() *Config {
	flags := f.byte()
	return &Config{
		Congestion: Algorithm(f.pick(int(numAlgorithms))), Pacing: f.pick(2) == 0,
		RcvBuf: []int{1, 64, 1000, 5000, 65536, 1 << 20}[f.pick(6)], SndBuf: []int{1, 64, 1000, 5000, 65536, 1 << 20}[f.pick(6)],
		MSS: []int{28, 100, 1000, 1460}[f.pick(4)], NoDelay: flags&1 != 0, NoSACK: flags&2 != 0, NoTimestamps: flags&4 != 0, NoWindowScale: flags&8 != 0,
		KeepAlive: KeepAlive{Enabled: flags&16 != 0, Idle: time.Minute}, Counters: new(Counters),
		ECN: []ECNMode{ECNPassive, ECNActive, ECNOff}[flags>>5%3], AccurateECN: flags&128 != 0,
		RcvBufMax: []int{0, 3000, 300_000}[f.pick(3)], SndBufMax: []int{0, 0, 300_000}[f.pick(3)],
		Memory: []*Memory{nil, {}, {Limit: 4000}, {Limit: 100_000}}[f.pick(4)],
	}
}

// FuzzConn: any segments, calls and times. Nothing panics, what must hold holds, Output comes to an end, and a
// connection whose peer falls silent ends.
func FuzzConn(f *testing.F) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for n := range 40 {
		b := make([]byte, 20+n*20)
		for i := range b {
			b[i] = byte(rnd.Uint32())
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		in := &fuzzInput{b}
		cfg := in.config()
		events := 0
		if in.pick(2) == 0 {
			cfg.Events = func(c *Conn, e Event) { events += len(e.String()) + c.Info().SndWnd }
		}
		var c Conn
		now := Time(0)
		if in.pick(2) == 0 {
			c.Connect(now, cfg, 0xffff_fe00, 77)
		} else {
			s := in.segment(&c)
			s.Flags = dissect.SYN
			c.Accept(now, cfg, 0xffff_fe00, 77, &s)
		}
		var out Out
		pump := func() {
			for n := 0; c.Output(now, &out); n++ {
				if n := out.PayloadLen(); n > max(c.smss(), 0) && c.state != Closed && (c.path == nil || n > int(c.path.top)-c.tsLen()) {
					t.Fatalf("%d bytes with SMSS %d", out.PayloadLen(), c.smss())
				}
				if n > 100_000 {
					t.Fatal("Output does not end")
				}
			}
			if d := c.Deadline(); d <= now {
				t.Fatalf("deadline %v at %v with nothing to send: %+v", d, now, c.Info())
			}
		}
		for len(in.b) > 0 {
			op := in.pick(16)
			what := fmt.Sprint("op ", op)
			switch op {
			case 0:
				c.Write(now, pattern(int(in.byte())*in.pick(30), 1))
			case 1:
				c.Read(now, make([]byte, int(in.byte())*in.pick(30)))
			case 2:
				switch in.pick(12) {
				case 0:
					c.CloseWrite(now)
				case 1:
					c.Close(now)
				case 2:
					c.Abort(now)
				case 3:
					c.HardError(now, ErrRefused)
				case 4:
					c.SetUserTimeout(now, time.Duration(in.byte())*time.Second)
				case 6:
					c.SetPathMSS(now, int(in.byte())*in.pick(30))
				case 7:
					c.TooBig(now, c.sndUna+Seq(in.byte()), int(in.byte())*in.pick(20))
				case 8:
					c.WriteWith(now, pattern(int(in.byte()), 1), WriteFlags(in.pick(4)))
				case 9:
					c.SetCork(now, in.pick(2) == 0)
				case 10:
					c.SetLinger(now, in.pick(3) > 0, time.Duration(in.byte())*10*time.Millisecond)
				case 11:
					c.Disrupted(now, c.sndUna+Seq(in.pick(2)))
				case 5:
					c.SetKeepAlive(now, KeepAlive{Enabled: in.pick(2) == 0, Idle: time.Duration(in.byte()) * time.Second, Interval: time.Second})
				}
			case 3, 4:
				pump()
			case 5:
				now = now.Add(time.Duration(in.byte()) * time.Millisecond)
			case 6:
				if d := c.Deadline(); d != Never {
					now = max(now, d)
					pump()
				}
			default:
				s := in.segment(&c)
				c.Input(now, &s)
				what = fmt.Sprintf("segment %v seq %d ack %d len %d", s.Flags, s.Seq-c.rcvNxt, s.Ack-c.sndUna, len(s.Payload))
			}
			if err := c.Verify(false); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
		}
		silent := c.undelivered()
		for n := 0; c.Deadline() != Never; n++ {
			if n > 10_000 {
				t.Fatalf("busy: %+v", c.Info())
			}
			now = max(now, c.Deadline())
			pump()
			if silent && now > Time(24*time.Hour) {
				break
			}
			if c.alive().Enabled && !silent && now > Time(time.Hour) {
				break
			}
		}
		if silent && c.undelivered() && c.State() != Closed {
			t.Fatalf("stuck: %+v", c.Info())
		}
		if err := c.Verify(false); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzPair: two ends over a network as bad as the input says. Every byte arrives, in order, once.
func FuzzPair(f *testing.F) {
	f.Add(uint64(1), []byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12})
	f.Add(uint64(2), []byte{15, 5, 5, 3, 15, 0, 0, 0, 200, 200, 30, 30, 30})
	f.Fuzz(func(t *testing.T, seed uint64, b []byte) {
		in := &fuzzInput{b}
		ca, cb := in.config(), in.config()
		for _, g := range []*Config{ca, cb} {
			g.TimeWait, g.UserTimeout, g.SynTimeout, g.SynAckTimeout = time.Hour, 5*time.Hour, 5*time.Hour, 5*time.Hour
			g.KeepAlive.Idle = time.Hour
		}
		w := &wire{t: t, rnd: rand.New(rand.NewPCG(seed, 3)), delay: time.Duration(in.byte()) * time.Millisecond, jitter: time.Duration(in.byte()) * time.Millisecond}
		w.loss, w.dup, w.reorder = float64(in.byte())/1000, float64(in.byte())/600, float64(in.byte())/300
		small := min(ca.SndBuf, cb.SndBuf, ca.RcvBuf, cb.RcvBuf, 500)
		w.transfer(ca, cb, int(in.byte())*small, int(in.byte())*small/4)
	})
}
