package capture

// An Observer is told of every frame that passes a device, as the host sees it and when the host sees it: a frame
// received when Recv returns it, a frame sent when Send takes it, and a frame that [Fault] drops when it does.
// frame is lent for the call. verdict is empty for a frame that nothing happened to and otherwise says what did,
// such as "rx: randomly dropping a packet"; a corrupted frame is shown as corrupted.
type Observer func(dir Direction, frame []byte, verdict string)

// A Tracer is a [Device] that shows every frame to an [Observer].
//
// It and [Recorder] may stand above or below a [Fault]: wherever they are in the chain, it is the Fault that
// calls their observers, since it alone knows what became of a frame.
type Tracer struct {
	Device
	watch watch
}

// NewTracer makes a Tracer over dev.
func NewTracer(dev Device, o Observer) *Tracer {
	t := &Tracer{Device: dev}
	t.add(o)
	return t
}

// Recv receives a frame from the device below and shows it.
func (t *Tracer) Recv() ([]byte, error) {
	frame, err := t.Device.Recv()
	if frame != nil {
		t.watch.show(DirIn, frame, "")
	}
	return frame, err
}

// Link is that of the device below.
func (t *Tracer) Link() (up bool, changes uint64) { return linkOfDevice(t.Device) }

// Send sends a frame through the device below and shows it, unless the device was full.
func (t *Tracer) Send(pieces [][]byte) (bool, error) {
	ok, err := t.Device.Send(pieces)
	if ok || err != nil {
		t.watch.sent(pieces, "", err)
	}
	return ok, err
}

// observed is a device with observers. add gives it another; take gives up all of them, to a Fault above.
type observed interface {
	add(o Observer)
	take() []Observer
}

func (t *Tracer) add(o Observer) {
	if below, ok := t.Device.(observed); ok {
		below.add(o)
		return
	}
	t.watch.observers = append(t.watch.observers, o)
}

func (t *Tracer) take() []Observer {
	if below, ok := t.Device.(observed); ok {
		return below.take()
	}
	o := t.watch.observers
	t.watch.observers = nil
	return o
}

// watch shows frames to observers.
type watch struct {
	observers []Observer
	joined    []byte // the last frame of several pieces
}

func (w *watch) show(dir Direction, frame []byte, verdict string) {
	for _, o := range w.observers {
		o(dir, frame, verdict)
	}
}

// sent shows a frame that a host sent; err is why the device lost it.
func (w *watch) sent(pieces [][]byte, verdict string, err error) {
	if len(w.observers) == 0 {
		return
	}
	if err != nil {
		verdict = "tx: lost: " + err.Error()
	}
	frame := w.joined[:0]
	if len(pieces) == 1 {
		frame = pieces[0]
	} else {
		for _, p := range pieces {
			frame = append(frame, p...)
		}
		w.joined = frame
	}
	w.show(DirOut, frame, verdict)
}

// size is the length of a frame in pieces, in bytes.
func size(pieces [][]byte) int {
	n := 0
	for _, p := range pieces {
		n += len(p)
	}
	return n
}
