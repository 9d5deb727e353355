package capture

import (
	"io"
	"sync"
)

// sharing lets several goroutines fill batches from one file. They take turns, in the order in which they came. Of an unpacked pcap
// file each of them reads a block of its own before its turn, at the same time as the others; what is then left to do in turn is to
// find where the records are, the last of which goes on in the following block.
type sharing struct {
	mu     sync.Mutex
	passed sync.Cond
	calls  int // of Fill
	turn   int // the call whose turn it is

	file io.ReaderAt // nil if the file must be read in turn
	next int64       // the offset of the next block
	tail []byte      // the beginning of a record that the last block ended with
	base int64       // its offset
	end  error       // why there is no further block
}

// blockHeadroom is room for the beginning of a record in front of a block.
const blockHeadroom = 4 << 10

// Share allows Fill to be called by several goroutines from now on, and Next no more. [Batch.Number] tells the order. An empty batch
// without an error means nothing.
func (r *Reader) Share() {
	s := &sharing{}
	s.passed.L = &s.mu
	file, ok := r.in.src.(interface {
		io.ReaderAt
		io.Seeker
	})
	if ok && r.regular && r.info.Format == Pcap && r.info.Compression == Plain && r.in.err == nil {
		if at, err := file.Seek(0, io.SeekCurrent); err == nil {
			s.file, s.next = file, at
			s.tail, s.base = append(s.tail, r.in.buf[r.in.pos:r.in.end]...), r.in.offset()
		}
	}
	r.shared = s
}

// fillShared is Fill for one of several goroutines.
func (r *Reader) fillShared(b *Batch) error {
	s := r.shared
	s.mu.Lock()
	b.number = s.calls
	s.calls++
	at := s.next
	s.next += inputBlock
	s.mu.Unlock()

	var n int
	var end error
	if s.file != nil {
		if cap(b.buf) < blockHeadroom+inputBlock {
			b.buf = make([]byte, blockHeadroom+inputBlock)
		}
		b.buf = b.buf[:cap(b.buf)]
		n, end = s.file.ReadAt(b.buf[blockHeadroom:][:inputBlock], at)
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	for s.turn != b.number {
		s.passed.Wait()
	}
	defer s.passed.Broadcast()
	s.turn++
	switch {
	case r.err != nil:
		return r.err
	case s.file == nil:
		return r.fill(b)
	}
	r.err = r.cutBlock(b, n, end)
	return r.err
}

// cutBlock finds the records in a block of n bytes that was read to b.buf[blockHeadroom:]. end is what ended it early.
func (r *Reader) cutBlock(b *Batch, n int, end error) error {
	s, f := r.shared, &r.pcap
	if s.end != nil {
		n, end = 0, s.end // there was no other before, whatever may have been added to the file since
	}
	at := blockHeadroom
	if len(s.tail) > at {
		block := b.buf[at:][:n]
		if len(b.buf) < len(s.tail)+n {
			b.buf = make([]byte, len(s.tail)+min(len(s.tail), inputBlock)+inputBlock)
		}
		at = len(s.tail)
		copy(b.buf[at:], block)
	}
	start := at - copy(b.buf[at-len(s.tail):], s.tail)
	b.records = b.buf[start : at+n]
	whole, count, need, long := f.whole(b.records)
	s.tail = append(s.tail[:0], b.records[whole:]...)
	s.base, s.end = s.base+int64(whole), end
	b.file, b.n, b.records, b.interfaces = f, count, b.records[:whole], r.interfaces
	r.packets += int64(count)
	switch {
	case count > 0:
		return nil // what is wrong behind these is found again
	case long > 0:
		return r.damage(s.base, "", "record of %d bytes exceeds the limit of %d", long, f.limit)
	case end != nil:
		return r.ended(s.base, "", len(s.tail), int64(need), end)
	}
	return nil
}
