// Package packetdrill runs scripts in packetdrill's language against the stack, for its tests: a script says which
// segments a peer sends, which system calls the program makes, and which segments must come out of it, when.
//
//	script ─▶ lexer.go parser.go ─▶ Script ─▶ run.go ─┬─ `commands`: command.go, a table ─▶ profile
//	                                                  ├─ calls: sock.go ─▶ stack.TCPSocket, errno
//	                                                  ├─ < packets: packet.go ─▶ device ─▶ Stack.Poll
//	                                                  ├─ > packets: device ─▶ packet.go, compared in match.go
//	                                                  └─ %{ code }%: expr.go over info.go
//
// readwrite.go, sockopt.go, poll.go, epoll.go and fastopen.go belong to the calls, ip.go, icmp.go and mutate.go to the packets, configure.go to
// the commands, delivered.go to the code.
//
// Time is virtual: between two events the stack is polled at its own deadlines, so a script of minutes takes
// milliseconds and always gives the same result. Nothing here reads a clock, opens a network device, runs a shell or
// a Python: commands are looked up in a table, code is a small expression language, and whatever neither knows makes
// the script be skipped with the reason. A script passes only if all of it was checked.
//
// # Levels
//
// [Strict] compares what upstream compares: all header fields, the order of options and their padding. [Semantic]
// compares what a peer would care about. It lets pass other window sizes (a closed window apart), PSH, padding and the order
// of options, and pure ACKs that come late by up to the delayed-ACK time or in addition. It never lets pass another
// number of data, flag, payload length or error, or a missing segment. A script that fails at Semantic is run
// again with delayed ACKs off, which is what scripts written for Linux assume.
//
// # Numbers
//
// The stack chooses its initial sequence numbers, ports, timestamps and Fast Open cookies. The script's are mapped to them: see
// conn in packet.go. Two dialects are told apart by the first number behind a SYN whose own is not 0: numbers go on from the
// SYN's, or they count from it. IPv6 scripts run over IPv6; their MTU is 1520 or 1500, whichever their MSS fits.
//
// Packets of another connection than the latest are not compared, as upstream does it.
package packetdrill
