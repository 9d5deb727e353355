package capture

import "smoltcp/dissect"

// A Recorder is a [Device] that writes every frame, both ways, to a [Writer]. What [Fault] did to a frame
// stands in the packet's comment, dropped frames included.
type Recorder struct {
	Tracer

	Interface int // what the Writer calls the device's interface

	w       Writer
	now     func() int64
	link    dissect.LinkType
	comment []byte
	err     error
}

// NewRecorder makes a Recorder over dev. now gives the time of a frame in nanoseconds since 1970-01-01 UTC. The
// Writer stays the caller's, to flush and to close.
func NewRecorder(dev Device, w Writer, now func() int64) *Recorder {
	r := &Recorder{w: w, now: now, link: DeviceLink(dev)}
	r.Device = dev
	r.add(r.record)
	return r
}

// DeviceLink is the link type of a device's frames in capture files.
func DeviceLink(dev Device) dissect.LinkType {
	if dev.Ethernet() {
		return dissect.LinkEthernet
	}
	return dissect.LinkRaw
}

// Err is the first error that the Writer gave. The device works on after it, and nothing more is written.
func (r *Recorder) Err() error { return r.err }

func (r *Recorder) record(dir Direction, frame []byte, verdict string) {
	if r.err != nil {
		return
	}
	r.comment = append(r.comment[:0], verdict...)
	p := Packet{Time: r.now(), Data: frame, Len: len(frame), Link: r.link, Interface: r.Interface, Direction: dir, Comment: r.comment}
	r.err = r.w.Write(&p)
}
