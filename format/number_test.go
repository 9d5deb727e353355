package format

import (
	"fmt"
	"math"
	"strconv"
	"testing"
)

// TestDecimal compares with strconv around every change of length, and at numbers spread over all there are.
func TestDecimal(t *testing.T) {
	check := func(v uint64) {
		t.Helper()
		prefix := make([]byte, 3, 3+v%9) // there may be no room
		if got, want := string(appendDecimal(prefix, v)[3:]), strconv.FormatUint(v, 10); got != want {
			t.Errorf("%d: %s", v, got)
		}
	}
	for limit := uint64(1); limit < 1e19; limit *= 10 {
		for v := limit - min(limit, 3); v < limit+3; v++ {
			check(v)
			check(2 * v)
		}
	}
	for v := uint64(0); v < math.MaxUint32; v += 99_991 {
		check(v)
	}
	check(math.MaxUint32)
	check(math.MaxUint64)
	for v := range uint64(20_000) { // all halves of eight digits
		check(v)
		check(v * 10_000)
	}
}

func TestPadded(t *testing.T) {
	for digits := 1; digits <= 9; digits++ {
		for _, v := range []uint64{0, 1, 9, 10, 123456789, 987654321, 99999999, 100000000, 1234567891234} {
			want := fmt.Sprintf("%09d", v%1e9)[9-digits:]
			if got := string(appendPadded(nil, v, digits)); got != want {
				t.Errorf("%d in %d digits: %s, want %s", v, digits, got, want)
			}
		}
	}
}
