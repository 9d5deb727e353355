package capture

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/ncruces/go-strftime"
)

// Rotation says when a savefile is full, what the next one is called, and which files are kept. The zero value
// rotates nothing.
type Rotation struct {
	// Size ends a file that is larger, before the following packet, in bytes before compression.
	Size int64

	// Interval ends a file that is older, by the packets' own times.
	Interval time.Duration

	// Files is how many files there may be; 0 is no limit. With Size they form a ring: the first is overwritten after
	// the last. With Interval the capture is over when they are full: Write returns ErrRotationDone. With both the
	// oldest is removed for a new one.
	Files int

	// DiskLimit bounds the bytes of all files of the capture together: the oldest are removed, and without Size a file ends when it
	// has a quarter of that.
	DiskLimit int64

	// Location is that of the times in names; nil means time.Local.
	Location *time.Location

	// Done, if set, is told the name of every file that has been finished and closed.
	Done func(name string)

	// Taken, if set, is told when a file has another name than it would have, because there is a file of that name already.
	Taken func(name, instead string)
}

// Active reports whether there is anything to rotate.
func (r *Rotation) Active() bool { return r.Size > 0 || r.Interval > 0 || r.DiskLimit > 0 }

// ring reports whether files are overwritten in turn.
func (r *Rotation) ring() bool { return r.Size > 0 && r.Files > 0 && r.Interval == 0 }

// ErrRotationDone is what Write gives when the last file of a capture by time is full.
var ErrRotationDone = fmt.Errorf("the last of the files is full")

// A Rotator is a Writer that spreads packets over files. With Size the files are called NAME, NAME1, NAME2 and so on, in
// a ring NAME0 to NAME9 with as many digits as the last needs. With Interval the name is a strftime(3) format
// for the time of the file's first packet. An ending that asks for compression stays behind the number. A name that this capture has
// used already, or that a file has which is not empty, gets a number too, so that nothing is overwritten but what a ring is
// meant to overwrite.
//
// The first file is made by NewRotator if its name does not depend on a packet, and by the first Write otherwise.
type Rotator struct {
	name       string
	interfaces []Interface
	file       FileOptions
	rotation   Rotation

	w       Writer // nil before the first packet of a file with a time in its name
	current string
	count   int            // files begun
	began   int64          // the time of the interval in which the current file was begun, nanoseconds
	used    map[string]int // of names: the number that comes next, 0 for none
	kept    []keptFile     // finished, oldest first
	bytes   int64          // of kept
	err     error
}

type keptFile struct {
	name string
	size int64
}

// NewRotator makes a Rotator of files called name, which tells their kind as for Create.
func NewRotator(name string, interfaces []Interface, o FileOptions, r Rotation) (*Rotator, error) {
	w := &Rotator{name: name, interfaces: append([]Interface(nil), interfaces...), file: o, rotation: r, used: make(map[string]int)}
	if r.Interval > 0 && strings.Contains(name, "%") {
		return w, nil
	}
	return w, w.next(0)
}

// next begins the next file. at is the time of its first packet.
func (w *Rotator) next(at int64) error {
	name := w.name
	if w.rotation.Interval > 0 {
		loc := w.rotation.Location
		if loc == nil {
			loc = time.Local
		}
		name = strftime.Format(name, time.Unix(0, at).In(loc))
	}
	var next Writer
	var err error
	if w.rotation.ring() {
		digits := len(strconv.Itoa(w.rotation.Files - 1))
		name = withNumber(name, fmt.Sprintf("%0*d", digits, w.count%w.rotation.Files))
		next, err = createAs(w.name, name, replaceFile, w.interfaces, w.file)
		w.forget(name)
	} else {
		next, name, err = w.create(name)
	}
	if err != nil {
		return err
	}
	w.w, w.current = next, name
	w.count++
	return nil
}

// create makes a file called name, or with the next number that is free.
func (w *Rotator) create(name string) (made Writer, as string, err error) {
	taken := false
	for n := w.used[name]; ; n++ {
		as = name
		if n > 0 {
			as = withNumber(name, strconv.Itoa(n))
		}
		made, err = createAs(w.name, as, newFile, w.interfaces, w.file)
		if errors.Is(err, fs.ErrExist) {
			taken = true
			continue
		}
		if err == nil {
			if len(w.used) < 1<<20 { // a name is remembered for as long as a person could care
				w.used[name] = n + 1
			}
			if taken && w.rotation.Taken != nil {
				w.rotation.Taken(name, as)
			}
		}
		return made, as, err
	}
}

// withNumber puts a number behind a name, but in front of an ending that asks for compression.
func withNumber(name, number string) string {
	base, _ := splitCompression(name)
	return base + number + name[len(base):]
}

// forget takes a file of the ring that is being overwritten off the list of those that are kept.
func (w *Rotator) forget(name string) {
	for i, k := range w.kept {
		if k.name == name {
			w.bytes -= k.size
			w.kept = append(w.kept[:i], w.kept[i+1:]...)
			return
		}
	}
}

// finish closes the current file and removes old ones that exceed the limit.
func (w *Rotator) finish() error {
	if w.w == nil {
		return nil
	}
	err := w.w.Close()
	w.w = nil
	if err != nil {
		return err
	}
	if st, err := os.Stat(w.current); err == nil && st.Mode().IsRegular() && w.removes() {
		w.kept = append(w.kept, keptFile{w.current, st.Size()})
		w.bytes += st.Size()
	}
	if w.rotation.Done != nil {
		w.rotation.Done(w.current)
	}
	return nil
}

// removes reports whether old files are removed.
func (w *Rotator) removes() bool {
	return w.rotation.DiskLimit > 0 || w.rotation.Files > 0 && w.rotation.Size > 0 && w.rotation.Interval > 0
}

// removeOldest removes the file that was finished first. What cannot be removed any more does not count any more either.
func (w *Rotator) removeOldest() {
	oldest := w.kept[0]
	err := os.Remove(oldest.name)
	if errors.Is(err, fs.ErrNotExist) && w.rotation.Done != nil {
		for _, ending := range packedEndings { // whoever was told of it may have packed it
			if os.Remove(oldest.name+ending) == nil {
				break
			}
		}
	}
	w.bytes -= oldest.size
	w.kept = w.kept[1:]
}

// packedEndings are those that programs put behind the name of a file that they pack.
var packedEndings = []string{".gz", ".zst", ".xz", ".bz2", ".lz4"}

// Write appends a packet to the current file, or to a new one.
func (w *Rotator) Write(p *Packet) error {
	if w.err == nil {
		w.err = w.write(p)
	}
	return w.err
}

func (w *Rotator) write(p *Packet) error {
	full := w.w == nil || w.rotation.Size > 0 && w.w.(sized).size() > w.rotation.Size ||
		w.rotation.Size == 0 && w.rotation.DiskLimit > 0 && w.w.(sized).stored() > w.rotation.DiskLimit/4
	if i := int64(w.rotation.Interval); i > 0 && p.Time != NoTime {
		switch {
		case w.began == 0:
			w.began = p.Time
		case p.Time-w.began >= i:
			w.began += (p.Time - w.began) / i * i
			if w.rotation.Size == 0 && w.rotation.Files > 0 && w.count >= w.rotation.Files {
				return ErrRotationDone
			}
			full = true
		}
	}
	if full {
		if err := w.finish(); err != nil {
			return err
		}
		if w.rotation.Interval > 0 && w.rotation.Size > 0 && w.rotation.Files > 0 && len(w.kept) >= w.rotation.Files {
			w.removeOldest()
		}
		if err := w.next(p.Time); err != nil {
			return err
		}
	}
	err := w.w.Write(p)
	for w.rotation.DiskLimit > 0 && len(w.kept) > 0 && w.bytes+w.w.(sized).stored() > w.rotation.DiskLimit {
		w.removeOldest()
	}
	return err
}

// sized is a writer of this package.
type sized interface {
	size() int64   // before compression
	stored() int64 // what it takes on the disk, but for what a compressor holds
}

func (w *PcapWriter) size() int64     { return w.out.size() }
func (w *PcapngWriter) size() int64   { return w.out.size() }
func (w *PcapWriter) stored() int64   { return w.out.stored() }
func (w *PcapngWriter) stored() int64 { return w.out.stored() }

// AddInterface describes another interface, in this file and in those that follow. Only pcapng can mix link types.
func (w *Rotator) AddInterface(i Interface) (int, error) {
	w.interfaces = append(w.interfaces, i)
	if ng, ok := w.w.(InterfaceAdder); ok {
		return ng.AddInterface(i)
	}
	return len(w.interfaces) - 1, nil
}

// SetStats says what was counted on interface i, for the file that is closed last.
func (w *Rotator) SetStats(i int, s Stats) error {
	if ng, ok := w.w.(StatsWriter); ok {
		return ng.SetStats(i, s)
	}
	return nil
}

// SetSpan says when the capture on interface i began and ended, for the file that is closed last.
func (w *Rotator) SetSpan(i int, start, end int64) error {
	if ng, ok := w.w.(StatsWriter); ok {
		return ng.SetSpan(i, start, end)
	}
	return nil
}

// StatsWriter is implemented by writers that keep what was counted while the packets were captured.
type StatsWriter interface {
	SetStats(i int, s Stats) error
	SetSpan(i int, start, end int64) error
}

// InterfaceAdder is implemented by writers to which an interface can be added between packets.
type InterfaceAdder interface {
	AddInterface(i Interface) (int, error)
}

// Flush hands everything written so far to the operating system.
func (w *Rotator) Flush() error {
	if w.w == nil {
		return w.err
	}
	return w.w.Flush()
}

// Close finishes the last file. An error that Write has returned is not returned again.
func (w *Rotator) Close() error {
	err := w.finish()
	if w.err == nil {
		w.err = errWriterClosed
		return err
	}
	return nil
}
