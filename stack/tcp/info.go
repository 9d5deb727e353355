package tcp

import "time"

// Info is a snapshot of a connection. Lengths are bytes.
type Info struct {
	State   State
	Passive bool // opened by the peer

	// Sequence variables (RFC 9293 section 3.3.1).
	ISS, SndUna, SndNxt Seq
	IRS, RcvNxt         Seq
	SndWnd, RcvWnd      int

	// What was agreed.
	SndMSS, RcvMSS     int // the largest payload either way, options taken off
	SndScale, RcvScale uint8
	SACK, Timestamps   bool
	WindowScale        bool
	SynText            bool // text went with the SYN and was taken (RFC 7413)
	ECN, AccurateECN   bool

	// Retransmission.
	SRTT, RTTVar, RTO time.Duration // SRTT is 0 before the first measurement
	Backoff           int           // timeouts in a row
	Retransmits       uint64        // segments sent again

	// Congestion control.
	Congestion     Algorithm
	Phase          CongestionPhase
	Cwnd, Ssthresh int
	InFlight       int // pipe: what is believed to be in the network
	Unacked        int // SndNxt - SndUna
	Sacked, Lost   int // of Unacked

	// Queues, and what the buffers may hold now.
	Unsent, Unread, OutOfOrder int
	RcvBuf, SndBuf             int
}

// Info gives a snapshot of the connection.
func (c *Conn) Info() Info {
	if c.cfg == nil {
		return Info{}
	}
	return Info{
		State: c.state, Passive: c.passive,
		ISS: c.iss, SndUna: c.sndUna, SndNxt: c.sndNxt, IRS: c.irs, RcvNxt: c.rcvNxt,
		SndWnd: int(c.sndWnd), RcvWnd: int(c.rcvWnd()),
		SndMSS: c.smss(), RcvMSS: c.rmss(), SndScale: c.sndScale, RcvScale: c.rcvScale,
		SACK: c.sackOK, Timestamps: c.tsOK, WindowScale: c.scaleOK, SynText: c.synText,
		ECN: c.ecn.feedback != ecnNone, AccurateECN: c.ecn.feedback == ecnAccurate,
		SRTT: c.rtt.srtt, RTTVar: c.rtt.rttvar, RTO: c.rtoNow(), Backoff: int(c.backoff), Retransmits: uint64(c.rec.resent),
		Congestion: c.cfg.Congestion, Phase: c.rec.phase, Cwnd: int(c.rec.cwnd), Ssthresh: int(c.rec.ssthresh),
		InFlight: int(c.pipe()), Unacked: int(c.sndNxt - c.sndUna), Sacked: int(c.sent.sacked), Lost: int(c.sent.lost),
		Unsent: c.unsent(), Unread: c.Readable(), OutOfOrder: c.asm.bytes(),
		RcvBuf: c.rcvSize(), SndBuf: c.sndSize(),
	}
}

// unsent is how many bytes were written and never sent.
func (c *Conn) unsent() int {
	return c.snd.n - int(min(uint32(c.snd.n), uint32(c.sndNxt-c.dataStart())))
}
