package format

// Messages of the Precision Time Protocol (IEEE 1588-2008 section 13.3.2.2) that have something behind the header.
const (
	ptpSync          = 0
	ptpDelayReq      = 1
	ptpPeerDelayReq  = 2
	ptpPeerDelayResp = 3
	ptpFollowUp      = 8
	ptpDelayResp     = 9
	ptpPeerFollowUp  = 10
	ptpAnnounce      = 11
	ptpSignalling    = 12
	ptpManagement    = 13

	ptpVersion2  = 2
	ptpHeaderLen = 34
)

// ptpField is a number in a message: what tcpdump calls it, where it is, its length in bytes, and whether it is shown in
// hexadecimal.
type ptpField struct {
	name    string
	off, n  int
	hex     bool
	control bool // with its name behind it
}

// ptpHeader are the fields of the header behind the flags.
var ptpHeader = []ptpField{
	{", NS correction : ", 8, 6, false, false}, {", sub NS correction : ", 14, 2, false, false}, {", reserved2 : ", 16, 4, false, false},
	{", clock identity : ", 20, 8, true, false}, {", port id : ", 28, 2, false, false}, {", seq id : ", 30, 2, false, false},
	{", control : ", 32, 1, false, true}, {", log message interval : ", 33, 1, false, false},
}

// ptpClock are those of an announce message behind its time stamp.
var ptpClock = []ptpField{
	{", origin cur utc :", 44, 2, false, false}, {", rsvd : ", 46, 1, false, false}, {", gm priority_1 : ", 47, 1, false, false},
	{", gm clock class : ", 48, 1, false, false}, {", gm clock accuracy : ", 49, 1, false, false}, {", gm clock variance : ", 50, 2, false, false},
	{", gm priority_2 : ", 52, 1, false, false}, {", gm clock id : ", 53, 8, true, false}, {", steps removed : ", 61, 2, false, false},
	{", time source : ", 63, 1, true, false},
}

// ptpHops are what tcpdump shows of a management message; it reads them all from the same place.
var ptpHops = []ptpField{
	{", , start boundary hops  ", 34, 1, false, false}, {", , boundary hops  ", 34, 1, false, false}, {", , flags  ", 34, 1, true, false},
	{", , reserved  ", 34, 1, true, false},
}

// ptp prints a message of the Precision Time Protocol, version 2.
func (p *Line) ptp(b, d []byte, length int) []byte {
	if length < ptpHeaderLen {
		b = appendInt(append(b, " [length "...), length)
		return p.invalid(append(appendInt(append(b, " < "...), ptpHeaderLen), ']'))
	}
	if len(d) < 2 {
		return p.stop(b, "ptp")
	}
	version := d[1]
	b = appendInt(append(p.proto(b, "PTP"), 'v'), int(version))
	switch version {
	case 1:
		return append(b, " (not implemented)"...)
	case ptpVersion2:
		return p.ptp2(b, d)
	}
	return b
}

// ptpUDP prints such a message in a datagram.
func (p *Line) ptpUDP(b, d []byte, length int, _ ipContext) []byte { return p.ptp(b, d, length) }

func (p *Line) ptp2(b, d []byte) []byte {
	b = append(b, ", v1 compat : "...)
	if d[0]&0x10 != 0 {
		b = append(b, "yes"...)
	} else {
		b = append(b, "no"...)
	}
	kind := d[0] & 15
	b = append(append(b, ", msg type : "...), ptpMessageText[kind]...)
	if len(d) < 4 {
		return p.stop(b, "ptp")
	}
	b = appendInt(append(b, ", length : "...), int(be16(d, 2)))
	if len(d) < 6 {
		return p.stop(b, "ptp")
	}
	b = appendInt(append(b, ", domain : "...), int(d[4]))
	b = appendInt(append(b, ", reserved1 : "...), int(d[5]))
	if len(d) < 8 {
		return p.stop(b, "ptp")
	}
	b = append(appendBits(append(b, ", Flags ["...), ptpFlags, uint32(be16(d, 6)), ", ", "none"), ']')
	if b = p.ptpFields(b, d, ptpHeader); p.stopped {
		return b
	}
	switch kind {
	case ptpSync, ptpDelayReq:
		return p.ptpTime(b, d, ", originTimeStamp :", ",")
	case ptpPeerDelayReq, ptpPeerFollowUp:
		return p.ptpPort(p.ptpTime(b, d, ", preciseOriginTimeStamp :", ","), d, 44)
	case ptpPeerDelayResp, ptpDelayResp:
		return p.ptpPort(p.ptpTime(b, d, ", receiveTimeStamp :", ","), d, 44)
	case ptpFollowUp:
		return p.ptpTime(b, d, ", preciseOriginTimeStamp :", ",")
	case ptpAnnounce:
		if b = p.ptpTime(b, d, ", originTimeStamp :", ""); p.stopped {
			return b
		}
		return p.ptpFields(b, d, ptpClock)
	case ptpSignalling:
		return p.ptpPort(b, d, 34)
	case ptpManagement:
		if b = p.ptpPort(b, d, 34); p.stopped {
			return b
		}
		return p.ptpFields(b, d, ptpHops)
	}
	return b
}

// ptpFields prints fields, as far as they were captured.
func (p *Line) ptpFields(b, d []byte, fields []ptpField) []byte {
	for i := range fields {
		f := &fields[i]
		if len(d) < f.off+f.n {
			return p.stop(b, "ptp")
		}
		v := uint64(0)
		for _, c := range d[f.off : f.off+f.n] {
			v = v<<8 | uint64(c)
		}
		b = append(b, f.name...)
		if f.hex {
			b = appendHexNumber(b, v, 1)
		} else {
			b = appendDecimal(b, v)
		}
		if f.control {
			b = append(append(append(b, " ("...), ptpControlName(v)...), ')')
		}
	}
	return b
}

// ptpTime prints the time stamp behind the header, with end behind its seconds.
func (p *Line) ptpTime(b, d []byte, name, end string) []byte {
	b = append(b, name...)
	if len(d) < 40 {
		return p.stop(b, "ptp")
	}
	b = appendDecimal(append(b, ' '), uint64(be16(d, 34))<<32|uint64(be32(d, 36)))
	b = append(append(b, " seconds"...), end...)
	if len(d) < 44 {
		return p.stop(b, "ptp")
	}
	return append(appendDecimal(append(b, ' '), uint64(be32(d, 40))), " nanoseconds"...)
}

// ptpPort prints the identity of a port at off.
func (p *Line) ptpPort(b, d []byte, off int) []byte {
	switch {
	case p.stopped:
		return b
	case len(d) < off+8:
		return p.stop(b, "ptp")
	}
	b = appendHexNumber(append(b, ", port identity : "...), uint64(be32(d, off))<<32|uint64(be32(d, off+4)), 1)
	if len(d) < off+10 {
		return p.stop(b, "ptp")
	}
	return appendInt(append(b, ", port id : "...), int(be16(d, off+8)))
}

func ptpControlName(v uint64) string {
	if v < uint64(len(ptpControlText)) {
		return ptpControlText[v]
	}
	return "Reserved"
}

var ptpControlText = [...]string{"Sync", "Delay_Req", "Follow_Up", "Delay_Resp", "Management", "Other"}

var ptpMessageText = [16]string{
	"sync msg", "delay req msg", "peer delay req msg", "peer delay resp msg", "Reserved", "Reserved", "Reserved", "Reserved",
	"follow up msg", "delay resp msg", "pdelay resp fup msg", "announce msg", "signalling msg", "management msg", "Reserved", "Reserved",
}

var ptpFlags = []bitName{
	{0x0001, "l1 61"}, {0x0002, "l1 59"}, {0x0004, "utc reasonable"}, {0x0008, "timescale"}, {0x0010, "time tracable"},
	{0x0020, "frequency tracable"}, {0x0100, "alternate master"}, {0x0200, "two step"}, {0x0400, "unicast"}, {0x1000, "profile specific 1"},
	{0x2000, "profile specific 2"}, {0x4000, "security mask"}, {0xffff, "unknown"},
}
