package format

import "encoding/binary"

// Types of messages of Kerberos 4, whose lowest bit tells the byte order.
const (
	krbRequest    = 2
	krbReply      = 4
	krbAppRequest = 6
	krbError      = 10
	krbDie        = 126
)

var krbTypes = [...]string{
	krbRequest: "KDC_REQUEST", krbReply: "KDC_REPLY", krbAppRequest: "APPL_REQUEST", 8: "APPL_REQUEST_MUTUAL", krbError: "ERR_REPLY",
	12: "PRIVATE", 14: "SAFE", 16: "APPL_ERR",
}

// kerberos prints a message of Kerberos 4 and no more than the version of others.
func (p *Line) kerberos(b, d []byte, _ int, _ ipContext) []byte {
	if len(d) < 1 {
		return p.trunc(b, "krb")
	}
	switch d[0] {
	case 1, 2, 3:
		return appendInt(append(b, " v"...), int(d[0]))
	case 4:
		return p.kerberos4(append(b, " v4"...), d)
	case 106, 107:
		return append(b, " v5"...)
	}
	return b
}

func (p *Line) kerberos4(b, d []byte) []byte {
	if len(d) < 2 {
		return p.stop(b, "krb")
	}
	little := d[1]&1 != 0
	if little {
		b = append(b, " le "...)
	} else {
		b = append(b, " be "...)
	}
	kind := d[1] &^ 1
	switch {
	case int(kind) < len(krbTypes) && krbTypes[kind] != "":
		b = append(b, krbTypes[kind]...)
	case kind == krbDie:
		b = append(b, "DIE"...)
	default:
		b = appendInt(append(b, '#'), int(kind))
	}
	b = append(b, ": "...)
	d = d[2:]
	var ok bool
	switch kind {
	case krbRequest:
		const life, service = 4, 5
		if b, d, ok = p.kerberosName(b, d); !ok {
			return b
		}
		if len(d) <= life {
			return p.stop(b, "krb")
		}
		b = append(appendInt(append(b, ' '), 5*int(d[life])), "min "...)
		if b, d, ok = p.kerberosText(b, d[service:]); !ok {
			return b
		}
		b, _, _ = p.kerberosText(append(b, '.'), d)
	case krbReply:
		const size = 10
		if b, d, ok = p.kerberosName(b, d); !ok {
			return b
		}
		if len(d) < size+2 {
			return p.stop(b, "krb")
		}
		b = append(appendInt(append(b, " ("...), int(kerberos16(d[size:], little))), ')')
	case krbAppRequest:
		if len(d) < 1 {
			return p.stop(b, "krb")
		}
		b = append(appendInt(append(b, 'v'), int(d[0])), ' ')
		if b, d, ok = p.kerberosText(b, d[1:]); !ok {
			return b
		}
		for range 2 { // of the ticket and what proves that it is one's own
			if len(d) < 1 {
				return p.stop(b, "krb")
			}
			b = append(appendInt(append(b, " ("...), int(d[0])), ')')
			d = d[1:]
		}
	case krbError:
		const code, text = 4, 8
		if b, d, ok = p.kerberosName(b, d); !ok {
			return b
		}
		if len(d) < code+2 {
			return p.stop(b, "krb")
		}
		b = append(appendKerberosError(append(b, ' '), int(kerberos16(d[code:], little))), ' ')
		b, _, _ = p.kerberosText(b, from(d, text))
	default:
		b = append(b, "(unknown)"...)
	}
	return b
}

// kerberosName prints "name.instance@realm".
func (p *Line) kerberosName(b, d []byte) (_, rest []byte, ok bool) {
	if b, d, ok = p.kerberosText(b, d); !ok {
		return b, nil, false
	}
	if b, d, ok = p.kerberosText(append(b, '.'), d); !ok {
		return b, nil, false
	}
	return p.kerberosText(append(b, '@'), d)
}

// kerberosText prints text up to a zero, which it reports missing, and gives what follows.
func (p *Line) kerberosText(b, d []byte) (_, rest []byte, ok bool) {
	for i, c := range d {
		if c == 0 {
			return b, d[i+1:], true
		}
		b = appendVisible(b, c)
	}
	return p.trunc(b, "krb"), nil, false
}

// kerberos16 reads a number in the byte order of its message.
func kerberos16(d []byte, little bool) uint16 {
	if little {
		return binary.LittleEndian.Uint16(d)
	}
	return binary.BigEndian.Uint16(d)
}

var kerberosErrors = [...]string{
	"OK", "NAME_EXP", "SERVICE_EXP", "AUTH_EXP", "PKT_VER", "NAME_MAST_KEY_VER", "SERV_MAST_KEY_VER", "BYTE_ORDER", "PRINCIPAL_UNKNOWN",
	"PRINCIPAL_NOT_UNIQUE", "NULL_KEY",
}

func appendKerberosError(b []byte, code int) []byte {
	if code < len(kerberosErrors) {
		return append(b, kerberosErrors[code]...)
	}
	return appendInt(append(b, '#'), code)
}
