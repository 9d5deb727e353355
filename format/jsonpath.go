package format

import "smoltcp/dissect"

// jsonErrorField is the key under which a layer's error stands.
var jsonErrorField = dissect.Field{Name: "error"}

// jsonPaths says which key of a layer's object a field belongs to. Comparing its name with those of all fields before it
// would say so too, but layers of one type push the same fields in the same few orders again and again. So the orders that
// occurred are kept, as a tree of steps, and a step holds the answer.
type jsonPaths struct {
	steps []jsonStep // the first stands for none
	roots [256]int32 // by layer type: the index in steps from which its paths start, or 0
	at    int32      // the index of the step that was taken last
}

// jsonStep is one field behind those of the steps that lead to it.
type jsonStep struct {
	field *dissect.Field
	key   int32 // the index among the keys of the object; that of a new one if it is the number of keys so far
	next  int32 // the first step behind this one, or 0
	other int32 // another step that begins where this one does, or 0
	bad   bool  // the key is that of the mark of a wrong checksum

	// text is the key as it is written, quotes and colon included, and size its length; size is 0 if it has no room.
	size uint8
	text [42]byte
}

// maxJSONSteps is how many steps are kept before all are forgotten, between two layers, to begin anew. Ordinary traffic
// needs a few hundred.
const maxJSONSteps = 4096

func newJSONPaths() jsonPaths { return jsonPaths{steps: make([]jsonStep, 1, 256)} }

// enter begins a layer of type t.
func (p *jsonPaths) enter(t dissect.LayerType) {
	if len(p.steps) > maxJSONSteps {
		p.steps = p.steps[:1]
		clear(p.roots[:])
	}
	if p.roots[t] == 0 {
		p.roots[t] = p.add(jsonStep{})
	}
	p.at = p.roots[t]
}

// follow takes the step for a field, or its mark, behind those that brought keys. The step is good until the
// next call.
func (p *jsonPaths) follow(f *dissect.Field, bad bool, keys []jsonField) *jsonStep {
	for i := p.steps[p.at].next; i != 0; {
		s := &p.steps[i]
		if s.field == f && s.bad == bad {
			p.at = i
			return s
		}
		i = s.other
	}
	return p.learn(f, bad, keys)
}

// learn adds the step that follow did not find, and takes it.
func (p *jsonPaths) learn(f *dissect.Field, bad bool, keys []jsonField) *jsonStep {
	s := jsonStep{field: f, bad: bad, other: p.steps[p.at].next}
	for int(s.key) < len(keys) {
		k := &p.steps[keys[s.key].step]
		if k.field.Name == f.Name && k.bad == bad {
			break
		}
		s.key++
	}
	if key := s.appendKey(nil); len(key) <= len(s.text) {
		s.size = uint8(copy(s.text[:], key))
	}
	i := p.add(s)
	p.steps[p.at].next = i
	p.at = i
	return &p.steps[i]
}

func (p *jsonPaths) add(s jsonStep) int32 {
	p.steps = append(p.steps, s)
	return int32(len(p.steps) - 1)
}

// appendKey appends the key in quotes, and a colon.
func (s *jsonStep) appendKey(b []byte) []byte {
	if s.size > 0 {
		// Copying all of text, whose length the compiler knows, is faster than copying what is used.
		at := len(b)
		b = grow(b, len(s.text))
		copy(b[at:], s.text[:])
		return b[:at+int(s.size)]
	}
	b = append(b, '"')
	switch {
	case !s.bad:
		b = append(b, s.field.Name...)
	case s.field.Bad != "":
		b = append(b, s.field.Bad...)
	default:
		b = append(append(b, s.field.Name...), ".status"...)
	}
	return append(b, '"', ':')
}
