package dissect

import (
	"encoding/hex"
	"strings"
)

// A sample is a frame that stands for a protocol, a feature or a fault. Every test of the machinery
// (prefixes, tiling, allocations, fuzzing, the comparison with gopacket) runs over all of them, so a
// new protocol adds its frames here and is tested by all. Names are "protocol/what".
type sample struct {
	name string
	link LinkType
	data []byte
	want string // the layers, as layerNames gives them
}

// samples is filled by the init functions of the protocols' test files.
var samples []sample

// addSample adds a frame written in hexadecimal; blanks and line breaks are free, "#" starts a comment.
func addSample(name string, link LinkType, want, text string) {
	samples = append(samples, sample{name, link, unhex(text), want})
}

// unhex reads annotated hexadecimal.
func unhex(text string) []byte {
	var digits strings.Builder
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		for _, word := range strings.Fields(line) {
			digits.WriteString(word)
		}
	}
	b, err := hex.DecodeString(digits.String())
	if err != nil {
		panic("sample: " + err.Error() + ": " + text)
	}
	return b
}

func findSample(name string) sample {
	for _, s := range samples {
		if s.name == name {
			return s
		}
	}
	panic("no sample is named " + name)
}

// layerNames writes layers as "eth ip tcp"; "!" marks one that cannot be read.
func layerNames(layers []Layer) string {
	var b strings.Builder
	for i, l := range layers {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(l.Type.Name())
		if l.Err != nil {
			b.WriteByte('!')
		}
	}
	return b.String()
}
