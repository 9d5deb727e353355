package format

import "smoltcp/dissect"

// etherTypeArista announces a tag in which a switch says when it saw the frame. What was tagged follows, its EtherType first.
const etherTypeArista dissect.EtherType = 0xd28b

// aristaTag prints the tag of a switch. size is its length; zero if it has none that is known, and below zero if it was not
// captured whole, which has been said then.
func (p *Line) aristaTag(b, d []byte) (_ []byte, size int) {
	const fixed, timestamp = 4, 1
	kind := be16(d, 0)
	name := ""
	if kind == timestamp {
		name = "Timestamp"
	}
	b = append(appendNamed(append(b, "SubType "...), name, "Unknown", uint64(kind), 4), ", "...)
	if kind != timestamp {
		return b, 0
	}
	if len(d) < 3 {
		return p.stop(b, "arista"), -1
	}
	name = "Unknown"
	switch d[2] {
	case 0:
		name = "TAI"
	case 1:
		name = "UTC"
	}
	b = appendArista(append(b, "Timescale "...), name, d[2])
	if len(d) < fixed {
		return p.stop(b, "arista"), -1
	}
	form, name := d[3]>>4, "Unknown"
	switch form {
	case 1:
		name, size = "64-bit", fixed+8
	case 2:
		name, size = "48-bit", fixed+6
	}
	b = appendArista(append(b, "Format "...), name, form)
	name = "Unknown"
	switch d[3] & 15 {
	case 0:
		name = "R/R2"
	case 1:
		name = "R3"
	}
	b = append(appendArista(append(b, "HwInfo "...), name, d[3]&15), "Timestamp "...)
	if len(d) < size {
		return p.stop(b, "arista"), -1
	}
	if size == 0 {
		return b, 0
	}
	nanos := int64(be32(d, size-4)) // a second and more of them count
	if form == 1 {
		days, sod := splitDay(int64(be32(d, fixed)) + nanos/second)
		var c calendar
		b = appendHMS(append(c.append(b, days), ' '), sod)
	} else {
		b = appendInt(b, int(be16(d, fixed))+int(nanos/second))
	}
	return append(appendPadded(append(b, '.'), uint64(nanos%second), 9), ": "...), size
}

// appendArista appends a name and the number it stands for.
func appendArista(b []byte, name string, v uint8) []byte {
	return append(appendInt(append(append(b, name...), " ("...), int(v)), "), "...)
}
