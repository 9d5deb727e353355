package tcp

import "smoltcp/dissect"

// The option of Accurate ECN (RFC 9768 section 3.2.3) says what the three bits of the header only count modulo 8: how many bytes of text
// came with each mark. It goes with SYN-ACKs and ACKs that carry nothing else, where there is room.

// markedBytes is what the option is about, modulo 2^24, by mark.
type markedBytes struct {
	came, told [3]uint32 // here, and as the peer was told last; see markIndex
	peerCE     uint32    // what the peer has reported of CE
	on         bool      // the option is used
}

// markIndex is where the counter of a mark stands. What is not marked has none.
func markIndex(mark dissect.ECN) int { return int(mark&3) - 1 }

const counterMask = 1<<24 - 1

// newMarkedBytes starts the counters: those of ECT at 1, so that a field that is zero shows who clears it.
func newMarkedBytes() markedBytes {
	b := markedBytes{on: true}
	b.came[markIndex(dissect.ECT0)], b.came[markIndex(dissect.ECT1)] = 1, 1
	return b
}

// count notes n bytes of text with a mark.
func (b *markedBytes) count(mark dissect.ECN, n int) {
	if i := markIndex(mark); b.on && i >= 0 {
		b.came[i] = (b.came[i] + uint32(n)) & counterMask
	}
}

// news reports whether the peer's option says that more of our text was marked.
func (b *markedBytes) news(o *dissect.TCPOptionValues) bool {
	more := (o.CEBytes - b.peerCE) & counterMask
	if !b.on || !o.HasCEBytes || more == 0 || more > counterMask/2 {
		return false
	}
	b.peerCE = o.CEBytes
	return true
}

// addMarkedBytes adds the option if it has news for the peer. The field that changes less goes last, and is left out where there is no
// room for it.
func (c *Conn) addMarkedBytes(h *dissect.TCPHeader) {
	b := &c.ecn.bytes
	if !b.on || b.came == b.told {
		return
	}
	ect0, ect1 := markIndex(dissect.ECT0), markIndex(dissect.ECT1)
	kind, first, last := dissect.TCPOptAccECN0, b.came[ect0], b.came[ect1]
	if b.came[ect0] == b.told[ect0] && b.came[ect1] != b.told[ect1] {
		kind, first, last = dissect.TCPOptAccECN1, last, first
	}
	var data [9]byte
	for i, v := range [...]uint32{first, b.came[markIndex(dissect.CE)], last} {
		data[3*i], data[3*i+1], data[3*i+2] = uint8(v>>16), uint8(v>>8), uint8(v)
	}
	if h.Options.Add(kind, data[:]...) || h.Options.Add(kind, data[:6]...) {
		b.told = b.came
	}
}
