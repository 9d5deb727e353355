package host

import (
	"testing"

	"smoltcp/stack/tcp"
)

// Buffers of which nothing is said grow; those that have a size keep it.
func TestBuffersGrow(t *testing.T) {
	for _, c := range []struct{ in, want tcp.Config }{
		{tcp.Config{}, tcp.Config{RcvBufMax: 4 << 20, SndBufMax: 4 << 20}},
		{tcp.Config{RcvBuf: 64, SndBuf: 64}, tcp.Config{RcvBuf: 64, SndBuf: 64}},
		{tcp.Config{RcvBufMax: 1 << 20, SndBuf: 5}, tcp.Config{RcvBufMax: 1 << 20, SndBuf: 5}},
	} {
		got := c.in
		if grow(&got); got.RcvBuf != c.want.RcvBuf || got.SndBuf != c.want.SndBuf || got.RcvBufMax != c.want.RcvBufMax || got.SndBufMax != c.want.SndBufMax {
			t.Errorf("%+v became %+v", c.in, got)
		}
	}
}
