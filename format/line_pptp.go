package format

// pptpMagic is in all messages (RFC 2637 section 2.1).
const pptpMagic = 0x1a2b3c4d

// A pptpForm is how a field of a message prints.
type pptpForm uint8

const (
	pptpNumber   pptpForm = iota // in decimal, of as many bytes as the field has
	pptpReserved                 // nothing, unless it is not zero
	pptpVersion                  // a major and a minor number
	pptpFrameCap
	pptpBearerCap
	pptpBearer
	pptpFrame
	pptpMask    // in hexadecimal
	pptpText    // to the first zero
	pptpLength  // a number, of characters in a text to come
	pptpCounted // text of so many characters at most
	pptpResult
)

// A pptpField is a field of a message: its name, its length in bytes, its form, and with pptpResult what its values
// mean.
type pptpField struct {
	name  string
	size  int
	form  pptpForm
	means []string
}

// A pptpMessage is a type of control message.
type pptpMessage struct {
	name   string
	fields []pptpField
}

var (
	pptpCallID     = pptpField{name: "CALL_ID", size: 2}
	pptpPeer       = pptpField{name: "PEER_CALL_ID", size: 2}
	pptpSerial     = pptpField{name: "CALL_SER_NUM", size: 2}
	pptpWindow     = pptpField{name: "RECV_WIN", size: 2}
	pptpDelay      = pptpField{name: "PROC_DELAY", size: 2}
	pptpChannel    = pptpField{name: "PHY_CHAN_ID", size: 4}
	pptpSpeed      = pptpField{name: "CONN_SPEED", size: 4}
	pptpCause      = pptpField{name: "CAUSE_CODE", size: 2}
	pptpProto      = pptpField{name: "PROTO_VER", size: 2, form: pptpVersion}
	pptpFraming    = pptpField{name: "FRAME_CAP", size: 4, form: pptpFrameCap}
	pptpBearing    = pptpField{name: "BEARER_CAP", size: 4, form: pptpBearerCap}
	pptpChannels   = pptpField{name: "MAX_CHAN", size: 2}
	pptpFirmware   = pptpField{name: "FIRM_REV", size: 2}
	pptpHost       = pptpField{name: "HOSTNAME", size: 64, form: pptpText}
	pptpVendor     = pptpField{name: "VENDOR", size: 64, form: pptpText}
	pptpBearerType = pptpField{name: "BEARER_TYPE", size: 4, form: pptpBearer}
	pptpFrameType  = pptpField{name: "FRAME_TYPE", size: 4, form: pptpFrame}
	pptpSubaddress = pptpField{name: "SUB_ADDR", size: 64, form: pptpText}
	pptpID         = pptpField{name: "ID", size: 4}
	pptpRest1      = pptpField{size: 1, form: pptpReserved}
	pptpRest2      = pptpField{size: 2, form: pptpReserved}
	pptpErr        = pptpField{name: "ERR_CODE", size: 1, form: pptpResult,
		means: []string{"None", "Not-Connected", "Bad-Format", "Bad-Value", "No-Resource", "Bad-Call-ID", "PAC-Error"}}
	pptpDone = pptpField{name: "RESULT_CODE", size: 1, form: pptpResult, means: []string{1: "OK", 2: "General Error"}}
)

// pptpMessages are the control messages (RFC 2637 section 2), by their type.
var pptpMessages = [...]pptpMessage{
	{name: "NOT_DEFINED"},
	{"SCCRQ", []pptpField{pptpProto, pptpRest2, pptpFraming, pptpBearing, pptpChannels, pptpFirmware, pptpHost, pptpVendor}},
	{"SCCRP", []pptpField{pptpProto,
		{name: "RESULT_CODE", size: 1, form: pptpResult, means: []string{1: "Successful channel establishment", 2: "General error",
			3: "Command channel already exists", 4: "Requester is not authorized to establish a command channel",
			5: "The protocol version of the requester is not supported"}},
		pptpErr, pptpFraming, pptpBearing, pptpChannels, pptpFirmware, pptpHost, pptpVendor}},
	{"StopCCRQ", []pptpField{{name: "REASON", size: 1, form: pptpResult, means: []string{1: "None", 2: "Stop-Protocol", 3: "Stop-Local-Shutdown"}},
		pptpRest1, pptpRest2}},
	{"StopCCRP", []pptpField{pptpDone, pptpErr, pptpRest2}},
	{"ECHORQ", []pptpField{pptpID}},
	{"ECHORP", []pptpField{pptpID, pptpDone, pptpErr, pptpRest2}},
	{"OCRQ", []pptpField{pptpCallID, pptpSerial, {name: "MIN_BPS", size: 4}, {name: "MAX_BPS", size: 4}, pptpBearerType, pptpFrameType,
		pptpWindow, pptpDelay, {name: "PHONE_NO_LEN", size: 2, form: pptpLength}, pptpRest2, {name: "PHONE_NO", size: 64, form: pptpCounted}, pptpSubaddress}},
	{"OCRP", []pptpField{pptpCallID, pptpPeer,
		{name: "RESULT_CODE", size: 1, form: pptpResult, means: []string{1: "Connected", 2: "General Error", 3: "No Carrier", 4: "Busy",
			5: "No Dial Tone", 6: "Time-out", 7: "Do Not Accept"}},
		pptpErr, pptpCause, pptpSpeed, pptpWindow, pptpDelay, pptpChannel}},
	{"ICRQ", []pptpField{pptpCallID, pptpSerial, pptpBearerType, pptpChannel, {name: "DIALED_NO_LEN", size: 2, form: pptpLength},
		{name: "DIALING_NO_LEN", size: 2, form: pptpLength},
		{name: "DIALED_NO", size: 64, form: pptpCounted}, {name: "DIALING_NO", size: 64, form: pptpCounted}, pptpSubaddress}},
	{"ICRP", []pptpField{pptpCallID, pptpPeer,
		{name: "RESULT_CODE", size: 1, form: pptpResult, means: []string{1: "Connect", 2: "General Error", 3: "Do Not Accept"}},
		pptpErr, pptpWindow, pptpDelay, pptpRest2}},
	{"ICCN", []pptpField{pptpPeer, pptpRest2, pptpSpeed, pptpWindow, pptpDelay, pptpFrameType}},
	{"CCRQ", []pptpField{pptpCallID, pptpRest2}},
	{"CDN", []pptpField{pptpCallID,
		{name: "RESULT_CODE", size: 1, form: pptpResult, means: []string{1: "Lost Carrier", 2: "General Error", 3: "Admin Shutdown", 4: "Request"}},
		pptpErr, pptpCause, pptpRest2, {name: "CALL_STATS", size: 128, form: pptpText}}},
	{"WEN", []pptpField{pptpPeer, pptpRest2, {name: "CRC_ERR", size: 4}, {name: "FRAMING_ERR", size: 4}, {name: "HARDWARE_OVERRUN", size: 4},
		{name: "BUFFER_OVERRUN", size: 4}, {name: "TIMEOUT_ERR", size: 4}, {name: "ALIGN_ERR", size: 4}}},
	{"SLI", []pptpField{pptpPeer, pptpRest2, {name: "SEND_ACCM", size: 4, form: pptpMask}, {name: "RECV_ACCM", size: 4, form: pptpMask}}},
}

// pptp prints a control message of the Point-to-Point Tunneling Protocol.
func (p *Line) pptp(b, d []byte, _ int, _ ipContext) []byte {
	b = p.proto(append(b, ": "...), "pptp")
	verbose := p.opts.Verbose > 0
	if len(d) < 2 {
		return p.stop(b, "pptp")
	}
	if verbose {
		b = appendInt(append(b, " Length="...), int(be16(d, 0)))
		if len(d) < 4 {
			return p.stop(b, "pptp")
		}
		switch be16(d, 2) {
		case 1:
			b = append(b, " CTRL-MSG"...)
		case 2:
			b = append(b, " MGMT-MSG"...)
		default:
			b = append(b, " UNKNOWN-MSG-TYPE"...)
		}
	}
	if len(d) < 8 {
		return p.stop(b, "pptp")
	}
	magic := uint64(be32(d, 4))
	if magic != pptpMagic {
		b = append(appendHex(append(b, " UNEXPECTED Magic-Cookie!!("...), magic, 8), ')')
	}
	if verbose || magic != pptpMagic {
		b = appendHex(append(b, " Magic-Cookie="...), magic, 8)
	}
	if len(d) < 10 {
		return p.stop(b, "pptp")
	}
	kind := int(be16(d, 8))
	if kind < len(pptpMessages) {
		b = append(append(b, " CTRL_MSGTYPE="...), pptpMessages[kind].name...)
	} else {
		b = append(appendInt(append(b, " UNKNOWN_CTRL_MSGTYPE("...), kind), ')')
	}
	const header = 12
	if len(d) < header {
		return p.stop(b, "pptp")
	}
	b = appendPPTPReserved(b, uint32(be16(d, 10)))
	if d = d[header:]; kind >= len(pptpMessages) {
		return b
	}
	return p.pptpFields(b, pptpMessages[kind].fields, d)
}

// pptpFields prints the fields of a message.
func (p *Line) pptpFields(b []byte, fields []pptpField, d []byte) []byte {
	var lengths [2]int // of texts to come
	known, used := 0, 0
	for i := range fields {
		f := &fields[i]
		if f.form == pptpText || f.form == pptpCounted {
			n := f.size
			if f.form == pptpCounted {
				n = min(n, lengths[used])
				used++
			}
			var ok bool
			if b, ok = appendVisibleZ(append(append(append(b, ' '), f.name...), '('), d, n); !ok {
				return p.stop(b, "pptp")
			}
			b, d = append(b, ')'), from(d, f.size)
			continue
		}
		if len(d) < f.size {
			if f.form == pptpFrameCap { // whose name tcpdump prints before it looks
				b = append(append(append(b, ' '), f.name...), '(')
			}
			return p.stop(b, "pptp")
		}
		if f.form == pptpLength {
			lengths[known] = int(be16(d, 0))
			known++
		}
		b, d = p.pptpField(b, f, d), d[f.size:]
	}
	return b
}

// appendPPTPReserved complains of what should be zero, if it is not.
func appendPPTPReserved(b []byte, v uint32) []byte {
	if v == 0 {
		return b
	}
	return append(appendInt(append(b, " [ERROR: reserved="...), int(v)), " must be zero]"...)
}

// pptpField prints the field that d begins with, unless it is text.
func (p *Line) pptpField(b []byte, f *pptpField, d []byte) []byte {
	v := uint32(0)
	for _, c := range d[:f.size] {
		v = v<<8 | uint32(c)
	}
	if f.form == pptpReserved {
		return appendPPTPReserved(b, v)
	}
	b = append(append(append(b, ' '), f.name...), '(')
	switch f.form {
	case pptpNumber, pptpLength:
		b = appendDecimal(b, uint64(v))
	case pptpVersion:
		b = appendInt(append(appendInt(b, int(v>>8)), '.'), int(v&0xff))
	case pptpFrameCap:
		b = appendBits(b, pptpFrameCaps, v, "", "")
	case pptpBearerCap:
		b = appendBits(b, pptpBearerCaps, v, "", "")
	case pptpBearer:
		b = append(b, pptpName(pptpBearers, v)...)
	case pptpFrame:
		b = append(b, pptpName(pptpFrames, v)...)
	case pptpMask:
		b = appendHexNumber(b, uint64(v), 8)
	case pptpResult:
		if b = appendDecimal(b, uint64(v)); p.opts.Verbose > 0 {
			b = append(append(b, ':'), pptpName(f.means, v)...)
		}
	}
	return append(b, ')')
}

var (
	pptpFrameCaps  = []bitName{{1, "A"}, {2, "S"}}
	pptpBearerCaps = []bitName{{2, "D"}, {1, "A"}}
	pptpBearers    = []string{1: "A", 2: "D", 3: "Any"}
	pptpFrames     = []string{1: "A", 2: "S", 3: "E"}
)

// pptpName is the name of a value, "?" if it has none.
func pptpName(names []string, v uint32) string {
	if v < uint32(len(names)) && names[v] != "" {
		return names[v]
	}
	return "?"
}
