package capture

import "slices"

// Batch is a run of packets of a file that stay good together, for several goroutines to share the work on a file. Its bytes are its
// own until it is filled again. The zero value is ready.
type Batch struct {
	file    *pcapFile // of records, nil if packets has them ready
	records []byte    // whole pcap records
	packets []Packet
	n       int
	p       Packet // what Each lends

	number     int
	buf        []byte // memory of records, or of what packets lend
	interfaces []Interface
}

// Len is the number of packets.
func (b *Batch) Len() int { return b.n }

// Number is the place of the batch among those of a file that is shared, counted from 0.
func (b *Batch) Number() int { return b.number }

// Interfaces gives the interfaces that were described before the packets: Packet.Interface indexes them.
func (b *Batch) Interfaces() []Interface { return b.interfaces }

// Each calls f with one packet after the other, until f returns false. The Packet is lent for the call, its bytes until the batch is
// filled again.
func (b *Batch) Each(f func(p *Packet) bool) {
	if b.file == nil {
		for i := range b.packets {
			if !f(&b.packets[i]) {
				return
			}
		}
		return
	}
	p := &b.p
	for rest := b.records; len(rest) > 0; {
		caplen, wire := b.file.lengths(rest)
		n := b.file.headerLen + int(caplen)
		b.file.record(rest[:n], wireLen(wire), p)
		rest = rest[n:]
		if !f(p) {
			return
		}
	}
}

// Fill reads the next packets into b: about as many as 256 KiB of the file hold, one at least. It may wait for all of them, so
// that Next is better for a pipe. Its errors are those of Next, which may be called between two Fills; a Batch that comes with an
// error is empty.
func (r *Reader) Fill(b *Batch) error {
	b.n, b.packets, b.records, b.file = 0, b.packets[:0], nil, nil
	if r.shared != nil {
		return r.fillShared(b)
	}
	if r.err != nil {
		return r.err
	}
	return r.fill(b)
}

// fill is Fill for a file without an error so far.
func (r *Reader) fill(b *Batch) (err error) {
	if r.info.Format == Pcap {
		err = r.fillPcap(b)
	} else {
		err = r.fillPcapng(b)
	}
	b.interfaces = r.interfaces
	if err != nil {
		r.err = r.last(err)
		return r.err
	}
	return nil
}

// fillPcap hands over the buffer that the records are in. Nothing but their lengths is looked at.
func (r *Reader) fillPcap(b *Batch) error {
	f := &r.pcap
	for need := f.headerLen; ; {
		data, err := r.in.peek(need)
		if err != nil {
			return r.ended(r.in.offset(), "", len(data), int64(need), err)
		}
		at, n, missing, long := f.whole(data)
		if n == 0 && long > 0 {
			return r.damage(r.in.offset(), "", "record of %d bytes exceeds the limit of %d", long, f.limit)
		}
		need = missing
		if n > 0 {
			b.file, b.n = f, n
			b.records = r.in.swap(at, &b.buf)
			r.packets += int64(n)
			return nil
		}
	}
}

// whole finds how many bytes of data, which begins with a record, are whole records, and how many records these are. Behind them there
// is a record too long to be one, of so many bytes, or else one of which need bytes are needed to go on.
func (f *pcapFile) whole(data []byte) (at, n, need int, long uint32) {
	for len(data)-at >= f.headerLen {
		caplen := f.uint32(data[at+8:])
		if f.lens != capturedFirst {
			caplen, _ = f.lengths(data[at:])
		}
		if caplen > uint32(f.limit) {
			return at, n, 0, caplen
		}
		if need = f.headerLen + int(caplen); len(data)-at < need {
			return at, n, need, 0
		}
		at, n = at+need, n+1
	}
	return at, n, f.headerLen, 0
}

// fillPcapng copies packets: what describes them stands between them.
func (r *Reader) fillPcapng(b *Batch) error {
	if b.buf == nil {
		b.buf = make([]byte, 0, inputBlock)
	}
	b.buf = b.buf[:0]
	for {
		var p Packet
		if found, err := r.block(&p); err != nil {
			if b.n > 0 {
				r.err = r.last(err) // to be told when what came before has been seen
				return nil
			}
			return err
		} else if found {
			p.Data, p.Comment = b.keep(p.Data), b.keep(p.Comment)
			b.packets = append(b.packets, p)
			b.n++
			r.packets++
		}
		if len(b.buf) >= inputBlock/2 || b.n == inputBlock/64 || b.n > 0 && r.interfaceFollows() {
			return nil
		}
	}
}

// interfaceFollows reports whether the next block describes an interface, of which the packets before it know nothing.
func (r *Reader) interfaceFollows() bool {
	b, err := r.in.peek(4)
	return err == nil && r.ng.uint32(b) == ngInterface
}

// keep copies what a packet lends.
func (b *Batch) keep(lent []byte) []byte {
	if len(lent) == 0 {
		return nil
	}
	if cap(b.buf)-len(b.buf) < len(lent) {
		return slices.Clone(lent) // the batch's memory stays as it is, since packets lie in it
	}
	at := len(b.buf)
	b.buf = append(b.buf, lent...)
	return b.buf[at:len(b.buf):len(b.buf)]
}
