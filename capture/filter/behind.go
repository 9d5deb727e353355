package filter

import (
	"slices"

	"golang.org/x/net/bpf"
)

// BehindTags compiles a program that matches what the expression misses but would match if it looked behind VLAN tags
// (ThroughTags): for telling people about packets that they might have expected. It is nil where there are none: the expression
// has the word vlan itself, or something that cannot be looked for behind tags (protochain), the link type has no tags, or ThroughTags is
// set anyway.
func BehindTags(expression string, o Options) (*Program, error) {
	if o.ThroughTags {
		return nil, nil
	}
	plain, err := Compile(expression, o)
	if err != nil {
		return nil, err
	}
	o.ThroughTags = true
	through, err := Compile(expression, o)
	if err != nil { // the plain one was right
		return nil, nil
	}
	if slices.Equal(plain.raw, through.raw) {
		return nil, nil
	}
	// What plain accepts is refused; where it refuses, through decides. A load beyond the packet's end refuses in either.
	raw := make([]bpf.RawInstruction, 0, len(plain.raw)+len(through.raw))
	for i, in := range plain.raw {
		switch {
		case in.Op != opRetK:
		case in.K != 0:
			in.K = 0
		default:
			in = bpf.RawInstruction{Op: opJa, K: uint32(len(plain.raw) - i - 1)}
		}
		raw = append(raw, in)
	}
	p := &Program{raw: append(raw, through.raw...)}
	if p.program, err = verify(p.raw); err != nil {
		return nil, err
	}
	return p, nil
}
