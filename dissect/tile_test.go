package dissect

import (
	"fmt"
	"math/bits"
	"net/netip"
	"strings"
	"testing"
)

// nullSink takes fields and does nothing with them.
type nullSink struct{}

func (nullSink) Uint(*Field, int, int, uint64)                     {}
func (nullSink) Bool(*Field, int, int, bool)                       {}
func (nullSink) Enum(*Field, int, int, uint64, string)             {}
func (nullSink) Checksum(*Field, int, int, uint16, ChecksumResult) {}
func (nullSink) Addr(*Field, int, int, netip.Addr)                 {}
func (nullSink) MAC(*Field, int, int, MAC)                         {}
func (nullSink) Bytes(*Field, int, int, []byte)                    {}
func (nullSink) Text(*Field, int, int, []byte)                     {}
func (nullSink) Begin(*Field, int, int)                            {}
func (nullSink) End()                                              {}

// A pushed is one call of a Sink: a value, or the beginning of a group.
type pushed struct {
	f      *Field
	off, n int
	num    uint64 // of Uint, Enum, Bool and Checksum
	text   string // the value as text
	group  bool   // a value that a group of the same field follows, or a Begin
	begin  bool

	checksum bool
	verdict  ChecksumState
}

// recorder is a Sink that keeps what it is given and complains about groups that do not match.
type recorder struct {
	all      []pushed
	open     []pushed
	problems []string
}

func (r *recorder) push(f *Field, off, n int, num uint64, text string) {
	p := pushed{f: f, off: off, n: n, num: num, text: text}
	if k := len(r.open); k > 0 && n > 0 {
		if g := r.open[k-1]; off < g.off || off+n > g.off+g.n {
			r.complain("%v leaves its group %v", p, g)
		}
	}
	r.all = append(r.all, p)
}

func (r *recorder) complain(format string, args ...any) {
	r.problems = append(r.problems, fmt.Sprintf(format, args...))
}

func (p pushed) String() string {
	return fmt.Sprintf("%q %q [%d,%d) = %s", p.f.Name, p.f.Title, p.off, p.off+p.n, p.text)
}

func (r *recorder) Uint(f *Field, off, n int, v uint64) { r.push(f, off, n, v, fmt.Sprint(v)) }
func (r *recorder) Enum(f *Field, off, n int, v uint64, name string) {
	r.push(f, off, n, v, fmt.Sprintf("%d (%s)", v, name))
}
func (r *recorder) Bool(f *Field, off, n int, v bool) {
	if v {
		r.push(f, off, n, 1, "true")
	} else {
		r.push(f, off, n, 0, "false")
	}
}
func (r *recorder) Checksum(f *Field, off, n int, v uint16, c ChecksumResult) {
	r.push(f, off, n, uint64(v), fmt.Sprintf("0x%04x %v 0x%04x", v, c.State, c.Want))
	last := &r.all[len(r.all)-1]
	last.checksum, last.verdict = true, c.State
}
func (r *recorder) Addr(f *Field, off, n int, a netip.Addr) { r.push(f, off, n, 0, a.String()) }
func (r *recorder) MAC(f *Field, off, n int, m MAC)         { r.push(f, off, n, 0, m.String()) }
func (r *recorder) Bytes(f *Field, off, n int, b []byte)    { r.push(f, off, n, 0, fmt.Sprintf("%x", b)) }
func (r *recorder) Text(f *Field, off, n int, b []byte)     { r.push(f, off, n, 0, fmt.Sprintf("%q", b)) }

func (r *recorder) Begin(f *Field, off, n int) {
	if k := len(r.all); k > 0 {
		if last := &r.all[k-1]; last.f == f && last.off == off && last.n == n && !last.begin {
			last.group = true
		}
	}
	p := pushed{f: f, off: off, n: n, group: true, begin: true}
	r.all = append(r.all, p)
	r.open = append(r.open, p)
}

func (r *recorder) End() {
	if len(r.open) == 0 {
		r.complain("End without Begin")
		return
	}
	r.open = r.open[:len(r.open)-1]
}

// find gives the value of the first field named name, as text.
func (r *recorder) find(name string) (string, bool) {
	for _, p := range r.all {
		if p.f.Name == name && !p.begin {
			return p.text, true
		}
	}
	return "", false
}

// summary writes the values, in order, without groups: "name=value". Fields without a name go by their label.
func (r *recorder) summary() string {
	var b strings.Builder
	for _, p := range r.all {
		if p.begin {
			continue
		}
		name := p.f.Name
		if name == "" {
			name = p.f.Label
		}
		fmt.Fprintf(&b, "%s=%s\n", name, p.text)
	}
	return b.String()
}

// record describes layer i of p.
func record(p *Packet, i int) *recorder {
	r := &recorder{}
	p.Fields(&p.Layers()[i], r)
	return r
}

// tileProblems says where the fields of layer i of p do not cover it exactly once: each bit of the header, or of all
// of it where there is no header, and each byte behind the layer inside. Groups repeat what their members cover,
// and derived fields cover nothing.
func tileProblems(p *Packet, i int) []string {
	layers := p.Layers()
	l := &layers[i]
	if l.Err != nil {
		return nil
	}
	r := record(p, i)
	problems := r.problems
	if len(r.open) > 0 {
		problems = append(problems, "Begin without End")
	}
	size := l.End - l.Start
	covered := make([]uint8, size) // bits
	for _, f := range r.all {
		if f.off < 0 || f.n < 0 || f.off+f.n > size {
			problems = append(problems, fmt.Sprintf("%v leaves the layer's %d bytes", f, size))
			continue
		}
		if f.group || f.n == 0 {
			continue
		}
		mask := f.f.Mask
		if f.n <= 8 && f.n > 0 && mask>>(8*(f.n-1))>>8 != 0 {
			problems = append(problems, fmt.Sprintf("%v has a mask %#x wider than its %d bytes", f, mask, f.n))
		}
		for k := range f.n {
			m := uint8(0xff)
			if mask != 0 {
				m = uint8(mask >> (8 * (f.n - 1 - k)))
			}
			if covered[f.off+k]&m != 0 {
				problems = append(problems, fmt.Sprintf("%v covers byte %d again", f, f.off+k))
			}
			covered[f.off+k] |= m
		}
	}
	header := l.Payload - l.Start
	if l.Type == LayerData {
		header = size
	}
	trailer := size
	if i+1 < len(layers) && header < size {
		trailer = layers[i+1].End - l.Start
	}
	for k, bitsSeen := range covered {
		switch inHeader := k < header; {
		case inHeader && bitsSeen != 0xff:
			problems = append(problems, fmt.Sprintf("%d bits of header byte %d are in no field", 8-bits.OnesCount8(bitsSeen), k))
		case !inHeader && k < trailer && bitsSeen != 0:
			problems = append(problems, fmt.Sprintf("payload byte %d is in a field", k))
		}
	}
	return problems
}

// TestTile: the fields of every layer of every sample cover its header, no bit twice and none left out.
func TestTile(t *testing.T) {
	for _, s := range samples {
		var p Packet
		p.Decode(s.link, s.data, len(s.data))
		for i, l := range p.Layers() {
			for _, problem := range tileProblems(&p, i) {
				t.Errorf("%s: %v: %s", s.name, l.Type, problem)
			}
		}
	}
}

// TestTileFindsFaults: the check itself sees a gap, an overlap and a group left open.
func TestTileFindsFaults(t *testing.T) {
	whole, high, low := &Field{Name: "w"}, &Field{Name: "h", Mask: 0xf0}, &Field{Name: "l", Mask: 0x0f}
	describe := map[string]func(s Sink){
		"gap":     func(s Sink) { s.Uint(high, 0, 1, 1) },
		"overlap": func(s Sink) { s.Uint(whole, 0, 1, 1); s.Uint(low, 0, 1, 1) },
		"outside": func(s Sink) { s.Uint(whole, 0, 2, 1) },
		"open": func(s Sink) {
			s.Uint(whole, 0, 1, 1)
			s.Begin(whole, 0, 1)
			s.Uint(high, 0, 1, 1)
			s.Uint(low, 0, 1, 1)
		},
		"right": func(s Sink) {
			s.Uint(whole, 0, 1, 1)
			s.Begin(whole, 0, 1)
			s.Uint(high, 0, 1, 1)
			s.Uint(low, 0, 1, 1)
			s.End()
		},
	}
	saved := protocols[LayerNone]
	defer func() { protocols[LayerNone] = saved }()
	for name, f := range describe {
		protocols[LayerNone].fields = func(_ *Packet, _ *Layer, s Sink) { f(s) }
		p := Packet{Data: []byte{0}, n: 1}
		p.layers[0] = Layer{Type: LayerNone, Payload: 1, End: 1, Wire: 1}
		if found := tileProblems(&p, 0); (len(found) == 0) != (name == "right") {
			t.Errorf("%s: %q", name, found)
		}
	}
}
