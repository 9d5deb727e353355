package stack

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"time"

	"smoltcp/dissect"
)

// ErrBadOptions: IP options that cannot be sent, see UDPOptions.Options.
var ErrBadOptions = errors.New("IP options that contradict themselves, or a source route")

// Where things are in the options that are written on the way. The pointer counts from 1 at the option's type, and points at the
// first place that is free, or behind the option.
const (
	optPointer  = 2
	optOverflow = 3 // of timestamps: how often there was no room, and what they are

	routeData     = 3 // of record route and source routes
	timestampData = 4
)

// options looks at the IP options of a received packet and reports whether it is to be delivered: not if one contradicts itself (RFC
// 1122 section 3.2.2.5), nor if it asks to be routed on, which no host here does (RFC 1122 section 3.3.5).
func (s *Stack) options(ip dissect.IPv4, in arrival) bool {
	off, routed := dissect.IPv4MinHeaderLen, false
	for b := ip.Options(); len(b) > 0; {
		o, rest, err := dissect.NextIPv4Option(b)
		if err != nil {
			s.badOption(ip, in, min(off+1, ip.HeaderLen()-1)) // its length
			return false
		}
		switch o.Type() {
		case dissect.IPv4OptEnd:
			return true
		case dissect.IPv4OptLSRR, dissect.IPv4OptSSRR:
			switch {
			case len(o) < routeData:
				s.badOption(ip, in, off+1)
				return false
			case o[optPointer] <= routeData:
				s.badOption(ip, in, off+optPointer)
				return false
			case int(o[optPointer]) <= len(o):
				s.drop(in.ifc, &s.counters.IPv4SourceRoute)
				s.icmpError(ip, in, unreachable(dissect.ICMPv4SourceRouteFailed))
				return false
			case routed: // a packet has one way (RFC 1122 section 3.2.1.8 d)
				s.badOption(ip, in, off)
				return false
			}
			routed = true
		case dissect.IPv4OptRecordRoute:
			if at := badRecord(o); at != 0 {
				s.badOption(ip, in, off+at)
				return false
			}
		case dissect.IPv4OptTimestamp:
			if at := badTimestamp(o); at != 0 {
				s.badOption(ip, in, off+at)
				return false
			}
		}
		b, off = rest, off+len(o)
	}
	return true
}

// badRecord gives the offset of what is wrong in a record route option, 0 if nothing is: some room, but not for an address, is an
// error (RFC 791 section 3.1).
func badRecord(o dissect.IPv4Option) int {
	switch {
	case len(o) < routeData:
		return 1
	case o[optPointer] <= routeData || int(o[optPointer]) <= len(o) && int(o[optPointer])+3 > len(o):
		return optPointer
	}
	return 0
}

// badTimestamp is badRecord for a timestamp option. One that cannot count any more for whom there was no room is an error, too.
func badTimestamp(o dissect.IPv4Option) int {
	if len(o) < timestampData {
		return 1
	}
	p := int(o[optPointer])
	switch {
	case p <= timestampData || p <= len(o) && p+timestampSize(o)-1 > len(o):
		return optPointer
	case p > len(o) && o[optOverflow]>>4 == 15:
		return optOverflow
	}
	return 0
}

// timestampSize is how much each host adds to a timestamp option: the time, or its address and the time.
func timestampSize(o dissect.IPv4Option) int {
	if o[optOverflow]&15 == timestampOnly {
		return 4
	}
	return 8
}

// What a timestamp option asks for (RFC 791 section 3.1).
const (
	timestampOnly       = 0
	timestampPrescribed = 3 // of the hosts whose addresses are there already
)

// badOption refuses a packet for what is at offset off of its header.
func (s *Stack) badOption(ip dissect.IPv4, in arrival, off int) {
	s.drop(in.ifc, &s.counters.IPv4BadOption)
	s.icmpError(ip, in, dissect.ICMPv4Header{Type: dissect.ICMPv4ParameterProblem, Pointer: uint8(off)})
}

// sourceRouted reports whether the packet carries a source route, finished as it is.
func sourceRouted(ip dissect.IPv4) bool {
	for b := ip.Options(); len(b) > 0; {
		o, rest, err := dissect.NextIPv4Option(b)
		if err != nil || o.Type() == dissect.IPv4OptEnd {
			break
		}
		if t := o.Type(); t == dissect.IPv4OptLSRR || t == dissect.IPv4OptSSRR {
			return true
		}
		b = rest
	}
	return false
}

// answerOptions gives the options for what answers the request ip from our address: record route and timestamp as they came, with
// us added (RFC 1122 sections 3.2.2.6 and 3.2.2.8). They are lent until the following call.
func (s *Stack) answerOptions(ip dissect.IPv4, our netip.Addr) []byte {
	out := s.ipOptions[:0]
	for b := ip.Options(); len(b) > 0; {
		o, rest, err := dissect.NextIPv4Option(b)
		if err != nil || o.Type() == dissect.IPv4OptEnd {
			break
		}
		at := len(out)
		switch o.Type() {
		case dissect.IPv4OptRecordRoute:
			out = append(out, o...)
			recordRoute(out[at:], our)
		case dissect.IPv4OptTimestamp:
			out = append(out, o...)
			s.recordTime(out[at:], our)
		}
		b = rest
	}
	return padOptions(out)
}

// padOptions fills the last word.
func padOptions(b []byte) []byte {
	for len(b)%4 != 0 {
		b = append(b, byte(dissect.IPv4OptEnd))
	}
	return b
}

// recordRoute adds our address to an option that options has let pass, if there is room.
func recordRoute(o dissect.IPv4Option, our netip.Addr) {
	if p := int(o[optPointer]); p <= len(o) {
		a := our.As4()
		copy(o[p-1:], a[:])
		o[optPointer] += 4
	}
}

// recordTime adds the time, and our address if it is asked for, to an option that options has let pass. What has no room is
// counted; with prescribed addresses it is added for one of ours only.
func (s *Stack) recordTime(o dissect.IPv4Option, our netip.Addr) {
	p := int(o[optPointer])
	if p > len(o) {
		o[optOverflow] += 1 << 4
		return
	}
	b, n := o[p-1:], timestampSize(o)
	if n > 4 {
		a := our.As4()
		if o[optOverflow]&15 != timestampPrescribed {
			copy(b, a[:])
		} else if s.local(netip.AddrFrom4([4]byte(b))) == nil {
			return
		}
		b = b[4:]
	}
	binary.BigEndian.PutUint32(b, s.timestamp())
	o[optPointer] += uint8(n)
}

// timestamp is the time that options and ICMP timestamps tell: milliseconds since midnight UT if Config.Epoch says when that was, else
// some other time, marked as such (RFC 791 section 3.1, RFC 792).
func (s *Stack) timestamp() uint32 {
	const day = 24 * time.Hour
	if s.cfg.Epoch.IsZero() {
		const nonstandard = 1 << 31
		return uint32(time.Duration(s.now)%day/time.Millisecond) | nonstandard
	}
	now := s.cfg.Epoch.Add(time.Duration(s.now)).UTC()
	return uint32(now.Sub(now.Truncate(day)) / time.Millisecond)
}

// copiedOptions gives those of o that every fragment carries (RFC 791 section 3.1).
func copiedOptions(o *dissect.IPv4Options) dissect.IPv4Options {
	var keep [dissect.IPv4MaxHeaderLen - dissect.IPv4MinHeaderLen]byte
	out := keep[:0]
	for b := o.Bytes(); len(b) > 0; {
		o, rest, err := dissect.NextIPv4Option(b)
		if err != nil || o.Type() == dissect.IPv4OptEnd {
			break
		}
		if o.Type().Copied() {
			out = append(out, o...)
		}
		b = rest
	}
	return dissect.MakeIPv4Options(out)
}

// checkOptions looks at options that a program wants in what it sends. Source routes are refused, as routers and hosts do by now (RFC
// 7126 section 4.3). It gives them with the padding.
func checkOptions(o dissect.IPv4Options) ([]byte, error) {
	for b := o.Bytes(); len(b) > 0; {
		o, rest, err := dissect.NextIPv4Option(b)
		if err != nil || o.Type() == dissect.IPv4OptLSRR || o.Type() == dissect.IPv4OptSSRR {
			return nil, ErrBadOptions
		}
		if o.Type() == dissect.IPv4OptEnd {
			break
		}
		b = rest
	}
	if len(o.Bytes()) == 0 {
		return nil, nil
	}
	return padOptions(append([]byte{}, o.Bytes()...)), nil
}
