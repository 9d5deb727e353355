package stack

// Device carries frames for an interface: Ethernet frames without FCS, or bare IP packets.
type Device interface {
	// Recv gives the next frame that waits, or nil if there is none; it never blocks. The frame is lent until
	// the following Recv. An error means that one frame was lost or that the device is in trouble: it is
	// counted, and Recv is called again, after a few in a row in the following Poll.
	Recv() ([]byte, error)

	// Send sends one frame, given as consecutive pieces, without keeping any of them or the slice.
	// false, nil means that the device is full: it has taken nothing, and the frame is offered
	// again later. An error means that this frame is lost.
	Send(pieces [][]byte) (bool, error)

	// Ethernet reports whether frames have an Ethernet header; without one they start with IP.
	Ethernet() bool

	// MTU is the largest IP packet that a frame carries, in bytes.
	MTU() int
}
