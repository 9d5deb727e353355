package dissect

import "encoding/binary"

// Lengths of the parts of an IS-IS header, in bytes.
const (
	ISISHeaderLen = 8 // of what all packets have

	isisSystemLen = 6
	isisNodeLen   = 7
	isisLSPLen    = 8
)

// ISIS is a view of an IS-IS packet (ISO/IEC 10589 section 9, RFC 1195), which begins with its network layer protocol identifier.
//
//	 0              7 8             15 16           23 24           31
//	+----------------+----------------+---------------+--------------+
//	|      0x83      | Header Length  |   Version     |  ID Length   |
//	+----------------+----------------+---------------+--------------+
//	|  R R R   Type  |    Version     |   Reserved    |  Max. Areas  |
//	+----------------+----------------+---------------+--------------+
//
// The part that depends on the type, and the TLVs behind it, are a layer of their own. The getters trust the slice; call Check
// once before the first of them.
type ISIS []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing, ErrUnsupported if it is of another version
// or its system identifiers are not of six bytes.
func (h ISIS) Check() error {
	switch {
	case len(h) < ISISHeaderLen:
		return ErrTruncated
	case h[2] != 1 || h[5] != 1 || h[3] != 0 && h[3] != isisSystemLen:
		return ErrUnsupported
	}
	return nil
}

// CheckWhole is Check: the packet's length is in the part that follows.
func (h ISIS) CheckWhole() error { return h.Check() }

// HeaderLen is the length of all of the header, as it says.
func (h ISIS) HeaderLen() int { return int(h[1]) }

// Type is the kind of packet.
func (h ISIS) Type() ISISType { return ISISType(h[4] & 0x1f) }

// ISISType is a kind of IS-IS packet.
type ISISType uint8

const (
	ISISL1Hello ISISType = 15
	ISISL2Hello ISISType = 16
	ISISP2P     ISISType = 17
	ISISL1LSP   ISISType = 18
	ISISL2LSP   ISISType = 20
	ISISL1CSNP  ISISType = 24
	ISISL2CSNP  ISISType = 25
	ISISL1PSNP  ISISType = 26
	ISISL2PSNP  ISISType = 27
)

// Name is the usual abbreviation, or "".
func (t ISISType) Name() string {
	switch t {
	case ISISL1Hello:
		return "L1 hello"
	case ISISL2Hello:
		return "L2 hello"
	case ISISP2P:
		return "P2P hello"
	case ISISL1LSP:
		return "L1 LSP"
	case ISISL2LSP:
		return "L2 LSP"
	case ISISL1CSNP:
		return "L1 CSNP"
	case ISISL2CSNP:
		return "L2 CSNP"
	case ISISL1PSNP:
		return "L1 PSNP"
	case ISISL2PSNP:
		return "L2 PSNP"
	}
	return ""
}

// String is the name, or the number in hexadecimal.
func (t ISISType) String() string { return nameOrHex(t.Name(), uint64(t), 2) }

// layer is what reads the rest of the header.
func (t ISISType) layer() LayerType {
	switch t {
	case ISISL1Hello, ISISL2Hello:
		return LayerISISHello
	case ISISP2P:
		return LayerISISP2P
	case ISISL1LSP, ISISL2LSP:
		return LayerISISLSP
	case ISISL1CSNP, ISISL2CSNP:
		return LayerISISCSNP
	case ISISL1PSNP, ISISL2PSNP:
		return LayerISISPSNP
	}
	return LayerData
}

var (
	isisNLPIDField    = Field{Name: "isis.irpd", Label: "nlpid", Title: "Intradomain Routing Protocol Discriminator", Base: Hex}
	isisLenField      = Field{Name: "isis.len", Label: "hlen", Title: "Length Indicator"}
	isisVersionField  = Field{Name: "isis.version", Label: "v", Title: "Version/Protocol ID Extension"}
	isisIDLenField    = Field{Name: "isis.sysid_len", Label: "idlen", Title: "ID Length"}
	isisTypeReserved  = Field{Name: "isis.type.reserved", Label: "reserved", Title: "Reserved", Mask: 0xe0, Base: Hex}
	isisTypeField     = Field{Name: "isis.type", Label: "type", Title: "PDU Type", Mask: 0x1f, Rank: 1, Form: FormBare}
	isisVersion2Field = Field{Name: "isis.version2", Label: "v", Title: "Version"}
	isisReservedField = Field{Name: "isis.reserved", Label: "reserved", Title: "Reserved"}
	isisAreasField    = Field{Name: "isis.max_area_adr", Label: "areas", Title: "Maximum Area Addresses"}
)

func decodeISIS(p *Packet, l *Layer, b []byte) LayerType {
	h := ISIS(b)
	if err := h.Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.Start + ISISHeaderLen
	return h.Type().layer()
}

func isisFields(p *Packet, l *Layer, s Sink) {
	h := ISIS(p.Bytes(l))
	w := newFieldWalk(s, h[:ISISHeaderLen])
	w.uint(&isisNLPIDField, 1)
	w.uint(&isisLenField, 1)
	w.uint(&isisVersionField, 1)
	w.uint(&isisIDLenField, 1)
	s.Uint(&isisTypeReserved, w.at, 1, uint64(h[w.at]>>5))
	w.enum(&isisTypeField, 1, h.Type().Name())
	w.uint(&isisVersion2Field, 1)
	w.uint(&isisReservedField, 1)
	w.uint(&isisAreasField, 1)
}

// Lengths of what stands between the common part of the header and the TLVs, and where in it the packet's length is.
const (
	isisHelloFixed    = 19
	isisP2PHelloFixed = 12
	isisLSPFixed      = 19
	isisCSNPFixed     = 25
	isisPSNPFixed     = 9

	isisHelloSize = 9
	isisOtherSize = 0
)

// isisCheck reports whether fixed bytes are there and the packet's length, at byte sizeAt, is no less.
func isisCheck(b []byte, fixed, sizeAt int) error {
	if len(b) < fixed {
		return ErrTruncated
	}
	if isisSize(b, sizeAt) < fixed {
		return ErrMalformed
	}
	return nil
}

// isisCheckWhole is isisCheck, and that all of the packet is there.
func isisCheckWhole(b []byte, fixed, sizeAt int) error {
	if err := isisCheck(b, fixed, sizeAt); err != nil {
		return err
	}
	if isisSize(b, sizeAt) > len(b) {
		return ErrTruncated
	}
	return nil
}

// isisSize is the packet's length without the common part of the header.
func isisSize(b []byte, at int) int { return int(binary.BigEndian.Uint16(b[at:])) - ISISHeaderLen }

// What follows the common part of the header: a part that depends on the type, and TLVs of one byte of type, one of length and a
// value. Check reports whether the former can be read, ErrMalformed if the packet's length says that it is not all there; CheckWhole
// also wants all that the length promises.
type (
	// ISISHello is a view of a hello on a LAN.
	ISISHello []byte
	// ISISP2PHello is a view of a hello on a point-to-point link.
	ISISP2PHello []byte
	// ISISLSP is a view of a link state packet.
	ISISLSP []byte
	// ISISCSNP is a view of a complete sequence numbers packet.
	ISISCSNP []byte
	// ISISPSNP is a view of a partial sequence numbers packet.
	ISISPSNP []byte
)

func (h ISISHello) Check() error         { return isisCheck(h, isisHelloFixed, isisHelloSize) }
func (h ISISHello) CheckWhole() error    { return isisCheckWhole(h, isisHelloFixed, isisHelloSize) }
func (h ISISP2PHello) Check() error      { return isisCheck(h, isisP2PHelloFixed, isisHelloSize) }
func (h ISISP2PHello) CheckWhole() error { return isisCheckWhole(h, isisP2PHelloFixed, isisHelloSize) }
func (h ISISLSP) Check() error           { return isisCheck(h, isisLSPFixed, isisOtherSize) }
func (h ISISLSP) CheckWhole() error      { return isisCheckWhole(h, isisLSPFixed, isisOtherSize) }
func (h ISISCSNP) Check() error          { return isisCheck(h, isisCSNPFixed, isisOtherSize) }
func (h ISISCSNP) CheckWhole() error     { return isisCheckWhole(h, isisCSNPFixed, isisOtherSize) }
func (h ISISPSNP) Check() error          { return isisCheck(h, isisPSNPFixed, isisOtherSize) }
func (h ISISPSNP) CheckWhole() error     { return isisCheckWhole(h, isisPSNPFixed, isisOtherSize) }

// appendISISID appends a system, node or LSP identifier in words.
func appendISISID(b, id []byte) []byte {
	const digits = "0123456789abcdef"
	for i, c := range id {
		switch i {
		case 2, 4, 6:
			b = append(b, '.')
		case 7:
			b = append(b, '-')
		}
		b = append(b, digits[c>>4], digits[c&15])
	}
	return b
}

// isisWalk describes the fields of an IS-IS packet.
type isisWalk struct {
	fieldWalk
	p     *Packet
	names *isisNames
}

// id describes an identifier of n bytes.
func (w *isisWalk) id(f *Field, n int) {
	if w.has(n) {
		w.s.Text(f, w.at, n, appendISISID(w.p.scratch[:0], w.b[w.at:w.at+n]))
		w.at += n
	}
}

// isisNames are the fields of one kind of packet, which Wireshark names after the kind.
type isisNames struct {
	length, typ, size, area, nlpid, ipv4, ipv6, hostname, lspID, lspSeq, lspLife, lspSum Field
}

func newISISNames(kind, entries string) *isisNames {
	name := func(s string) string { return "isis." + kind + "." + s }
	return &isisNames{
		length:   Field{Name: name("pdu_length"), Label: "len", Title: "PDU length"},
		typ:      Field{Name: name("clv.type"), Label: "type", Title: "Type"},
		size:     Field{Name: name("clv.length"), Label: "length", Title: "Length"},
		area:     Field{Name: name("area_address"), Label: "area", Title: "Area address"},
		nlpid:    Field{Name: name("clv_nlpid.nlpid"), Label: "nlpid", Title: "NLPID", Base: Hex},
		ipv4:     Field{Name: name("clv_ipv4_int_addr"), Label: "ipv4", Title: "IPv4 interface address"},
		ipv6:     Field{Name: name("clv_ipv6_int_addr"), Label: "ipv6", Title: "IPv6 interface address"},
		hostname: Field{Name: name("hostname"), Label: "host", Title: "Hostname", Rank: 6},
		lspID:    Field{Name: "isis." + entries + ".lsp_id", Label: "lsp", Title: "LSP-ID"},
		lspSeq:   Field{Name: "isis." + entries + ".lsp_seq_num", Label: "seq", Title: "LSP Sequence Number", Base: Hex},
		lspLife:  Field{Name: "isis." + entries + ".lsp_remain_life", Label: "life", Title: "Remaining Lifetime"},
		lspSum:   Field{Name: "isis." + entries + ".lsp_checksum", Label: "chksum", Title: "LSP checksum", Base: Hex},
	}
}

var (
	isisHelloNames = newISISNames("hello", "csnp")
	isisLSPNames   = newISISNames("lsp", "csnp")
	isisCSNPNames  = newISISNames("csnp", "csnp")
	isisPSNPNames  = newISISNames("psnp", "csnp")

	isisTLVField   = Field{Label: "tlv", Title: "TLV"}
	isisValueField = Field{Label: "value", Title: "Value"}
	isisRestField  = Field{Label: "rest", Title: "Rest"}

	isisCircuitReserved = Field{Name: "isis.hello.reserved", Label: "reserved", Title: "Reserved", Mask: 0xfc, Base: Hex}
	isisCircuitField    = Field{Name: "isis.hello.circuit_type", Label: "circuit", Title: "Circuit type", Mask: 0x03, Base: Hex}
	isisSourceField     = Field{Name: "isis.hello.source_id", Label: "src", Title: "SystemID {Sender of PDU}", Rank: 1}
	isisHoldField       = Field{Name: "isis.hello.holding_timer", Label: "hold", Title: "Holding timer", Rank: 4}
	isisPrioReserved    = Field{Name: "isis.hello.reserved", Label: "reserved", Title: "Reserved", Mask: 0x80}
	isisPriorityField   = Field{Name: "isis.hello.priority", Label: "prio", Title: "Priority", Mask: 0x7f, Rank: 3}
	isisLANField        = Field{Name: "isis.hello.lan_id", Label: "lan", Title: "SystemID {Designated IS}", Rank: 2}
	isisLocalField      = Field{Name: "isis.hello.local_circuit_id", Label: "circuit", Title: "Local circuit ID", Rank: 2}
	isisStateField      = Field{Name: "isis.hello.adjacency_state", Label: "state", Title: "Adjacency State", Rank: 5}
	isisExtLocalField   = Field{Name: "isis.hello.extended_local_circuit_id", Label: "local", Title: "Extended Local circuit ID", Base: Hex}
	isisNeighborField   = Field{Name: "isis.hello.neighbor_systemid", Label: "neighbor", Title: "Neighbor SystemID"}
	isisExtNeighbor     = Field{Name: "isis.hello.neighbor_extended_local_circuit_id", Label: "remote", Title: "Neighbor Extended Local circuit ID", Base: Hex}
	isisISNeighbor      = Field{Name: "isis.hello.is_neighbor", Label: "neighbor", Title: "IS Neighbor"}

	isisLifeField     = Field{Name: "isis.lsp.remaining_life", Label: "life", Title: "Remaining lifetime", Rank: 3}
	isisLSPIDField    = Field{Name: "isis.lsp.lsp_id", Label: "id", Title: "LSP-ID", Rank: 1}
	isisSequenceField = Field{Name: "isis.lsp.sequence_number", Label: "seq", Title: "Sequence number", Rank: 2, Base: Hex}
	isisChecksumField = Field{Name: "isis.lsp.checksum", Label: "chksum", Title: "Checksum", Base: Hex}
	isisPartitionFlag = Field{Name: "isis.lsp.partition_repair", Label: "p", Title: "Partition Repair", Mask: 0x80}
	isisAttField      = Field{Name: "isis.lsp.att", Label: "att", Title: "Attachment", Mask: 0x78}
	isisOverloadFlag  = Field{Name: "isis.lsp.overload", Label: "overload", Title: "Overload bit", Mask: 0x04, Rank: 4, Form: FormFlag}
	isisLevelField    = Field{Name: "isis.lsp.is_type", Label: "level", Title: "Type of Intermediate System", Mask: 0x03, Rank: 5}

	isisCSource  = Field{Name: "isis.csnp.source_id", Label: "src", Title: "Source-ID", Rank: 1}
	isisCCircuit = Field{Name: "isis.csnp.source_circuit", Label: "circuit", Title: "Source-ID-Circuit"}
	isisCStart   = Field{Name: "isis.csnp.start_lsp_id", Label: "start", Title: "Start LSP-ID", Rank: 2}
	isisCEnd     = Field{Name: "isis.csnp.end_lsp_id", Label: "end", Title: "End LSP-ID", Rank: 3}
	isisPSource  = Field{Name: "isis.psnp.source_id", Label: "src", Title: "Source-ID", Rank: 1}
	isisPCircuit = Field{Name: "isis.psnp.source_circuit", Label: "circuit", Title: "Source-ID-Circuit"}
)

// decodeISISBody makes the decoder of a kind of packet whose header has fixed bytes behind the common part, its length at byte sizeAt
// of them.
func decodeISISBody(fixed, sizeAt int) func(p *Packet, l *Layer, b []byte) LayerType {
	return func(p *Packet, l *Layer, b []byte) LayerType {
		if err := isisCheck(b, fixed, sizeAt); err != nil {
			return l.fail(err)
		}
		p.limit(l, isisSize(b, sizeAt))
		l.Payload = l.End
		return LayerNone
	}
}

// isisHelloFields describes a hello on a LAN, isisP2PFields one on a point-to-point link.
func isisHelloFields(p *Packet, l *Layer, s Sink) {
	w := isisWalk{newFieldWalk(s, p.Bytes(l)), p, isisHelloNames}
	w.hello()
	w.parts(1, isisPriorityParts)
	w.id(&isisLANField, isisNodeLen)
	w.tlvs()
}

func isisP2PFields(p *Packet, l *Layer, s Sink) {
	w := isisWalk{newFieldWalk(s, p.Bytes(l)), p, isisHelloNames}
	w.hello()
	w.uint(&isisLocalField, 1)
	w.tlvs()
}

var (
	isisCircuitParts  = []*Field{&isisCircuitReserved, &isisCircuitField}
	isisPriorityParts = []*Field{&isisPrioReserved, &isisPriorityField}
	isisLSPParts      = []*Field{&isisPartitionFlag, &isisAttField, &isisOverloadFlag, &isisLevelField}
)

func (w *isisWalk) hello() {
	w.parts(1, isisCircuitParts)
	w.id(&isisSourceField, isisSystemLen)
	w.uint(&isisHoldField, 2)
	w.uint(&w.names.length, 2)
}

func isisLSPFields(p *Packet, l *Layer, s Sink) {
	w := isisWalk{newFieldWalk(s, p.Bytes(l)), p, isisLSPNames}
	w.uint(&w.names.length, 2)
	w.uint(&isisLifeField, 2)
	w.id(&isisLSPIDField, isisLSPLen)
	w.uint(&isisSequenceField, 4)
	sum := ChecksumResult{}
	if !l.Truncated() {
		const from, at = 4, 12 // the checksum begins at the identifier
		sum = isisVerify(w.b[from:], at)
	}
	w.checksum(&isisChecksumField, sum)
	w.parts(1, isisLSPParts)
	w.tlvs()
}

// isisVerify judges the Fletcher checksum (ISO/IEC 8473-1 annex C) at byte at of b. Zero says that there is none.
func isisVerify(b []byte, at int) ChecksumResult {
	got := binary.BigEndian.Uint16(b[at:])
	if got == 0 {
		return ChecksumResult{State: ChecksumAbsent}
	}
	c0, c1 := 0, 0
	for i, c := range b {
		if i != at && i != at+1 {
			c0 += int(c)
		}
		c1 += c0
		if i&0xfff == 0xfff {
			c0, c1 = c0%255, c1%255
		}
	}
	c0, c1 = c0%255, c1%255
	x := ((len(b)-at-1)*c0 - c1) % 255
	if x <= 0 {
		x += 255
	}
	y := 510 - c0 - x
	if y > 255 {
		y -= 255
	}
	if want := uint16(x<<8 | y); want != got {
		return ChecksumResult{ChecksumBad, want}
	}
	return ChecksumResult{ChecksumGood, got}
}

func isisCSNPFields(p *Packet, l *Layer, s Sink) {
	w := isisWalk{newFieldWalk(s, p.Bytes(l)), p, isisCSNPNames}
	w.uint(&w.names.length, 2)
	w.id(&isisCSource, isisSystemLen)
	w.bytes(&isisCCircuit, 1)
	w.id(&isisCStart, isisLSPLen)
	w.id(&isisCEnd, isisLSPLen)
	w.tlvs()
}

func isisPSNPFields(p *Packet, l *Layer, s Sink) {
	w := isisWalk{newFieldWalk(s, p.Bytes(l)), p, isisPSNPNames}
	w.uint(&w.names.length, 2)
	w.id(&isisPSource, isisSystemLen)
	w.bytes(&isisPCircuit, 1)
	w.tlvs()
}

// tlvs describes the TLVs, to the end.
func (w *isisWalk) tlvs() {
	for w.end-w.at >= 2 && !w.short {
		t, n := w.b[w.at], int(w.b[w.at+1])
		if n+2 > w.end-w.at {
			break
		}
		outer, _ := w.enter(&isisTLVField, n+2)
		w.uint(&w.names.typ, 1)
		w.uint(&w.names.size, 1)
		w.value(t)
		w.leave(&isisValueField, outer)
	}
	w.rest(&isisRestField)
}

// value describes what a TLV of type t holds, where a name says it better than bytes do. What it leaves is shown as bytes.
func (w *isisWalk) value(t uint8) {
	hello, lsp := w.names == isisHelloNames, w.names == isisLSPNames
	switch t {
	case 1:
		for (hello || lsp) && w.end > w.at && w.has(int(w.b[w.at])+1) {
			w.bytes(&w.names.area, int(w.b[w.at])+1)
		}
	case 6:
		for hello && w.end-w.at >= 6 {
			w.mac(&isisISNeighbor)
		}
	case 9:
		for !hello && !lsp && w.end-w.at >= 16 {
			w.uint(&w.names.lspLife, 2)
			w.id(&w.names.lspID, isisLSPLen)
			w.uint(&w.names.lspSeq, 4)
			w.uint(&w.names.lspSum, 2)
		}
	case 129:
		for (hello || lsp) && w.end > w.at {
			w.uint(&w.names.nlpid, 1)
		}
	case 132:
		for (hello || lsp) && w.end-w.at >= 4 {
			w.addr(&w.names.ipv4, 4)
		}
	case 137:
		if lsp {
			w.text(&w.names.hostname, w.end-w.at)
		}
	case 232:
		for (hello || lsp) && w.end-w.at >= 16 {
			w.addr(&w.names.ipv6, 16)
		}
	case 240:
		if !hello {
			break
		}
		w.enum(&isisStateField, 1, isisStateName(uint8(w.peek(1))))
		if w.end-w.at >= 4 {
			w.uint(&isisExtLocalField, 4)
		}
		if w.end-w.at >= isisSystemLen {
			w.id(&isisNeighborField, isisSystemLen)
		}
		if w.end-w.at >= 4 {
			w.uint(&isisExtNeighbor, 4)
		}
	}
}

func isisStateName(v uint8) string {
	switch v {
	case 0:
		return "up"
	case 1:
		return "initializing"
	case 2:
		return "down"
	}
	return ""
}
