// Package dissect reads and writes the wire formats of network protocols.
//
// Bytes flow through it in three ways, and nothing else does:
//
//   - A view ([IPv4], [TCP], ...) is a named byte slice with getters. Check says
//     once whether the getters may be trusted; after that they never fail. A view
//     reports what is on the wire, including what is wrong with it.
//   - A header struct ([IPv4Header], [TCPHeader], ...) is the comparable value that
//     a program fills in and appends to a buffer.
//   - A [Packet] holds one captured frame. Decode finds its layers in one pass,
//     without allocation, and Fields describes each layer to a [Sink], field by
//     field, under the names that Wireshark's display filters use.
//
// Checks come in two grades. Check is the reader's: every byte of the header is
// there and its lengths make sense, so that the getters cannot fail; a payload cut
// short by the capture is no error. CheckWhole is the host's: Check passes and every
// byte that the header promises is there too. Checksums are a question apart, since
// a reader wants to see a packet with a wrong one and a host may have its device
// verify them.
//
// The package depends on the standard library alone. It opens nothing, prints
// nothing, reads no clock and keeps no state between packets.
package dissect

import "errors"

// Errors of Check, CheckWhole and Layer.Err. They are values: compare with == or errors.Is.
var (
	// ErrTruncated says that bytes of the header are missing.
	ErrTruncated = errors.New("truncated")
	// ErrMalformed says that the header is all there and contradicts itself.
	ErrMalformed = errors.New("malformed")
	// ErrUnsupported says that the header is of a version or form that this package cannot read.
	ErrUnsupported = errors.New("unsupported")
	// ErrTooDeep says that more than MaxLayers headers follow one another in one frame.
	ErrTooDeep = errors.New("too many layers")
)
