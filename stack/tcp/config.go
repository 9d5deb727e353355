package tcp

import (
	"cmp"
	"time"
)

// MaxBuffer is the largest receive and send buffer in bytes: the largest window that scaling can express
// (RFC 7323 section 2.3).
const MaxBuffer = 1 << 30

// Config is how a connection behaves. A zero field means its default. One Config may be shared by any number of
// connections and must not change while they use it.
type Config struct {
	// RcvBuf and SndBuf are the most bytes held for the program and for the peer, 64 KiB by default, any
	// size from 1 to MaxBuffer. Memory is taken when bytes come, in powers of two, and given back when they went.
	RcvBuf, SndBuf int

	// RcvBufMax and SndBufMax, where they are larger, let the buffers grow up to them: the receive buffer with what the program
	// reads in a round trip, the send buffer with the congestion window. The window scale is chosen for RcvBufMax, so that the
	// receive buffer begins with RcvBufMax/4096 or so, if RcvBuf is less. By default nothing grows.
	RcvBufMax, SndBufMax int

	// Memory, when set, bounds the buffers of all connections that share it.
	Memory *Memory

	// MSS is the largest payload that fits through the interface, IP header and 20 bytes of TCP header taken
	// off; our SYN announces it (RFC 9293 section 3.7.1). Default 1460.
	MSS int

	// DefaultMSS is assumed of a peer that announces none: 536 for IPv4, the default, and 1220 for IPv6.
	DefaultMSS int

	// InitialRTO is the retransmission timeout before the first measurement, 1 s by default; MinRTO and MaxRTO
	// bound it afterwards, 200 ms and 120 s by default (RFC 6298).
	InitialRTO, MinRTO, MaxRTO time.Duration

	// Granularity is G of RFC 6298 section 2.3: by how much the timeout exceeds the smoothed round-trip time at least, 1 ms by
	// default. More spares spurious timeouts where delays jump; Linux has 200 ms.
	Granularity time.Duration

	// DelayedAck is how long an ACK may wait for company: 40 ms by default, never 500 ms or more (RFC 9293
	// section 3.8.6.3). Negative means not at all.
	DelayedAck time.Duration

	// QuickAcks is how many segments, at the beginning and after idle times, are acknowledged at once: 16 by default, negative
	// for none.
	QuickAcks int

	// NoDelay turns the Nagle algorithm off (RFC 9293 section 3.7.4); see also SetNoDelay.
	NoDelay bool

	// UserTimeout is R2 of RFC 9293 section 3.8.3: the connection ends when what was sent or written made no
	// progress for so long. Default 5 minutes. See also SetUserTimeout.
	UserTimeout time.Duration

	// UserTimeoutOption has both ends tell each other their user timeouts (RFC 5482), so that neither gives up before the
	// other would. MaxUserTimeout bounds what a peer can bring about, 1 hour by default; 100 s is the lower bound. A timeout set by
	// SetUserTimeout is told and stays.
	UserTimeoutOption bool
	MaxUserTimeout    time.Duration

	// SynTimeout ends an unanswered active open, unless UserTimeout is shorter; 3 minutes by default (MUST-23).
	// SynAckTimeout ends a passive one, 1 minute by default.
	SynTimeout, SynAckTimeout time.Duration

	// SynRetries and SynAckRetries are how often a SYN and a SYN-ACK are sent again before the attempt ends; 0, the default, leaves
	// it to the times: 7 and 5 with the default ones. Where a count is given, a time counts as well only if it is given too.
	SynRetries, SynAckRetries int

	// KeepAlive is what connections start with; see SetKeepAlive.
	KeepAlive KeepAlive

	// TimeWait is 2 MSL: 60 s by default. FinWait2 is how long the peer of a program that is gone may
	// keep its direction open: 60 s by default.
	TimeWait, FinWait2 time.Duration

	// Extensions that are otherwise offered and accepted: window scale and timestamps (RFC 7323), SACK (RFC 2018).
	NoWindowScale, NoTimestamps, NoSACK bool

	// TolerateMissingTimestamps takes segments without timestamps after both ends agreed on them. RFC 7323 section 3.2 would
	// have them dropped; some peers, and boxes on the way that strip options, forget them. PAWS does not protect from such segments.
	TolerateMissingTimestamps bool

	// FastOpen lets text go with the SYN, both ways (RFC 7413): for programs that can bear it twice. The owner keeps
	// the cookies.
	FastOpen bool

	// ECN says whether congestion is learned from marks (RFC 3168): when the peer asks for it, by default.
	ECN ECNMode

	// AccurateECN offers and accepts Accurate ECN (RFC 9768), within what ECN says.
	AccurateECN bool

	// AccurateECNOption also tells the peer, where Accurate ECN is agreed, how many bytes came with each mark.
	AccurateECNOption bool

	// Congestion chooses the congestion control: CUBIC by default.
	Congestion Algorithm

	// Pacing spreads segments over the round trip instead of sending them in bursts. BBR does it always.
	Pacing bool

	// NoSlowStartLimit lets an ACK make the congestion window grow in slow start by all that it acknowledges, as with Pacing,
	// and not by 8 segments at most (RFC 9406 section 4.3): for peers whose ACKs stand for many, and networks that bear bursts.
	NoSlowStartLimit bool

	// KeepCwnd keeps the congestion window through idle times and halves it every 5 minutes (RFC 7661), instead of
	// starting anew with the initial window after one retransmission timeout (RFC 5681 section 4.1).
	KeepCwnd bool

	// ABE answers a mark of ECN less than a loss (RFC 8511).
	ABE bool

	// MinPathMSS is the smallest segment, text and options together, that ICMP errors and timeouts can bring about: 512 by
	// default, as from an MTU of 552. PathAge is how long what was learnt of a path counts before a larger segment is
	// tried, 10 minutes by default (RFC 1191 section 6.3). NoPathProbing turns off what does not wait for ICMP errors:
	// looking for black holes, and probes upwards (RFC 4821).
	MinPathMSS    int
	PathAge       time.Duration
	NoPathProbing bool

	// Counters, when set, counts what the connections dropped, and why.
	Counters *Counters

	// Events, when set, is told what connections decide. It must not call the connection, Info apart.
	Events func(c *Conn, e Event)
}

// KeepAlive asks an idle peer whether it is still there (RFC 9293 section 3.8.4).
type KeepAlive struct {
	Enabled  bool
	Idle     time.Duration // silence before the first probe: 2 h by default
	Interval time.Duration // between probes: 75 s by default
	Count    int           // unanswered probes that end the connection: 9 by default
}

// DefaultKeepAliveInterval is KeepAlive.Interval if that is zero.
const DefaultKeepAliveInterval = 75 * time.Second

// Check reports whether the buffers can be had: ErrBufferSize if not.
func (g *Config) Check() error {
	if max(g.RcvBuf, g.SndBuf, g.RcvBufMax, g.SndBufMax) > MaxBuffer {
		return ErrBufferSize
	}
	return nil
}

const (
	defaultBuf = 64 << 10

	// R2: RFC 9293 section 3.8.3 asks for 100 s at least, 3.10.1 calls 5 minutes the global default.
	defaultUserTimeout = 5 * time.Minute

	// The smallest MSS that is believed: what the smallest IPv4 MTU, 68, leaves. A peer that announces less
	// wants to be flooded with headers.
	minMSS = 28
	maxMSS = 65535

	// RFC 6298 (2.4) rounds a smaller RTO up to 1 s; like Linux we stop at 200 ms.
	defaultMinRTO = 200 * time.Millisecond

	// RFC 9293 section 3.8.6.3, MUST-40: less than 0.5 s.
	maxDelayedAck = 499 * time.Millisecond
)

// rcvBuf is what the receive buffer begins with: a few units of the window scale at least, for what is less a window cannot express.
func (g *Config) rcvBuf() int {
	n := bufferSize(g.RcvBuf)
	if most := min(g.RcvBufMax, MaxBuffer); most > n {
		n = max(n, min(16<<scaleFor(most), most))
	}
	return n
}

func (g *Config) sndBuf() int { return bufferSize(g.SndBuf) }

// rcvBufMax and sndBufMax are what the buffers may grow to.
func (g *Config) rcvBufMax() int { return max(g.rcvBuf(), min(g.RcvBufMax, MaxBuffer)) }
func (g *Config) sndBufMax() int { return max(g.sndBuf(), min(g.SndBufMax, MaxBuffer)) }

// rcvScale is the window scale that every SYN and SYN-ACK of ours announces.
func (g *Config) rcvScale() uint8 { return scaleFor(g.rcvBufMax()) }

func bufferSize(n int) int {
	if n <= 0 {
		return defaultBuf
	}
	return min(n, MaxBuffer)
}

func (g *Config) mss() int                   { return min(max(cmp.Or(g.MSS, 1460), minMSS), maxMSS) }
func (g *Config) defaultMSS() int            { return max(cmp.Or(g.DefaultMSS, 536), minMSS) }
func (g *Config) minRTO() time.Duration      { return cmp.Or(g.MinRTO, defaultMinRTO) }
func (g *Config) granularity() time.Duration { return cmp.Or(g.Granularity, time.Millisecond) }
func (g *Config) maxRTO() time.Duration      { return max(cmp.Or(g.MaxRTO, 120*time.Second), g.minRTO()) }
func (g *Config) initRTO() time.Duration     { return min(cmp.Or(g.InitialRTO, time.Second), g.maxRTO()) }
func (g *Config) delayedAck() time.Duration {
	return min(cmp.Or(g.DelayedAck, 40*time.Millisecond), maxDelayedAck)
}
func (g *Config) synTimeout() time.Duration    { return cmp.Or(g.SynTimeout, 3*time.Minute) }
func (g *Config) synAckTimeout() time.Duration { return cmp.Or(g.SynAckTimeout, time.Minute) }
func (g *Config) timeWait() time.Duration      { return cmp.Or(g.TimeWait, 60*time.Second) }
func (g *Config) finWait2() time.Duration      { return cmp.Or(g.FinWait2, 60*time.Second) }

func (k KeepAlive) idle() time.Duration     { return cmp.Or(k.Idle, 2*time.Hour) }
func (k KeepAlive) interval() time.Duration { return cmp.Or(k.Interval, DefaultKeepAliveInterval) }
func (k KeepAlive) count() int              { return cmp.Or(k.Count, 9) }
