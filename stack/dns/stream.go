package dns

import "encoding/binary"

// Stream cuts the messages out of a TCP stream: each stands behind its length in two bytes (RFC 1035 section 4.2.2). It holds
// no more than one message, 64 KiB. The zero value is ready.
type Stream struct{ buf []byte }

// Write takes bytes as they come. It calls message for each that is whole, with a slice that is lent until the call returns; if
// that reports false the rest is dropped.
func (s *Stream) Write(b []byte, message func([]byte) bool) {
	for len(b) > 0 {
		need := 2
		if len(s.buf) >= 2 {
			need += int(binary.BigEndian.Uint16(s.buf))
		}
		n := min(need-len(s.buf), len(b))
		s.buf, b = append(s.buf, b[:n]...), b[n:]
		if len(s.buf) < 2 || len(s.buf) < 2+int(binary.BigEndian.Uint16(s.buf)) {
			continue
		}
		whole := s.buf[2:]
		s.buf = nil
		if !message(whole) {
			return
		}
	}
}

// AppendPrefixed appends a message as it stands in a TCP stream to b.
func AppendPrefixed(b, message []byte) []byte {
	return append(binary.BigEndian.AppendUint16(b, uint16(len(message))), message...)
}
