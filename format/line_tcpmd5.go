package format

import (
	"crypto/md5"
	"encoding/binary"

	"smoltcp/dissect"
)

// tcpDigest is the MD5 digest of a whole segment of length bytes behind an IP header (RFC 2385, section 2.0): over the pseudo-header, the header without
// options and with a checksum of zero, the data and the secret. It is for debugging, and so may allocate.
func tcpDigest(d []byte, length int, ip []byte, secret string) [md5.Size]byte {
	var b []byte
	if ip[0]>>4 == 6 {
		b = append(b, ip[8:40]...)
		b = binary.BigEndian.AppendUint32(b, uint32(length))
		b = append(b, 0, 0, 0, byte(dissect.ProtoTCP))
	} else {
		b = append(b, ip[12:20]...)
		b = append(b, 0, byte(dissect.ProtoTCP))
		b = binary.BigEndian.AppendUint16(b, uint16(length))
	}
	at := len(b)
	b = append(b, d[:dissect.TCPMinHeaderLen]...)
	b[at+16], b[at+17] = 0, 0
	b = append(b, from(d[:length], dissect.TCP(d).HeaderLen())...)
	return md5.Sum(append(b, secret...))
}
