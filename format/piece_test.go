package format

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"smoltcp/dissect"
)

// TestPieces prints every recording in pieces, by several printers in turn, and compares with what one printer makes of it.
func TestPieces(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	options := []Options{{}, {Time: TimeDate, Nano: true}}
	for _, o := range lineOptions {
		options = append(options, withNumbers(o.set))
	}
	gaps := 0
	for _, l := range lineLinks {
		frames := readLineFrames(t, l.name)
		for _, o := range options {
			o.Location = time.UTC
			gaps += comparePieces(t, random, NewLine(o), [2]Printer{NewLine(o), NewLine(o)}, NewLine(o), l.link, frames)
		}
		comparePieces(t, random, NewTree(Options{}), [2]Printer{NewTree(Options{}), NewTree(Options{})}, NewTree(Options{}), l.link, frames)
	}
	if gaps < 1000 {
		t.Errorf("only %d gaps: the frames say nothing about them", gaps)
	}
}

// comparePieces reports the number of gaps that were filled.
func comparePieces(t *testing.T, random *rand.Rand, alone Printer, parts [2]Printer, joiner Printer, link dissect.LinkType, frames []lineFrame) (gaps int) {
	t.Helper()
	var want, got []byte
	var packet dissect.Packet
	f := Frame{Packet: &packet}
	set := func(i int) {
		f.Num, f.Time = i+1, noon+int64(i)*1000
		if i%50 == 49 {
			f.Time = int64(ordinaryTime) + 5 // a time that is remembered
		}
		packet.Decode(link, frames[i].data, frames[i].wire)
	}
	for i := range frames {
		set(i)
		want = alone.Append(want, &f)
	}
	var piece Piece
	for from, n := 0, 0; from < len(frames); from += n {
		n = min(1+random.IntN(9), len(frames)-from)
		piece.Reset()
		p := parts[random.IntN(2)]
		for i := from; i < from+n; i++ {
			set(i)
			piece.Print(p, &f)
		}
		for i := 1; i < len(piece.gaps); i++ {
			if piece.gaps[i].at < piece.gaps[i-1].at || piece.gaps[i].at > len(piece.text) {
				t.Fatalf("gap at %d behind %d, of %d", piece.gaps[i].at, piece.gaps[i-1].at, len(piece.text))
			}
		}
		gaps += len(piece.gaps)
		got = append(got, piece.Join(joiner)...)
	}
	if !bytes.Equal(got, want) {
		g, w := splitLines(string(got)), splitLines(string(want))
		for i := range min(len(g), len(w)) {
			if g[i] != w[i] {
				t.Fatalf("frame %d\n got %q\nwant %q", i+1, g[i], w[i])
			}
		}
		t.Fatalf("%d bytes, want %d", len(got), len(want))
	}
	return gaps
}

// TestPieceAllocs: pieces that are used again cost no memory.
func TestPieceAllocs(t *testing.T) {
	frames := readLineFrames(t, "ether")
	var piece Piece
	var packet dissect.Packet
	part, joiner := NewLine(Options{}), NewLine(Options{})
	f := Frame{Packet: &packet, Time: noon}
	run := func() {
		piece.Reset()
		for i := range frames {
			packet.Note(dissect.LinkEthernet, frames[i].data, frames[i].wire)
			piece.Print(part, &f)
		}
		piece.Join(joiner)
	}
	run()
	if len(piece.frames) > 100 || len(piece.segments) < 50 {
		t.Errorf("%d packets as a whole, %d segments of %d", len(piece.frames), len(piece.segments), len(frames))
	}
	if n := testing.AllocsPerRun(5, run); n > float64(2*len(piece.frames)) {
		t.Errorf("%v allocations for %d packets", n, len(frames))
	}
}
