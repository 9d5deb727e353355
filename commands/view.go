package commands

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync/atomic"

	"smoltcp/capture"
	"smoltcp/dissect"
	"smoltcp/format"
)

// viewer moves packets from a source to the text on standard output, to a savefile, or to both.
type viewer struct {
	out   outputOptions
	text  *textWriter    // nil: nothing is printed
	save  capture.Writer // nil: nothing is saved
	file  string         // the savefile's name, for errors
	flush bool           // -U: each packet reaches the savefile at once

	// filter selects the packets to show and to save; nil: all of them.
	filter *packetFilter

	// process finds the process behind each packet; nil: nobody asks.
	process *processFinder

	// names is true where packets come from more than one interface, so that each must say from which.
	names bool

	// described is how many of the source's interfaces the savefile knows.
	described int

	seen    int          // packets so far
	counted atomic.Int64 // the same, for other goroutines
	skipped int          // and those before the first of them
	printer format.Printer
	packet  dissect.Packet
	frame   format.Frame
}

// run moves packets until the source ends, the count is reached, ctx is done or something fails. Whatever
// was taken from the source has been written and saved when it returns.
func (v *viewer) run(ctx context.Context, src capture.Source) (err error) {
	if v.text != nil && !v.out.tally.count {
		v.printer = v.out.printer()
		format.ForcePacketType(&v.packet, v.out.PacketType)
	}
	// A live capture is asked to stop, and still gives what it has received; a file is simply left.
	live, drains := src.(interface{ Stop() error })
	defer context.AfterFunc(ctx, func() {
		if !drains || live.Stop() != nil {
			src.Close()
		}
	})()
	defer func() {
		if ferr := v.finish(src); err == nil {
			err = ferr
		}
	}()
	if file, ok := v.canShare(src); ok {
		return v.runParallel(ctx, file)
	}
	p := new(capture.Packet) // one for all, since it is handed on by reference
	for v.out.count == 0 || v.seen < v.out.count {
		if *p, err = src.Next(); err != nil {
			if err == io.EOF || ctx.Err() != nil || errors.Is(err, net.ErrClosed) {
				return nil
			}
			return err
		}
		if v.filter != nil {
			if ok, err := v.filter.match(p); err != nil {
				return err
			} else if !ok {
				continue
			}
		}
		if v.skipped < v.out.tally.skip {
			v.skipped++
			continue
		}
		v.seen++
		v.counted.Store(int64(v.seen))
		if v.process != nil {
			v.process.find(p)
		}
		if v.save != nil {
			if err := v.write(src, p); err != nil {
				if errors.Is(err, capture.ErrRotationDone) {
					v.seen--
					v.counted.Store(int64(v.seen))
					return nil
				}
				return saveError(v.file, err)
			}
		}
		if v.printer != nil {
			if err := v.print(src, p); err != nil {
				return outputError(err)
			}
		}
		if ctx.Err() != nil && !drains {
			return nil
		}
	}
	return nil
}

func (v *viewer) print(src capture.Source, p *capture.Packet) error {
	v.fill(&v.frame, &v.packet, p, interfacesOf(src))
	v.frame.Num = v.seen
	if v.process != nil {
		v.frame.Process = v.process.who
	}
	return v.text.append(func(b []byte) []byte { return v.printer.Append(b, &v.frame) })
}

// fill makes the frame of a packet from one of the interfaces all. packet is what it is decoded into.
func (v *viewer) fill(frame *format.Frame, packet *dissect.Packet, p *capture.Packet, all []capture.Interface) {
	packet.Time = p.Time
	if v.out.kind == "line" {
		packet.Note(p.Link, p.Data, p.Len) // the line reads for itself
	} else {
		packet.Decode(p.Link, p.Data, p.Len)
	}
	frame.Time, frame.Comment, frame.Odd, frame.Packet = p.Time, p.Comment, (*format.OddTime)(p.Odd), packet
	frame.Interface, frame.Direction = "", ""
	if v.names || len(all) > 1 && v.out.kind != "line" || v.out.kind == "json" { // of files tcpdump does not say it
		frame.Direction = p.Direction.String()
		if p.Interface < len(all) {
			frame.Interface = all[p.Interface].Name
		}
	}
}

func (v *viewer) write(src capture.Source, p *capture.Packet) error {
	if ng, ok := v.save.(capture.InterfaceAdder); ok {
		// A pcapng file may describe further interfaces between its packets.
		for all := interfacesOf(src); v.described < len(all); v.described++ {
			if _, err := ng.AddInterface(all[v.described]); err != nil {
				return err
			}
		}
	}
	if v.process != nil {
		p = v.process.annotate(p)
	}
	if err := v.save.Write(p); err != nil {
		return err
	}
	if v.flush {
		return v.save.Flush()
	}
	return nil
}

// finish writes out what is buffered, prints the number of packets if that is asked for, and closes the savefile. The first
// error counts.
func (v *viewer) finish(src capture.Source) (err error) {
	if v.text != nil {
		if v.out.tally.count {
			_ = v.text.append(func(b []byte) []byte { // Flush gives the error again
				return fmt.Appendf(b, "%s\n", plural(uint64(v.seen), "packet"))
			})
		}
		if e := v.text.Flush(); e != nil {
			err = outputError(e)
		}
	}
	if v.save != nil {
		v.saveStats(src)
		if e := v.save.Close(); err == nil && e != nil {
			err = saveError(v.file, e)
		}
		v.save = nil
	}
	return err
}

// saveStats lets a live capture's counts go into the savefile, if that can hold them.
func (v *viewer) saveStats(src capture.Source) {
	w, ok := v.save.(capture.StatsWriter)
	if !ok {
		return
	}
	set := func(i int, s capture.Stats, err error, start, end int64) {
		if err == nil { // there can be no other: the savefile knows the interface
			_, _ = w.SetStats(i, s), w.SetSpan(i, start, end)
		}
	}
	switch live := src.(type) {
	case *capture.Live:
		s, err := live.Stats()
		start, end := live.Span()
		set(0, s, err, start, end)
	case *capture.Merged:
		for i := range live.Interfaces() {
			s, err := live.StatsOf(i)
			start, end := live.SpanOf(i)
			set(i, s, err, start, end)
		}
	}
}

// interfacesOf lists the interfaces that a source has told of so far.
func interfacesOf(src capture.Source) []capture.Interface {
	if list, ok := src.(capture.Interfaces); ok {
		return list.Interfaces()
	}
	return nil
}

// plural gives "1 packet" and "2 packets".
func plural(n uint64, noun string) string {
	if n == 1 {
		return fmt.Sprintf("%d %s", n, noun)
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// interruptible lets a reader of standard input be interrupted: a read of a pipe or a terminal cannot be.
type interruptible struct {
	ctx   context.Context
	reads chan []byte
	free  chan []byte
	err   error
	rest  []byte
	held  []byte
}

func newInterruptible(ctx context.Context, r io.Reader) io.Reader {
	if f, ok := r.(*os.File); ok {
		if st, err := f.Stat(); err == nil && st.Mode().IsRegular() {
			return r
		}
	}
	in := &interruptible{ctx: ctx, reads: make(chan []byte), free: make(chan []byte, 2)}
	in.free <- make([]byte, 64<<10)
	in.free <- make([]byte, 64<<10)
	go func() {
		defer close(in.reads)
		for b := range in.free {
			n, err := r.Read(b[:cap(b)])
			if n > 0 {
				select {
				case in.reads <- b[:n]:
				case <-ctx.Done():
					return
				}
			}
			if err != nil {
				in.err = err
				return
			}
		}
	}()
	return in
}

func (in *interruptible) Read(p []byte) (int, error) {
	for len(in.rest) == 0 {
		if in.held != nil {
			in.free <- in.held
			in.held = nil
		}
		select {
		case b, ok := <-in.reads:
			if !ok {
				return 0, in.err
			}
			in.rest, in.held = b, b
		case <-in.ctx.Done():
			return 0, io.EOF
		}
	}
	n := copy(p, in.rest)
	in.rest = in.rest[n:]
	return n, nil
}
