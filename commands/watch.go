package commands

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"smoltcp/capture"
	"smoltcp/dissect"
	"smoltcp/format"
	"smoltcp/stack"
)

// watcher is what serve puts between the host and its devices, and what it does with what it sees there: faults, a
// savefile, a trace on standard output, a log.
type watcher struct {
	devs   []capture.Device // with all decorators
	faults []*capture.Fault // of the devices, none for no faults

	save      capture.Writer // nil for none
	saveName  string
	recorders []*capture.Recorder

	// The trace, nil for none.
	text    *textWriter
	out     outputOptions
	printer format.Printer
	packet  dissect.Packet
	seen    int
	scratch []byte

	log     *slog.Logger
	verbose bool
	stop    func()    // ends serving
	start   time.Time // the origin of now, with both clocks
}

// newWatcher makes a watcher over devs: the device of o, and those of o.also. It calls stop, which ends ctx, when as many frames were shown as were asked for, and when it
// can write no more: close says why.
func newWatcher(ctx context.Context, stop func(), env Env, o serveOptions, devs []capture.Device, log *slog.Logger) (*watcher, error) {
	w := &watcher{out: o.out, log: log, verbose: o.verbose, stop: stop, start: time.Now(), saveName: o.pcap}
	if o.pcap != "" {
		var err error
		var list []capture.Interface
		for i, name := range o.interfaces() {
			list = append(list, capture.Interface{Name: name, Link: capture.DeviceLink(devs[i]), Snaplen: capture.DefaultSnaplen, Nano: true})
		}
		if w.save, err = createFile(env, o.pcap, list, capture.FileOptions{Nano: o.out.Nano}, false); err != nil {
			return nil, err
		}
	}
	if o.trace {
		w.text = newTextWriter(&patientWriter{w: env.Stdout, end: ctx.Done(), done: make(chan error, 1)}, true)
		w.printer = o.out.printer()
	}
	for i, name := range o.interfaces() {
		dev, err := w.decorate(devs[i], i, name, o.fault)
		if err != nil {
			w.close()
			return nil, usageError{err}
		}
		w.devs = append(w.devs, dev)
	}
	return w, nil
}

// decorate puts what there is to see and to spoil over the device with this index.
func (w *watcher) decorate(dev capture.Device, index int, name string, faults capture.FaultConfig) (capture.Device, error) {
	link := capture.DeviceLink(dev)
	if w.save != nil {
		r := capture.NewRecorder(dev, stopWriter{w.save, w.stop}, w.now)
		r.Interface = index
		w.recorders = append(w.recorders, r)
		dev = r
	}
	if w.text != nil {
		dev = capture.NewTracer(dev, func(dir capture.Direction, frame []byte, verdict string) { w.frame(link, name, dir, frame, verdict) })
	}
	if faults.Active() {
		faults.Seed += uint64(index)
		f, err := capture.NewFault(dev, faults, w.now)
		if err != nil {
			return nil, err
		}
		w.faults = append(w.faults, f)
		dev = f
	}
	return dev, nil
}

// now is the wall clock's time at the start and monotonic from there, so that setting the clock stops nothing.
func (w *watcher) now() int64 { return w.start.UnixNano() + int64(time.Since(w.start)) }

// patientWriter writes to a reader that may be as slow as it likes, the host with it, until end: then it has little time left.
type patientWriter struct {
	w     io.Writer
	end   <-chan struct{}
	buf   []byte
	done  chan error
	stuck bool
}

// lastWrite is how long a write may take that is going on when the host shall end.
const lastWrite = shutdownGrace / 4

var errStuck = errors.New("nobody reads it")

func (p *patientWriter) Write(b []byte) (int, error) {
	if p.stuck {
		return 0, errStuck
	}
	p.buf = append(p.buf[:0], b...) // b is the caller's again if the write is given up
	go func() {
		_, err := p.w.Write(p.buf)
		p.done <- err
	}()
	select {
	case err := <-p.done:
		return len(b), err
	case <-p.end:
	}
	select {
	case err := <-p.done:
		return len(b), err
	case <-time.After(lastWrite):
		p.stuck = true
		return 0, errStuck
	}
}

// stopWriter is a Writer that ends serving when it fails: whoever asked for a record wants all of it.
type stopWriter struct {
	capture.Writer
	stop func()
}

func (w stopWriter) Write(p *capture.Packet) error {
	err := w.Writer.Write(p)
	if err != nil {
		w.stop()
	}
	return err
}

// close flushes what was written and gives the first error there was. The host must have ended.
func (w *watcher) close() (err error) {
	if w.text != nil {
		if err = w.text.Flush(); err != nil {
			err = outputError(err)
		}
		w.text = nil
	}
	if w.save != nil {
		var serr error
		for _, r := range w.recorders {
			if serr == nil {
				serr = r.Err()
			}
		}
		if cerr := w.save.Close(); serr == nil {
			serr = cerr
		}
		if serr != nil && err == nil {
			err = saveError(w.saveName, serr)
		}
		w.save = nil
	}
	return err
}

// several reports whether a frame has to say by which interface it came.
func (w *watcher) several() bool { return len(w.devs) > 1 }

// print adds text to the trace, unless enough was shown already.
func (w *watcher) print(f func(b []byte) []byte) {
	if w.out.count > 0 && w.seen > w.out.count {
		return
	}
	if w.text.append(f) != nil {
		w.stop()
	}
}

// frame prints one frame of the trace. It runs in the host's loop.
func (w *watcher) frame(link dissect.LinkType, name string, dir capture.Direction, frame []byte, verdict string) {
	w.seen++
	w.packet.Decode(link, frame, len(frame))
	f := format.Frame{Num: w.seen, Time: w.now(), Packet: &w.packet}
	w.print(func(b []byte) []byte {
		if w.out.kind == "json" {
			f.Direction, f.Comment = dir.String(), []byte(verdict)
			if w.several() {
				f.Interface = name
			}
			return w.printer.Append(b, &f)
		}
		mark := "<- "
		if dir == capture.DirOut {
			mark = "-> "
		}
		w.scratch = w.printer.Append(w.scratch[:0], &f)
		b = append(b, mark...)
		if w.several() {
			b = append(append(b, name...), ' ')
		}
		b = indent(b, w.scratch)
		if verdict != "" {
			b = append(append(append(b, "   ("...), verdict...), ")\n"...)
		}
		return b
	})
	if w.seen == w.out.count {
		w.stop()
	}
}

// indent appends lines to b, all but the first moved to the right by the width of the mark before it.
func indent(b, lines []byte) []byte {
	for first := true; len(lines) > 0; first = false {
		line, rest, _ := bytes.Cut(lines, []byte("\n"))
		if !first {
			b = append(b, "   "...)
		}
		b = append(append(b, line...), '\n')
		lines = rest
	}
	return b
}

// events gives the hook for what the stack decides; nil if nobody wants to know.
func (w *watcher) events() func(stack.Event) {
	switch {
	case w.text != nil:
		return w.event
	case w.verbose:
		return func(e stack.Event) { w.log.Debug(e.String()) }
	}
	return nil
}

// event prints one decision between the frames of the trace.
func (w *watcher) event(e stack.Event) {
	at := time.Unix(0, w.now())
	w.print(func(b []byte) []byte {
		if w.out.kind == "json" {
			line, err := json.Marshal(struct {
				Time  time.Time `json:"time"`
				Event string    `json:"event"`
			}{at.UTC(), e.String()})
			if err != nil {
				return b
			}
			return append(append(b, line...), '\n')
		}
		b = append(b, "-- "...)
		if w.out.Time != format.TimeNone {
			b = at.AppendFormat(b, "15:04:05.000000 ")
		}
		return fmt.Appendf(b, "%s\n", e)
	})
}
