package dissect

import (
	"bytes"
	"testing"
)

func init() {
	tftp := UDPHeader{SrcPort: 4000, DstPort: 69}
	for _, s := range []struct{ name, want, text string }{
		{"tftp/read", "tftp", "0001 66696c6500 6f6374657400 626c6b73697a6500 3130323400"},
		{"tftp/write", "tftp", "0002 6600 6e65746173636969 00"},
		{"tftp/data", "tftp data", "0003 0001 616263"},
		{"tftp/last", "tftp", "0003 0002"},
		{"tftp/ack", "tftp", "0004 0001"},
		{"tftp/error", "tftp", "0005 0001 6e6f7065 00"},
		{"tftp/option-ack", "tftp", "0006 6100 3100"},
		{"tftp/no-end", "tftp", "0001 66696c6500 6f63"},
		{"tftp/half-an-option", "tftp", "0001 6600 6f00 6100 31"},
		{"tftp/unknown", "tftp", "0009 616263"},
		{"tftp/truncated", "tftp!", "0003 00"},
	} {
		addUDPSample(s.name, "eth ip udp "+s.want, tftp, unhex(s.text))
	}
}

func TestTFTP(t *testing.T) {
	for _, c := range []struct {
		sample     string
		op         TFTPOp
		number     uint16
		file, mode string
		whole      error
		emit       []byte
	}{
		{"tftp/read", TFTPRead, 0, "file", "octet", nil, AppendTFTPRequest(nil, TFTPRead, "file", "octet", "blksize", "1024")},
		{"tftp/write", TFTPWrite, 0, "f", "netascii", nil, AppendTFTPRequest(nil, TFTPWrite, "f", "netascii")},
		{"tftp/last", TFTPData, 2, "", "", nil, AppendTFTPBlock(nil, TFTPData, 2)},
		{"tftp/ack", TFTPAck, 1, "", "", nil, AppendTFTPBlock(nil, TFTPAck, 1)},
		{"tftp/error", TFTPError, 1, "", "", nil, AppendTFTPError(nil, 1, "nope")},
		{"tftp/no-end", TFTPRead, 0, "file", "", ErrMalformed, nil},
	} {
		b := TFTP(findSample(c.sample).data[42:])
		if b.Op() != c.op || b.Number() != c.number || string(b.File()) != c.file || string(b.Mode()) != c.mode || b.CheckWhole() != c.whole {
			t.Errorf("%s: %v %d %q %q %v", c.sample, b.Op(), b.Number(), b.File(), b.Mode(), b.CheckWhole())
		}
		if c.emit != nil && !bytes.Equal(c.emit, b) {
			t.Errorf("%s: %x, want %x", c.sample, c.emit, b)
		}
	}
}

func FuzzTFTP(f *testing.F) { fuzzView(f, LayerTFTP) }
