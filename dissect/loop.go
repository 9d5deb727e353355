package dissect

import "encoding/binary"

// Functions of the configuration test protocol.
const (
	loopReply   = 1
	loopForward = 2
)

// Loopback is a view of a message of the configuration test protocol (The Ethernet, version 2.0, section 8). Its numbers have the
// low byte first. The first of them says how many bytes of functions have been done already; each function is a number, the next
// address or a receipt number, and the last of them is followed by data.
type Loopback []byte

// Check reports whether the count can be read: ErrTruncated if bytes of it are missing.
func (h Loopback) Check() error {
	if len(h) < 2 {
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check, and that the functions are there up to the one that ends them.
func (h Loopback) CheckWhole() error {
	if err := h.Check(); err != nil {
		return err
	}
	if _, ok := h.end(); !ok {
		return ErrTruncated
	}
	return nil
}

// Skip is how many bytes of functions have been done already.
func (h Loopback) Skip() int { return int(binary.LittleEndian.Uint16(h)) }

// end is where the data begins, if the functions are there to their end.
func (h Loopback) end() (at int, ok bool) {
	for at = 2; len(h) >= at+2; {
		switch binary.LittleEndian.Uint16(h[at:]) {
		case loopForward:
			if len(h) < at+8 {
				return at, false
			}
			at += 8
		case loopReply:
			if len(h) < at+4 {
				return at, false
			}
			return at + 4, true
		default:
			return at + 2, true
		}
	}
	return at, false
}

var (
	loopSkipField     = Field{Name: "loop.skipcount", Label: "skip", Title: "skipCount", Rank: 1}
	loopFunctionField = Field{Name: "loop.function", Label: "function", Title: "Function", Rank: 2}
	loopAddressField  = Field{Name: "loop.forwarding_address", Label: "to", Title: "Forwarding address", Rank: 3}
	loopReceiptField  = Field{Name: "loop.receipt_number", Label: "receipt", Title: "Receipt number", Rank: 4}
)

func decodeLoopback(p *Packet, l *Layer, b []byte) LayerType {
	h := Loopback(b)
	if err := h.Check(); err != nil {
		return l.fail(err)
	}
	at, _ := h.end()
	l.Payload = l.Start + at
	return LayerData
}

func loopbackFields(p *Packet, l *Layer, s Sink) {
	h := Loopback(p.Bytes(l)[:l.Payload-l.Start])
	s.Uint(&loopSkipField, 0, 2, uint64(h.Skip()))
	for at := 2; at+2 <= len(h); {
		function, name := binary.LittleEndian.Uint16(h[at:]), ""
		switch function {
		case loopForward:
			name = "forward"
		case loopReply:
			name = "reply"
		}
		s.Enum(&loopFunctionField, at, 2, uint64(function), name)
		at += 2
		switch {
		case function == loopForward && at+6 <= len(h):
			s.MAC(&loopAddressField, at, 6, MAC(h[at:at+6]))
			at += 6
		case function == loopReply && at+2 <= len(h):
			s.Uint(&loopReceiptField, at, 2, uint64(binary.LittleEndian.Uint16(h[at:])))
			at += 2
		}
	}
}
