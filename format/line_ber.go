package format

// berKind is what the value of an element is, as SNMP has it.
type berKind uint8

const (
	berAny berKind = iota
	berOctets
	berNull
	berOID
	berInt
	berUint
	berUint64
	berString
	berSequence
	berAddr
	berNoObject
	berNoInstance
	berEndOfView
	berPDU
)

// berElement is an element of ASN.1's Basic Encoding Rules: its header has been read.
type berElement struct {
	kind berKind
	id   int
	data []byte
	num  uint64
	end  int // its length, header included

	named bool // identifiers are shown by their names
}

// berNames are the identifiers of each class that have a name.
var berNames = [4][]string{
	{
		"U-0", "Boolean", "Integer", "Bitstring", "String", "Null", "ObjID", "ObjectDes", "U-8", "U-9", "U-10", "U-11", "U-12", "U-13", "U-14",
		"U-15", "Sequence", "Set",
	},
	{"IpAddress", "Counter", "Gauge", "TimeTicks", "Opaque", "C-5", "Counter64"},
	{"GetRequest", "GetNextRequest", "GetResponse", "SetRequest", "Trap", "GetBulk", "Inform", "V2Trap", "Report"},
	{"P-0"},
}

// berHeader reads the identifier and the length of the element at the start of d, of which n bytes were there, and
// gives what follows them. It says why if it cannot, and reports false.
func (p *Line) berHeader(b, d []byte, n int) (_ []byte, first, id byte, size int, rest []byte, left int, ok bool) {
	fail := func(b []byte) ([]byte, byte, byte, int, []byte, int, bool) { return b, 0, 0, 0, nil, 0, false }
	if n == 0 {
		return fail(append(b, "[nothing to parse]"...))
	}
	if len(d) == 0 {
		return fail(p.stop(b, "snmp"))
	}
	first, d, n = d[0], d[1:], n-1
	id = first & 31
	if id == 31 { // it goes on, seven bits a byte, of which tcpdump keeps eight
		id = 0
		for more := true; more; d, n = d[1:], n-1 {
			if cap(d) == 0 { // captured, if not of the element
				return fail(p.stop(b, "snmp"))
			}
			if len(d) == 0 {
				return fail(append(b, "[Xtagfield?]"...))
			}
			more = d[0]&0x80 != 0
			id = id<<7 | d[0]&0x7f
		}
	}
	if n < 1 {
		return fail(append(b, "[no asnlen]"...))
	}
	if len(d) == 0 {
		return fail(p.stop(b, "snmp"))
	}
	size, d, n = int(d[0]), d[1:], n-1
	if size&0x80 != 0 {
		k := size & 0x7f
		if n < k {
			b = appendInt(append(b, "[asnlen? "...), n)
			return fail(append(appendInt(append(b, '<'), k), ']'))
		}
		if len(d) < k {
			return fail(p.trunc(b, "snmp"))
		}
		v := uint32(0)
		for _, c := range d[:k] {
			v = v<<8 | uint32(c)
		}
		size, d, n = int(v), d[k:], n-k
	}
	if n < size {
		b = appendInt(append(b, "[len"...), n)
		return fail(append(appendInt(append(b, "<asnlen"...), size), ']'))
	}
	return b, first, id, size, d, n - size, true
}

// berElement reads the element at the start of d, all of which was captured. It prints the names of types that have no
// printer of their own. It gives what follows the element, and reports false if it cannot be read.
func (p *Line) berElement(b, d []byte) (_ []byte, e berElement, rest []byte, ok bool) {
	b, e, _, ok = p.berOuter(b, d, len(d))
	if !ok {
		return b, e, nil, false
	}
	return b, e, d[e.end:], true
}

// berOuter is berElement for the outermost element, of whose n bytes d was captured; left is how many follow it. An
// element that was not captured whole is not read.
func (p *Line) berOuter(b, d []byte, n int) (_ []byte, e berElement, left int, ok bool) {
	b, first, id, size, rest, left, ok := p.berHeader(b, d, n)
	if !ok {
		return b, e, 0, false
	}
	class, constructed := first>>6, first&0x20 != 0
	if int(id) >= len(berNames[class]) {
		form := byte('P')
		if constructed {
			form = 'C'
		}
		b = append(append(append(b, "[id?"...), form), "/x/"...)
		return append(appendInt(b, int(id)), ']'), e, 0, false
	}
	if len(rest) < size {
		return p.trunc(b, "snmp"), e, 0, false
	}
	e.id, e.data, e.end, e.named = int(id), rest[:size], len(d)-len(rest)+size, p.opts.Names != nil
	b, ok = e.read(b, class, constructed)
	return b, e, left, ok
}

// read finds out what the value of an element is, by its class and form.
func (e *berElement) read(b []byte, class byte, constructed bool) ([]byte, bool) {
	id := e.id
	name := berNames[class][id]
	if constructed {
		switch {
		case class == 0 && id == 16:
			e.kind = berSequence
		case class == 2:
			e.kind = berPDU
		default:
			e.kind = berOctets
			b = append(append(b, "C/"...), "Uxxx"[class])
			b = append(append(b, '/'), name...)
		}
		return b, true
	}
	switch class<<5 | byte(id) {
	case 0<<5 | 2:
		if len(e.data) == 0 {
			return append(b, "[asnlen=0]"...), false
		}
		v := int32(int8(e.data[0]))
		for _, c := range e.data[1:] {
			v = v<<8 | int32(c)
		}
		e.kind, e.num = berInt, uint64(v)
	case 0<<5 | 4:
		e.kind = berString
	case 0<<5 | 5:
		e.kind = berNull
	case 0<<5 | 6:
		e.kind = berOID
	case 1 << 5:
		e.kind = berAddr
	case 1<<5 | 1, 1<<5 | 2, 1<<5 | 3, 1<<5 | 6:
		e.kind = berUint
		for _, c := range e.data {
			e.num = e.num<<8 | uint64(c)
		}
		if id == 6 {
			e.kind = berUint64
		} else {
			e.num &= 0xffffffff
		}
	case 2 << 5:
		e.kind = berNoObject
	case 2<<5 | 1:
		e.kind = berNoInstance
	case 2<<5 | 2:
		e.kind = berEndOfView
	default:
		if class == 2 {
			break
		}
		e.kind = berOctets
		b = append(append(b, "[P/"...), "UAxx"[class])
		b = append(append(append(b, '/'), name...), ']')
	}
	return b, true
}

// append appends the value of an element.
func (e *berElement) append(b []byte) []byte {
	switch e.kind {
	case berAny:
		return append(b, "[BE_ANY!?]"...)
	case berOctets:
		return e.appendOctets(b)
	case berOID:
		if e.named {
			return appendOIDNames(b, e.data)
		}
		return appendBEROID(b, e.data)
	case berInt:
		return appendSigned(b, int(int64(e.num)))
	case berUint, berUint64:
		return appendDecimal(b, e.num)
	case berString:
		return appendBERString(b, e.data)
	case berSequence:
		return append(appendInt(append(b, "Seq("...), len(e.data)), ')')
	case berAddr:
		if len(e.data) != 4 {
			b = append(b, "[inetaddr len!=4]"...)
		}
		for i, c := range e.data {
			if i > 0 {
				b = append(b, '.')
			}
			b = appendInt(b, int(c))
		}
	case berNoObject:
		return append(b, "[noSuchObject]"...)
	case berNoInstance:
		return append(b, "[noSuchInstance]"...)
	case berEndOfView:
		return append(b, "[endOfMibView]"...)
	case berPDU:
		return append(appendInt(append(append(b, berNames[2][e.id]...), '('), len(e.data)), ')')
	}
	return b
}

func (e *berElement) appendOctets(b []byte) []byte {
	for _, c := range e.data {
		b = append(b, '_', hexDigits[c>>4], hexDigits[c&15])
	}
	return b
}

// appendBEROID appends an object identifier. Its first number holds two; tcpdump takes that one with a sign.
func appendBEROID(b, d []byte) []byte {
	v, first := uint32(0), true
	for _, c := range d {
		v = v<<7 | uint32(c&0x7f)
		if c&0x80 != 0 {
			continue
		}
		if first {
			s := min(int32(v)/40, 2)
			b = appendDecimal(append(b, '.'), uint64(uint32(s)))
			v, first = v-uint32(40*s), false
		}
		b = appendDecimal(append(b, '.'), uint64(v))
		v = 0
	}
	return b
}

// appendBERString appends text in quotes, or bytes that are no text in hexadecimal.
func appendBERString(b, d []byte) []byte {
	for _, c := range d {
		if c < ' ' || c > '~' {
			for i, c := range d {
				if i > 0 {
					b = append(b, '_')
				}
				b = append(b, hexDigits[c>>4], hexDigits[c&15])
			}
			return b
		}
	}
	return append(append(append(b, '"'), d...), '"')
}
