package capture

import "io"

// inputBlock is how much is read at a time: enough to make system calls cheap, and more than the largest
// packet of the common link types, so that the buffer seldom has to grow.
const inputBlock = 256 << 10

// input is the bytes of a capture file in order, read in large blocks into one buffer. It knows nothing of
// formats: a reader looks at what is buffered with peek and then takes it, in place.
type input struct {
	src  io.Reader
	buf  []byte
	pos  int   // the first byte that is not taken yet
	end  int   // behind the last byte that was read
	base int64 // where buf[0] is in the file
	err  error // what ended src, once it did
}

// offset is the place in the file of the first byte that is not taken yet.
func (in *input) offset() int64 { return in.base + int64(in.pos) }

// peek gives the bytes that are buffered and not taken yet: at least n of them, or else all that are left
// together with the error that ended the input (io.EOF at its end). They are lent until the following call.
func (in *input) peek(n int) ([]byte, error) {
	if b := in.buf[in.pos:in.end]; len(b) >= n {
		return b, nil
	}
	return in.fill(n)
}

// take drops n bytes that peek gave.
func (in *input) take(n int) { in.pos += n }

// swap takes n bytes that peek gave, and their memory with them: it is the caller's, who gives *memory for it, of any size, and finds
// there what to give the next time.
func (in *input) swap(n int, memory *[]byte) []byte {
	taken, rest := in.buf[in.pos:in.pos+n], in.buf[in.pos+n:in.end]
	next := *memory
	if next = next[:cap(next)]; len(next) < max(inputBlock, len(rest)) {
		next = make([]byte, max(inputBlock, len(rest)))
	}
	in.base += int64(in.pos + n)
	*memory, in.buf, in.pos, in.end = in.buf, next, 0, copy(next, rest)
	return taken
}

// fill is peek when reading is needed. The buffer grows only behind bytes that have arrived, so that a length
// that a file merely claims costs nothing.
func (in *input) fill(n int) ([]byte, error) {
	if in.pos > 0 {
		in.base += int64(in.pos)
		in.end = copy(in.buf, in.buf[in.pos:in.end])
		in.pos = 0
	}
	for idle := 0; in.end < n && in.err == nil; {
		if in.end == len(in.buf) {
			grown := make([]byte, max(inputBlock, min(2*len(in.buf), n)))
			copy(grown, in.buf)
			in.buf = grown
		}
		got, err := in.src.Read(in.buf[in.end:])
		in.end += got
		in.err = err
		if idle++; got > 0 {
			idle = 0
		}
		if idle == 100 && err == nil {
			in.err = io.ErrNoProgress
		}
	}
	if in.end < n {
		return in.buf[:in.end], in.err
	}
	return in.buf[:in.end], nil
}

// skip takes n bytes without keeping them, and gives the error that ended the input if there are fewer.
func (in *input) skip(n int64) error {
	for n > 0 {
		b, err := in.peek(1)
		if err != nil {
			return err
		}
		step := min(n, int64(len(b)))
		in.take(int(step))
		n -= step
	}
	return nil
}
