package dissect

import (
	"encoding/binary"
	"net/netip"
)

// EIGRPHeaderLen is the length of the fixed part of a packet, in bytes.
const EIGRPHeaderLen = 20

// Types of TLVs that are described in full.
const (
	eigrpParameters = 0x0001
	eigrpAuth       = 0x0002
	eigrpSoftware   = 0x0004
	eigrpMulticast  = 0x0005
	eigrpInternal4  = 0x0102
	eigrpExternal4  = 0x0103
)

// EIGRP is a view of a packet of the Enhanced Interior Gateway Routing Protocol (RFC 7868 section 6.2).
//
//	 0              7 8             15 16                           31
//	+----------------+----------------+------------------------------+
//	|    Version     |     Opcode     |           Checksum           |
//	+----------------+----------------+------------------------------+
//	|                             Flags                              |
//	+----------------------------------------------------------------+
//	|                        Sequence Number                         |
//	+----------------------------------------------------------------+
//	|                     Acknowledgment Number                      |
//	+---------------------------------+------------------------------+
//	|        Virtual Router ID        |  Autonomous System Number    |
//	+---------------------------------+------------------------------+
//	|  TLVs: type and length of two bytes each, the length with them |
//	+----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type EIGRP []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing, ErrUnsupported if it is of another version.
func (e EIGRP) Check() error {
	if len(e) < EIGRPHeaderLen {
		return ErrTruncated
	}
	if e.Version() != 2 {
		return ErrUnsupported
	}
	return nil
}

// CheckWhole is Check, and that the TLVs fill what there is: ErrMalformed if one of them is shorter than its own header,
// ErrTruncated if the last goes on behind the slice.
func (e EIGRP) CheckWhole() error {
	if err := e.Check(); err != nil {
		return err
	}
	for b := e[EIGRPHeaderLen:]; len(b) > 0; {
		if len(b) < 4 {
			return ErrTruncated
		}
		n := int(binary.BigEndian.Uint16(b[2:]))
		switch {
		case n < 4:
			return ErrMalformed
		case n > len(b):
			return ErrTruncated
		}
		b = b[n:]
	}
	return nil
}

func (e EIGRP) Version() uint8   { return e[0] }
func (e EIGRP) Opcode() uint8    { return e[1] }
func (e EIGRP) Checksum() uint16 { return binary.BigEndian.Uint16(e[2:]) }
func (e EIGRP) Seq() uint32      { return binary.BigEndian.Uint32(e[8:]) }
func (e EIGRP) Ack() uint32      { return binary.BigEndian.Uint32(e[12:]) }
func (e EIGRP) AS() uint16       { return binary.BigEndian.Uint16(e[18:]) }

func eigrpOpcodeName(v uint8) string {
	switch v {
	case 1:
		return "update"
	case 2:
		return "request"
	case 3:
		return "query"
	case 4:
		return "reply"
	case 5:
		return "hello"
	case 10:
		return "SIA query"
	case 11:
		return "SIA reply"
	}
	return ""
}

var (
	eigrpVersionField  = Field{Name: "eigrp.version", Label: "v", Title: "Version"}
	eigrpOpcodeField   = Field{Name: "eigrp.opcode", Label: "op", Title: "Opcode", Rank: 1, Form: FormBare}
	eigrpChecksumField = Field{Name: "eigrp.checksum", Label: "chksum", Title: "Checksum", Base: Hex}
	eigrpFlagsField    = Field{Name: "eigrp.flags", Label: "flags", Title: "Flags", Base: Hex}
	eigrpReservedFlags = Field{Label: "reserved", Title: "Reserved", Mask: 0xfffffff0, Base: Hex}
	eigrpFlagFields    = []*Field{
		{Name: "eigrp.flags.init", Label: "init", Title: "Init", Mask: 1},
		{Name: "eigrp.flags.condrecv", Label: "condrecv", Title: "Conditional Receive", Mask: 2},
		{Name: "eigrp.flags.restart", Label: "restart", Title: "Restart", Mask: 4},
		{Name: "eigrp.flags.eot", Label: "eot", Title: "End Of Table", Mask: 8},
		&eigrpReservedFlags,
	}
	eigrpSeqField  = Field{Name: "eigrp.seq", Label: "seq", Title: "Sequence", Rank: 3}
	eigrpAckField  = Field{Name: "eigrp.ack", Label: "ack", Title: "Acknowledge", Rank: 4}
	eigrpVRIDField = Field{Name: "eigrp.vrid", Label: "vrid", Title: "Virtual Router ID"}
	eigrpASField   = Field{Name: "eigrp.as", Label: "as", Title: "Autonomous System", Rank: 2}

	eigrpTLVField    = Field{Label: "tlv", Title: "TLV"}
	eigrpTypeField   = Field{Name: "eigrp.tlv_type", Label: "type", Title: "Type", Base: Hex}
	eigrpLenField    = Field{Name: "eigrp.tlv.len", Label: "length", Title: "Length"}
	eigrpValueField  = Field{Label: "value", Title: "Value"}
	eigrpBrokenField = Field{Label: "rest", Title: "Rest"}
	eigrpKFields     = [6]Field{
		{Name: "eigrp.par.k1", Label: "k1", Title: "K1"}, {Name: "eigrp.par.k2", Label: "k2", Title: "K2"},
		{Name: "eigrp.par.k3", Label: "k3", Title: "K3"}, {Name: "eigrp.par.k4", Label: "k4", Title: "K4"},
		{Name: "eigrp.par.k5", Label: "k5", Title: "K5"}, {Name: "eigrp.par.k6", Label: "k6", Title: "K6"},
	}
	eigrpHoldField    = Field{Name: "eigrp.par.holdtime", Label: "hold", Title: "Hold Time", Rank: 5}
	eigrpReleaseField = Field{Name: "eigrp.release_version", Label: "release", Title: "EIGRP Release", Base: Hex}
	eigrpTLVVersion   = Field{Name: "eigrp.tlv_version", Label: "tlv", Title: "EIGRP TLV version", Base: Hex}
	eigrpMcastField   = Field{Name: "eigrp.next_mcast_seq", Label: "mcastseq", Title: "Multicast Sequence"}
	eigrpAuthType     = Field{Name: "eigrp.auth.type", Label: "type", Title: "Type"}
	eigrpAuthLen      = Field{Name: "eigrp.auth.length", Label: "length", Title: "Length"}
	eigrpAuthKey      = Field{Name: "eigrp.auth.keyid", Label: "key", Title: "Key ID"}
	eigrpAuthSeq      = Field{Name: "eigrp.auth.keyseq", Label: "keyseq", Title: "Key Sequence"}
	eigrpAuthPad      = Field{Name: "eigrp.nullpad", Label: "pad", Title: "Nullpad"}
	eigrpAuthDigest   = Field{Name: "eigrp.auth.digest", Label: "digest", Title: "Digest"}

	eigrpNextHop     = Field{Name: "eigrp.ipv4.nexthop", Label: "via", Title: "NextHop"}
	eigrpOrigin      = Field{Name: "eigrp.extdata.origrid", Label: "origin", Title: "Originating RouterID"}
	eigrpOriginAS    = Field{Name: "eigrp.extdata.as", Label: "as", Title: "Originating A.S."}
	eigrpTag         = Field{Name: "eigrp.extdata.tag", Label: "tag", Title: "Administrative Tag"}
	eigrpExtMetric   = Field{Name: "eigrp.extdata.metric", Label: "metric", Title: "External Metric"}
	eigrpExtReserved = Field{Name: "eigrp.extdata.reserved", Label: "reserved", Title: "Reserved"}
	eigrpExtProto    = Field{Name: "eigrp.extdata.proto", Label: "proto", Title: "External Protocol ID"}
	eigrpOpaque      = []*Field{
		{Label: "reserved", Title: "Reserved", Mask: 0xfc, Base: Hex},
		{Name: "eigrp.opaque.flag.cd", Label: "cd", Title: "Route is Candidate Default", Mask: 0x02},
		{Name: "eigrp.opaque.flag.ext", Label: "ext", Title: "Route is External", Mask: 0x01},
	}
	eigrpDelay       = Field{Name: "eigrp.old_metric.delay", Label: "delay", Title: "Scaled Delay"}
	eigrpBandwidth   = Field{Name: "eigrp.old_metric.bw", Label: "bw", Title: "Scaled BW"}
	eigrpMTU         = Field{Name: "eigrp.old_metric.mtu", Label: "mtu", Title: "MTU"}
	eigrpHops        = Field{Name: "eigrp.old_metric.hopcount", Label: "hops", Title: "Hop Count"}
	eigrpReliability = Field{Name: "eigrp.old_metric.rel", Label: "rel", Title: "Reliability"}
	eigrpLoad        = Field{Name: "eigrp.old_metric.load", Label: "load", Title: "Load"}
	eigrpInTag       = Field{Name: "eigrp.old_metric.intag", Label: "intag", Title: "Route Tag"}
	eigrpMetricFlags = []*Field{
		{Label: "reserved", Title: "Reserved", Mask: 0xf0, Base: Hex},
		{Name: "eigrp.metric.flags.repl", Label: "repl", Title: "Route is Replicated", Mask: 0x08},
		{Name: "eigrp.metric.flags.active", Label: "active", Title: "Route is Active", Mask: 0x04},
		{Name: "eigrp.metric.flags.cd", Label: "cd", Title: "Candidate Default", Mask: 0x02},
		{Name: "eigrp.metric.flags.srcwd", Label: "srcwd", Title: "Source Withdraw", Mask: 0x01},
	}
	eigrpPrefixLen = Field{Name: "eigrp.ipv4.prefixlen", Label: "prefix", Title: "Prefix Length"}
	eigrpDest      = Field{Name: "eigrp.ipv4.destination", Label: "dst", Title: "Destination"}
)

func decodeEIGRP(p *Packet, l *Layer, b []byte) LayerType {
	if err := EIGRP(b).Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.End
	return LayerNone
}

func eigrpFields(p *Packet, l *Layer, s Sink) {
	e := EIGRP(p.Bytes(l))
	sum := ChecksumResult{}
	if !l.Truncated() && l.Flags&Fragmented == 0 {
		all := Sum(0).Add(e)
		if sum = (ChecksumResult{ChecksumGood, e.Checksum()}); all.Fold() != 0xffff {
			sum = ChecksumResult{ChecksumBad, all.AddUint16(^e.Checksum()).Checksum()}
		}
	}
	w := newFieldWalk(s, e)
	w.uint(&eigrpVersionField, 1)
	w.enum(&eigrpOpcodeField, 1, eigrpOpcodeName(e.Opcode()))
	w.checksum(&eigrpChecksumField, sum)
	w.flags(&eigrpFlagsField, 4, eigrpFlagFields)
	w.uint(&eigrpSeqField, 4)
	w.uint(&eigrpAckField, 4)
	w.uint(&eigrpVRIDField, 2)
	w.uint(&eigrpASField, 2)
	for w.end-w.at >= 4 {
		t, n := binary.BigEndian.Uint16(w.b[w.at:]), int(binary.BigEndian.Uint16(w.b[w.at+2:]))
		if n < 4 || n > w.end-w.at {
			break
		}
		outer, _ := w.enter(&eigrpTLVField, n)
		w.uint(&eigrpTypeField, 2)
		w.uint(&eigrpLenField, 2)
		eigrpValue(&w, t)
		w.leave(&eigrpValueField, outer)
	}
	w.rest(&eigrpBrokenField)
}

// eigrpValue describes the value of a TLV of type t.
func eigrpValue(w *fieldWalk, t uint16) {
	switch t {
	case eigrpParameters:
		for i := range eigrpKFields {
			w.uint(&eigrpKFields[i], 1)
		}
		w.uint(&eigrpHoldField, 2)
	case eigrpSoftware:
		w.uint(&eigrpReleaseField, 2)
		w.uint(&eigrpTLVVersion, 2)
	case eigrpMulticast:
		w.uint(&eigrpMcastField, 4)
	case eigrpAuth:
		w.uint(&eigrpAuthType, 2)
		w.uint(&eigrpAuthLen, 2)
		w.uint(&eigrpAuthKey, 4)
		w.uint(&eigrpAuthSeq, 4)
		w.bytes(&eigrpAuthPad, 8)
		w.bytes(&eigrpAuthDigest, w.end-w.at)
	case eigrpInternal4, eigrpExternal4:
		w.addr(&eigrpNextHop, 4)
		if t == eigrpExternal4 {
			w.addr(&eigrpOrigin, 4)
			w.uint(&eigrpOriginAS, 4)
			w.uint(&eigrpTag, 4)
			w.uint(&eigrpExtMetric, 4)
			w.uint(&eigrpExtReserved, 2)
			w.uint(&eigrpExtProto, 1)
			w.parts(1, eigrpOpaque)
		}
		w.uint(&eigrpDelay, 4)
		w.uint(&eigrpBandwidth, 4)
		w.uint(&eigrpMTU, 3)
		w.uint(&eigrpHops, 1)
		w.uint(&eigrpReliability, 1)
		w.uint(&eigrpLoad, 1)
		w.uint(&eigrpInTag, 1)
		w.parts(1, eigrpMetricFlags)
		for w.end-w.at > 0 && !w.short {
			bits := int(w.uint(&eigrpPrefixLen, 1))
			size := (bits + 7) / 8
			if bits > 32 || !w.has(size) {
				break
			}
			var a [4]byte
			copy(a[:], w.b[w.at:w.at+size])
			w.s.Addr(&eigrpDest, w.at, size, netip.AddrFrom4(a))
			w.at += size
		}
	}
}
