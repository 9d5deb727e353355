package commands

import (
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"runtime"
	"sync"
	"sync/atomic"

	"smoltcp/capture"
	"smoltcp/dissect"
	"smoltcp/format"
)

// A file is printed by all processors together. Each of them takes the next packets of the file, a batch of them, prints them into a
// piece of text, and goes on with the next. The pieces are joined and written in the order of the file, by whoever has just finished
// the one that is due: gaps in them that depend on earlier packets are filled then.
//
//	           ▶ worker: filter, print ▶
//	capture.Reader                      join, write
//	           ▶ worker: filter, print ▶
//
// What a worker has read it also prints, while it is in the cache of its processor. Batches are few and used again, so that
// memory does not grow with the file.

// parallelViewer is the state that the workers share.
type parallelViewer struct {
	v        *viewer
	ctx      context.Context
	numbered bool // before a batch is printed it must be known how many packets come before it

	free chan *batchJob

	src   *capture.Reader
	ended atomic.Bool // there are no more packets, or nobody wants them

	// The counts, which batches pass in order.
	counting sync.Mutex
	passed   sync.Cond
	turn     int // the batch whose turn it is
	seen     int
	skipped  int

	// The batches that are ready to be written.
	finishing sync.Mutex
	finished  []*batchJob // batch n at n % len, nil if it is not finished
	written   int         // batches so far
	writing   bool        // somebody does
	err       error       // what ended it all; io.EOF if that is the end of the file
}

// batchJob is a batch on its way.
type batchJob struct {
	n       int // from 0, in the order of the file
	batch   capture.Batch
	err     error  // what ended the file behind the batch
	bad     error  // what ended the filtering within it
	matches []bool // of each packet, whether the filter wants it; empty without a filter
	before  int    // packets shown before the first of this batch, if numbered
	skip    int    // packets not to be shown, of those that the filter wants
	show    int    // packets to be shown behind these
	piece   format.Piece
}

// canShare reports whether the packets of src can be printed in parallel: those of a regular file, to standard output alone, one not
// depending on another's time nor on the names that have been found so far.
func (v *viewer) canShare(src capture.Source) (*capture.Reader, bool) {
	r, ok := src.(*capture.Reader)
	return r, ok && r.Regular() && v.save == nil && v.process == nil && v.text != nil && !v.text.eager && v.out.names == nil &&
		v.out.Time != format.TimeDelta && v.out.Time != format.TimeOffset
}

// runParallel is run for a source that canShare.
func (v *viewer) runParallel(ctx context.Context, src *capture.Reader) error {
	workers := runtime.GOMAXPROCS(0)
	jobs := 2 * workers
	p := &parallelViewer{
		v: v, ctx: ctx, src: src, free: make(chan *batchJob, jobs), finished: make([]*batchJob, jobs),
		numbered: v.out.count > 0 || v.out.tally.skip > 0 || v.out.Number || v.out.kind == "json",
	}
	p.passed.L = &p.counting
	src.Share()
	for range jobs {
		p.free <- &batchJob{}
	}
	filters := make([]*packetFilter, workers)
	var ended sync.WaitGroup
	for i := range filters {
		filters[i] = v.filter.clone()
		ended.Add(1)
		go func() {
			defer ended.Done()
			p.work(filters[i])
		}()
	}
	ended.Wait()
	for _, f := range filters {
		v.filter.add(f)
	}
	if p.err == io.EOF || ctx.Err() != nil || errors.Is(p.err, net.ErrClosed) {
		return nil
	}
	return p.err
}

// work is a worker.
func (p *parallelViewer) work(filter *packetFilter) {
	w := batchPrinter{v: p.v}
	if p.v.printer != nil {
		o := p.v.out
		o.InterfaceName = interfaceName() // it remembers names, and belongs to one goroutine
		w.printer = o.printer()
		format.ForcePacketType(&w.packet, o.PacketType)
	}
	for {
		j := <-p.free
		if !p.read(j) {
			p.free <- j // for the others, who find the same
			return
		}
		j.selectPackets(filter)
		if p.numbered {
			p.count(j)
		}
		w.print(j)
		p.finish(j)
	}
}

// read takes the next batch; false if nobody wants it.
func (p *parallelViewer) read(j *batchJob) bool {
	if p.ended.Load() {
		return false
	}
	j.err, j.bad = p.src.Fill(&j.batch), nil
	j.n = j.batch.Number()
	if j.err != nil {
		p.ended.Store(true)
	}
	return true
}

// selectPackets finds the packets that the filter wants.
func (j *batchJob) selectPackets(filter *packetFilter) {
	j.matches, j.before, j.skip, j.show = j.matches[:0], 0, 0, j.batch.Len()
	if filter == nil {
		return
	}
	j.show = 0
	j.batch.Each(func(p *capture.Packet) bool {
		ok, err := filter.match(p)
		if err != nil {
			j.bad = err
			return false
		}
		if ok {
			j.show++
		}
		j.matches = append(j.matches, ok)
		return true
	})
}

// count waits until the batches before have been counted, and counts this one: which of its packets are skipped, or beyond the number
// that is wanted.
func (p *parallelViewer) count(j *batchJob) {
	p.counting.Lock()
	for p.turn != j.n {
		p.passed.Wait()
	}
	o := &p.v.out
	j.skip = min(j.show, o.tally.skip-p.skipped)
	p.skipped += j.skip
	j.show -= j.skip
	j.before = p.seen
	enough := o.count > 0 && j.show >= o.count-p.seen
	if enough {
		j.show = o.count - p.seen
		j.err, j.bad = io.EOF, nil // as far as anybody wants to know
	}
	p.seen += j.show
	p.turn++
	p.passed.Broadcast()
	p.counting.Unlock()
	if enough {
		p.ended.Store(true)
	}
}

// finish hands a batch over to be written, and writes those that are due unless somebody else is at it.
func (p *parallelViewer) finish(j *batchJob) {
	p.finishing.Lock()
	p.finished[j.n%len(p.finished)] = j
	if p.writing {
		p.finishing.Unlock()
		return
	}
	p.writing = true
	for {
		due := &p.finished[p.written%len(p.finished)]
		j := *due
		if j == nil {
			break
		}
		*due = nil
		if p.err == nil {
			p.finishing.Unlock()
			err := p.write(j)
			if err != nil {
				p.ended.Store(true)
			}
			p.finishing.Lock()
			p.err = err
		}
		p.written++
		p.free <- j
	}
	p.writing = false
	p.finishing.Unlock()
}

// write writes a batch, and gives what ends it all there.
func (p *parallelViewer) write(j *batchJob) error {
	if p.ctx.Err() != nil {
		return io.EOF
	}
	p.v.seen += j.show
	p.v.counted.Store(int64(p.v.seen))
	if p.v.printer != nil {
		if err := p.v.text.write(j.piece.Join(p.v.printer)); err != nil {
			return outputError(err)
		}
	}
	if j.bad != nil {
		return j.bad
	}
	return j.err
}

// batchPrinter prints the packets of batches.
type batchPrinter struct {
	v       *viewer
	printer format.Printer // nil: packets are counted only
	packet  dissect.Packet
	frame   format.Frame
}

func (w *batchPrinter) print(j *batchJob) {
	j.piece.Reset()
	if w.printer == nil || j.show == 0 {
		return
	}
	all := j.batch.Interfaces()
	i, wanted := 0, 0
	j.batch.Each(func(p *capture.Packet) bool {
		i++
		if len(j.matches) > 0 && !j.matches[i-1] {
			return true
		}
		if wanted++; wanted <= j.skip {
			return true
		}
		w.v.fill(&w.frame, &w.packet, p, all)
		w.frame.Num = j.before + wanted - j.skip
		j.piece.Print(w.printer, &w.frame)
		return wanted < j.skip+j.show
	})
}

// clone gives a filter for another goroutine. A nil filter has none.
func (f *packetFilter) clone() *packetFilter {
	if f == nil {
		return nil
	}
	return &packetFilter{opts: f.opts, expr: f.expr, link: f.link, last: f.last, all: maps.Clone(f.all)}
}

// add takes over what another goroutine's filter has found.
func (f *packetFilter) add(other *packetFilter) {
	if f != nil {
		f.matched, f.missed = f.matched || other.matched, f.missed+other.missed
	}
}
