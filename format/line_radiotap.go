package format

// radiotap prints a frame with a radiotap header (radiotap.org) and gives the length of its headers.
func (p *Line) radiotap(b, d []byte, length int) ([]byte, int) {
	const (
		fixed    = 8
		extended = 1 << 31 // another word of presence bits follows
	)
	if len(d) < fixed {
		return p.trunc(b, "802.11_radio"), len(d)
	}
	n := int(le16(d, 2))
	if n < fixed || len(d) < n {
		return p.trunc(b, "802.11_radio"), len(d)
	}
	r := radiotapReader{d: d[:n], at: fixed}
	for last := 4; last+4 <= n && le32(d, last)&extended != 0; {
		if last += 4; last+4 > n {
			return p.trunc(b, "802.11_radio"), len(d)
		}
		r.at = last + 4
	}
	b = p.radiotapFields(b, &r)
	fcs := 0
	if r.flags&radiotapFCS != 0 {
		fcs = 4
	}
	b, header := p.wlan(b, d[n:], unsigned(length-n), fcs, r.flags&radiotapPadded != 0)
	return b, n + header
}

// radiotapFields prints the fields that the words of presence bits at the front of a header announce. The words after one that
// says so are their vendor's, and stand for bytes that are skipped.
func (p *Line) radiotapFields(b []byte, r *radiotapReader) []byte {
	const radiotapSpace, vendorSpace = 1 << 29, 1 << 30
	words, base, ours := r.at, 0, true
	for at := 4; at < words; at += 4 {
		present := le32(r.d, at)
		if ours {
			var more bool
			if b, more = p.radiotapWord(b, r, present, base); !more {
				return b
			}
		}
		switch present & (radiotapSpace | vendorSpace) {
		case 0:
			base += 32
		case vendorSpace:
			base, ours = 0, false
			if r.next(2, 3) == nil { // who the vendor is
				b = p.trunc(b, "802.11_radio")
				continue
			}
			v := r.next(2, 2)
			if v == nil {
				b = p.trunc(b, "802.11_radio")
				continue
			}
			if r.at += int(le16(v, 0)); r.at > len(r.d) {
				return b
			}
		case radiotapSpace:
			base, ours = 0, true
		default: // both: whose they are stays as it was
			base = 0
		}
	}
	return b
}

// Bits of radiotap's flags.
const (
	radiotapFCS    = 0x10
	radiotapPadded = 0x20
)

// radiotapReader takes fields from a radiotap header, each at a multiple of its own alignment from the beginning.
type radiotapReader struct {
	d     []byte
	at    int
	flags uint8 // as they were read
	cut   bool  // the last field was not whole
}

// next gives the following n bytes, aligned, or nil if they are not there.
func (r *radiotapReader) next(align, n int) []byte {
	at := (r.at + align - 1) &^ (align - 1)
	if r.cut = at+n > len(r.d); r.cut {
		return nil
	}
	r.at = at + n
	return r.d[at:r.at]
}

// Numbers of radiotap's fields: bits of its presence words.
const (
	radiotapTSFT = iota
	radiotapFlags
	radiotapRate
	radiotapChannel
	radiotapFHSS
	radiotapSignal
	radiotapNoise
	radiotapLockQuality
	radiotapTxAttenuation
	radiotapTxAttenuationDB
	radiotapTxPower
	radiotapAntenna
	radiotapSignalDB
	radiotapNoiseDB
	radiotapRxFlags
	radiotapXChannel = 18
	radiotapMCS      = 19
	radiotapAMPDU    = 20
	radiotapVHT      = 21

	radiotapSpaces = 29 // from here on bits tell of the words themselves
)

// radiotapWord prints the fields of one word of presence bits, the first of which is number base. It reports false after a
// field whose length is not known, or that is not whole.
func (p *Line) radiotapWord(b []byte, r *radiotapReader, present uint32, base int) ([]byte, bool) {
	for bit := range radiotapSpaces {
		if present>>bit&1 == 0 {
			continue
		}
		var known bool
		if b, known = appendRadiotapField(b, r, base+bit, present); !known {
			return append(appendInt(append(b, "[bit "...), base+bit), "] "...), false
		}
		if r.cut {
			return p.trunc(b, "802.11_radio"), false
		}
	}
	return b, true
}

// appendRadiotapField appends field number id, and reports whether it is known.
func appendRadiotapField(b []byte, r *radiotapReader, id int, present uint32) ([]byte, bool) {
	var v []byte
	signed := func(unit string) {
		if v = r.next(1, 1); v != nil {
			b = append(appendSigned(b, int(int8(v[0]))), unit...)
		}
	}
	unsigned := func(unit string) {
		if v = r.next(1, 1); v != nil {
			b = append(appendInt(b, int(v[0])), unit...)
		}
	}
	switch id {
	case radiotapTSFT:
		if v = r.next(8, 8); v != nil {
			b = append(appendDecimal(b, uint64(le32(v, 4))<<32|uint64(le32(v, 0))), "us tsft "...)
		}
	case radiotapFlags:
		if v = r.next(1, 1); v != nil {
			r.flags = v[0]
			b = appendBits(b, radiotapFlagNames, uint32(v[0]), "", "")
		}
	case radiotapRate:
		if v = r.next(1, 1); v == nil {
			break
		}
		if v[0] >= 0x80 && v[0] <= 0x8f { // FreeBSD's way to say it
			b = append(appendInt(append(b, "MCS "...), int(v[0]&0x7f)), ' ')
		} else {
			b = append(appendHalves(b, uint64(v[0])), " Mb/s "...)
		}
	case radiotapChannel:
		if v = r.next(2, 4); v != nil && present>>radiotapXChannel&1 == 0 {
			b = appendWLANChannel(b, le16(v, 0), uint32(le16(v, 2)), present)
		}
	case radiotapXChannel:
		if v = r.next(4, 8); v != nil {
			b = appendWLANChannel(b, le16(v, 4), le32(v, 0), present)
		}
	case radiotapFHSS:
		if v = r.next(1, 2); v != nil {
			b = appendInt(append(b, "fhset "...), int(v[0]))
			b = append(appendInt(append(b, " fhpat "...), int(v[1])), ' ')
		}
	case radiotapSignal:
		signed("dBm signal ")
	case radiotapNoise:
		signed("dBm noise ")
	case radiotapTxPower:
		signed("dBm tx power ")
	case radiotapSignalDB:
		unsigned("dB signal ")
	case radiotapNoiseDB:
		unsigned("dB noise ")
	case radiotapLockQuality:
		if v = r.next(2, 2); v != nil {
			b = append(appendInt(b, int(le16(v, 0))), " sq "...)
		}
	case radiotapTxAttenuation:
		if v = r.next(2, 2); v != nil {
			b = append(appendSigned(b, -int(int16(le16(v, 0)))), " tx power "...)
		}
	case radiotapTxAttenuationDB:
		if v = r.next(1, 1); v != nil {
			b = append(appendSigned(b, -int(int8(v[0]))), "dB tx attenuation "...)
		}
	case radiotapAntenna:
		if v = r.next(1, 1); v != nil {
			b = append(appendInt(append(b, "antenna "...), int(v[0])), ' ')
		}
	case radiotapRxFlags:
		r.next(2, 2)
	case radiotapMCS:
		if v = r.next(1, 3); v != nil {
			b = appendMCS(b, v)
		}
	case radiotapAMPDU:
		r.next(4, 8)
	case radiotapVHT:
		if v = r.next(2, 12); v != nil {
			b = appendVHT(b, v)
		}
	default:
		return b, false
	}
	return b, true
}

var radiotapFlagNames = []bitName{
	{0x01, "cfp "}, {0x02, "short preamble "}, {0x04, "wep "}, {0x08, "fragmented "}, {0x40, "bad-fcs "},
}

// appendWLANChannel appends a frequency and what kind of channel it is.
func appendWLANChannel(b []byte, mhz uint16, flags, present uint32) []byte {
	b = append(appendInt(b, int(mhz)), " MHz"...)
	is := func(mask uint32) bool { return flags&mask == mask }
	width := func() {
		switch {
		case is(0x4000):
			b = append(b, "/10Mhz"...)
		case is(0x8000):
			b = append(b, "/5Mhz"...)
		}
	}
	if present>>radiotapMCS&1 != 0 {
		b = append(b, " 11n"...)
	} else {
		if is(0x0880) {
			b = append(b, " FHSS"...)
		}
		if is(0x0140) {
			b = append(b, " 11a"...)
			width()
		}
		switch {
		case is(0x00c0), is(0x0480):
			b = append(b, " 11g"...)
			width()
		case is(0x00a0):
			b = append(b, " 11b"...)
		}
		if is(0x0010) {
			b = append(b, " Turbo"...)
		}
	}
	switch {
	case is(0x10000):
		b = append(b, " ht/20"...)
	case is(0x40000):
		b = append(b, " ht/40-"...)
	case is(0x20000):
		b = append(b, " ht/40+"...)
	}
	return append(b, ' ')
}

// appendMCS appends an 802.11n modulation and coding scheme: what is known, how it is sent, its number.
func appendMCS(b, v []byte) []byte {
	const hasBandwidth, hasMCS, hasGI, hasFormat, hasFEC, hasSTBC = 0x01, 0x02, 0x04, 0x08, 0x10, 0x20
	known, flags, index := v[0], v[1], int(v[2])
	if known&hasMCS != 0 {
		if rate := htRate(index, flags&3 == 1, flags&4 != 0); rate > 0 && known&(hasBandwidth|hasGI) != 0 {
			b = append(appendTenths(b, rate), " Mb/s "...)
		}
		b = append(appendInt(append(b, "MCS "...), index), ' ')
	}
	if known&hasBandwidth != 0 {
		b = append(b, [...]string{"20 MHz", "40 MHz", "20 MHz (L)", "20 MHz (U)"}[flags&3]...)
		b = append(b, ' ')
	}
	choose := func(has, bit uint8, set, clear string) {
		switch {
		case known&has == 0:
		case flags&bit != 0:
			b = append(b, set...)
		default:
			b = append(b, clear...)
		}
	}
	choose(hasGI, 0x04, "short GI ", "long GI ")
	choose(hasFormat, 0x08, "greenfield ", "mixed ")
	choose(hasFEC, 0x10, "LDPC FEC ", "BCC FEC ")
	if known&hasSTBC != 0 {
		b = append(appendInt(append(b, "RX-STBC"...), int(flags>>5&3)), ' ')
	}
	return b
}

// htRate is the rate of a scheme of IEEE 802.11n in tenths of Mb/s (IEEE 802.11-2016 section 19.5), 0 for one that is not
// defined.
func htRate(index int, wide, short bool) uint64 {
	var bits uint64 // of a subcarrier in a symbol, with the coding rate, in twelfths
	switch {
	case index < 32:
		bits = uint64(index/8+1) * [...]uint64{6, 12, 18, 24, 36, 48, 54, 60}[index%8]
	case index == 32 && wide && short:
		return 67
	case index == 32 && wide:
		return 60
	case index > 32 && index <= 76: // streams of different modulations
		bits = uint64(htUnequal[index-33])
		if index >= 36 && index <= 38 || index >= 46 && index <= 52 || index >= 65 {
			bits *= 9
		} else {
			bits *= 6
		}
	}
	if wide {
		bits *= 27
	} else {
		bits *= 13
	}
	if short { // 3.6 µs a symbol instead of 4
		return (bits*100 + 54) / 108
	}
	return bits * 10 / 12
}

// htUnequal are the bits of a subcarrier in all streams of the schemes from 33 on, before coding.
var htUnequal = [...]uint8{
	6, 8, 10, 6, 8, 10,
	8, 10, 10, 12, 14, 14, 16, 8, 10, 10, 12, 14, 14, 16,
	10, 12, 14, 12, 14, 16, 18, 16, 18, 20, 20, 22, 10, 12, 14, 12, 14, 16, 18, 16, 18, 20, 20, 22,
}

// appendVHT appends the modulation and coding of 802.11ac, for up to four users.
func appendVHT(b, v []byte) []byte {
	const hasGI, hasBandwidth = 0x0004, 0x0040
	known, flags, coding := le16(v, 0), v[2], v[8]
	for i, m := range v[4:8] {
		if m&15 == 0 {
			continue
		}
		b = appendInt(append(b, "User "...), i)
		b = appendInt(append(b, " MCS "...), int(m>>4))
		if coding>>i&1 != 0 {
			b = append(b, " LDPC FEC "...)
		} else {
			b = append(b, " BCC FEC "...)
		}
	}
	if known&hasBandwidth != 0 {
		width := int(v[3] & 0x1f)
		if width < len(vhtBandwidths) {
			b = append(append(b, vhtBandwidths[width]...), ' ')
		} else {
			b = append(appendInt(append(b, "unknown ("...), width), ") "...)
		}
	}
	if known&hasGI != 0 {
		if flags&0x04 != 0 {
			b = append(b, "short GI "...)
		} else {
			b = append(b, "long GI "...)
		}
	}
	return b
}

// vhtBandwidths are the widths of channels, with the part of one that is used. The last but four stands twice, as in tcpdump.
var vhtBandwidths = [...]string{
	"20 MHz", "40 MHz", "20 MHz (L)", "20 MHz (U)", "80 MHz", "80 MHz (L)", "80 MHz (U)", "80 MHz (LL)", "80 MHz (LU)", "80 MHz (UL)",
	"80 MHz (UU)", "160 MHz", "160 MHz (L)", "160 MHz (U)", "160 MHz (LL)", "160 MHz (LU)", "160 MHz (UL)", "160 MHz (UU)",
	"160 MHz (LLL)", "160 MHz (LLU)", "160 MHz (LUL)", "160 MHz (UUU)", "160 MHz (ULL)", "160 MHz (ULU)", "160 MHz (UUL)", "160 MHz (UUU)",
}
