package capture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// Compression says how a capture file is packed.
type Compression uint8

const (
	Plain Compression = iota
	Gzip
	Zstd
)

// String is the name of the format, empty for Plain.
func (c Compression) String() string { return [...]string{"", "gzip", "zstd"}[c%3] }

// maxZstdWindow bounds how far back a zstd file may refer, and so what reading it costs. The zstd command goes
// beyond 8 MiB only with --long and --ultra, and then up to 128 MiB.
const maxZstdWindow = 32 << 20

// packedBlock is how much of a compressed file is read at a time.
const packedBlock = 64 << 10

// detectCompression tells by the first four bytes of a file.
func detectCompression(head []byte) Compression {
	if len(head) < 4 {
		return Plain
	}
	magic := binary.LittleEndian.Uint32(head)
	switch {
	case head[0] == 0x1f && head[1] == 0x8b:
		return Gzip
	case magic == 0xfd2fb528 || magic&^0xf == 0x184d2a50: // the second is a frame that is to be skipped (RFC 8878 section 3.1.2)
		return Zstd
	}
	return Plain
}

// decompress gives the bytes that r packs. It starts no goroutine and holds no resource but memory: a window
// of 32 KiB for gzip, and for zstd what the file asks for, up to maxZstdWindow and a block.
func decompress(c Compression, r io.Reader) (io.Reader, error) {
	switch c {
	case Gzip:
		z, err := gzip.NewReader(r)
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return z, err
	case Zstd:
		return zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxZstdWindow))
	}
	return r, nil
}

// compress packs what is written to it into w. Closing it ends the packed data and leaves w open.
func compress(c Compression, w io.Writer) (flushWriter, error) {
	switch c {
	case Gzip:
		return gzip.NewWriter(w), nil
	case Zstd:
		return zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20), zstd.WithLowerEncoderMem(true))
	}
	return nil, fmt.Errorf("no compression %d", c)
}

// flushWriter is a compressor.
type flushWriter interface {
	io.WriteCloser
	Flush() error
}

// splitCompression takes the ending off a file name that asks for compression.
func splitCompression(name string) (string, Compression) {
	if base, ok := strings.CutSuffix(name, ".gz"); ok {
		return base, Gzip
	}
	if base, ok := strings.CutSuffix(name, ".zst"); ok {
		return base, Zstd
	}
	return name, Plain
}

// otherFormats are files that people take for captures that can be read here, and what to do with them.
var otherFormats = []struct{ magic, what string }{
	{"BZh", "bzip2 data, which has to be unpacked first"},
	{"\xfd7zXZ", "xz data, which has to be unpacked first"},
	{"\x04\x22\x4d\x18", "lz4 data, which has to be unpacked first"},
	{"PK\x03\x04", "a zip archive, which has to be unpacked first"},
	{"\x1f\x8b", "packed twice"},
	{"\x28\xb5\x2f\xfd", "packed twice"},
	{"snoop\x00", "a snoop capture, which has to be converted first"},
	{"\xa1\xb2\x34\xcd", "a pcap variant that is not supported"},
	{"\xcd\x34\xb2\xa1", "a pcap variant that is not supported"},
	{"\xa1\x2b\x3c\x4d", "a pcap variant that is not supported"},
	{"\x4d\x3c\x2b\xa1", "a pcap variant that is not supported"},
}

// notACapture says what a file that starts with head looks like.
func notACapture(head []byte) string {
	const want = "expected pcap or pcapng, plain or packed with gzip or zstd"
	for _, f := range otherFormats {
		if bytes.HasPrefix(head, []byte(f.magic)) {
			return "not a capture file but " + f.what + ": " + want
		}
	}
	return fmt.Sprintf("not a capture file (it starts with % x): %s", head[:min(4, len(head))], want)
}
