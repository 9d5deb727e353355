package stack

import (
	"errors"

	"smoltcp/stack/tcp"
)

// Errors of the sockets. Those of a TCP connection are the values of package tcp, repeated here. All are
// compared with errors.Is.
var (
	// ErrWouldBlock: nothing to read, no room to write, nobody to accept. The handler is called when that changes.
	ErrWouldBlock = tcp.ErrWouldBlock
	ErrRefused    = tcp.ErrRefused // the peer has nobody listening
	ErrReset      = tcp.ErrReset   // the peer aborted the connection
	ErrTimeout    = tcp.ErrTimeout // the peer did not answer for too long
	ErrClosed     = tcp.ErrClosed  // the socket was closed by its own program

	ErrNoRoute         = errors.New("no route to host")                 // or the interface has no address to send from
	ErrHostUnreachable = errors.New("host is unreachable")              // no neighbor answered, or a router said so
	ErrNetUnreachable  = errors.New("network is unreachable")           // a router said so
	ErrProtoUnreach    = errors.New("protocol not available")           // the host has no such transport protocol
	ErrProhibited      = errors.New("administratively prohibited")      // by a router or the host: a packet filter
	ErrMessageSize     = errors.New("message too long")                 // more than one datagram can carry
	ErrInvalidAddr     = errors.New("invalid address")                  // port 0, wrong family, or a group where one host is needed
	ErrNotOurs         = errors.New("cannot assign requested address")  // the local address is not one of ours
	ErrAddrInUse       = errors.New("address already in use")           // another socket holds the local address and port
	ErrNoPorts         = errors.New("no ephemeral port is free")        // all are taken for this destination
	ErrNotConnected    = errors.New("socket is not connected")          // Send without a destination
	ErrIsConnected     = errors.New("socket is connected to another")   // SendTo elsewhere
	ErrBadPacket       = errors.New("not a packet that can be sent")    // cut off, with bytes behind it, or of another protocol
	ErrTooMany         = errors.New("too many connections")             // Config.MaxConns
	ErrTimeExceeded    = errors.New("time to live exceeded in transit") // a router said so
	ErrParameter       = errors.New("a header field was refused")       // the peer, or a router, said so
)
