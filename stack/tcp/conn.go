package tcp

import (
	"io"
	"time"
	"unique"

	"smoltcp/dissect"
)

// Conn is one connection. The zero value is CLOSED; Connect or Accept start it. It must not be copied afterwards.
//
// None of the methods blocks, and none may run at the same time as another on the same connection.
type Conn struct {
	cfg *Config
	now Time // the latest that any call brought

	// Send sequence space (RFC 9293 section 3.3.1). SndNxt is behind the highest number ever sent and never
	// goes back: what is sent again is up to the scoreboard.
	iss            Seq
	sndUna, sndNxt Seq
	sndEnd         Seq // behind the last byte written: the number of our FIN
	sndWl1, sndWl2 Seq
	sndWnd         uint32
	maxSndWnd      uint32 // largest window the peer ever offered
	sndShort       Seq    // end of the latest segment that was not full (Nagle)
	sndUp          Seq    // end of urgent data, if sndUrg
	lastSent       Time   // when text was sent last

	// Receive sequence space. RcvAdv is the right edge of the window, the largest ever advertised: RCV.WND is RcvAdv
	// - RcvNxt.
	irs     Seq
	rcvNxt  Seq
	rcvAdv  Seq
	rcvUp   Seq // end of the peer's urgent data, if rcvUrg
	ackSent Seq // RCV.NXT as last acknowledged: Last.ACK.sent of RFC 7323
	finSeq  Seq // number of the peer's FIN, if finKnown

	// What the handshake agreed, beside the switches below.
	tsOffset   uint32
	tsRecent   uint32
	tsRecentAt Time
	mss        uint16 // largest payload plus options that the peer and the path take
	ackedSize  uint16 // the largest that was acknowledged, see pmtu.go
	sndScale   uint8
	rcvScale   uint8

	state     State
	passive   bool // opened by the peer's SYN
	orphan    bool // Close was called: nobody reads or writes any more
	finQueued bool
	finKnown  bool
	finRcvd   bool // and everything before it arrived
	sndUrg    bool // there is urgent data that the peer has not got
	rcvUrg    bool
	scaleOK   bool
	sackOK    bool
	tsOK      bool
	noDelay   bool

	// What has to be sent, see plan.
	synDue    bool
	ackDue    bool
	probeDue  bool
	aliveDue  bool
	dupAcks   uint8 // duplicate ACKs owed to a peer without SACK
	synMissed bool  // a SYN of ours timed out
	synText   bool  // text went with a SYN and was taken

	backoff    uint8 // timeouts in a row
	probes     uint8 // window probes in a row
	aliveSent  uint8 // keep-alive probes in a row
	challenges uint8 // challenge ACKs since challengedAt
	held       held
	reset      resetSegment
	linger     int32 // milliseconds, or noLinger; 0: not bounded

	timers       [numTimers]Time
	challengedAt Time
	progress     Time // when the peer last took something, or something was there to take; see timerUser
	rtt          rttEstimator
	userTimeout  time.Duration
	keepAlive    unique.Handle[KeepAlive] // of SetKeepAlive, zero if Config's holds; see alive

	snd  ring // from dataStart to sndEnd
	rcv  ring // unread bytes before rcvNxt, then what asm says
	asm  assembler
	sent scoreboard
	rec  recovery

	// What only some connections have, or only for a time.
	loss *lossState  // nil while nothing is in flight, or nearly so
	fast *fastOpen   // nil unless a handshake with Fast Open lasts
	path *pathState  // nil while there is nothing special about it
	errs *connErrors // nil while there are none
	tune tuning

	ecn  ecnState
	pace ackPace
	uto  utoState
}

// connErrors is why a connection ended, and the latest soft error.
type connErrors struct{ end, soft error }

// resetSegment is a RST that waits to be sent.
type resetSegment struct {
	seq, ack   Seq
	flags      dissect.TCPFlags
	due        bool
	timestamps bool // with timestamps (RFC 7323 section 3.2)
}

func (c *Conn) init(now Time, cfg *Config, iss Seq, tsOffset uint32) {
	*c = Conn{
		cfg: cfg, now: now, iss: iss, sndUna: iss, sndNxt: iss, sndEnd: iss + 1, sndShort: iss, tsOffset: tsOffset,
		progress: now, lastSent: now, synDue: true,
		noDelay: cfg.NoDelay, userTimeout: cfg.UserTimeout,
		mss: uint16(min(cfg.mss(), cfg.defaultMSS())), pace: ackPace{left: cfg.quickAcks()},
		tune: tuning{rcvSize: uint32(cfg.rcvBuf()), since: -1},
	}
	for i := range c.timers {
		c.timers[i] = Never
	}
	c.sent.init(iss)
	c.rec.recover, c.rec.limitedUntil = iss, iss
	c.rtt.rto = cfg.initRTO()
}

// Connect is an active OPEN (RFC 9293 section 3.10.1). iss is the initial sequence number, tsOffset the value of
// our timestamps at time 0 (RFC 7323 section 5.4); both must be hard to guess (RFC 6528).
func (c *Conn) Connect(now Time, cfg *Config, iss Seq, tsOffset uint32) {
	c.init(now, cfg, iss, tsOffset)
	c.setState(SynSent)
	c.arm()
}

// Accept starts a connection from a SYN that came for a listener, without RST and ACK (RFC 9293 section 3.10.7.2).
// Text and FIN of the SYN wait for the end of the handshake; see also TakeSynText.
func (c *Conn) Accept(now Time, cfg *Config, iss Seq, tsOffset uint32, syn *Segment) {
	c.init(now, cfg, iss, tsOffset)
	c.passive = true
	c.receiveSyn(syn)
	c.holdSynText(syn)
	c.ecnTakeSyn(syn)
	c.setState(SynReceived)
	c.arm()
}

// State is the connection's state.
func (c *Conn) State() State { return c.state }

// Done reports that the connection is CLOSED and has nothing left to send: the owner may forget it. Received data may
// still be read.
func (c *Conn) Done() bool { return c.state == Closed && !c.reset.due }

// Err is why the connection ended, nil if it did not or ended in order.
func (c *Conn) Err() error {
	if c.errs == nil {
		return nil
	}
	return c.errs.end
}

// SoftErr gives the latest soft error and forgets it.
func (c *Conn) SoftErr() error {
	if c.errs == nil {
		return nil
	}
	err := c.errs.soft
	c.errs.soft = nil
	return err
}

// Readable is how many bytes Read would give.
func (c *Conn) Readable() int {
	if c.orphan {
		return 0
	}
	return c.rcv.n
}

// EOF reports that the peer's FIN came and everything before it was read.
func (c *Conn) EOF() bool { return c.finRcvd && c.rcv.n == 0 }

// Urgent is how many of the bytes to be read are urgent data or lie before it (RFC 9293 section 3.8.5). It may be
// more than have arrived.
func (c *Conn) Urgent() int {
	if start := c.rcvNxt - Seq(c.rcv.n); c.rcvUrg && start.Less(c.rcvUp) {
		return int(c.rcvUp - start)
	}
	return 0
}

// Read moves received bytes to p. With none there it gives ErrWouldBlock, io.EOF behind the peer's FIN, or why the
// connection ended: what came before that end is read first.
func (c *Conn) Read(now Time, p []byte) (int, error) {
	a, b := c.Peek()
	if len(a) == 0 {
		return 0, c.readErr()
	}
	n := copy(p, a)
	n += copy(p[n:], b)
	c.Discard(now, n)
	return n, nil
}

func (c *Conn) readErr() error {
	switch {
	case c.orphan:
		return ErrClosed
	case c.Err() != nil:
		return c.Err()
	case c.finRcvd:
		return io.EOF
	case c.state == Closed:
		return ErrClosed
	}
	return ErrWouldBlock
}

// Peek gives the received bytes without taking them, in two pieces if they wrap. They are valid until the
// following call on the connection.
func (c *Conn) Peek() (a, b []byte) {
	n := c.Readable()
	if n == 0 {
		return nil, nil
	}
	return c.rcv.view(0, n)
}

// Discard takes the first n of the received bytes away; at most Readable.
func (c *Conn) Discard(now Time, n int) {
	c.tick(now)
	c.rcv.drop(min(n, c.Readable()))
	c.rcvUrg = c.Urgent() > 0
	c.tuneRead()
	c.count()
}

// Writable is how many bytes Write would take.
func (c *Conn) Writable() int {
	if c.writeErr() != nil {
		return 0
	}
	return max(c.mayHold(&c.snd, c.sndSize())-c.snd.n, 0)
}

func (c *Conn) writeErr() error {
	if err := c.Err(); err != nil {
		return err
	}
	if c.finQueued {
		return ErrClosed
	}
	switch c.state {
	case SynSent, SynReceived, Established, CloseWait:
		return nil
	}
	return ErrClosed
}

// Write queues as much of p as there is room for; ErrWouldBlock if there is none.
func (c *Conn) Write(now Time, p []byte) (int, error) {
	c.tick(now)
	if err := c.writeErr(); err != nil {
		return 0, err
	}
	c.thrift(&c.snd)
	n := min(len(p), c.Writable())
	if n == 0 {
		if len(p) > 0 {
			return 0, ErrWouldBlock
		}
		return 0, nil
	}
	if !c.undelivered() {
		c.progress = c.now
	}
	c.snd.push(p[:n])
	c.sndEnd += Seq(n)
	c.held.more, c.held.flushed = false, false
	c.arm()
	return n, nil
}

// CloseWrite is CLOSE of RFC 9293 section 3.10.4: a FIN goes out behind what is queued, and nothing more can be
// written. The other direction stays open. Before the handshake is over the FIN waits for its end.
func (c *Conn) CloseWrite(now Time) error {
	c.tick(now)
	switch {
	case c.finQueued:
		return nil
	case c.Err() != nil:
		return c.Err()
	case c.state == Closed:
		return ErrClosed
	}
	if !c.undelivered() {
		c.progress = c.now
	}
	c.finQueued = true
	c.enterClosing()
	c.arm()
	return nil
}

// enterClosing moves on when a FIN is queued on a synchronized connection.
func (c *Conn) enterClosing() {
	switch c.state {
	case Established:
		c.setState(FinWait1)
	case CloseWait:
		c.setState(LastAck)
	}
}

// Close says that the program is gone. What was written is still delivered. If there is unread data, or more
// comes, the peer is told by a RST that it is lost (RFC 9293 section 3.6.1, RFC 2525 section 2.17).
func (c *Conn) Close(now Time) {
	c.tick(now)
	unread := c.Readable() > 0
	c.orphan = true
	switch c.state {
	case Closed, TimeWait:
		c.dropReceived()
		return
	case SynSent:
		c.end(ErrClosed)
		return
	}
	if unread {
		c.abort(ErrClosed, UnreadData)
		return
	}
	if c.linger == noLinger {
		c.abort(ErrClosed, Aborted)
		return
	}
	c.finQueued = true
	c.enterClosing()
	if c.linger > 0 {
		c.timers[timerClose] = c.now.Add(time.Duration(c.linger) * time.Millisecond)
	}
	if c.state == FinWait2 {
		c.timers[timerClose] = c.now.Add(c.cfg.finWait2())
	}
	c.arm()
}

// Abort ends the connection at once: with a RST where RFC 9293 section 3.10.5 asks for one.
func (c *Conn) Abort(now Time) {
	c.tick(now)
	c.orphan = true
	switch c.state {
	case Closed, TimeWait:
		c.dropReceived()
		if c.state == TimeWait {
			c.end(nil)
		}
	case SynSent:
		c.end(ErrClosed)
	default:
		c.abort(ErrClosed, Aborted)
	}
}

// Fail ends the connection at once for a reason that the owner knows, without a word to the peer. What was received can still
// be read.
func (c *Conn) Fail(now Time, err error) {
	c.tick(now)
	if c.state != Closed {
		c.end(err)
	}
}

// abort queues a RST and ends the connection.
func (c *Conn) abort(err error, why Reason) {
	c.reset = resetSegment{due: true, seq: c.ackSeq(), ack: c.rcvNxt, flags: dissect.RST | dissect.ACK, timestamps: c.tsOK}
	if c.cfg.Events != nil {
		c.event(Event{Kind: ResetSent, Reason: why, Seq: c.reset.seq})
	}
	c.end(err)
}

// end enters CLOSED. err is nil if everything arrived both ways.
func (c *Conn) end(err error) {
	if err != nil && c.Err() == nil {
		c.errors().end = err
	}
	c.setState(Closed)
	for i := range c.timers {
		c.timers[i] = Never
	}
	c.synDue, c.ackDue, c.dupAcks, c.probeDue, c.aliveDue = false, false, 0, false, false
	c.snd.reset()
	c.sent.reset()
	c.dropLoss()
	c.asm.reset()
	c.rcv.cut(c.rcv.n)
	if c.orphan {
		c.dropReceived()
	}
	c.count()
}

func (c *Conn) dropReceived() {
	c.rcv.reset()
	c.asm.reset()
	c.count()
}

// giveUp ends the connection because the peer does not answer. The RST may get through to it.
func (c *Conn) giveUp() {
	err := ErrTimeout
	if c.errs != nil && c.errs.soft != nil {
		err = c.errs.soft // RFC 9293 section 3.9.2.2: the reason, where one was heard of
	}
	if c.state == SynSent || c.state == SynReceived {
		c.end(err)
	} else {
		c.abort(err, GaveUp)
	}
}

// SoftError remembers an ICMP error that may pass: it is reported by SoftErr, and instead of ErrTimeout if the
// connection times out (RFC 9293 section 3.9.2.2).
func (c *Conn) SoftError(err error) { c.errors().soft = err }

func (c *Conn) errors() *connErrors {
	if c.errs == nil {
		c.errs = new(connErrors)
	}
	return c.errs
}

// HardError is an ICMP error that says there is no such port or protocol, or that it is prohibited. It ends a connection that is not
// synchronized yet; a synchronized one takes it for a soft error (RFC 5927 section 5.2). The caller has asked
// Outstanding.
func (c *Conn) HardError(now Time, err error) {
	c.tick(now)
	if c.state == SynSent || c.state == SynReceived {
		c.end(err)
		return
	}
	c.SoftError(err)
}

// SndUna is the first number that the peer has not acknowledged.
func (c *Conn) SndUna() Seq { return c.sndUna }

// Outstanding reports whether seq was sent and is unacknowledged. Only then an ICMP error that quotes it is to be
// believed (RFC 5927 section 4.1).
func (c *Conn) Outstanding(seq Seq) bool { return c.sndUna.LessEq(seq) && seq.Less(c.sndNxt) }

// RouteDoubtful reports that R1 is passed: three timeouts in a row (RFC 9293 section 3.8.3). The owner may ask the
// neighbor again or look for another route.
func (c *Conn) RouteDoubtful() bool { return c.backoff >= 3 }

// Reusable reports whether syn may open anew the connection that is in TIME-WAIT (RFC 6191 section 2). The new one
// needs an initial sequence number above SndNxt.
func (c *Conn) Reusable(syn *Segment) bool {
	if c.state != TimeWait || syn.Flags&(dissect.SYN|dissect.ACK|dissect.RST) != dissect.SYN {
		return false
	}
	later := c.rcvNxt.LessEq(syn.Seq)
	if !syn.Options.HasTimestamps {
		return later
	}
	if !c.tsOK {
		return true
	}
	d := int32(syn.Options.TSVal - c.tsRecent)
	return d > 0 || d == 0 && later
}

// Reopenable reports whether the owner may open anew, by a SYN of its own, the connection that is in TIME-WAIT (RFC 6191
// section 3): after a second, when the timestamps, whose offset has to be the same, tell the peer the segments of the two
// apart. The new one needs an initial sequence number above SndNxt.
func (c *Conn) Reopenable(now Time) bool {
	return c.state == TimeWait && c.tsOK && now.Add(c.cfg.timeWait()).Sub(c.timers[timerClose]) >= time.Second
}

// SetNoDelay turns the Nagle algorithm off or on. Turned off it sends what was written so far, even if that is corked or more was announced.
func (c *Conn) SetNoDelay(now Time, on bool) {
	c.tick(now)
	c.noDelay, c.held.flushed = on, on
}

// SetKeepAlive changes how an idle peer is asked whether it is there. The time counts from now.
func (c *Conn) SetKeepAlive(now Time, k KeepAlive) {
	c.tick(now)
	c.keepAlive = unique.Make(k)
	c.aliveSent, c.aliveDue = 0, false
	c.timers[timerKeepAlive] = Never
	c.arm()
}

// alive is how the peer is asked whether it is there. Connections that were given equal values share them in memory.
func (c *Conn) alive() KeepAlive {
	if c.keepAlive == (unique.Handle[KeepAlive]{}) {
		return c.cfg.KeepAlive
	}
	return c.keepAlive.Value()
}

// SetUserTimeout changes R2; 0 is the default.
func (c *Conn) SetUserTimeout(now Time, d time.Duration) {
	c.tick(now)
	c.userTimeout = max(d, 0)
	c.userTimeoutChanged()
	c.arm()
}

func (c *Conn) setState(s State) {
	from := c.state
	c.state = s
	if from != s && c.cfg.Events != nil {
		c.event(Event{Kind: StateChange, From: from, To: s})
	}
}

func (c *Conn) event(e Event) {
	e.Time = c.now
	c.cfg.Events(c, e)
}

// tick notes the time.
func (c *Conn) tick(now Time) { c.now = max(c.now, now) }

// synchronized reports whether both sides know each other's numbers (RFC 9293 section 3.5).
func (c *Conn) synchronized() bool { return c.state >= Established }

// finSent reports whether our FIN was sent at least once.
func (c *Conn) finSent() bool { return c.finQueued && c.sndEnd.Less(c.sndNxt) }

// undelivered reports whether the peer has not taken all that we have for it.
func (c *Conn) undelivered() bool {
	end := c.sndEnd
	if c.finQueued {
		end++
	}
	return c.sndUna != end
}

// dataStart is the number of the first byte in the send ring.
func (c *Conn) dataStart() Seq { return c.sndEnd - Seq(c.snd.n) }

// smss is SMSS of RFC 5681: the largest payload of our segments.
func (c *Conn) smss() int { return int(c.mss) - c.tsLen() }

// rmss is RMSS: the largest payload of the peer's, by the MSS that we announced.
func (c *Conn) rmss() int { return c.cfg.mss() - c.tsLen() }

// tsLen is the length of the timestamps option with its padding, if it was agreed.
func (c *Conn) tsLen() int {
	if c.tsOK {
		return 12
	}
	return 0
}

// runLimit bounds the scoreboard by the size of the send buffer.
func (c *Conn) runLimit() int { return 64 + 2*c.cfg.sndBufMax()/c.smss() }
