package dissect

import (
	"bytes"
	"encoding/binary"
)

// Offsets in a CDP message, the length of its header, and that of a TLV without a value, in bytes.
const (
	cdpVersion  = 0
	cdpTTL      = 1
	cdpChecksum = 2

	CDPHeaderLen = 4
	cdpTLVLen    = 4
)

// CDP is a view of a message of the Cisco Discovery Protocol: a header, and TLVs whose lengths count type and length too.
//
//	 0              7 8             15 16                           31
//	+----------------+----------------+------------------------------+
//	|    Version     |  Time to Live  |           Checksum           |
//	+----------------+----------------+------------------------------+
//	|             Type                |            Length            |
//	+---------------------------------+------------------------------+
//	|  Value                                                         |
//	+----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type CDP []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing.
func (c CDP) Check() error {
	if len(c) < CDPHeaderLen {
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check: the length of a message is in the 802.3 header before it.
func (c CDP) CheckWhole() error { return c.Check() }

func (c CDP) Version() uint8 { return c[cdpVersion] }

// TTL is for how many seconds the message holds.
func (c CDP) TTL() uint8       { return c[cdpTTL] }
func (c CDP) Checksum() uint16 { return binary.BigEndian.Uint16(c[cdpChecksum:]) }

// checksum is what the checksum of the message should be. It is that of IP, except for the last byte of an odd number of them: it
// is the lower half of the last word, and negative from 0x80 on, in a sum that then lacks a carry.
func (c CDP) checksum() uint16 {
	n := len(c) &^ 1
	sum := Sum(0).Add(c[:cdpChecksum]).Add(c[CDPHeaderLen:n])
	if n < len(c) {
		last := uint16(c[n])
		if last >= 0x80 {
			last = last - 1 | 0xff00
		}
		sum = sum.AddUint16(last)
	}
	return sum.Checksum()
}

var (
	cdpVersionField  = Field{Name: "cdp.version", Label: "v", Title: "Version", Rank: 1}
	cdpTTLField      = Field{Name: "cdp.ttl", Label: "ttl", Title: "TTL", Rank: 2}
	cdpChecksumField = Field{Name: "cdp.checksum", Label: "chksum", Title: "Checksum", Base: Hex}
	cdpTLVField      = Field{Label: "tlv", Title: "TLV"}
	cdpTypeField     = Field{Name: "cdp.tlv.type", Label: "type", Title: "Type", Base: Hex}
	cdpLenField      = Field{Name: "cdp.tlv.len", Label: "len", Title: "Length"}
	cdpDeviceField   = Field{Name: "cdp.deviceid", Label: "device", Title: "Device ID", Rank: 3}
	cdpPortField     = Field{Name: "cdp.portid", Label: "port", Title: "Sent through Interface", Rank: 4}
	cdpSoftwareField = Field{Name: "cdp.software_version", Label: "software", Title: "Software version"}
	cdpPlatformField = Field{Name: "cdp.platform", Label: "platform", Title: "Platform", Rank: 5}
	cdpVTPField      = Field{Name: "cdp.vtp_management_domain", Label: "vtp", Title: "VTP Management Domain"}
	cdpCapField      = Field{Name: "cdp.capabilities", Label: "cap", Title: "Capabilities", Base: Hex}
	cdpVLANField     = Field{Name: "cdp.native_vlan", Label: "vlan", Title: "Native VLAN", Rank: 6}
	cdpDuplexField   = Field{Name: "cdp.duplex", Label: "duplex", Title: "Duplex"}
	cdpTrustField    = Field{Name: "cdp.trust_bitmap", Label: "trust", Title: "Trust Bitmap", Base: Hex}
	cdpCoSField      = Field{Name: "cdp.untrusted_port_cos", Label: "cos", Title: "Untrusted Port CoS", Base: Hex}
	cdpValueField    = Field{Label: "value", Title: "Value"}
	cdpRestField     = Field{Label: "rest", Title: "Incomplete TLV"}
)

// Fields describes the message to s. sum is the verdict on the checksum.
func (c CDP) Fields(s Sink, sum ChecksumResult) {
	s.Uint(&cdpVersionField, cdpVersion, 1, uint64(c.Version()))
	s.Uint(&cdpTTLField, cdpTTL, 1, uint64(c.TTL()))
	s.Checksum(&cdpChecksumField, cdpChecksum, 2, c.Checksum(), sum)
	at, b := CDPHeaderLen, c[CDPHeaderLen:]
	for len(b) >= cdpTLVLen {
		t, n := binary.BigEndian.Uint16(b), int(binary.BigEndian.Uint16(b[2:]))
		if n < cdpTLVLen || n > len(b) {
			break
		}
		s.Begin(&cdpTLVField, at, n)
		s.Uint(&cdpTypeField, at, 2, uint64(t))
		s.Uint(&cdpLenField, at+2, 2, uint64(n))
		if n > cdpTLVLen {
			cdpValue(s, t, at+cdpTLVLen, b[cdpTLVLen:n])
		}
		s.End()
		at, b = at+n, b[n:]
	}
	if len(b) > 0 {
		s.Bytes(&cdpRestField, at, len(b), b)
	}
}

var newline = []byte{'\n'}

// cdpValue describes the value v, not empty, of a TLV of type t.
func cdpValue(s Sink, t uint16, at int, v []byte) {
	switch {
	case t == 0x0001:
		s.Text(&cdpDeviceField, at, len(v), v)
	case t == 0x0003:
		s.Text(&cdpPortField, at, len(v), v)
	case t == 0x0004 && len(v) == 4:
		s.Uint(&cdpCapField, at, 4, uint64(binary.BigEndian.Uint32(v)))
	case t == 0x0005:
		for len(v) > 0 { // line by line
			n := bytes.IndexByte(v, '\n') + 1
			if n == 0 {
				n = len(v)
			}
			s.Text(&cdpSoftwareField, at, n, bytes.TrimSuffix(v[:n], newline))
			at, v = at+n, v[n:]
		}
	case t == 0x0006:
		s.Text(&cdpPlatformField, at, len(v), v)
	case t == 0x0009:
		s.Text(&cdpVTPField, at, len(v), v)
	case t == 0x000a && len(v) == 2:
		s.Uint(&cdpVLANField, at, 2, uint64(binary.BigEndian.Uint16(v)))
	case t == 0x000b && len(v) == 1:
		s.Bool(&cdpDuplexField, at, 1, v[0] != 0)
	case t == 0x0012 && len(v) == 1:
		s.Uint(&cdpTrustField, at, 1, uint64(v[0]))
	case t == 0x0013 && len(v) == 1:
		s.Uint(&cdpCoSField, at, 1, uint64(v[0]))
	default:
		s.Bytes(&cdpValueField, at, len(v), v)
	}
}

func decodeCDP(p *Packet, l *Layer, b []byte) LayerType {
	c := CDP(b)
	if err := c.Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.End
	return LayerNone
}

func cdpFields(p *Packet, l *Layer, s Sink) {
	c, sum := CDP(p.Bytes(l)), ChecksumResult{}
	if !l.Truncated() {
		want := c.checksum()
		sum = ChecksumResult{ChecksumGood, want}
		if want != c.Checksum() {
			sum.State = ChecksumBad
		}
	}
	c.Fields(s, sum)
}
