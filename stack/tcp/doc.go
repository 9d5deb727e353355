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
package tcp
