package tcp

import (
	"math"
	"time"

	"smoltcp/dissect"
)

// Time is an instant on the clock of whoever drives the connection: nanoseconds since an origin of its choice.
// It never goes back.
type Time int64

// Never is later than every deadline.
const Never Time = math.MaxInt64

// Add gives the instant d after t. It stops at Never instead of wrapping.
func (t Time) Add(d time.Duration) Time {
	if d > 0 && t > Never-Time(d) {
		return Never
	}
	return t + Time(d)
}

// Sub gives the time from u to t.
func (t Time) Sub(u Time) time.Duration { return time.Duration(t - u) }

// Seq is a sequence number: arithmetic is modulo 2^32 (RFC 9293 section 3.4).
type Seq uint32

// Less reports whether s comes before u. Numbers exactly 2^31 apart have one fixed order: the smaller
// as an unsigned number comes first.
func (s Seq) Less(u Seq) bool {
	d := int32(s - u)
	if d == math.MinInt32 {
		return s < u
	}
	return d < 0
}

// LessEq reports whether s comes before u or is u.
func (s Seq) LessEq(u Seq) bool { return s == u || s.Less(u) }

// Segment is a received segment, its checksum verified by the caller.
type Segment struct {
	Seq, Ack Seq
	Flags    dissect.TCPFlags
	Window   uint16 // as in the header, not scaled
	Urgent   uint16
	Options  dissect.TCPOptionValues
	Payload  []byte // lent for the call of Input
	ECN      dissect.ECN
}

// ParseSegment gives the segment that t holds. Its payload is t's.
func ParseSegment(t dissect.TCP, ecn dissect.ECN) Segment {
	return Segment{
		Seq: Seq(t.Seq()), Ack: Seq(t.Ack()), Flags: t.Flags(), Window: t.Window(), Urgent: t.Urgent(),
		Options: t.OptionValues(), Payload: t.Payload(), ECN: ecn,
	}
}

// Len is SEG.LEN: the payload with SYN and FIN counted (RFC 9293 section 3.4).
func (s *Segment) Len() uint32 {
	n := uint32(len(s.Payload))
	if s.Flags.Has(dissect.SYN) {
		n++
	}
	if s.Flags.Has(dissect.FIN) {
		n++
	}
	return n
}

// Out is a segment to be sent. The caller fills in ports and checksum.
type Out struct {
	Header dissect.TCPHeader

	// Payload is two consecutive pieces of the send ring, the second empty unless the data wraps. They
	// are lent until the following call on the connection.
	Payload [2][]byte
	ECN     dissect.ECN

	// Segment, if not zero, says that Payload is the text of several segments, of so many bytes each but the last; see OutputLarge.
	Segment int
}

// PayloadLen is the length of both pieces.
func (o *Out) PayloadLen() int { return len(o.Payload[0]) + len(o.Payload[1]) }

// State is a connection's state (RFC 9293 section 3.3.2). LISTEN belongs to the owner: a Conn starts
// with a SYN sent or received.
type State uint8

const (
	Closed State = iota
	SynSent
	SynReceived
	Established
	FinWait1
	FinWait2
	CloseWait
	Closing
	LastAck
	TimeWait
)

var stateNames = [...]string{
	"CLOSED", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT",
}

func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "?"
}
