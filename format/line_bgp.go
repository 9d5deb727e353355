package format

const (
	bgpMarkerLen = 16
	bgpHeaderLen = 19

	bgpOpen         = 1
	bgpUpdate       = 2
	bgpNotification = 3
	bgpKeepalive    = 4
	bgpRefresh      = 5
)

// bgpPrinter prints the messages of a segment. Offsets are into d. Its methods report false where a message
// contradicts itself, or where a byte was asked for that was not captured, which sets cut and ends it all.
type bgpPrinter struct {
	p   *Line
	d   []byte
	cut bool
}

// bgp prints the BGP messages (RFC 4271) of a segment, each of which is found by its marker.
func (p *Line) bgp(b, d []byte, length int, _ ipContext) []byte {
	b = p.proto(append(b, ": "...), "BGP")
	if p.opts.Verbose == 0 {
		return b
	}
	g := bgpPrinter{p: p, d: clip(d, length)}
	due := 0 // where the next message should begin
	for at := 0; at < len(g.d); {
		if g.d[at] != 0xff {
			at++
			continue
		}
		if len(g.d)-at < bgpMarkerLen {
			break
		}
		if !isBGPMarker(g.d[at:]) {
			at++
			continue
		}
		if len(g.d)-at < bgpHeaderLen {
			return p.trunc(b, "bgp")
		}
		if at != due {
			b = p.trunc(b, "bgp")
		}
		size, kind := int(be16(g.d, at+bgpMarkerLen)), g.d[at+bgpMarkerLen+2]
		if size < bgpHeaderLen {
			b = appendInt(append(b, "\nmessage length "...), size)
			b = appendInt(append(b, " < "...), bgpHeaderLen)
			return p.invalid(b)
		}
		if len(g.d)-at < size {
			b = append(append(b, "\n[|BGP "...), bgpMessageName(kind)...)
			if kind == 0 || kind > bgpRefresh {
				b = append(b, " Message Type"...)
			}
			return append(b, ']')
		}
		var ok bool
		if b, ok = g.message(b, kind, at, size); !ok {
			if g.cut {
				return p.stop(b, "bgp")
			}
			b = p.trunc(b, "bgp")
		}
		at += size
		due = at
	}
	return b
}

func isBGPMarker(d []byte) bool {
	for _, c := range d[:bgpMarkerLen] {
		if c != 0xff {
			return false
		}
	}
	return true
}

func bgpMessageName(kind uint8) string {
	switch kind {
	case bgpOpen:
		return "Open"
	case bgpUpdate:
		return "Update"
	case bgpNotification:
		return "Notification"
	case bgpKeepalive:
		return "Keepalive"
	case bgpRefresh:
		return "Route Refresh"
	}
	return "Unknown"
}

// has reports whether n bytes at offset at were captured.
func (g *bgpPrinter) has(at, n int) bool {
	if at+n > len(g.d) {
		g.cut = true
		return false
	}
	return true
}

// fits is has for where tcpdump looks before it reads: what is missing then ends the message alone.
func (g *bgpPrinter) fits(at, n int) bool { return at+n <= len(g.d) }

// hex prints what no method explains.
func (g *bgpPrinter) hex(b []byte, indent string, at, n int) []byte {
	return appendIndentedHex(b, indent, clip(from(g.d, at), n))
}

// message prints the message of size bytes at offset at, all of which were captured.
func (g *bgpPrinter) message(b []byte, kind uint8, at, size int) (_ []byte, ok bool) {
	b = append(append(b, "\n\t"...), bgpMessageName(kind)...)
	b = appendInt(append(b, " Message ("...), int(kind))
	b = appendInt(append(b, "), length: "...), size)
	ok = true
	switch kind {
	case bgpOpen:
		b, ok = g.open(b, at, size)
	case bgpUpdate:
		b, ok = g.update(b, at, size)
	case bgpNotification:
		b, ok = g.notification(b, at, size)
	case bgpKeepalive:
	case bgpRefresh:
		if !g.fits(at, bgpHeaderLen+4) {
			return b, false
		}
		if size < bgpHeaderLen+4 {
			break
		}
		b = appendBGPFamily(append(b, "\n\t  "...), be16(g.d, at+bgpHeaderLen), g.d[at+bgpHeaderLen+3])
		if g.p.opts.Verbose > 1 {
			b = g.hex(b, "\n\t  ", at, size)
		}
	default:
		b = appendInt(append(b, "\n\t  no Message "...), int(kind))
		b = g.hex(append(b, " decoder"...), "\n\t  ", at, size)
	}
	return b, ok
}

// appendBGPFamily names an address family and one of its kinds of routes.
func appendBGPFamily(b []byte, afi uint16, safi uint8) []byte {
	b = append(append(b, "AFI "...), bgpAFIName(afi)...)
	b = append(appendInt(append(b, " ("...), int(afi)), ')')
	b = append(append(b, ", SAFI "...), bgpSAFIName(safi)...)
	return append(appendInt(append(b, " ("...), int(safi)), ')')
}

func bgpAFIName(afi uint16) string {
	switch afi {
	case 0:
		return "Reserved"
	case 1:
		return "IPv4"
	case 2:
		return "IPv6"
	case 3:
		return "NSAP"
	case 4:
		return "HDLC"
	case 5:
		return "BBN 1822"
	case 6:
		return "802"
	case 7:
		return "E.163"
	case 8:
		return "E.164"
	case 9:
		return "F.69"
	case 10:
		return "X.121"
	case 11:
		return "Novell IPX"
	case 12:
		return "Appletalk"
	case 13:
		return "Decnet IV"
	case 14:
		return "Banyan Vines"
	case 15:
		return "E.164 with NSAP subaddress"
	case 25:
		return "VPLS"
	case 196:
		return "Layer-2 VPN"
	}
	return "Unknown"
}

func bgpSAFIName(safi uint8) string {
	switch safi {
	case 0:
		return "Reserved"
	case 1:
		return "Unicast"
	case 2:
		return "Multicast"
	case 3:
		return "Unicast+Multicast"
	case 4:
		return "labeled Unicast"
	case 5:
		return "Multicast VPN"
	case 64:
		return "Tunnel"
	case 65:
		return "VPLS"
	case 66:
		return "MDT"
	case 70:
		return "EVPN"
	case 128:
		return "labeled VPN Unicast"
	case 129:
		return "labeled VPN Multicast"
	case 130:
		return "labeled VPN Unicast+Multicast"
	case 132:
		return "Route Target Routing Information"
	}
	return "Unknown"
}

func (g *bgpPrinter) open(b []byte, at, size int) ([]byte, bool) {
	const fixed = bgpHeaderLen + 10
	if size < fixed {
		return b, false
	}
	d := g.d[at:]
	b = appendInt(append(b, "\n\t  Version "...), int(d[19]))
	b = appendInt(append(b, ", my AS "...), int(be16(d, 20)))
	b = appendInt(append(b, ", Holdtime "...), int(be16(d, 22)))
	b = g.p.addr4(append(b, "s, ID "...), d[24:])
	params := int(d[28])
	b = appendInt(append(b, "\n\t  Optional parameters, length: "...), params)
	for i := 0; i < params; {
		if size < fixed+i+2 {
			return b, false
		}
		kind, n := d[fixed+i], int(d[fixed+i+1])
		if i+2+n > params {
			b = appendInt(append(b, "\n\t     Option "...), int(kind))
			b = appendInt(append(b, ", length: "...), n)
			return append(b, ", goes past the end of the options"...), true
		}
		name := "Unknown"
		switch kind {
		case 1:
			name = "Authentication Information"
		case 2:
			name = "Capabilities Advertisement"
		}
		b = append(append(b, "\n\t    Option "...), name...)
		b = appendInt(append(b, " ("...), int(kind))
		b = appendInt(append(b, "), length: "...), n)
		if kind == 2 {
			b = g.capabilities(b, at+fixed+i+2, n)
		} else {
			b = appendInt(append(b, "\n\t      no decoder for option "...), int(kind))
		}
		i += 2 + n
	}
	return b, true
}

// capabilities prints what an Open offers (RFC 5492).
func (g *bgpPrinter) capabilities(b []byte, at, n int) []byte {
	const header = 2
	for end := at + n; at < end; {
		if !g.fits(at, header) {
			return g.p.trunc(b, "bgp")
		}
		kind, size := g.d[at], int(g.d[at+1])
		b = append(append(b, "\n\t      "...), bgpCapabilityName(kind)...)
		b = appendInt(append(b, " ("...), int(kind))
		b = appendInt(append(b, "), length: "...), size)
		at += header
		if !g.fits(at, size) {
			return g.p.trunc(b, "bgp")
		}
		v := g.d[at : at+size]
		known := true
		switch kind {
		case 1:
			if size < 4 {
				return append(b, " (too short, < 4)"...)
			}
			b = appendBGPFamily(append(b, "\n\t\t"...), be16(v, 0), v[3])
		case 64:
			if size < 2 {
				return append(b, " (too short, < 2)"...)
			}
			b = appendBGPRestart(b, v)
		case 65:
			if size < 4 {
				return append(b, " (too short, < 4)"...)
			}
			b = appendInt(append(b, "\n\t\t 4 Byte AS "...), int(be32(v, 0)))
		case 69:
			b = g.manyPaths(b, v)
		case 8:
			for ; len(v) >= 4; v = v[4:] {
				b = appendBGPFamily(append(b, "\n\t\t"...), be16(v, 0), v[2])
				b = appendInt(append(b, ", Count: "...), int(v[3]))
			}
		case 2, 71, 128:
		default:
			known = false
			b = appendInt(append(b, "\n\t\tno decoder for Capability "...), int(kind))
		}
		if !known || g.p.opts.Verbose > 1 {
			b = g.hex(b, "\n\t\t", at, size)
		}
		at += size
	}
	return b
}

func bgpCapabilityName(kind uint8) string {
	switch kind {
	case 1:
		return "Multiprotocol Extensions"
	case 2:
		return "Route Refresh"
	case 3:
		return "Cooperative Route Filtering"
	case 4:
		return "Multiple Routes to a Destination"
	case 5:
		return "Extended Next Hop Encoding"
	case 8:
		return "Multiple Labels"
	case 64:
		return "Graceful Restart"
	case 65:
		return "32-Bit AS Number"
	case 67:
		return "Dynamic Capability"
	case 68:
		return "Multisession BGP"
	case 69:
		return "Multiple Paths"
	case 70:
		return "Enhanced Route Refresh"
	case 71:
		return "Long-lived Graceful Restart"
	case 128:
		return "Route Refresh (Cisco)"
	}
	return "Unknown"
}

// appendBGPRestart prints the capability of RFC 4724.
func appendBGPRestart(b, v []byte) []byte {
	b = append(b, "\n\t\tRestart Flags: ["...)
	if v[0]&0x80 != 0 {
		b = append(b, 'R')
	} else {
		b = append(b, "none"...)
	}
	b = appendInt(append(b, "], Restart Time "...), int(be16(v, 0)&0xfff))
	b = append(b, 's')
	for v = v[2:]; len(v) >= 4; v = v[4:] {
		b = appendBGPFamily(append(b, "\n\t\t  "...), be16(v, 0), v[2])
		b = append(b, ", Forwarding state preserved: "...)
		if v[3]&0x80 != 0 {
			b = append(b, "yes"...)
		} else {
			b = append(b, "no"...)
		}
	}
	return b
}

// manyPaths prints the capability of RFC 7911.
func (g *bgpPrinter) manyPaths(b, v []byte) []byte {
	if len(v) == 0 {
		return append(b, " (bogus)"...)
	}
	for ; len(v) >= 4; v = v[4:] {
		b = appendBGPFamily(append(b, "\n\t\t"...), be16(v, 0), v[2])
		b = append(b, ", Send/Receive: "...)
		switch v[3] {
		case 1:
			b = append(b, "Receive"...)
		case 2:
			b = append(b, "Send"...)
		case 3:
			b = append(b, "Both"...)
		default:
			b = append(appendHexNumber(append(b, "Bogus ("...), uint64(v[3]), 2), ')')
		}
	}
	if len(v) > 0 {
		b = g.p.invalid(b)
	}
	return b
}

func (g *bgpPrinter) notification(b []byte, at, size int) ([]byte, bool) {
	const fixed = bgpHeaderLen + 2
	if !g.fits(at, fixed) {
		return b, false
	}
	if size < fixed {
		return b, true
	}
	d := g.d[at:]
	major, minor := d[19], d[20]
	b = append(append(b, ", "...), bgpErrorName(major)...)
	b = append(appendInt(append(b, " ("...), int(major)), ')')
	if names := bgpSubcodeNames(major); names != nil {
		name := "Unknown"
		if int(minor) < len(names) && names[minor] != "" {
			name = names[minor]
		}
		if major != 5 && major != 7 {
			b = append(b, ',')
		}
		b = append(append(b, " subcode "...), name...)
		b = append(appendInt(append(b, " ("...), int(minor)), ')')
	}
	if major != 6 {
		return b, true
	}
	switch {
	case minor == 1 && size >= fixed+7:
		b = appendBGPFamily(append(b, ", "...), be16(d, fixed), d[fixed+2])
		b = appendInt(append(b, ", Max Prefixes: "...), int(be32(d, fixed+3)))
	case (minor == 2 || minor == 4) && size > fixed:
		b = g.shutdown(b, at+fixed, size-fixed)
	}
	return b, true
}

// shutdown prints why a session ends, in words (RFC 8203).
func (g *bgpPrinter) shutdown(b []byte, at, left int) []byte {
	n := int(g.d[at])
	switch {
	case n == 0:
		b = append(b, ", empty Shutdown Communication"...)
		at, left = at+1, left-1
	case n+1 > left:
		b = append(b, ", invalid Shutdown Communication length"...)
	default:
		b = appendInt(append(b, ", Shutdown Communication (length: "...), n)
		b = appendVisibleText(append(b, `): "`...), g.d[at+1:at+1+n])
		b = append(b, '"')
		at, left = at+1+n, left-1-n
	}
	if left > 0 {
		b = appendInt(append(b, ", Data: (length: "...), left)
		b = g.hex(append(b, ')'), "\n\t\t", at, left)
	}
	return b
}

func bgpErrorName(major uint8) string {
	switch major {
	case 1:
		return "Message Header Error"
	case 2:
		return "OPEN Message Error"
	case 3:
		return "UPDATE Message Error"
	case 4:
		return "Hold Timer Expired"
	case 5:
		return "Finite State Machine Error"
	case 6:
		return "Cease"
	case 7:
		return "Capability Message Error"
	}
	return "Unknown Error"
}

var (
	bgpHeaderErrors = []string{1: "Connection Not Synchronized", 2: "Bad Message Length", 3: "Bad Message Type"}
	bgpOpenErrors   = []string{1: "Unsupported Version Number", 2: "Bad Peer AS", 3: "Bad BGP Identifier", 4: "Unsupported Optional Parameter",
		5: "Authentication Failure", 6: "Unacceptable Hold Time", 7: "Capability Message Error"}
	bgpUpdateErrors = []string{1: "Malformed Attribute List", 2: "Unrecognized Well-known Attribute", 3: "Missing Well-known Attribute",
		4: "Attribute Flags Error", 5: "Attribute Length Error", 6: "Invalid ORIGIN Attribute", 7: "AS Routing Loop",
		8: "Invalid NEXT_HOP Attribute", 9: "Optional Attribute Error", 10: "Invalid Network Field", 11: "Malformed AS_PATH"}
	bgpStateErrors = []string{"Unspecified Error", "In OpenSent State", "In OpenConfirm State", "In Established State"}
	bgpCeaseErrors = []string{1: "Maximum Number of Prefixes Reached", 2: "Administrative Shutdown", 3: "Peer Unconfigured",
		4: "Administrative Reset", 5: "Connection Rejected", 6: "Other Configuration Change", 7: "Connection Collision Resolution"}
	bgpCapabilityErrors = []string{1: "Invalid Action Value", 2: "Invalid Capability Length", 3: "Malformed Capability Value",
		4: "Unsupported Capability Code"}
)

// bgpSubcodeNames gives the names of what can be wrong in one way, nil where there are none.
func bgpSubcodeNames(major uint8) []string {
	switch major {
	case 1:
		return bgpHeaderErrors
	case 2:
		return bgpOpenErrors
	case 3:
		return bgpUpdateErrors
	case 5:
		return bgpStateErrors
	case 6:
		return bgpCeaseErrors
	case 7:
		return bgpCapabilityErrors
	}
	return nil
}
