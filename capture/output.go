package capture

import (
	"io"
	"slices"
)

// outputBlock is how many bytes are collected before they are written.
const outputBlock = 64 << 10

// output collects the records of a capture file and writes them in large blocks, each of whole records.
type output struct {
	w    io.Writer   // where the blocks go: file or pack, if there are such
	pack flushWriter // a compressor into file, or nil
	file createdFile // what Create made, or nil

	packed *countingWriter // what the compressor writes to, or nil

	// whole gives the length of the whole records at the start of a block.
	whole func(b []byte) int

	buf     []byte
	written int64 // bytes, without buf
	err     error // what failed; nothing is written after it
}

// createdFile is a file that Create made.
type createdFile interface {
	io.WriteCloser
	Truncate(size int64) error
}

// start writes the beginning of the file at once, so that whoever reads a pipe sees it and a disk that is full
// is noticed.
func (o *output) start(header []byte) error {
	o.buf = append(make([]byte, 0, outputBlock), header...)
	return o.flush()
}

// room gives n bytes at the end of the buffer for the next record. They hold anything.
func (o *output) room(n int) ([]byte, error) {
	if o.err != nil {
		return nil, o.err
	}
	if len(o.buf)+n > outputBlock {
		if err := o.write(); err != nil {
			return nil, err
		}
	}
	at := len(o.buf)
	o.buf = slices.Grow(o.buf, n)[:at+n]
	return o.buf[at:], nil
}

// write writes the buffer. When that fails half-way, the part of a record that was written last is taken
// off a file again, as far as it can be: a full disk leaves a file that ends with a whole packet.
func (o *output) write() error {
	if o.err != nil || len(o.buf) == 0 {
		return o.err
	}
	n, err := o.w.Write(o.buf)
	if err == nil && n < len(o.buf) {
		err = io.ErrShortWrite
	}
	if err != nil {
		o.err = err
		if o.file != nil && o.pack == nil {
			keep := 0
			if o.written > 0 {
				keep = o.whole(o.buf[:n])
			}
			// It may be a pipe or a device. The error to report is the first.
			_ = o.file.Truncate(o.written + int64(keep))
		}
		return err
	}
	o.written += int64(n)
	o.buf = o.buf[:0]
	return nil
}

// size is the length of everything so far in bytes, what is buffered included, before compression.
func (o *output) size() int64 { return o.written + int64(len(o.buf)) }

// stored is how much of that the file takes, but for what the compressor holds.
func (o *output) stored() int64 {
	if o.packed != nil {
		return o.packed.written
	}
	return o.size()
}

// countingWriter counts what is written through it.
type countingWriter struct {
	w       io.Writer
	written int64
}

func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.written += int64(n)
	return n, err
}

// flush writes what is buffered here and in the compressor.
func (o *output) flush() error {
	if err := o.write(); err != nil || o.pack == nil {
		return err
	}
	o.err = o.pack.Flush()
	return o.err
}

// close flushes and closes what belongs to the output. An error that was returned before is not returned again.
func (o *output) close() error {
	var err error
	if o.err == nil {
		err = o.write()
	}
	if o.pack != nil {
		if closeErr := o.pack.Close(); err == nil && o.err == nil {
			err = closeErr
		}
	}
	if o.file != nil {
		if closeErr := o.file.Close(); err == nil && o.err == nil {
			err = closeErr
		}
	}
	if o.err == nil {
		o.err = errWriterClosed
	}
	return err
}
