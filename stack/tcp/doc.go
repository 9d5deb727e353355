// Package tcp is a TCP machine and nothing else: segments and time go in, segments and deadlines come out
// (RFC 9293). It knows no frames, no addresses, no neighbors and no sockets, reads no clock and draws no
// random number; the same calls with the same arguments give the same output.
//
// A [Conn] is one connection. Its owner feeds it with Input, asks Output for segments until there are none, and
// comes back at Deadline. The program's side is Read, Write, CloseWrite, Close and Abort. None of the calls blocks.
//
//	            Input(now, *Segment)                       Read Peek Discard
//	peer ─────▶ input.go: RFC 9293 3.10.7 ─▶ reassembly ─▶ receive ring ─────▶ program
//	peer ◀───── output.go: what may be sent ◀──────────── send ring ◀───────── program
//	            Output(now, *Out)      ▲                                Write CloseWrite
//	                           timers, recovery, congestion control
//
// State variables keep the RFC's names: SndUna, SndNxt, SndWnd, RcvNxt, RcvWnd, SRTT, RTO.
//
// Where to look:
//
//	conn.go        state, and what the program calls
//	input.go       SEGMENT ARRIVES, one function for each step of section 3.10.7
//	output.go      plan: what may be sent now, without changing anything; emit: its bytes, and the bookkeeping
//	timers.go      arm: which timers run; expire: what they do; Deadline: the first of them
//	window.go      what the receive window promises; autotune.go how large the buffers are; memory.go the bound of all together
//	recovery.go    what is lost and how much may be in the network, over scoreboard.go
//	rack.go, prr.go, undo.go   RACK and tail loss probes; cwnd during recovery; losses that were none, taken back
//	scoreboard.go  what became of each segment sent
//	cc.go          congestion control: how large the congestion window is; newreno.go, cubic.go with hystart.go, and
//	               bbr.go with sampler.go decide; bbrrest.go is what BBR keeps of a connection that rests
//	pacing.go      when the next segment may leave
//	pmtu.go        how large a segment the path takes (RFC 1191, RFC 8201, RFC 4821)
//	quickack.go, urgent.go, linger.go, usertimeout.go, disruption.go   each what its name says
//	rtt.go         round-trip time and retransmission timeout
//	cookie.go      SYN cookies: a handshake without a connection
//	fastopen.go    text in a SYN
//	ecn.go         marks instead of losses
//	ring.go, assembler.go, pool.go   bytes and their memory
//	config.go, event.go, info.go, errors.go; verify.go: what always holds
//
// Deadline asks the same plan and the same timers as Output, so the two cannot disagree.
package tcp
