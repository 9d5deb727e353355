package tcp

import (
	"fmt"
	"time"
)

// EventKind says what a connection decided.
type EventKind uint8

const (
	// StateChange: From and To.
	StateChange EventKind = iota

	// Retransmit: N sequence numbers from Seq were sent again because of Reason.
	Retransmit

	// RetransmitTimeout: the timer expired with Seq unacknowledged, N times in a row.
	RetransmitTimeout

	// CwndChange: the congestion window is N bytes, because of Reason; Ssthresh beside it.
	CwndChange

	// WindowProbe: one octet or less at Seq went to a closed window, the Nth time in a row.
	WindowProbe

	// KeepAliveProbe: the Nth in a row.
	KeepAliveProbe

	// Drop: a segment, or N bytes of its text, was not taken, because of Reason.
	Drop

	// ChallengeAck: a segment that might be forged was answered (RFC 5961), because of Reason.
	ChallengeAck

	// ResetSent: a RST at Seq, because of Reason.
	ResetSent

	// UrgentData: the peer's urgent data ends before Seq (RFC 9293 section 3.8.5).
	UrgentData

	// PathMSSChange: the path takes segments of N bytes, text and options together.
	PathMSSChange
	numberOfEvents
)

var eventNames = [numberOfEvents]string{
	"state", "retransmit", "retransmission timeout", "cwnd", "window probe", "keep-alive probe", "drop", "challenge ACK",
	"RST sent", "urgent", "path MSS",
}

func (k EventKind) String() string {
	if k < numberOfEvents {
		return eventNames[k]
	}
	return "?"
}

// Reason is why something was dropped, sent or changed.
type Reason uint8

const (
	NoReason Reason = iota

	// Why segments and text are dropped.
	OutOfWindow      // no part of it lies in the receive window
	OldTimestamp     // PAWS (RFC 7323 section 5)
	MissingTimestamp // timestamps were agreed and it has none (RFC 7323 section 3.2)
	MissingAck       // no ACK bit
	AckUnsent        // acknowledges what was never sent
	AckTooOld        // acknowledges less than the largest window ago (RFC 5961 section 5)
	SynInWindow      // a SYN on a synchronized connection (RFC 5961 section 4)
	ResetNotExact    // a RST elsewhere than at RCV.NXT (RFC 5961 section 3)
	ResetTimeWait    // a RST in TIME-WAIT (RFC 1337)
	NotASyn          // no SYN in SYN-SENT
	PastFin          // text behind the peer's FIN
	NoRoom           // out of order, and the list of ranges is full
	NoMemory         // the buffers of all connections take what they may
	NoConnection     // CLOSED

	// Why something is sent again or the congestion window changed.
	TimedOut
	DuplicateAcks
	PartialAck
	WindowOpened
	SynRepeated
	SynTextRefused // what went with a SYN was not taken (RFC 7413)
	Acknowledged
	Recovered
	TailProbe // no ACK came for what was sent last (RFC 8985 section 7)
	Spurious  // nothing had been lost (RFC 4015)
	Idle
	CongestionExperienced
	PathTooSmall // too large for the path (RFC 1191)

	// Why a RST is sent.
	Aborted
	UnreadData // closed with data unread, or data came after the close (RFC 9293 section 3.6.1)
	NotAcked   // an unacceptable ACK before the connection is synchronized
	GaveUp     // a timeout ended the connection

	ECNConflict // SYNs that ask for both kinds of ECN (RFC 9768 section 3.1.5)
	numberOfReasons
)

var reasonNames = [numberOfReasons]string{
	"", "out of window", "old timestamp", "missing timestamp", "missing ACK", "ACK of unsent data", "ACK too old",
	"SYN on a synchronized connection", "RST not at RCV.NXT", "RST in TIME-WAIT", "not a SYN", "past FIN", "no room", "no memory",
	"no connection", "timeout", "duplicate ACKs", "partial ACK", "window opened", "SYN repeated", "text of the SYN not taken", "acknowledged", "recovered",
	"tail loss probe", "spurious",
	"idle", "congestion experienced", "too large for the path", "aborted", "unread data", "unacceptable ACK", "gave up",
	"SYNs at odds about ECN",
}

func (r Reason) String() string {
	if r < numberOfReasons {
		return reasonNames[r]
	}
	return "?"
}

// Counters counts the dropped segments by reason.
type Counters struct {
	Dropped [numberOfReasons]uint64
}

// Each calls f for every reason that dropped something.
func (n *Counters) Each(f func(r Reason, count uint64)) {
	for r, count := range n.Dropped {
		if count > 0 {
			f(Reason(r), count)
		}
	}
}

// Event is one decision of a connection. Which fields count is said at its Kind.
type Event struct {
	Kind     EventKind
	Reason   Reason
	From, To State
	Time     Time
	Seq      Seq
	N        int
	Ssthresh int
}

func (e Event) String() string {
	s := e.Kind.String()
	switch e.Kind {
	case StateChange:
		return fmt.Sprintf("%s %s => %s", s, e.From, e.To)
	case CwndChange:
		s = fmt.Sprintf("%s %d ssthresh %d", s, e.N, e.Ssthresh)
	case Retransmit:
		s = fmt.Sprintf("%s seq %d len %d", s, e.Seq, e.N)
	case PathMSSChange:
		s = fmt.Sprintf("%s %d", s, e.N)
	case RetransmitTimeout, WindowProbe:
		s = fmt.Sprintf("%s seq %d number %d", s, e.Seq, e.N)
	case KeepAliveProbe:
		s = fmt.Sprintf("%s number %d", s, e.N)
	case Drop:
		if e.N > 0 {
			s = fmt.Sprintf("%s %d bytes", s, e.N)
		}
	case ResetSent, UrgentData:
		s = fmt.Sprintf("%s seq %d", s, e.Seq)
	}
	if e.Reason != NoReason {
		s += " (" + e.Reason.String() + ")"
	}
	return s
}

// Seconds is a Time as seconds since the clock's origin, for printing.
func (t Time) Seconds() float64 { return time.Duration(t).Seconds() }
