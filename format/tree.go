package format

import (
	"math/bits"
	"net/netip"

	"smoltcp/dissect"
)

// Tree prints a packet as one line for each layer, each a level deeper than the one around it:
//
//	12:00:00.000000 EthernetII src=aa-64-47-35-a4-bd dst=02-00-00-00-00-01 type=IPv4
//	 \ IPv4 src=192.168.69.100 dst=192.168.69.1 proto=TCP ttl=64 id=0x1c46 df len=60
//	  \ TCP src=35692 dst=6969 syn seq=3677930454 win=64240 len=0 mss=1460 sackOK ts=1201/0 ws=7
//
// What is wrong with a layer stands at the end of its line, in parentheses. Once -v adds every field on a line
// of its own, under the name that Wireshark's filters know it by, and the payload; twice, what each field means and
// where its bits are; three times, long fields in full. -q leaves one line: the innermost protocol and the addresses
// that it runs between.
//
// Tree is a sink of dissect's fields and knows no protocol. It belongs to one goroutine.
type Tree struct {
	opt   Options
	theme *Theme
	clock clock

	// All below is about the layer whose fields are being pushed.
	words   []byte // the ranked fields as text, in the order of the wire
	places  []place
	maxRank uint8
	lines   treeLines
	bad     bool // a checksum is wrong
	partial bool // a checksum waits for a device to finish it
}

// place is where one field's text lies in Tree.words.
type place struct {
	rank     uint8
	from, to int
}

// The highest ranks that are printed. In every protocol that has addresses or ports, source and destination come first.
const (
	allRanks    = 255
	addressRank = 2 // -q, of an IP header
	innerRank   = 3 // -q, of what an IP header carries
)

// NewTree returns a printer that prints as o says.
func NewTree(o Options) *Tree {
	t := &Tree{opt: o, theme: o.Theme, clock: newClock(&o), maxRank: allRanks}
	t.clock.days = true
	if !o.Quiet {
		t.lines.verbose = o.Verbose
	}
	t.lines.theme = o.Theme
	return t
}

// Append appends a packet's tree, its process, its comment and its dump.
func (t *Tree) Append(b []byte, f *Frame) []byte {
	b = t.head(b, f)
	if t.opt.Quiet {
		b = t.quiet(b, f.Packet)
	} else {
		b = t.layers(b, f.Packet)
	}
	b = t.process(b, &f.Process)
	b = t.comment(b, f.Comment)
	b = appendDump(b, t.opt.Hex, f.Packet.Data, linkHeaderLen(f.Packet))
	return append(b, '\n')
}

// head appends what comes before the first layer: number, time, interface and direction.
func (t *Tree) head(b []byte, f *Frame) []byte {
	if t.opt.Number {
		b = appendPacketNumber(b, f.Num)
	}
	if t.clock.style != TimeNone {
		b = t.theme.on(b, RoleTime)
		b = t.clock.append(b, f.Time)
		b = append(t.theme.off(b, RoleTime), ' ')
	}
	for _, s := range [...]string{f.Interface, f.Direction} {
		if s != "" {
			b = t.theme.on(b, RoleDim)
			b = appendEscaped(b, s)
			b = append(t.theme.off(b, RoleDim), ' ')
		}
	}
	return b
}

// payload reports whether the layer is what another one carries, and no protocol can say more of.
func payload(l *dissect.Layer) bool {
	return l.Type == dissect.LayerData || l.Type == dissect.LayerSegment
}

// layers appends a line for each layer, the first behind what is already in b. Payload that no
// protocol claims is shown from -v on, or if there is nothing else.
func (t *Tree) layers(b []byte, p *dissect.Packet) []byte {
	layers := p.Layers()
	short := shortLayer(p)
	for i := range layers {
		l := &layers[i]
		if payload(l) && i > 0 && t.opt.Verbose == 0 {
			break
		}
		if i > 0 {
			b = appendBlanks(append(b, '\n'), i)
			b = append(t.theme.paint(b, RoleDim, `\`), ' ')
		}
		t.lines.reset(i)
		b = t.layer(b, p, l)
		if i == short {
			b = t.missing(b, p, l)
		}
		b = append(b, t.lines.text...)
	}
	return b
}

// quiet appends the innermost protocol, briefly if it runs over IP and then behind the addresses, to the line in b.
// What an ICMP error quotes is left out.
func (t *Tree) quiet(b []byte, p *dissect.Packet) []byte {
	layers := p.Layers()
	last := 0
	for i := range layers {
		if l := &layers[i]; !payload(l) && l.Flags&dissect.Quoted == 0 {
			last = i
		}
	}
	t.maxRank = allRanks
	if net := int(layers[last].Net); net >= 0 {
		t.maxRank = addressRank
		b = append(t.layer(b, p, &layers[net]), ' ')
		t.maxRank = innerRank
	}
	return t.layer(b, p, &layers[last])
}

// layer appends a layer's one-line form and leaves its -v lines in t.lines.
func (t *Tree) layer(b []byte, p *dissect.Packet, l *dissect.Layer) []byte {
	t.words, t.places, t.bad, t.partial = t.words[:0], t.places[:0], false, false
	p.Fields(l, t)
	b = t.theme.paint(b, RoleProto, l.Type.String())
	b = t.ranked(b)
	if l.Err != nil {
		b = t.mark(b, RoleError, l.Err.Error())
	}
	if t.bad {
		b = t.mark(b, RoleError, "checksum incorrect")
	}
	if t.partial {
		b = t.mark(b, RoleDim, "partial checksum correct")
	}
	return b
}

// ranked appends the words of the layer by rank; words of one rank keep their order. There are few ranks,
// and as many words as a hostile packet cares to have.
func (t *Tree) ranked(b []byte) []byte {
	for rank, left := 1, len(t.places); left > 0; rank++ {
		for _, w := range t.places {
			if int(w.rank) == rank {
				b = append(b, t.words[w.from:w.to]...)
				left--
			}
		}
	}
	return b
}

// mark appends a remark in parentheses.
func (t *Tree) mark(b []byte, r Role, s string) []byte {
	b = t.theme.on(append(b, ' '), r)
	b = append(append(append(b, '('), s...), ')')
	return t.theme.off(b, r)
}

// shortLayer is the index of the outermost layer of which bytes are missing for which nobody can be
// excused, as those of a quote or of a fragment can; -1 if there is none.
func shortLayer(p *dissect.Packet) int {
	if p.Wire > len(p.Data) {
		return 0
	}
	layers := p.Layers()
	for i := range layers {
		l := &layers[i]
		if l.Err == nil && l.Truncated() && l.Flags&(dissect.Quoted|dissect.Fragmented) == 0 {
			return i
		}
	}
	return -1
}

// missing appends how much of layer l is there: "(captured 60 of 1500 bytes)" if the capture cut the frame
// short, "(46 of 1000 bytes)" if the frame itself holds less than a header promises.
func (t *Tree) missing(b []byte, p *dissect.Packet, l *dissect.Layer) []byte {
	b = t.theme.on(append(b, ' '), RoleError)
	have, want := l.End-l.Start, l.Wire
	b = append(b, '(')
	if p.Wire > len(p.Data) {
		b = append(b, "captured "...)
		have, want = len(p.Data), p.Wire
	}
	b = appendDecimal(b, uint64(have))
	b = appendDecimal(append(b, " of "...), uint64(want))
	return t.theme.off(append(b, " bytes)"...), RoleError)
}

// comment appends a packet's comment, each of its lines on a line of its own.
func (t *Tree) comment(b, text []byte) []byte {
	for len(text) > 0 {
		line := text
		text = nil
		for i, c := range line {
			if c == '\n' {
				line, text = line[:i], line[i+1:]
				break
			}
		}
		b = append(b, '\n', ' ')
		b = append(t.theme.paint(b, RoleDim, "#"), ' ')
		b = t.theme.on(b, RoleText)
		b = t.theme.off(appendEscaped(b, line), RoleText)
	}
	return b
}

// The methods of dissect.Sink.

func (t *Tree) Uint(f *dissect.Field, off, n int, v uint64) {
	t.field(f, off, n, &value{kind: kindUint, num: v})
}

func (t *Tree) Bool(f *dissect.Field, off, n int, v bool) {
	w := value{kind: kindBool}
	if v {
		w.num = 1
	}
	t.field(f, off, n, &w)
}

func (t *Tree) Enum(f *dissect.Field, off, n int, v uint64, name string) {
	t.field(f, off, n, &value{kind: kindEnum, num: v, name: name})
}

func (t *Tree) Checksum(f *dissect.Field, off, n int, v uint16, r dissect.ChecksumResult) {
	switch r.State {
	case dissect.ChecksumBad:
		t.bad = true
	case dissect.ChecksumPartial:
		t.partial = true
	}
	t.field(f, off, n, &value{kind: kindChecksum, num: uint64(v), sum: r})
}

func (t *Tree) Addr(f *dissect.Field, off, n int, a netip.Addr) {
	t.field(f, off, n, &value{kind: kindAddr, addr: a})
}

func (t *Tree) MAC(f *dissect.Field, off, n int, m dissect.MAC) {
	t.field(f, off, n, &value{kind: kindMAC, mac: m})
}

func (t *Tree) Bytes(f *dissect.Field, off, n int, b []byte) {
	t.field(f, off, n, &value{kind: kindBytes, bytes: b})
}

func (t *Tree) Text(f *dissect.Field, off, n int, b []byte) {
	t.field(f, off, n, &value{kind: kindText, bytes: b})
}

func (t *Tree) Begin(f *dissect.Field, off, n int) { t.lines.begin(f, off, n) }
func (t *Tree) End()                               { t.lines.end() }

// field takes one field into the forms that are being made.
func (t *Tree) field(f *dissect.Field, off, n int, v *value) {
	if t.opt.Names != nil && v.name == "" {
		v.name = named(t.opt.Names, f, v)
	}
	if 0 < f.Rank && f.Rank <= t.maxRank {
		t.word(f, n, v)
	}
	t.lines.field(f, off, n, v)
}

// word appends a field's one-line form to t.words.
func (t *Tree) word(f *dissect.Field, n int, v *value) {
	switch f.Form {
	case dissect.FormFlag, dissect.FormNonzero:
		if v.zero() {
			return
		}
	}
	from, b := len(t.words), t.words
	if f.Form != dissect.FormJoined {
		b = append(b, ' ')
	}
	switch f.Form {
	case dissect.FormFlag:
		b = t.theme.paint(b, RoleFlag, f.Label)
	case dissect.FormBare:
		b = v.append(b, t.theme, f, n, briefBytes)
	case dissect.FormParen:
		b = v.append(append(b, '('), t.theme, f, n, briefBytes)
		b = append(b, ')')
	case dissect.FormJoined:
		b = t.theme.paint(b, RoleLabel, f.Label)
		b = v.append(b, t.theme, f, n, briefBytes)
	default:
		b = t.theme.on(b, RoleLabel)
		b = t.theme.off(append(append(b, f.Label...), '='), RoleLabel)
		b = v.append(b, t.theme, f, n, briefBytes)
	}
	t.words = b
	t.places = append(t.places, place{f.Rank, from, len(b)})
}

// treeLines collects the lines that -v puts below a layer's: each field behind a bar that leads to the
// next layer's backslash.
//
//	| ip.flags = 0x2
//	|   ip.flags.df = true
type treeLines struct {
	verbose int
	theme   *Theme

	text   []byte // each line begins with a newline
	level  int    // of the layer
	groups int    // begun and not ended
	last   *dissect.Field
}

// remarkColumn is where -vv puts the meaning of a field, counted from 0.
const remarkColumn = 48

// How many bytes of an opaque field are shown on the layer's line, and by -v and -vv on the field's own.
const (
	briefBytes = 16
	lineBytes  = 32
)

func (d *treeLines) reset(level int) {
	d.text, d.level, d.groups, d.last = d.text[:0], level, 0, nil
}

func (d *treeLines) field(f *dissect.Field, off, n int, v *value) {
	if d.verbose == 0 {
		return
	}
	d.last = f
	limit := lineBytes
	if d.verbose > 2 {
		limit = len(v.bytes)
	}
	b, start, width := d.open()
	width += d.theme.painted(RoleLabel)
	b = d.theme.paint(b, RoleLabel, fieldName(f))
	b = append(b, " = "...)
	width += d.theme.painted(v.role(f))
	b = v.appendLong(b, d.theme, f, n, limit)
	d.close(b, start, width+v.paintedRemark(d.theme), f, f.Title, off, n)
}

// begin opens a group: behind the line of its own value if that was just pushed, else below a heading.
func (d *treeLines) begin(f *dissect.Field, off, n int) {
	if d.verbose == 0 {
		return
	}
	if d.last != f {
		b, start, width := d.open()
		name, title := f.Name, f.Title
		if name == "" {
			name, title = f.Title, ""
		}
		b = d.theme.paint(b, RoleLabel, name)
		d.close(b, start, width+d.theme.painted(RoleLabel), f, title, off, n)
	}
	d.last = nil
	d.groups++
}

func (d *treeLines) end() {
	d.last = nil
	d.groups = max(d.groups-1, 0)
}

// open begins a line. start is where its text starts and invisible how many of the bytes so far are no text.
func (d *treeLines) open() (b []byte, start, invisible int) {
	b = append(d.text, '\n')
	start = len(b)
	b = appendBlanks(b, d.level+1)
	b = d.theme.paint(b, RoleDim, "|")
	b = appendBlanks(b, 1+2*d.groups)
	return b, start, d.theme.painted(RoleDim)
}

// close ends a line, from -vv on with the meaning of the field, if title has it, and the place of its bits in the header.
func (d *treeLines) close(b []byte, start, invisible int, f *dissect.Field, title string, off, n int) {
	if d.verbose > 1 {
		b = appendBlanks(b, max(remarkColumn-(len(b)-start-invisible), 2))
		b = d.theme.on(b, RoleDim)
		if title != "" {
			b = append(append(b, title...), ", "...)
		}
		b = d.theme.off(appendSpan(b, f, off, n), RoleDim)
	}
	d.text = b
}

// appendSpan appends where in its header a field is: "byte 8", "bytes 6-7, bit 1". Bits are counted as in the
// diagrams of RFCs, from the most significant of the bytes named.
func appendSpan(b []byte, f *dissect.Field, off, n int) []byte {
	if n == 0 {
		return append(b, "computed"...)
	}
	b = appendRange(b, "byte", off, off+n-1)
	if f.Mask != 0 && n <= 8 {
		first := bits.LeadingZeros64(f.Mask) - (64 - 8*n)
		last := 8*n - 1 - bits.TrailingZeros64(f.Mask)
		if first >= 0 && (first > 0 || last < 8*n-1) {
			b = appendRange(append(b, ", "...), "bit", first, last)
		}
	}
	return b
}

func appendRange(b []byte, what string, first, last int) []byte {
	b = append(b, what...)
	if last > first {
		b = append(b, 's')
	}
	b = appendDecimal(append(b, ' '), uint64(first))
	if last > first {
		b = appendDecimal(append(b, '-'), uint64(last))
	}
	return b
}

// fieldName is what -v calls a field.
func fieldName(f *dissect.Field) string {
	switch {
	case f.Name != "":
		return f.Name
	case f.Label != "":
		return f.Label
	}
	return f.Title
}

func appendBlanks(b []byte, n int) []byte {
	for ; n > 0; n-- {
		b = append(b, ' ')
	}
	return b
}

// appendPacketNumber appends what -# puts before a packet, in tcpdump's shape.
func appendPacketNumber(b []byte, n int) []byte {
	for limit := 10000; limit > n && limit > 1; limit /= 10 {
		b = append(b, ' ')
	}
	return append(appendDecimal(b, uint64(n)), ' ', ' ')
}
