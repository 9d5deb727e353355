package format

import (
	"bytes"
	"net/netip"

	"smoltcp/dissect"
)

// JSON prints a packet as one object on one line (NDJSON); docs/json.md describes it for users.
//
//	{"num":1,"time":"2026-01-02T03:04:05.000000006Z","len":74,"caplen":74,"layers":["eth","ip","tcp"],
//	"eth":{"eth.dst":"02:00:00:00:00:01",...},"ip":{"ip.version":4,...},"tcp":{"tcp.srcport":35692,...}}
//
// Each line is valid JSON and valid UTF-8 whatever the packet holds, and no object in it has two equal keys: a field that
// occurs again makes its value an array, a protocol that occurs again goes, with all that is in it, into "inner".
//
// JSON is a sink of dissect's fields and knows no protocol. What it prints is the same for everyone, whatever
// the options about text say. It belongs to one goroutine.
type JSON struct {
	dates calendar
	b     []byte // the caller's buffer, during Append

	// All below is about the object of one layer. Its fields are written as they come. Values of names that came before
	// are set aside in more, and the end of the layer puts them where they belong.
	fields  []jsonField
	more    []byte
	repeats []jsonRepeat
	chains  []jsonChain
	first   int // the index in fields of the first that is repeated, if there are repeats
	repeat  int // the index in fields of the one whose repetition is being written, or -1
	paths   jsonPaths
	scratch []byte
}

// jsonField is a key that the object has, and where in JSON.b its value is.
type jsonField struct {
	from, to int
	step     int32 // the index in paths of the step that brought it
	chain    int32 // 1 + the index in chains, if the field is repeated
}

// jsonRepeat is where in JSON.more a further value is, and the index in JSON.repeats of the one after it, or -1.
type jsonRepeat struct {
	from, to int
	next     int
}

// jsonChain holds the indices in JSON.repeats of the first and the last further value of one field.
type jsonChain struct{ first, last int }

// NewJSON returns a printer of JSON. It takes the options as the other printers do; today none of them concerns it.
func NewJSON(Options) *JSON {
	return &JSON{paths: newJSONPaths()}
}

// Append appends a packet's object and a newline.
func (j *JSON) Append(b []byte, f *Frame) []byte {
	p := f.Packet
	b = appendDecimal(append(b, `{"num":`...), uint64(f.Num))
	if f.Time != NoTime {
		b = j.dates.appendRFC3339(append(b, `,"time":"`...), f.Time)
		b = append(b, '"')
	}
	b = j.appendString(b, `,"interface":`, f.Interface)
	b = j.appendString(b, `,"direction":`, f.Direction)
	b = j.process(b, &f.Process)
	if len(f.Comment) > 0 {
		b = appendJSONString(append(b, `,"comment":`...), f.Comment)
	}
	b = appendDecimal(append(b, `,"len":`...), uint64(p.Wire))
	b = appendDecimal(append(b, `,"caplen":`...), uint64(len(p.Data)))
	j.b = append(b, ',')
	j.layers(p)
	b = append(j.b, '}', '\n')
	j.b = nil
	return b
}

// appendString appends a member of the packet's object, unless s is empty.
func (j *JSON) appendString(b []byte, key, s string) []byte {
	if s == "" {
		return b
	}
	j.scratch = append(j.scratch[:0], s...)
	return appendJSONString(append(b, key...), j.scratch)
}

// layers writes the members of the layers. Each time a name occurs again an inner object begins.
func (j *JSON) layers(p *dissect.Packet) {
	depth := 0
	for layers := p.Layers(); len(layers) > 0; depth++ {
		if depth > 0 {
			j.b = append(j.b, `,"inner":{`...)
		}
		n := distinct(layers)
		j.b = append(j.b, `"layers":[`...)
		for i := range layers[:n] {
			if i > 0 {
				j.b = append(j.b, ',')
			}
			j.b = appendQuoted(j.b, layers[i].Type.Name())
		}
		j.b = append(j.b, ']')
		for i := range layers[:n] {
			j.layer(p, &layers[i])
		}
		layers = layers[n:]
	}
	for ; depth > 1; depth-- {
		j.b = append(j.b, '}')
	}
}

// distinct counts the layers before the first whose name is that of one before it.
func distinct(layers []dissect.Layer) int {
	for n := range layers {
		for i := range layers[:n] {
			if layers[i].Type.Name() == layers[n].Type.Name() {
				return n
			}
		}
	}
	return len(layers)
}

// layer writes the member of one layer.
func (j *JSON) layer(p *dissect.Packet, l *dissect.Layer) {
	j.b = append(j.b, ',')
	j.open(l.Type)
	if l.Err != nil {
		j.begin(&jsonErrorField, false)
		j.end(appendQuoted(j.target(), l.Err.Error()))
	}
	p.Fields(l, j)
	j.close()
}

// open begins the object of a layer, and close ends it. The methods of dissect.Sink fill it.
func (j *JSON) open(t dissect.LayerType) {
	j.fields, j.more, j.repeats, j.chains = j.fields[:0], j.more[:0], j.repeats[:0], j.chains[:0]
	j.first, j.repeat = 0, -1
	j.paths.enter(t)
	j.b = append(appendQuoted(j.b, t.Name()), ':', '{')
}

func (j *JSON) close() {
	if len(j.repeats) > 0 {
		j.mergeRepeats()
	}
	if len(j.fields) > 0 {
		j.b = j.b[:len(j.b)-1] // the comma behind the last field
	}
	j.b = append(j.b, '}')
}

// mergeRepeats rewrites the object from the first repeated field on, with arrays for all that were repeated.
func (j *JSON) mergeRepeats() {
	base := j.fields[j.first].from
	old := append(j.scratch[:0], j.b[base:]...)
	b := j.b[:base]
	for i := j.first; i < len(j.fields); i++ {
		f := &j.fields[i]
		if i > j.first {
			b = append(b, old[j.fields[i-1].to-base:f.from-base]...) // the comma and the key
		}
		if f.chain == 0 {
			b = append(b, old[f.from-base:f.to-base]...)
			continue
		}
		b = append(append(b, '['), old[f.from-base:f.to-base]...)
		for i := j.chains[f.chain-1].first; i >= 0; i = j.repeats[i].next {
			b = append(append(b, ','), j.more[j.repeats[i].from:j.repeats[i].to]...)
		}
		b = append(b, ']')
	}
	j.b, j.scratch = append(b, ','), old
}

// begin starts a member whose key is the name of f, or of the mark of a wrong checksum, or a further value of it. target is then the
// buffer to append the value to, and end takes it back.
func (j *JSON) begin(f *dissect.Field, bad bool) {
	step := j.paths.follow(f, bad, j.fields)
	n := len(j.fields)
	if int(step.key) < n {
		j.repeat = int(step.key)
		return
	}
	j.b = step.appendKey(j.b)
	// Written in place: a composite literal would be built elsewhere and copied, at several times the cost.
	if n == cap(j.fields) {
		j.fields = append(j.fields, jsonField{})
	}
	j.fields = j.fields[:n+1]
	key := &j.fields[n]
	key.from, key.step, key.chain = len(j.b), j.paths.at, 0
}

func (j *JSON) target() []byte {
	if j.repeat >= 0 {
		return j.more
	}
	return j.b
}

func (j *JSON) end(b []byte) {
	if j.repeat < 0 {
		j.fields[len(j.fields)-1].to = len(b)
		j.b = append(b, ',')
		return
	}
	f, r := &j.fields[j.repeat], len(j.repeats)
	if r == 0 || j.repeat < j.first {
		j.first = j.repeat
	}
	if f.chain == 0 {
		j.chains = append(j.chains, jsonChain{first: r, last: r})
		f.chain = int32(len(j.chains))
	} else {
		c := &j.chains[f.chain-1]
		j.repeats[c.last].next, c.last = r, r
	}
	j.repeats = append(j.repeats, jsonRepeat{from: len(j.more), to: len(b), next: -1})
	j.more, j.repeat = b, -1
}

// field is begin for a field that has a name of Wireshark's; the others are left out of JSON.
func (j *JSON) field(f *dissect.Field) bool {
	if f.Name == "" {
		return false
	}
	j.begin(f, false)
	return true
}

// The methods of dissect.Sink.

func (j *JSON) Uint(f *dissect.Field, off, n int, v uint64) {
	switch {
	case !j.field(f):
	case f.Base > dissect.Hex:
		j.end(appendNumber(j.target(), f, n, v))
	default:
		j.end(appendDecimal(j.target(), v))
	}
}

func (j *JSON) Enum(f *dissect.Field, off, n int, v uint64, name string) {
	if j.field(f) {
		j.end(appendDecimal(j.target(), v))
	}
}

func (j *JSON) Bool(f *dissect.Field, off, n int, v bool) {
	if !j.field(f) {
		return
	}
	if v {
		j.end(append(j.target(), "true"...))
	} else {
		j.end(append(j.target(), "false"...))
	}
}

// badChecksum is what Wireshark numbers the status of a wrong checksum.
const badChecksum = 0

func (j *JSON) Checksum(f *dissect.Field, off, n int, v uint16, r dissect.ChecksumResult) {
	if !j.field(f) {
		return
	}
	j.end(appendDecimal(j.target(), uint64(v)))
	if r.State != dissect.ChecksumBad {
		return
	}
	j.begin(f, true)
	if f.Bad != "" {
		j.end(append(j.target(), "true"...))
	} else {
		j.end(appendDecimal(j.target(), badChecksum))
	}
}

func (j *JSON) Addr(f *dissect.Field, off, n int, a netip.Addr) {
	if j.field(f) {
		j.end(append(a.AppendTo(append(j.target(), '"')), '"'))
	}
}

func (j *JSON) MAC(f *dissect.Field, off, n int, m dissect.MAC) {
	if j.field(f) {
		j.end(append(m.AppendTo(append(j.target(), '"'), ':'), '"'))
	}
}

func (j *JSON) Bytes(f *dissect.Field, off, n int, b []byte) {
	if j.field(f) {
		j.end(append(appendHexBytes(append(j.target(), '"'), b), '"'))
	}
}

// Text writes text as far as its first NUL: what is behind that is padding to most protocols, and no text to any.
func (j *JSON) Text(f *dissect.Field, off, n int, b []byte) {
	if j.field(f) {
		if end := bytes.IndexByte(b, 0); end >= 0 {
			b = b[:end]
		}
		j.end(appendJSONString(j.target(), b))
	}
}

// Begin and End change nothing: a layer's object is flat.
func (j *JSON) Begin(f *dissect.Field, off, n int) {}
func (j *JSON) End()                               {}

// appendQuoted appends s, which this program wrote itself and which needs no escapes, in quotes.
func appendQuoted(b []byte, s string) []byte {
	return append(append(append(b, '"'), s...), '"')
}
