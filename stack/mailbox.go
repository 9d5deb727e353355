package stack

// mailbox is what sockets for whole messages have in common, those of UDP, raw IP and ICMP echo: two queues, bounded by the memory that
// they take, and what a program is told of them. In and Out are what belongs to a message that was received, or is to be sent,
// beside its bytes.
type mailbox[In, Out any] struct {
	socket
	owner     transmitter[Out]
	rcv       fifo[received[In]]
	snd       fifo[outgoing[Out]]
	rcvBytes  int // what waits in rcv counts for, see datagramSize
	sndBytes  int
	rcvBuf    int // how much that may be
	sndBuf    int
	err       error      // a pending error, for the following Recv
	readyOn   *Interface // where it has its turn to send, nil if nowhere
	dropped   uint64
	closed    bool
	wantsRoom bool // a Send found the queue full
}

// received is a message that waits for the program.
type received[In any] struct {
	msg  In
	data []byte // from the stack's pool
}

// outgoing is a message that waits to be sent.
type outgoing[Out any] struct {
	path path
	msg  Out
	data []byte // from the stack's pool
}

// transmitter is the socket that a mailbox is part of.
type transmitter[Out any] interface {
	// transmit sends a message, which is lent.
	transmit(d *outgoing[Out])
}

// datagramSize is what a message of n bytes counts for: the memory that it takes.
func datagramSize(n int) int { return bufferSize(n) + 64 }

// init makes k the mailbox of owner. Bounds of zero are those of the configuration.
func (k *mailbox[In, Out]) init(s *Stack, owner transmitter[Out], rcvBuf, sndBuf int) {
	def(&rcvBuf, s.cfg.UDPRcvBuf)
	def(&sndBuf, s.cfg.UDPSndBuf)
	k.stack, k.owner, k.rcvBuf, k.sndBuf = s, owner, rcvBuf, sndBuf
}

// Dropped is how many messages were lost because the receive queue was full.
func (k *mailbox[In, Out]) Dropped() uint64 { return k.dropped }

// Readable reports whether Recv has something: a message or an error. Writable whether Send has room for n bytes.
func (k *mailbox[In, Out]) Readable() bool { return k.err != nil || k.rcv.len() > 0 }
func (k *mailbox[In, Out]) Writable(n int) bool {
	return k.snd.len() == 0 || k.sndBytes+datagramSize(n) <= k.sndBuf
}

// admits reports whether there is room for a received message of n bytes. One for which there is none is counted.
func (k *mailbox[In, Out]) admits(n int) bool {
	if k.rcv.len() > 0 && k.rcvBytes+datagramSize(n) > k.rcvBuf {
		k.dropped++
		return false
	}
	return true
}

// accept queues a message that admits let in for the program.
func (k *mailbox[In, Out]) accept(m In, data []byte) {
	k.rcv.push(received[In]{m, append(k.stack.pool.get(len(data)), data...)})
	k.rcvBytes += datagramSize(len(data))
	k.wake()
}

// peek shows the oldest message without taking it, or a pending error without forgetting it. The bytes are lent until the following
// call on the socket.
func (k *mailbox[In, Out]) peek() (data []byte, m In, err error) {
	switch {
	case k.closed:
		return nil, m, ErrClosed
	case k.err != nil:
		return nil, m, k.err
	case k.rcv.len() == 0:
		return nil, m, ErrWouldBlock
	}
	r := k.rcv.front()
	return r.data, r.msg, nil
}

// take takes the oldest message into p, cut off if p is too short, or a pending error.
func (k *mailbox[In, Out]) take(p []byte) (n int, m In, err error) {
	data, m, err := k.peek()
	if err != nil {
		k.err = nil
		return 0, m, err
	}
	n = copy(p, data)
	k.release(k.rcv.pop().data)
	return n, m, nil
}

// keep drops the received messages that are not wanted.
func (k *mailbox[In, Out]) keep(wanted func(*In) bool) {
	for n := k.rcv.len(); n > 0; n-- {
		ok := wanted(&k.rcv.front().msg)
		if r := k.rcv.pop(); ok {
			k.rcv.push(r)
		} else {
			k.release(r.data)
		}
	}
}

// release gives back the memory of a received message.
func (k *mailbox[In, Out]) release(data []byte) {
	k.rcvBytes -= datagramSize(len(data))
	k.stack.pool.put(data)
}

// fail has the following Recv report err.
func (k *mailbox[In, Out]) fail(err error) {
	k.err = err
	k.wake()
}

// queue queues a message to be sent by way of p, or fails with ErrWouldBlock.
func (k *mailbox[In, Out]) queue(p path, m Out, data []byte) error {
	if !k.Writable(len(data)) {
		k.wantsRoom = true
		return ErrWouldBlock
	}
	k.snd.push(outgoing[Out]{p, m, append(k.stack.pool.get(len(data)), data...)})
	k.sndBytes += datagramSize(len(data))
	k.markReady()
	return nil
}

// markReady has the message at the head of the send queue sent in the following Poll.
func (k *mailbox[In, Out]) markReady() {
	if k.snd.len() > 0 && k.readyOn == nil {
		k.readyOn = k.snd.front().path.ifc
		k.readyOn.enlist(k)
	}
}

// emit sends messages in the order in which they were queued. Part of sender.
func (k *mailbox[In, Out]) emit(ifc *Interface) bool {
	for n := 0; n < quantum && k.snd.len() > 0 && k.snd.front().path.ifc == ifc && !ifc.Stalled(); n++ {
		k.owner.transmit(k.snd.front())
		data := k.snd.pop().data
		k.sndBytes -= datagramSize(len(data))
		k.stack.pool.put(data)
		if k.wantsRoom {
			k.wantsRoom = false
			k.wake()
		}
	}
	switch {
	case k.snd.len() == 0:
		k.readyOn = nil
	case k.snd.front().path.ifc != ifc:
		k.readyOn = nil
		k.markReady()
	default:
		return true
	}
	return false
}

// shut closes the mailbox: what was received is dropped, the handler forgotten, and what is queued still sent. It reports whether
// that had not happened before.
func (k *mailbox[In, Out]) shut() (first bool) {
	if k.closed {
		return false
	}
	k.closed = true
	k.handler = nil
	for k.rcv.len() > 0 {
		k.release(k.rcv.pop().data)
	}
	return true
}
