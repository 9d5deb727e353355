package dns

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"smoltcp/dissect"
)

// String is the record as a line of a zone file (RFC 1035 section 5.1), the pieces apart by tabs. Nothing in it can move a cursor.
func (r Record) String() string {
	return fmt.Sprintf("%s\t%d\t%s\t%s\t%s", r.Name, r.TTL, ClassText(r.Class), TypeText(r.Type), r.DataString())
}

// TypeText is the name of a type, or TYPE with its number (RFC 3597 section 5).
func TypeText(t Type) string {
	if name := t.Name(); name != "" {
		return name
	}
	return "TYPE" + strconv.Itoa(int(t))
}

// ParseType reads what TypeText writes, in any case.
func ParseType(text string) (Type, bool) {
	text = strings.ToUpper(text)
	if digits, ok := strings.CutPrefix(text, "TYPE"); ok {
		n, err := strconv.ParseUint(digits, 10, 16)
		return Type(n), err == nil
	}
	for t := Type(1); t < 512; t++ {
		if t.Name() == text && text != "" {
			return t, true
		}
	}
	return 0, false
}

// ClassText is the name of a class, or CLASS with its number.
func ClassText(c uint16) string {
	switch c {
	case dissect.DNSClassIN:
		return "IN"
	case dissect.DNSClassCH:
		return "CH"
	case dissect.DNSClassHS:
		return "HS"
	case dissect.DNSClassNone:
		return "NONE"
	case dissect.DNSClassAny:
		return "ANY"
	}
	return "CLASS" + strconv.Itoa(int(c))
}

// dataForms says how the data of a type is written, a letter for each piece: 1, 2 and 4 are numbers of so many bytes, t a date of
// four, n a name, s a text behind its length and S as many as there are, T a type, a and b addresses, x the rest in hexadecimal and
// 6 in base 64, w the rest as a text, B the types in a bitmap.
var dataForms = map[Type]string{
	dissect.DNSTypeA: "a", dissect.DNSTypeAAAA: "b", dissect.DNSTypeNS: "n", dissect.DNSTypeCNAME: "n", dissect.DNSTypeDNAME: "n",
	dissect.DNSTypePTR: "n", dissect.DNSTypeSOA: "nn44444", dissect.DNSTypeMX: "2n", dissect.DNSTypeTXT: "S", dissect.DNSTypeSPF: "S",
	dissect.DNSTypeHINFO: "ss", dissect.DNSTypeSRV: "222n", dissect.DNSTypeNAPTR: "22sssn", dissect.DNSTypeCAA: "1cw", 17: "nn", 18: "2n",
	dissect.DNSTypeDS: "211x", dissect.DNSTypeCDS: "211x", dissect.DNSTypeSSHFP: "11x", dissect.DNSTypeTLSA: "111x",
	dissect.DNSTypeDNSKEY: "2116", dissect.DNSTypeCDNSKEY: "2116", dissect.DNSTypeRRSIG: "T114tt2n6", dissect.DNSTypeNSEC: "nB",
	dissect.DNSTypeURI: "22w",
}

// DataString is the data as a zone file has it; where that is not known, or the data does not fit its type, as RFC 3597 section 5
// says: \# 2 0a0b.
func (r Record) DataString() string {
	w := dataWriter{rest: r.Data}
	form, known := dataForms[r.Type]
	switch {
	case known:
		for i := range len(form) {
			w.piece(form[i])
		}
	case r.Type == dissect.DNSTypeSVCB || r.Type == dissect.DNSTypeHTTPS:
		w.piece('2')
		w.piece('n')
		for len(w.rest) > 0 && !w.bad {
			w.parameter()
		}
	default:
		w.bad = true
	}
	if w.bad || len(w.rest) > 0 {
		return strings.TrimRight(fmt.Sprintf(`\# %d %x`, len(r.Data), r.Data), " ")
	}
	return string(w.text)
}

// dataWriter writes data as text, piece by piece. It is bad once a piece did not fit.
type dataWriter struct {
	text, rest []byte
	bad        bool
}

// take gives the next n bytes.
func (w *dataWriter) take(n int) []byte {
	if w.bad || n > len(w.rest) {
		w.bad = true
		return make([]byte, n)
	}
	b := w.rest[:n]
	w.rest = w.rest[n:]
	return b
}

func (w *dataWriter) add(s string) {
	if len(w.text) > 0 {
		w.text = append(w.text, ' ')
	}
	w.text = append(w.text, s...)
}

// long adds a text that may be long, in pieces of the length that dig has them in.
func (w *dataWriter) long(s string) {
	const piece = 56
	for ; len(s) > piece; s = s[piece:] {
		w.add(s[:piece])
	}
	w.add(s)
}

func (w *dataWriter) quoted(b []byte) {
	w.add(string(append(appendEscaped([]byte{'"'}, string(b), `"\`), '"')))
}

// str gives the next text behind its length.
func (w *dataWriter) str() []byte { return w.take(int(w.take(1)[0])) }

func (w *dataWriter) piece(form byte) {
	if w.bad {
		return
	}
	switch form {
	case '1':
		w.add(strconv.Itoa(int(w.take(1)[0])))
	case '2':
		w.add(strconv.Itoa(int(binary.BigEndian.Uint16(w.take(2)))))
	case '4':
		w.add(strconv.FormatUint(uint64(binary.BigEndian.Uint32(w.take(4))), 10))
	case 't':
		w.add(dateText(binary.BigEndian.Uint32(w.take(4))))
	case 'T':
		w.add(TypeText(Type(binary.BigEndian.Uint16(w.take(2)))))
	case 'a':
		w.add(netip.AddrFrom4([4]byte(w.take(4))).String())
	case 'b':
		w.add(netip.AddrFrom16([16]byte(w.take(16))).String())
	case 'n':
		n, rest, ok := cutName(w.rest)
		if !ok {
			w.bad = true
			return
		}
		w.rest = rest
		w.add(n.String())
	case 's':
		w.quoted(w.str())
	case 'S':
		for first := true; (first || len(w.rest) > 0) && !w.bad; first = false {
			w.quoted(w.str())
		}
	case 'c':
		w.add(string(appendEscaped(nil, string(w.str()), `"\();@$ `)))
	case 'w':
		w.quoted(w.take(len(w.rest)))
	case 'x':
		w.long(strings.ToUpper(hex.EncodeToString(w.take(len(w.rest)))))
	case '6':
		w.long(base64.StdEncoding.EncodeToString(w.take(len(w.rest))))
	case 'B':
		types, ok := typeSet(w.rest)
		if !ok {
			w.bad = true
			return
		}
		w.rest = nil
		for _, t := range types {
			w.add(TypeText(t))
		}
	}
}

var svcKeys = [...]string{"mandatory", "alpn", "no-default-alpn", "port", "ipv4hint", "ech", "ipv6hint"}

// parameter writes a parameter of a service binding (RFC 9460 section 2.1).
func (w *dataWriter) parameter() {
	key := int(binary.BigEndian.Uint16(w.take(2)))
	v := dataWriter{rest: w.take(int(binary.BigEndian.Uint16(w.take(2))))}
	if w.bad {
		return
	}
	name := "key" + strconv.Itoa(key)
	if key < len(svcKeys) {
		name = svcKeys[key]
	}
	if len(v.rest) == 0 {
		w.add(name)
		return
	}
	var list []string
	for len(v.rest) > 0 && !v.bad {
		switch key {
		case 0:
			k := int(binary.BigEndian.Uint16(v.take(2)))
			if k < len(svcKeys) {
				list = append(list, svcKeys[k])
			} else {
				list = append(list, "key"+strconv.Itoa(k))
			}
		case 1:
			list = append(list, string(appendEscaped(nil, string(v.str()), `",\`)))
		case 3:
			list = append(list, strconv.Itoa(int(binary.BigEndian.Uint16(v.take(2)))))
		case 4:
			list = append(list, netip.AddrFrom4([4]byte(v.take(4))).String())
		case 5:
			list = append(list, base64.StdEncoding.EncodeToString(v.take(len(v.rest))))
		case 6:
			list = append(list, netip.AddrFrom16([16]byte(v.take(16))).String())
		default:
			list = append(list, string(appendEscaped(nil, string(v.take(len(v.rest))), `"\`)))
		}
	}
	if v.bad {
		w.bad = true
		return
	}
	value := strings.Join(list, ",")
	if key == 1 || key >= len(svcKeys) {
		value = `"` + value + `"`
	}
	w.add(name + "=" + value)
}

// dateText is a time in seconds since 1970 as YYYYMMDDHHmmSS (RFC 4034 section 3.2).
func dateText(seconds uint32) string {
	return time.Unix(int64(seconds), 0).UTC().Format("20060102150405")
}

// typeSet reads the types of a bitmap (RFC 4034 section 4.1.2).
func typeSet(b []byte) (types []Type, ok bool) {
	for len(b) > 0 {
		if len(b) < 2 || b[1] == 0 || b[1] > 32 || len(b) < 2+int(b[1]) {
			return nil, false
		}
		window, bits := int(b[0]), b[2:2+int(b[1])]
		for i, c := range bits {
			for j := range 8 {
				if c&(0x80>>j) != 0 {
					types = append(types, Type(window<<8|i<<3|j))
				}
			}
		}
		b = b[2+len(bits):]
	}
	return types, true
}

// appendTypeSet appends a bitmap with types below 256.
func appendTypeSet(b []byte, types ...Type) []byte {
	var bits [32]byte
	last := 0
	for _, t := range types {
		bits[t>>3] |= 0x80 >> (t & 7)
		last = max(last, int(t>>3))
	}
	return append(append(b, 0, byte(last+1)), bits[:last+1]...)
}
