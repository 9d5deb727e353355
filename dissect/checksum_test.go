package dissect

import (
	"bytes"
	"math/rand/v2"
	"net/netip"
	"testing"
)

// naiveChecksum is RFC 1071 read word by word.
func naiveChecksum(b []byte) uint16 {
	var sum uint64
	for i := 0; i < len(b); i += 2 {
		sum += uint64(b[i]) << 8
		if i+1 < len(b) {
			sum += uint64(b[i+1])
		}
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// TestSum: the sum agrees with the naive one for every length, alignment and kind of content.
func TestSum(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	buffer := make([]byte, 4096)
	for range 3000 {
		fill := byte(0)
		random := true
		switch rng.IntN(4) {
		case 0:
			fill, random = 0xff, false
		case 1:
			random = false
		}
		for i := range buffer {
			buffer[i] = fill
			if random {
				buffer[i] = byte(rng.Uint32())
			}
		}
		from := rng.IntN(17)
		b := buffer[from : from+rng.IntN(200)]
		if rng.IntN(8) == 0 {
			b = buffer[from:]
		}
		if got, want := Sum(0).Add(b).Checksum(), naiveChecksum(b); got != want {
			t.Fatalf("%d bytes at %d: %#04x, want %#04x", len(b), from, got, want)
		}
	}
}

// TestSumLarge: a mebibyte of 0xff carries in every word, and so do sums that are nearly full.
func TestSumLarge(t *testing.T) {
	b := bytes.Repeat([]byte{0xff}, 1<<20+1)
	for _, n := range []int{1 << 20, 1<<20 - 1, 1<<20 + 1, 1<<17 + 2} {
		if got, want := Sum(0).Add(b[:n]).Checksum(), naiveChecksum(b[:n]); got != want {
			t.Errorf("%d bytes: %#04x, want %#04x", n, got, want)
		}
	}
	full := Sum(1<<64 - 1) // the same as 0xffff, one's complement zero
	for _, got := range []uint16{
		full.Fold(), full.Add(nil).Fold(), full.AddUint16(0xffff).Fold(), full.AddUint32(0xffffffff).Fold(),
		full.Add([]byte{0xff, 0xff}).Fold(), full.Add(b[:64]).Fold(),
	} {
		if got != 0xffff {
			t.Errorf("a full sum folds to %#04x", got)
		}
	}
	if got := full.AddUint16(1).Fold(); got != 1 {
		t.Errorf("a full sum and 1 fold to %#04x, want 1", got)
	}
}

// TestSumPieces: a sum over pieces of any lengths, odd ones too, is that of the whole.
func TestSumPieces(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	whole := make([]byte, 300)
	for range 2000 {
		for i := range whole {
			whole[i] = byte(rng.Uint32())
		}
		first := rng.IntN(len(whole))
		var pieces [][]byte
		for rest := whole[first:]; len(rest) > 0; {
			n := 1 + rng.IntN(len(rest))
			pieces = append(pieces, rest[:n])
			rest = rest[n:]
		}
		sum := Sum(0).Add(whole[:first]).addBehind(first, pieces)
		if got, want := sum.Checksum(), naiveChecksum(whole); got != want {
			t.Fatalf("%d bytes, then %d pieces: %#04x, want %#04x", first, len(pieces), got, want)
		}
	}
}

func TestSumAllocates(t *testing.T) {
	b := make([]byte, 1500)
	tcp := TCP(make([]byte, TCPMinHeaderLen))
	if n := testing.AllocsPerRun(100, func() { tcp.FillChecksum(Sum(1), b[:701], b[701:]) }); n != 0 {
		t.Errorf("FillChecksum allocates %v times", n)
	}
}

// TestPseudoHeaderSum: the sum is that of the pseudo-header written out.
func TestPseudoHeaderSum(t *testing.T) {
	for _, c := range []struct {
		src, dst string
		proto    IPProto
		length   int
		header   string
	}{
		{"192.168.69.100", "192.168.69.1", ProtoTCP, 40, "c0a84564 c0a84501 00 06 0028"},
		{"255.255.255.255", "255.255.255.255", ProtoUDP, 65535, "ffffffff ffffffff 00 11 ffff"},
		{
			"fd00::64", "fd00::1", ProtoICMPv6, 0x12345,
			"fd000000 00000000 00000000 00000064 fd000000 00000000 00000000 00000001 00012345 000000 3a",
		},
		{
			"::ffff:1.2.3.4", "::1", ProtoUDP, 8,
			"00000000 00000000 0000ffff 01020304 00000000 00000000 00000000 00000001 00000008 000000 11",
		},
	} {
		sum := PseudoHeaderSum(netip.MustParseAddr(c.src), netip.MustParseAddr(c.dst), c.proto, c.length)
		if got, want := sum.Checksum(), naiveChecksum(unhex(c.header)); got != want {
			t.Errorf("%s to %s: %#04x, want %#04x", c.src, c.dst, got, want)
		}
	}
}

// TestVerify: every checksum that makes the sum come out right is good, zero in its two forms included.
func TestVerify(t *testing.T) {
	pseudo := Sum(0).AddUint32(0x01020304)
	body := unhex("0a0b 0c0d 0000 0e0f")
	right := pseudo.Add(body).Checksum()
	cancelled := unhex("0a0b 0c0d 0000 0000") // its last word makes the sum of all the others 0xffff
	last := pseudo.Add(cancelled).Checksum()
	cancelled[6], cancelled[7] = byte(last>>8), byte(last)
	for _, c := range []struct {
		name string
		body []byte
		got  uint16
		want ChecksumResult
	}{
		{"good", body, right, ChecksumResult{ChecksumGood, right}},
		{"bad", body, right + 1, ChecksumResult{ChecksumBad, right}},
		{"partial", body, pseudo.Fold(), ChecksumResult{ChecksumPartial, right}},
		{"zero", cancelled, 0, ChecksumResult{ChecksumGood, 0}},
		{"zero as 0xffff", cancelled, 0xffff, ChecksumResult{ChecksumGood, 0xffff}},
		{"bad, where zero is right", cancelled, 1, ChecksumResult{ChecksumBad, 0}},
	} {
		b := bytes.Clone(c.body)
		b[4], b[5] = byte(c.got>>8), byte(c.got)
		if got := verify(pseudo.Add(b), pseudo, c.got); got != c.want {
			t.Errorf("%s: %v %#04x, want %v %#04x", c.name, got.State, got.Want, c.want.State, c.want.Want)
		}
	}
}

func TestChecksumStateString(t *testing.T) {
	want := []string{"unverified", "correct", "incorrect", "partial", "absent", "unknown"}
	for i, w := range want {
		if got := ChecksumState(i).String(); got != w {
			t.Errorf("state %d is %q, want %q", i, got, w)
		}
	}
}

// FuzzSum compares with the naive sum.
func FuzzSum(f *testing.F) {
	f.Add([]byte{1}, uint8(0))
	f.Add(bytes.Repeat([]byte{0xff}, 71), uint8(33))
	f.Fuzz(func(t *testing.T, b []byte, cut uint8) {
		n := int(cut) % (len(b) + 1)
		if got, want := Sum(0).Add(b[:n]).addBehind(n, [][]byte{b[n:]}).Checksum(), naiveChecksum(b); got != want {
			t.Errorf("%#04x, want %#04x", got, want)
		}
	})
}
