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

// A file is printed by all processors together. One goroutine cuts it into batches of packets. Workers filter a batch, learn from
// the batch before how many packets came earlier, and print theirs into a piece of text. The goroutine that began it all takes
// the batches in the order of the file, fills the gaps that depend on earlier packets, and writes.
//
//	capture.Reader ──batch──▶ worker: filter, count, print ──piece──▶ join, write
//	                        ▶ worker: filter, count, print ──piece──▶
//
// Batches are few and used again, so that memory does not grow with the file.

// parallelViewer is the state that those goroutines share.
type parallelViewer struct {
	v       *viewer
	src     *capture.Reader
	stopped atomic.Bool // nobody wants more packets

	free, work, ordered chan *batchJob

	// The counts, which batches pass in order.
	mu      sync.Mutex
	passed  sync.Cond
	turn    int // the batch whose turn it is
	seen    int
	skipped int
}

// batchJob is a batch on its way.
type batchJob struct {
	n        int // from 0, in the order of the file
	batch    capture.Batch
	err      error // what ended the file behind the batch
	bad      error // what ended the filtering within it
	selected []capture.Packet
	before   int // packets shown before the first of selected
	piece    format.Piece
	done     chan struct{}
}

// canShare reports whether the packets of src can be printed in parallel: those of a regular file, to standard output alone, one not
// depending on another's time nor on the names that have been found so far.
func (v *viewer) canShare(src capture.Source) (*capture.Reader, bool) {
	r, ok := src.(*capture.Reader)
	return r, ok && r.Regular() && v.save == nil && v.process == nil && v.text != nil && !v.text.eager && v.out.names == nil &&
		v.out.Time != format.TimeDelta && v.out.Time != format.TimeOffset && runtime.GOMAXPROCS(0) > 1
}

// runParallel is run for a source that canShare.
func (v *viewer) runParallel(ctx context.Context, src *capture.Reader) error {
	workers := runtime.GOMAXPROCS(0)
	jobs := 2 * workers
	p := &parallelViewer{
		v: v, src: src,
		free: make(chan *batchJob, jobs), work: make(chan *batchJob, jobs), ordered: make(chan *batchJob, jobs),
	}
	p.passed.L = &p.mu
	for range jobs {
		p.free <- &batchJob{done: make(chan struct{}, 1)}
	}
	go p.read()
	filters := make([]*packetFilter, workers)
	var ended sync.WaitGroup
	for i := range filters {
		filters[i] = v.filter.clone()
		ended.Add(1)
		go func() {
			defer ended.Done()
			p.serve(filters[i])
		}()
	}
	err := p.write(ctx)
	p.stopped.Store(true)
	for j := range p.ordered { // what was begun is let go
		<-j.done
		p.free <- j
	}
	ended.Wait()
	for _, f := range filters {
		v.filter.add(f)
	}
	if err == io.EOF || ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// read cuts the file into batches.
func (p *parallelViewer) read() {
	defer close(p.work)
	defer close(p.ordered)
	for n := 0; ; n++ {
		j := <-p.free
		if p.stopped.Load() {
			return
		}
		err := p.src.Fill(&j.batch)
		j.n, j.err, j.bad = n, err, nil
		p.ordered <- j
		p.work <- j // from here on it is the worker's
		if err != nil {
			return
		}
	}
}

// serve is a worker.
func (p *parallelViewer) serve(filter *packetFilter) {
	w := batchPrinter{v: p.v}
	if p.v.printer != nil {
		o := p.v.out
		o.InterfaceName = interfaceName() // it remembers names, and belongs to one goroutine
		w.printer = o.printer()
		format.ForcePacketType(&w.packet, o.PacketType)
	}
	for j := range p.work {
		j.selectPackets(filter)
		p.count(j)
		w.print(j)
		j.done <- struct{}{}
	}
}

// selectPackets finds the packets that the filter wants.
func (j *batchJob) selectPackets(filter *packetFilter) {
	j.selected = j.selected[:0]
	j.batch.Each(func(p *capture.Packet) bool {
		if filter != nil {
			ok, err := filter.match(p)
			if err != nil {
				j.bad = err
				return false
			}
			if !ok {
				return true
			}
		}
		j.selected = append(j.selected, *p)
		return true
	})
}

// count waits until the batches before have been counted, and counts this one. Packets that are skipped, or beyond the number that is
// wanted, are selected no longer.
func (p *parallelViewer) count(j *batchJob) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.turn != j.n {
		p.passed.Wait()
	}
	o := &p.v.out
	skip := min(len(j.selected), o.tally.skip-p.skipped)
	p.skipped += skip
	j.selected = j.selected[skip:]
	j.before = p.seen
	if o.count > 0 && len(j.selected) >= o.count-p.seen {
		j.selected = j.selected[:o.count-p.seen]
		j.err, j.bad = io.EOF, nil // as far as anybody wants to know
		p.stopped.Store(true)
	}
	p.seen += len(j.selected)
	p.turn++
	p.passed.Broadcast()
}

// write joins the pieces in order and writes them.
func (p *parallelViewer) write(ctx context.Context) error {
	for j := range p.ordered {
		<-j.done
		if ctx.Err() != nil {
			p.free <- j
			return nil
		}
		p.v.seen = j.before + len(j.selected)
		p.v.counted.Store(int64(p.v.seen))
		var err error
		if p.v.printer != nil {
			err = p.v.text.write(j.piece.Join(p.v.printer))
		}
		failed, bad := j.err, j.bad
		p.free <- j
		switch {
		case err != nil:
			return outputError(err)
		case bad != nil:
			return bad
		case failed != nil:
			return failed
		}
	}
	return io.EOF
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
	if w.printer == nil {
		return
	}
	all := j.batch.Interfaces()
	for i := range j.selected {
		w.v.fill(&w.frame, &w.packet, &j.selected[i], all)
		w.frame.Num = j.before + i + 1
		j.piece.Print(w.printer, &w.frame)
	}
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
