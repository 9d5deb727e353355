package dissect

import (
	"encoding/binary"
	"math/bits"
)

// Offsets in a radiotap header, and the length of the part that every header has, in bytes.
const (
	radiotapLen     = 2
	radiotapPresent = 4

	RadiotapMinHeaderLen = 8
)

// Radiotap is a view of a radiotap header (radiotap.org), which drivers put before an 802.11 frame to tell how it was received.
// All numbers in it are little-endian.
//
//	 0              7 8             15 16                           31
//	+----------------+----------------+------------------------------+
//	|    Version     |      Pad       |            Length            |
//	+----------------+----------------+------------------------------+
//	|  Present: a bit for each field that follows; bit 31: another    |
//	|  such word stands behind this one                               |
//	+----------------------------------------------------------------+
//	|  Fields, in the order of the bits, each at a multiple of its    |
//	|  own alignment from the beginning                               |
//	+----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type Radiotap []byte

// Check reports whether the header can be read: ErrTruncated if bytes of it are missing, ErrMalformed if Length does not hold
// the words of presence bits, ErrUnsupported for another version.
func (r Radiotap) Check() error {
	if len(r) < RadiotapMinHeaderLen {
		return ErrTruncated
	}
	switch n := r.HeaderLen(); {
	case r[0] != 0:
		return ErrUnsupported
	case n < RadiotapMinHeaderLen || n <= len(r) && r.fieldsAt() == 0:
		return ErrMalformed
	case n > len(r):
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check: the header promises nothing but itself.
func (r Radiotap) CheckWhole() error { return r.Check() }

// HeaderLen is the length of the header in bytes, as the driver wrote it.
func (r Radiotap) HeaderLen() int { return int(binary.LittleEndian.Uint16(r[radiotapLen:])) }

// Present is the first word of presence bits.
func (r Radiotap) Present() uint32 { return binary.LittleEndian.Uint32(r[radiotapPresent:]) }

// Payload is the 802.11 frame.
func (r Radiotap) Payload() []byte { return r[r.HeaderLen():] }

const radiotapMoreWords = 1 << 31

// fieldsAt is where the words of presence bits end, or 0 if they do not within the header.
func (r Radiotap) fieldsAt() int {
	for at := radiotapPresent; at+4 <= r.HeaderLen(); at += 4 {
		if binary.LittleEndian.Uint32(r[at:])&radiotapMoreWords == 0 {
			return at + 4
		}
	}
	return 0
}

// Numbers of fields.
const (
	rtTSFT = iota
	rtFlags
	rtRate
	rtChannel
	rtFHSS
	rtSignal
	rtNoise
	rtLockQuality
	rtTxAttenuation
	rtTxAttenuationDB
	rtTxPower
	rtAntenna
	rtSignalDB
	rtNoiseDB
	rtRxFlags
	rtTxFlags
	rtRTSRetries
	rtDataRetries
	rtXChannel
	rtMCS
	rtAMPDU
	rtVHT
	rtTimestamp
	rtUnknown
	rtOurSpace    = 29
	rtVendorSpace = 30
)

// radiotapShapes are the alignments and the lengths of the fields in bytes, of those that are known.
var radiotapShapes = [rtUnknown]struct{ align, size uint8 }{
	rtTSFT: {8, 8}, rtFlags: {1, 1}, rtRate: {1, 1}, rtChannel: {2, 4}, rtFHSS: {2, 2}, rtSignal: {1, 1}, rtNoise: {1, 1},
	rtLockQuality: {2, 2}, rtTxAttenuation: {2, 2}, rtTxAttenuationDB: {2, 2}, rtTxPower: {1, 1}, rtAntenna: {1, 1}, rtSignalDB: {1, 1},
	rtNoiseDB: {1, 1}, rtRxFlags: {2, 2}, rtTxFlags: {2, 2}, rtRTSRetries: {1, 1}, rtDataRetries: {1, 1}, rtXChannel: {4, 8},
	rtMCS: {1, 3}, rtAMPDU: {4, 8}, rtVHT: {2, 12}, rtTimestamp: {8, 12},
}

// walk calls visit for each field, with its number and place, until one is not known or not whole, and reports where it
// stopped.
func (r Radiotap) walk(visit func(id, at, size int)) int {
	n := r.HeaderLen()
	at := r.fieldsAt()
	for word, end := radiotapPresent, at; word < end; word += 4 {
		present := binary.LittleEndian.Uint32(r[word:])
		for fields := present & (1<<rtOurSpace - 1); fields != 0; fields &= fields - 1 {
			id := bits.TrailingZeros32(fields)
			if id >= rtUnknown {
				return at
			}
			shape := radiotapShapes[id]
			next := (at + int(shape.align) - 1) &^ (int(shape.align) - 1)
			if next+int(shape.size) > n {
				return at
			}
			visit(id, next, int(shape.size))
			at = next + int(shape.size)
		}
		if present>>rtOurSpace&1 == 0 { // what follows counts on from here, or is a vendor's own
			return at
		}
	}
	return at
}

// Flags is the field of that name, and whether it is there.
func (r Radiotap) Flags() (flags RadiotapFlags, ok bool) {
	r.walk(func(id, at, _ int) {
		if id == rtFlags && !ok {
			flags, ok = RadiotapFlags(r[at]), true
		}
	})
	return flags, ok
}

// RadiotapFlags say how a frame was sent and what the driver has done to it.
type RadiotapFlags uint8

const (
	RadiotapCFP           RadiotapFlags = 0x01 // sent in a contention-free period
	RadiotapShortPreamble RadiotapFlags = 0x02
	RadiotapWEP           RadiotapFlags = 0x04
	RadiotapFragment      RadiotapFlags = 0x08
	RadiotapFCS           RadiotapFlags = 0x10 // the frame ends with its check sequence
	RadiotapPadded        RadiotapFlags = 0x20 // the 802.11 header is filled up to a multiple of 4 bytes
	RadiotapBadFCS        RadiotapFlags = 0x40
	RadiotapShortGI       RadiotapFlags = 0x80
)

var (
	rtVersionField = Field{Name: "radiotap.version", Label: "v", Title: "Header revision"}
	rtPadField     = Field{Name: "radiotap.pad", Label: "pad", Title: "Header pad"}
	rtLengthField  = Field{Name: "radiotap.length", Label: "hlen", Title: "Header length"}
	rtPresentField = Field{Name: "radiotap.present.word", Label: "present", Title: "Present flags", Base: Hex}
	rtVendorsField = Field{Label: "vendor", Title: "Vendor present flags", Base: Hex}
	rtAlignField   = Field{Label: "pad", Title: "Alignment"}
	rtRestField    = Field{Label: "rest", Title: "Fields that are not known"}

	rtPresentBits = presentBits()

	rtTSFTField      = Field{Name: "radiotap.mactime", Label: "mactime", Title: "MAC timestamp (µs)"}
	rtFlagsField     = Field{Name: "radiotap.flags", Label: "flags", Title: "Flags", Base: Hex}
	rtRateField      = Field{Name: "radiotap.datarate", Label: "rate", Title: "Data rate (Mb/s)", Rank: 1, Base: Halves}
	rtFreqField      = Field{Name: "radiotap.channel.freq", Label: "freq", Title: "Channel frequency (MHz)", Rank: 2}
	rtChannelField   = Field{Name: "radiotap.channel.flags", Label: "chflags", Title: "Channel flags", Base: Hex}
	rtHopSetField    = Field{Name: "radiotap.fhss.hopset", Label: "hopset", Title: "FHSS hop set"}
	rtHopField       = Field{Name: "radiotap.fhss.pattern", Label: "pattern", Title: "FHSS pattern"}
	rtSignalField    = Field{Name: "radiotap.dbm_antsignal", Label: "signal", Title: "Antenna signal (dBm)", Rank: 3, Base: Signed}
	rtNoiseField     = Field{Name: "radiotap.dbm_antnoise", Label: "noise", Title: "Antenna noise (dBm)", Rank: 4, Base: Signed}
	rtQualityField   = Field{Name: "radiotap.quality", Label: "quality", Title: "Signal quality"}
	rtTxAttField     = Field{Name: "radiotap.txattenuation", Label: "txatt", Title: "Transmit attenuation"}
	rtTxAttDBField   = Field{Name: "radiotap.db_txattenuation", Label: "txatt", Title: "Transmit attenuation (dB)"}
	rtTxPowerField   = Field{Name: "radiotap.txpower", Label: "txpower", Title: "Transmit power (dBm)", Base: Signed}
	rtAntennaField   = Field{Name: "radiotap.antenna", Label: "antenna", Title: "Antenna"}
	rtSignalDBField  = Field{Name: "radiotap.db_antsignal", Label: "signal", Title: "Antenna signal (dB)", Rank: 3}
	rtNoiseDBField   = Field{Name: "radiotap.db_antnoise", Label: "noise", Title: "Antenna noise (dB)", Rank: 4}
	rtRxFlagsField   = Field{Name: "radiotap.rxflags", Label: "rxflags", Title: "RX flags", Base: Hex}
	rtTxFlagsField   = Field{Name: "radiotap.txflags", Label: "txflags", Title: "TX flags", Base: Hex}
	rtRTSField       = Field{Label: "rts", Title: "RTS retries"}
	rtRetriesField   = Field{Name: "radiotap.data_retries", Label: "retries", Title: "Data retries"}
	rtXFlagsField    = Field{Name: "radiotap.xchannel.flags", Label: "chflags", Title: "XChannel flags", Base: Hex}
	rtXFreqField     = Field{Name: "radiotap.xchannel.freq", Label: "freq", Title: "XChannel frequency (MHz)", Rank: 2}
	rtXChannelField  = Field{Name: "radiotap.xchannel.channel", Label: "channel", Title: "XChannel number"}
	rtXPowerField    = Field{Label: "maxpower", Title: "XChannel maximal power"}
	rtMCSKnownField  = Field{Name: "radiotap.mcs.known", Label: "known", Title: "Known MCS information", Base: Hex}
	rtMCSFlagsField  = Field{Label: "mcsflags", Title: "MCS flags", Base: Hex}
	rtMCSIndexField  = Field{Name: "radiotap.mcs.index", Label: "mcs", Title: "MCS index", Rank: 1}
	rtMCSUnusedField = Field{Label: "mcs", Title: "MCS index, not known"}
	rtAMPDURefField  = Field{Name: "radiotap.ampdu.reference", Label: "ampdu", Title: "A-MPDU reference number"}
	rtAMPDUFlagField = Field{Name: "radiotap.ampdu.flags", Label: "ampduflags", Title: "A-MPDU flags", Base: Hex}
	rtAMPDURestField = Field{Label: "crc", Title: "A-MPDU delimiter CRC and reserved byte"}
	rtVHTField       = Field{Label: "vht", Title: "VHT information"}
	rtClockField     = Field{Name: "radiotap.timestamp.ts", Label: "ts", Title: "Timestamp"}
	rtAccuracyField  = Field{Name: "radiotap.timestamp.accuracy", Label: "accuracy", Title: "Accuracy"}
	rtUnitField      = Field{Name: "radiotap.timestamp.unit", Label: "unit", Title: "Time unit", Mask: 0x0f}
	rtSamplingField  = Field{Name: "radiotap.timestamp.samplingpos", Label: "position", Title: "Sampling position", Mask: 0xf0}
	rtClock32Field   = Field{Name: "radiotap.timestamp.flags.32bit", Label: "32bit", Title: "32-bit counter", Mask: 0x01, Form: FormFlag}
	rtClockAccField  = Field{Name: "radiotap.timestamp.flags.accuracy", Label: "hasaccuracy", Title: "Accuracy field", Mask: 0x02, Form: FormFlag}
	rtClockRestField = Field{Label: "reserved", Title: "Reserved", Mask: 0xfc, Base: Hex}

	rtFlagFields = []Field{
		{Name: "radiotap.flags.cfp", Label: "cfp", Title: "CFP", Mask: 0x01, Rank: 9, Form: FormFlag},
		{Name: "radiotap.flags.preamble", Label: "short", Title: "Short preamble", Mask: 0x02, Rank: 9, Form: FormFlag},
		{Name: "radiotap.flags.wep", Label: "wep", Title: "WEP", Mask: 0x04, Rank: 9, Form: FormFlag},
		{Name: "radiotap.flags.frag", Label: "frag", Title: "Fragmentation", Mask: 0x08, Rank: 9, Form: FormFlag},
		{Name: "radiotap.flags.fcs", Label: "fcs", Title: "FCS at the end", Mask: 0x10, Form: FormFlag},
		{Name: "radiotap.flags.datapad", Label: "datapad", Title: "Data pad", Mask: 0x20, Rank: 9, Form: FormFlag},
		{Name: "radiotap.flags.badfcs", Label: "badfcs", Title: "Bad FCS", Mask: 0x40, Rank: 9, Form: FormFlag},
		{Name: "radiotap.flags.shortgi", Label: "shortgi", Title: "Short guard interval", Mask: 0x80, Rank: 9, Form: FormFlag},
	}
	rtChannelFields = []Field{ // the first byte, which is the low one, is the high one in the masks
		{Name: "radiotap.channel.flags.700mhz", Label: "700mhz", Title: "700 MHz", Mask: 0x0100, Form: FormFlag},
		{Name: "radiotap.channel.flags.800mhz", Label: "800mhz", Title: "800 MHz", Mask: 0x0200, Form: FormFlag},
		{Name: "radiotap.channel.flags.900mhz", Label: "900mhz", Title: "900 MHz", Mask: 0x0400, Form: FormFlag},
		{Label: "reserved", Title: "Reserved", Mask: 0x0800, Form: FormFlag},
		{Name: "radiotap.channel.flags.turbo", Label: "turbo", Title: "Turbo", Mask: 0x1000, Form: FormFlag},
		{Name: "radiotap.channel.flags.cck", Label: "cck", Title: "CCK", Mask: 0x2000, Form: FormFlag},
		{Name: "radiotap.channel.flags.ofdm", Label: "ofdm", Title: "OFDM", Mask: 0x4000, Form: FormFlag},
		{Name: "radiotap.channel.flags.2ghz", Label: "2ghz", Title: "2 GHz", Mask: 0x8000, Form: FormFlag},
		{Name: "radiotap.channel.flags.5ghz", Label: "5ghz", Title: "5 GHz", Mask: 0x0001, Form: FormFlag},
		{Name: "radiotap.channel.flags.passive", Label: "passive", Title: "Passive", Mask: 0x0002, Form: FormFlag},
		{Name: "radiotap.channel.flags.dynamic", Label: "dynamic", Title: "Dynamic CCK-OFDM", Mask: 0x0004, Form: FormFlag},
		{Name: "radiotap.channel.flags.gfsk", Label: "gfsk", Title: "GFSK", Mask: 0x0008, Form: FormFlag},
		{Name: "radiotap.channel.flags.gsm", Label: "gsm", Title: "GSM (900 MHz)", Mask: 0x0010, Form: FormFlag},
		{Name: "radiotap.channel.flags.sturbo", Label: "sturbo", Title: "Static turbo", Mask: 0x0020, Form: FormFlag},
		{Name: "radiotap.channel.flags.half", Label: "half", Title: "Half rate (10 MHz)", Mask: 0x0040, Form: FormFlag},
		{Name: "radiotap.channel.flags.quarter", Label: "quarter", Title: "Quarter rate (5 MHz)", Mask: 0x0080, Form: FormFlag},
	}
	rtRxFlagFields = []Field{
		{Label: "reserved", Title: "Reserved", Mask: 0xfdff, Form: FormFlag},
		{Name: "radiotap.rxflags.badplcp", Label: "badplcp", Title: "Bad PLCP", Mask: 0x0200, Form: FormFlag},
	}
	rtMCSKnownFields = []Field{
		{Name: "radiotap.mcs.have_bw", Label: "bw", Title: "Bandwidth", Mask: 0x01, Form: FormFlag},
		{Name: "radiotap.mcs.have_index", Label: "index", Title: "MCS index", Mask: 0x02, Form: FormFlag},
		{Name: "radiotap.mcs.have_gi", Label: "gi", Title: "Guard interval", Mask: 0x04, Form: FormFlag},
		{Name: "radiotap.mcs.have_format", Label: "format", Title: "Format", Mask: 0x08, Form: FormFlag},
		{Name: "radiotap.mcs.have_fec", Label: "fec", Title: "FEC", Mask: 0x10, Form: FormFlag},
		{Name: "radiotap.mcs.have_stbc", Label: "stbc", Title: "STBC streams", Mask: 0x20, Form: FormFlag},
		{Name: "radiotap.mcs.have_ness", Label: "ness", Title: "Number of extension spatial streams", Mask: 0x40, Form: FormFlag},
		{Label: "ness1", Title: "Number of extension spatial streams bit 1", Mask: 0x80, Form: FormFlag},
	}
)

// presentBits makes the fields of the bits of a presence word.
func presentBits() (f [32]Field) {
	names := [32]string{
		"tsft", "flags", "rate", "channel", "fhss", "dbm_antsignal", "dbm_antnoise", "lock_quality", "tx_attenuation", "db_tx_attenuation",
		"dbm_tx_power", "antenna", "db_antsignal", "db_antnoise", "rxflags", "txflags", 17: "data_retries", 18: "xchannel", 19: "mcs",
		20: "ampdu", 21: "vht", 22: "timestamp", 23: "he", 24: "he_mu", 26: "0_length.psdu", 27: "l_sig", 28: "tlv", 29: "rtap_ns",
		30: "vendor_ns", 31: "ext",
	}
	for i := range f {
		mask := uint64(bits.ReverseBytes32(1 << i))
		f[i] = Field{Label: "reserved", Title: "Reserved", Mask: mask, Form: FormFlag}
		if names[i] != "" {
			f[i] = Field{Name: "radiotap.present." + names[i], Label: names[i], Title: names[i], Mask: mask, Form: FormFlag}
		}
	}
	return f
}

// pushBits pushes fields as bits of v, which is read from n bytes at off as one big-endian number.
func pushBits(s Sink, fields []Field, off, n int, v uint64) {
	for i := range fields {
		s.Bool(&fields[i], off, n, v&fields[i].Mask != 0)
	}
}

// Fields describes the header to s.
func (r Radiotap) Fields(s Sink) {
	s.Uint(&rtVersionField, 0, 1, uint64(r[0]))
	s.Uint(&rtPadField, 1, 1, uint64(r[1]))
	s.Uint(&rtLengthField, radiotapLen, 2, uint64(r.HeaderLen()))
	at := r.fieldsAt()
	for word, ours := radiotapPresent, true; word < at; word += 4 {
		v := binary.LittleEndian.Uint32(r[word:])
		s.Uint(&rtPresentField, word, 4, uint64(v))
		s.Begin(&rtPresentField, word, 4)
		if ours {
			pushBits(s, rtPresentBits[:], word, 4, uint64(binary.BigEndian.Uint32(r[word:])))
		} else {
			pushBits(s, rtPresentBits[rtOurSpace:], word, 4, uint64(binary.BigEndian.Uint32(r[word:])))
			s.Uint(&rtVendorsField, word, 0, uint64(v&(1<<rtOurSpace-1)))
			r.restOfWord(s, word)
		}
		s.End()
		ours = v>>rtOurSpace&1 != 0
	}
	end := r.walk(func(id, next, size int) {
		if next > at {
			s.Bytes(&rtAlignField, at, next-at, r[at:next])
		}
		r.field(s, id, next)
		at = next + size
	})
	if n := r.HeaderLen(); end < n {
		s.Bytes(&rtRestField, end, n-end, r[end:n])
	}
}

var rtRestOfWordField = Field{Label: "bits", Title: "Bits of other fields", Mask: 0xffffff1f, Base: Hex}

// restOfWord pushes the bits of a presence word that say nothing which is known.
func (r Radiotap) restOfWord(s Sink, word int) {
	s.Uint(&rtRestOfWordField, word, 4, uint64(binary.LittleEndian.Uint32(r[word:])&(1<<rtOurSpace-1)))
}

// field pushes the field with number id at an offset.
func (r Radiotap) field(s Sink, id, at int) {
	le16 := func(off int) uint64 { return uint64(binary.LittleEndian.Uint16(r[at+off:])) }
	le32 := func(off int) uint64 { return uint64(binary.LittleEndian.Uint32(r[at+off:])) }
	signed := func() uint64 { return uint64(int8(r[at])) }
	one := uint64(r[at])
	switch id {
	case rtTSFT:
		s.Uint(&rtTSFTField, at, 8, binary.LittleEndian.Uint64(r[at:]))
	case rtFlags:
		s.Uint(&rtFlagsField, at, 1, one)
		s.Begin(&rtFlagsField, at, 1)
		pushBits(s, rtFlagFields, at, 1, one)
		s.End()
	case rtRate:
		s.Uint(&rtRateField, at, 1, one)
	case rtChannel:
		s.Uint(&rtFreqField, at, 2, le16(0))
		s.Uint(&rtChannelField, at+2, 2, le16(2))
		s.Begin(&rtChannelField, at+2, 2)
		pushBits(s, rtChannelFields, at+2, 2, uint64(binary.BigEndian.Uint16(r[at+2:])))
		s.End()
	case rtFHSS:
		s.Uint(&rtHopSetField, at, 1, one)
		s.Uint(&rtHopField, at+1, 1, uint64(r[at+1]))
	case rtSignal:
		s.Uint(&rtSignalField, at, 1, signed())
	case rtNoise:
		s.Uint(&rtNoiseField, at, 1, signed())
	case rtLockQuality:
		s.Uint(&rtQualityField, at, 2, le16(0))
	case rtTxAttenuation:
		s.Uint(&rtTxAttField, at, 2, le16(0))
	case rtTxAttenuationDB:
		s.Uint(&rtTxAttDBField, at, 2, le16(0))
	case rtTxPower:
		s.Uint(&rtTxPowerField, at, 1, signed())
	case rtAntenna:
		s.Uint(&rtAntennaField, at, 1, one)
	case rtSignalDB:
		s.Uint(&rtSignalDBField, at, 1, one)
	case rtNoiseDB:
		s.Uint(&rtNoiseDBField, at, 1, one)
	case rtRxFlags:
		s.Uint(&rtRxFlagsField, at, 2, le16(0))
		s.Begin(&rtRxFlagsField, at, 2)
		pushBits(s, rtRxFlagFields, at, 2, uint64(binary.BigEndian.Uint16(r[at:])))
		s.End()
	case rtTxFlags:
		s.Uint(&rtTxFlagsField, at, 2, le16(0))
	case rtRTSRetries:
		s.Uint(&rtRTSField, at, 1, one)
	case rtDataRetries:
		s.Uint(&rtRetriesField, at, 1, one)
	case rtXChannel:
		s.Uint(&rtXFlagsField, at, 4, le32(0))
		s.Uint(&rtXFreqField, at+4, 2, le16(4))
		s.Uint(&rtXChannelField, at+6, 1, uint64(r[at+6]))
		s.Uint(&rtXPowerField, at+7, 1, uint64(r[at+7]))
	case rtMCS:
		s.Uint(&rtMCSKnownField, at, 1, one)
		s.Begin(&rtMCSKnownField, at, 1)
		pushBits(s, rtMCSKnownFields, at, 1, one)
		s.End()
		s.Uint(&rtMCSFlagsField, at+1, 1, uint64(r[at+1]))
		if one&0x02 != 0 {
			s.Uint(&rtMCSIndexField, at+2, 1, uint64(r[at+2]))
		} else {
			s.Uint(&rtMCSUnusedField, at+2, 1, uint64(r[at+2]))
		}
	case rtAMPDU:
		s.Uint(&rtAMPDURefField, at, 4, le32(0))
		s.Uint(&rtAMPDUFlagField, at+4, 2, le16(4))
		s.Bytes(&rtAMPDURestField, at+6, 2, r[at+6:at+8])
	case rtVHT:
		s.Bytes(&rtVHTField, at, 12, r[at:at+12])
	case rtTimestamp:
		s.Uint(&rtClockField, at, 8, binary.LittleEndian.Uint64(r[at:]))
		s.Uint(&rtAccuracyField, at+8, 2, le16(8))
		s.Uint(&rtUnitField, at+10, 1, uint64(r[at+10]&15))
		s.Uint(&rtSamplingField, at+10, 1, uint64(r[at+10]>>4))
		s.Bool(&rtClock32Field, at+11, 1, r[at+11]&1 != 0)
		s.Bool(&rtClockAccField, at+11, 1, r[at+11]&2 != 0)
		s.Uint(&rtClockRestField, at+11, 1, uint64(r[at+11]>>2))
	}
}

func decodeRadiotap(p *Packet, l *Layer, b []byte) LayerType {
	r := Radiotap(b)
	if err := r.Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.Start + r.HeaderLen()
	if flags, _ := r.Flags(); flags&(RadiotapFCS|RadiotapPadded) != 0 {
		var f LayerFlags
		if flags&RadiotapFCS != 0 {
			f |= withFCS
		}
		if flags&RadiotapPadded != 0 {
			f |= paddedHeader
		}
		p.flagNext(f)
	}
	return LayerWLAN
}

func radiotapFields(p *Packet, l *Layer, s Sink) { Radiotap(p.Bytes(l)).Fields(s) }
