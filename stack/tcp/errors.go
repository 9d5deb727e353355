package tcp

import "errors"

// What a connection reports to its program. They are compared with errors.Is; whoever needs the operating
// system's error numbers maps them.
var (
	// ErrWouldBlock: nothing to read, or no room to write, at this moment.
	ErrWouldBlock = errors.New("operation would block")

	// ErrRefused: the peer answered the SYN with a RST.
	ErrRefused = errors.New("connection refused")

	// ErrReset: the peer ended the connection with a RST; what was sent may not have arrived.
	ErrReset = errors.New("connection reset by peer")

	// ErrTimeout: the peer did not answer for the user timeout, the SYN timeout, or all keep-alive probes.
	ErrTimeout = errors.New("connection timed out")

	// ErrClosed: the program itself closed, or shut down this direction.
	ErrClosed = errors.New("connection closed")

	// ErrBufferSize: a buffer larger than a scaled window can describe (RFC 7323 section 2.3).
	ErrBufferSize = errors.New("buffer larger than 1 GiB")
)
