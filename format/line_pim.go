package format

import "smoltcp/dissect"

// pim prints a PIM message (RFC 7761, RFC 3973). c is the IP packet around it.
func (p *Line) pim(b, d []byte, length int, c *ipContext) []byte {
	if len(d) == 0 {
		return p.stop(b, "pim")
	}
	version, kind := d[0]>>4, d[0]&15
	b = appendInt(append(p.proto(b, "PIM"), 'v'), int(version))
	if version != 2 {
		return appendInt(append(b, ", length "...), length)
	}
	if p.opts.Verbose == 0 {
		b = append(append(b, ", "...), pimName(kind)...)
		return appendInt(append(b, ", length "...), length)
	}
	b = appendInt(append(b, ", length "...), length)
	b = append(append(b, "\n\t"...), pimName(kind)...)
	return p.pim2(b, d, length, kind, c)
}

func pimName(t uint8) string {
	switch t {
	case dissect.PIMHello:
		return "Hello"
	case dissect.PIMRegister:
		return "Register"
	case dissect.PIMRegisterStop:
		return "Register Stop"
	case dissect.PIMJoinPrune:
		return "Join / Prune"
	case dissect.PIMBootstrap:
		return "Bootstrap"
	case dissect.PIMAssert:
		return "Assert"
	case dissect.PIMGraft:
		return "Graft"
	case dissect.PIMGraftAck:
		return "Graft Acknowledgement"
	case dissect.PIMCandidateRP:
		return "Candidate RP Advertisement"
	case dissect.PIMStateRefresh:
		return "Prune Refresh"
	case dissect.PIMDFElection:
		return "DF Election"
	case dissect.PIMECMPRedirect:
		return "ECMP Redirect"
	}
	return "Unknown Type"
}

// pim2 prints what follows the name of a message of version 2.
func (p *Line) pim2(b, d []byte, length int, kind uint8, c *ipContext) []byte {
	if length < 2 {
		return p.lengthBelow(b, "[length", length, 2)
	}
	if len(d) < 2 {
		return p.stop(b, "pimv2")
	}
	if d[1]&15 != 0 {
		b = append(b, ", RFC2117-encoding"...)
	}
	if length < 4 {
		return p.lengthBelow(b, "[length", length, 4)
	}
	if len(d) < 4 {
		return p.stop(b, "pimv2")
	}
	b = appendHexNumber(append(b, ", cksum "...), uint64(be16(d, 2)), 4)
	b = p.pimChecksum(b, d, length, kind, c)
	w := pimWalk{p: p, d: d[4:], left: length - 4, addrLen: int(d[1] & 15)}
	ok := true
	switch kind {
	case dissect.PIMHello:
		b, ok = w.hello(b)
	case dissect.PIMRegister:
		return w.register(b)
	case dissect.PIMRegisterStop:
		if b, ok = w.address(append(b, " group="...), pimGroup); ok {
			b, ok = w.address(append(b, " source="...), pimUnicast)
		}
	case dissect.PIMJoinPrune, dissect.PIMGraft, dissect.PIMGraftAck:
		b, ok = w.joinPrune(b, kind)
	case dissect.PIMBootstrap:
		b, ok = w.bootstrap(b)
	case dissect.PIMAssert:
		b, ok = w.assert(b)
	case dissect.PIMCandidateRP:
		b, ok = w.candidate(b)
	case dissect.PIMStateRefresh:
		b, ok = w.stateRefresh(b)
	case dissect.PIMDFElection:
		b, ok = w.election(b, d[1]>>4)
	default:
		return append(appendInt(append(b, " [type "...), int(kind)), ']')
	}
	switch {
	case ok:
		return b
	case w.cut:
		return p.stop(b, "pimv2")
	}
	return p.trunc(b, "pimv2")
}

// pimChecksum prints the verdict on the checksum of a message. That of a Register covers its first eight bytes, though some
// routers compute it over all.
func (p *Line) pimChecksum(b, d []byte, length int, kind uint8, c *ipContext) []byte {
	verdict := " (unverified)"
	if be16(d, 2) != 0 {
		if kind == dissect.PIMRegister {
			verdict = p.pimVerdict(d, 8, length, c)
			if verdict == " (incorrect)" {
				verdict = p.pimVerdict(d, length, length, c)
			}
		} else {
			verdict = p.pimVerdict(d, length, length, c)
		}
	}
	if verdict != " (incorrect)" {
		return append(b, verdict...)
	}
	return p.off(append(p.on(b, RoleError), verdict...), RoleError)
}

// pimVerdict judges a checksum over n of the length bytes of a message.
func (p *Line) pimVerdict(d []byte, n, length int, c *ipContext) string {
	if n > length || n > len(d) {
		return " (unverified)"
	}
	sum := dissect.Sum(0)
	if c.v6() {
		sum = c.pseudoHeader(dissect.ProtoPIM, n)
	}
	if residue(sum.Add(d[:n])) != 0 {
		return " (incorrect)"
	}
	return " (correct)"
}

// pimWalk goes through the body of a message. Its methods report false when the message ends too soon; w.cut says
// that it was the capture that did.
type pimWalk struct {
	p       *Line
	d       []byte // captured bytes from here on
	left    int    // bytes of the message from here on
	addrLen int    // of an address in the encoding of RFC 2117, or zero
	cut     bool
}

// take gives the next n bytes.
func (w *pimWalk) take(n int) ([]byte, bool) {
	if w.left < n || len(w.d) < n {
		return nil, false
	}
	d := w.d
	w.d, w.left = d[n:], w.left-n
	return d, true
}

// field is take for a single field, which stops the printing when it was not captured.
func (w *pimWalk) field(n int) ([]byte, bool) {
	w.cut = w.left >= n && len(w.d) < n
	return w.take(n)
}

// pimAddress is how an address is encoded (RFC 7761 section 4.9.1).
type pimAddress uint8

const (
	pimUnicast pimAddress = iota
	pimGroup
	pimSource
)

var pimSourceFlags = []bitName{{0x04, "S"}, {0x02, "W"}, {0x01, "R"}}

// address prints an address.
func (w *pimWalk) address(b []byte, as pimAddress) ([]byte, bool) {
	size := w.addrLen
	if size == 0 {
		if w.left < 2 {
			return b, false
		}
		if len(w.d) == 0 {
			w.cut = true
			return b, false
		}
		switch w.d[0] {
		case 1:
			size = 4
		case 2:
			size = 16
		default:
			return b, false
		}
		if len(w.d) < 2 {
			w.cut = true
			return b, false
		}
		if w.d[1] != 0 {
			return b, false
		}
		w.d, w.left = w.d[2:], w.left-2
	} else if size != 4 {
		return b, false
	}
	var flags, mask uint8
	n := size
	if as != pimUnicast {
		n += 2
	}
	d, ok := w.take(n)
	if !ok {
		return b, false
	}
	if as != pimUnicast {
		flags, mask = d[0], d[1]
		d = d[2:]
	}
	if size == 4 {
		b = w.p.addr4(b, d)
	} else {
		b = w.p.addr6(b, d)
	}
	if as == pimUnicast {
		return b, true
	}
	if int(mask) != 8*size {
		b = appendInt(append(b, '/'), int(mask))
	}
	switch {
	case flags == 0:
	case as == pimGroup:
		b = append(appendHexNumber(append(b, '('), uint64(flags), 2), ')')
	default:
		b = appendBits(append(b, '('), pimSourceFlags, uint32(flags), "", "")
		if flags&^7 != 0 {
			b = appendHexNumber(append(b, '+'), uint64(flags&^7), 2)
		}
		b = append(b, ')')
	}
	return b, true
}

// Hello options (RFC 7761 section 4.9.2 and others).
const (
	pimOptHoldTime     = 1
	pimOptPruneDelay   = 2
	pimOptPriorityOld  = 18
	pimOptPriority     = 19
	pimOptGenerationID = 20
	pimOptStateRefresh = 21
	pimOptBidir        = 22
	pimOptAddresses    = 24
	pimOptAddressesOld = 65001
)

func pimOptionName(t uint16) string {
	switch t {
	case pimOptHoldTime:
		return "Hold Time"
	case pimOptPruneDelay:
		return "LAN Prune Delay"
	case pimOptPriorityOld:
		return "DR Priority (Old)"
	case pimOptPriority:
		return "DR Priority"
	case pimOptGenerationID:
		return "Generation ID"
	case pimOptStateRefresh:
		return "State Refresh Capability"
	case pimOptBidir:
		return "Bi-Directional Capability"
	case pimOptAddresses:
		return "Address List"
	case pimOptAddressesOld:
		return "Address List (Old)"
	}
	return "Unknown"
}

func (w *pimWalk) hello(b []byte) ([]byte, bool) {
	p := w.p
	for w.left > 0 {
		h, ok := w.field(4)
		if !ok {
			return b, false
		}
		t, n := be16(h, 0), int(be16(h, 2))
		b = append(append(append(b, "\n\t  "...), pimOptionName(t)...), " Option ("...)
		b = appendInt(append(appendInt(b, int(t)), "), length "...), n)
		b = append(b, ", Value: "...)
		d, ok := w.take(n)
		if !ok {
			return b, false
		}
		want := 4
		switch t {
		case pimOptHoldTime:
			want = 2
		case pimOptPruneDelay, pimOptGenerationID, pimOptStateRefresh:
		case pimOptPriority, pimOptPriorityOld:
			if n == 0 {
				want = 0
			}
		default:
			want = n
		}
		known := true
		switch {
		case n != want:
			b = appendInt(append(b, "[option length "...), n)
			b = append(appendInt(append(b, " != "...), want), ']')
			return p.invalid(b), true
		case t == pimOptHoldTime:
			b = appendInterval(b, uint32(be16(d, 0)))
		case t == pimOptPruneDelay:
			b = appendInt(append(b, "\n\t    T-bit="...), int(d[0]>>7))
			b = appendInt(append(b, ", LAN delay "...), int(be16(d, 0)&0x7fff))
			b = appendInt(append(b, "ms, Override interval "...), int(be16(d, 2)))
			b = append(b, "ms"...)
		case t == pimOptPriority || t == pimOptPriorityOld:
			if n == 0 {
				b = append(b, "Bi-Directional Capability (Old)"...)
			} else {
				b = appendDecimal(b, uint64(be32(d, 0)))
			}
		case t == pimOptGenerationID:
			b = appendHexNumber(b, uint64(be32(d, 0)), 8)
		case t == pimOptStateRefresh:
			b = appendInt(append(b, 'v'), int(d[0]))
			if d[1] != 0 {
				b = appendInterval(append(b, ", interval "...), uint32(d[1]))
			}
			if v := be16(d, 2); v != 0 {
				b = append(appendHexNumber(append(b, " ?"...), uint64(v), 4), '?')
			}
		case t == pimOptBidir:
		case t == pimOptAddresses || t == pimOptAddressesOld:
			if p.opts.Verbose > 1 {
				// The last address may go beyond the option, as far as tcpdump is concerned.
				list := pimWalk{p: p, d: d, left: w.left + n, addrLen: w.addrLen}
				for ok && list.left > w.left {
					b, ok = list.address(append(b, "\n\t    "...), pimUnicast)
				}
				if !ok {
					return b, false
				}
			}
		default:
			known = false
		}
		if !known || p.opts.Verbose > 1 {
			b = appendIndentedHex(b, "\n\t    ", d[:n])
		}
	}
	return b, true
}

// register prints a Register message and the packet in it.
func (w *pimWalk) register(b []byte) []byte {
	p := w.p
	d, ok := w.take(4)
	if !ok {
		return p.trunc(b, "pimv2")
	}
	b = append(b, ", Flags [ "...)
	switch be32(d, 0) {
	case 0x80000000:
		b = append(b, "Border"...)
	case 0x40000000:
		b = append(b, "Null"...)
	default:
		b = append(b, "none"...)
	}
	b = append(b, " ]\n\t"...)
	if len(w.d) == 0 {
		return p.stop(b, "pimv2")
	}
	switch v := w.d[0] >> 4; v {
	case 0:
		if len(w.d) < dissect.IPv4MinHeaderLen {
			return p.stop(b, "pimv2")
		}
		b = append(b, "IP-Null-header "...)
		b = p.addr4(b, w.d[12:])
		return p.addr4(append(b, " > "...), w.d[16:])
	case 4, 6:
		b, ok := p.enter(b)
		if !ok {
			return b
		}
		if v == 4 {
			b = p.ipv4(b, w.d, w.left)
		} else {
			b = p.ipv6(b, w.d, w.left)
		}
		p.leave()
		return b
	default:
		return appendInt(append(b, "IP ver "...), int(v))
	}
}

func (w *pimWalk) joinPrune(b []byte, kind uint8) ([]byte, bool) {
	ok := true
	if kind != dissect.PIMGraftAck {
		if b, ok = w.address(append(b, ", upstream-neighbor: "...), pimUnicast); !ok {
			return b, false
		}
	}
	d, ok := w.take(4)
	if !ok {
		return b, false
	}
	groups := int(d[1])
	b = append(appendInt(append(b, "\n\t  "...), groups), " group(s)"...)
	if kind != dissect.PIMGraftAck {
		b = append(b, ", holdtime: "...)
		if v := be16(d, 2); v == 0xffff {
			b = append(b, "infinite"...)
		} else {
			b = appendInterval(b, uint32(v))
		}
	}
	for i := range groups {
		b = append(appendInt(append(b, "\n\t    group #"...), i+1), ": "...)
		if b, ok = w.address(b, pimGroup); !ok {
			return b, false
		}
		if d, ok = w.take(4); !ok {
			return b, false
		}
		joined, pruned := int(be16(d, 0)), int(be16(d, 2))
		b = appendInt(append(b, ", joined sources: "...), joined)
		b = appendInt(append(b, ", pruned sources: "...), pruned)
		if b, ok = w.sources(b, "\n\t      joined source #", joined); !ok {
			return b, false
		}
		if b, ok = w.sources(b, "\n\t      pruned source #", pruned); !ok {
			return b, false
		}
	}
	return b, true
}

func (w *pimWalk) sources(b []byte, what string, n int) (_ []byte, ok bool) {
	for i := range n {
		b = append(appendInt(append(b, what...), i+1), ": "...)
		if b, ok = w.address(b, pimSource); !ok {
			return b, false
		}
	}
	return b, true
}

// number prints a number of n bytes behind its name.
func (w *pimWalk) number(b []byte, name string, n int) ([]byte, bool) {
	d, ok := w.field(n)
	if !ok {
		return b, false
	}
	b = append(b, name...)
	switch n {
	case 1:
		return appendInt(b, int(d[0])), true
	case 2:
		return appendInt(b, int(be16(d, 0))), true
	}
	return appendDecimal(b, uint64(be32(d, 0))), true
}

// interval prints a time in seconds, two bytes, behind its name, which is printed even if the time was not captured.
func (w *pimWalk) interval(b []byte, name string) ([]byte, bool) {
	if w.left < 2 {
		return b, false
	}
	b = append(b, name...)
	d, ok := w.field(2)
	if !ok {
		return b, false
	}
	return appendInterval(b, uint32(be16(d, 0))), true
}

func (w *pimWalk) bootstrap(b []byte) ([]byte, bool) {
	d, ok := w.field(2)
	if !ok {
		return b, false
	}
	b = appendHex(append(b, " tag="...), uint64(be16(d, 0)), 1)
	if b, ok = w.number(b, " hashmlen=", 1); !ok {
		return b, false
	}
	// One byte more than the priority has to be there.
	if w.left < 2 || len(w.d) < 2 {
		return b, false
	}
	b, _ = w.number(b, " BSRprio=", 1)
	if b, ok = w.address(append(b, " BSR="...), pimUnicast); !ok {
		return b, false
	}
	for i := 0; w.left > 0; i++ {
		b = append(appendInt(append(b, " (group"...), i), ": "...)
		if b, ok = w.address(b, pimGroup); !ok {
			return b, false
		}
		if b, ok = w.number(b, " RPcnt=", 1); !ok {
			return b, false
		}
		if w.left > 0 && len(w.d) > 0 {
			d = w.d
		}
		if b, ok = w.number(b, " FRPcnt=", 1); !ok {
			return b, false
		}
		points := int(d[0])
		if w.left < 2 {
			return b, false
		}
		w.d, w.left = from(w.d, 2), w.left-2
		for j := 0; j < points && w.left > 0; j++ {
			b = append(appendInt(append(b, " RP"...), j), '=')
			if b, ok = w.address(b, pimUnicast); !ok {
				return b, false
			}
			if b, ok = w.interval(b, ",holdtime="); !ok {
				return b, false
			}
			if b, ok = w.number(b, ",prio=", 1); !ok {
				return b, false
			}
			if w.left < 1 {
				return b, false
			}
			w.d, w.left = from(w.d, 1), w.left-1
		}
		b = append(b, ')')
	}
	return b, true
}

func (w *pimWalk) assert(b []byte) ([]byte, bool) {
	b, ok := w.address(append(b, " group="...), pimGroup)
	if !ok {
		return b, false
	}
	if b, ok = w.address(append(b, " src="...), pimUnicast); !ok {
		return b, false
	}
	d, ok := w.take(8)
	if !ok {
		return b, false
	}
	pref := be32(d, 0)
	if pref>>31 != 0 {
		b = append(b, " RPT"...)
	}
	b = appendDecimal(append(b, " pref="...), uint64(pref&0x7fffffff))
	return appendDecimal(append(b, " metric="...), uint64(be32(d, 4))), true
}

func (w *pimWalk) candidate(b []byte) ([]byte, bool) {
	d := w.d
	b, ok := w.number(b, " prefix-cnt=", 1)
	if !ok {
		return b, false
	}
	groups := int(d[0])
	if b, ok = w.number(b, " prio=", 1); !ok {
		return b, false
	}
	if b, ok = w.interval(b, " holdtime="); !ok {
		return b, false
	}
	if b, ok = w.address(append(b, " RP="...), pimUnicast); !ok {
		return b, false
	}
	for i := 0; i < groups && w.left > 0; i++ {
		b = append(appendInt(append(b, " Group"...), i), '=')
		if b, ok = w.address(b, pimGroup); !ok {
			return b, false
		}
	}
	return b, true
}

func (w *pimWalk) stateRefresh(b []byte) ([]byte, bool) {
	b, ok := w.address(append(b, " src="...), pimUnicast)
	if !ok {
		return b, false
	}
	if b, ok = w.address(append(b, " grp="...), pimGroup); !ok {
		return b, false
	}
	if b, ok = w.address(append(b, " forwarder="...), pimUnicast); !ok {
		return b, false
	}
	return w.interval(b, " TUNR ")
}

// election prints a message of the election of a designated forwarder (RFC 5015 section 3.7).
func (w *pimWalk) election(b []byte, kind uint8) ([]byte, bool) {
	name := "Unknown"
	switch kind {
	case 1:
		name = "Offer"
	case 2:
		name = "Winner"
	case 3:
		name = "Backoff"
	case 4:
		name = "Pass"
	}
	b = append(append(append(b, "\n\t  "...), name...), ", rpa="...)
	b, ok := w.address(b, pimUnicast)
	if !ok {
		return b, false
	}
	if b, ok = w.number(b, " sender pref=", 4); !ok {
		return b, false
	}
	if b, ok = w.number(b, " sender metric=", 4); !ok {
		return b, false
	}
	switch kind {
	case 3:
		if b, ok = w.address(append(b, "\n\t  offer addr="...), pimUnicast); !ok {
			return b, false
		}
		if b, ok = w.number(b, " offer pref=", 4); !ok {
			return b, false
		}
		if b, ok = w.number(b, " offer metric=", 4); !ok {
			return b, false
		}
		if b, ok = w.number(b, " interval ", 2); !ok {
			return b, false
		}
		return append(b, "ms"...), true
	case 4:
		if b, ok = w.address(append(b, "\n\t  new winner addr="...), pimUnicast); !ok {
			return b, false
		}
		if b, ok = w.number(b, " new winner pref=", 4); !ok {
			return b, false
		}
		return w.number(b, " new winner metric=", 4)
	}
	return b, true
}
