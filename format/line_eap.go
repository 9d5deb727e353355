package format

var eapolNames = [...]string{"EAP packet", "EAPOL start", "EAPOL logoff", "EAPOL key", "Encapsulated ASF alert"}

// eapol prints an EAPOL frame (IEEE 802.1X clause 11), and the EAP packet in it with -v.
func (p *Line) eapol(b, d []byte, length int) []byte {
	if length < 4 || len(d) < 4 {
		return p.trunc(b, "eap")
	}
	kind, n := d[1], int(be16(d, 2))
	b = appendName(b, eapolNames[:], kind, "unknown")
	b = appendInt(append(b, " ("...), int(kind))
	b = appendInt(append(b, ") v"...), int(d[0]))
	b = appendInt(append(b, ", len "...), n)
	if p.opts.Verbose == 0 || kind != 0 {
		return b
	}
	if n == 0 {
		return p.trunc(b, "eap")
	}
	return p.eap(append(b, ", "...), d[4:], n)
}

var (
	eapCodes = [...]string{1: "Request", 2: "Response", 3: "Success", 4: "Failure"}
	eapTypes = [...]string{
		0: "No proposed", 1: "Identity", 2: "Notification", 3: "Nak", 4: "MD5-challenge", 5: "OTP", 6: "GTC", 13: "TLS", 18: "SIM", 21: "TTLS",
		23: "AKA", 43: "FAST", 254: "Expanded types", 255: "Experimental",
	}
	eapTLSFlags = []bitName{{0x80, "L bit"}, {0x40, "More fragments bit"}, {0x20, "Start bit"}}
	eapAKATypes = [...]string{
		1: "Challenge", 2: "Auth reject", 4: "Sync failure", 5: "Identity", 10: "Start", 11: "Challenge", 12: "Notification", 13: "Reauth",
		14: "Client error",
	}
)

// eap prints an EAP packet (RFC 3748 section 4), which fills the n bytes of its frame if it is no fragment.
func (p *Line) eap(b, d []byte, n int) []byte {
	if len(d) < 4 {
		return p.stop(b, "eap")
	}
	code, size := d[0], int(be16(d, 2))
	if size != n {
		return append(b, "EAP fragment?"...)
	}
	b = appendName(b, eapCodes[:], code, "unknown")
	b = appendInt(append(b, " ("...), int(code))
	b = appendInt(append(b, "), id "...), int(d[1]))
	b = appendInt(append(b, ", len "...), size)
	if size < 4 {
		return append(b, " (too short for EAP header)"...)
	}
	if size > len(d) {
		return p.trunc(b, "eap")
	}
	if code != 1 && code != 2 {
		return b
	}
	if size < 5 {
		return append(b, " (too short for EAP request/response)"...)
	}
	kind, v := d[4], d[5:size]
	b = appendName(append(b, "\n\t\t Type "...), eapTypes[:], kind, "unknown")
	b = append(appendInt(append(b, " ("...), int(kind)), ')')
	switch kind {
	case 1:
		if len(v) > 0 {
			b, _ = appendVisibleZ(append(b, ", Identity: "...), v, len(v))
		}
	case 2:
		if len(v) < 1 {
			return append(b, " (too short for EAP Notification request/response)"...)
		}
		b, _ = appendVisibleZ(append(b, ", Notification: "...), v, len(v))
	case 3:
		if len(v) < 1 {
			return append(b, " (too short for EAP Legacy NAK request/response)"...)
		}
		for i, c := range v {
			sep := ", "
			if i == 0 {
				sep = " "
			}
			b = appendName(append(b, sep...), eapTypes[:], c, "unknown")
			b = append(appendInt(append(b, " ("...), int(c)), ')')
		}
	case 13, 21:
		if len(v) < 1 {
			return append(b, " (too short for EAP TLS/TTLS request/response)"...)
		}
		if kind == 21 {
			b = appendInt(append(b, " TTLSv"...), int(v[0]&7))
		}
		return appendEAPFlags(b, v, " (too short for EAP TLS/TTLS request/response with length)")
	case 43:
		if len(v) < 1 {
			return append(b, " (too short for EAP FAST request/response)"...)
		}
		b = appendInt(append(b, " FASTv"...), int(v[0]&7))
		return appendEAPFlags(b, v, " (too short for EAP FAST request/response with length)")
	case 18, 23:
		if len(v) < 1 {
			return append(b, " (too short for EAP SIM/AKA request/response)"...)
		}
		b = appendName(append(b, " subtype ["...), eapAKATypes[:], v[0], "unknown")
		b = appendHexNumber(append(b, "] "...), uint64(v[0]), 2)
	}
	return b
}

// appendEAPFlags appends the flags of a method that carries TLS, and the length of the message if it is there; short
// is what to say if it should be and is not.
func appendEAPFlags(b, v []byte, short string) []byte {
	b = appendBits(append(b, " flags ["...), eapTLSFlags, uint32(v[0]), ", ", "none")
	b = appendHexNumber(append(b, "] "...), uint64(v[0]), 2)
	if v[0]&0x80 == 0 {
		return b
	}
	if len(v) < 5 {
		return append(b, short...)
	}
	return appendDecimal(append(b, ", len "...), uint64(be32(v, 1)))
}
