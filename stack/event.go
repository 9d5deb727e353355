package stack

import (
	"fmt"
	"net/netip"

	"smoltcp/dissect"
	"smoltcp/stack/tcp"
)

// EventKind says what an Event is about.
type EventKind uint8

const (
	// EventDrop: a frame, packet or segment was not used. Reason is the counter that counted it.
	EventDrop EventKind = iota
	// EventNeighbor: Addr is now known to be at MAC.
	EventNeighbor
	// EventNeighborRequest: Addr is asked for, by broadcast or multicast if MAC is that of a group.
	EventNeighborRequest
	// EventNeighborFailed: Addr did not answer; what waited for it is dropped.
	EventNeighborFailed
	// EventNeighborGone: the entry of Addr made room for another or expired.
	EventNeighborGone
	// EventConflict: the station MAC, which is zero if it did not say, claims our address Addr.
	EventConflict
	// EventAddr: the address Addr is ours now, no other station having claimed it.
	EventAddr
	// EventAddrGone: the address Addr is not ours any more, its time being over or another station having claimed it.
	EventAddrGone
	// EventLink: the link of Interface went up or down, as Reason says.
	EventLink
	// EventInterfaceGone: Interface was removed.
	EventInterfaceGone
	// EventTCP: TCP holds what happened to the connection between Local and Remote.
	EventTCP
)

// Event is one decision of the stack. Fields that its kind does not name are zero.
type Event struct {
	Kind      EventKind
	Time      Time
	Interface *Interface // nil if none is concerned
	Reason    string     // EventDrop: the counter's name; EventLink: "up" or "down"
	Addr      netip.Addr
	MAC       dissect.MAC

	Local, Remote netip.AddrPort
	TCP           tcp.Event
}

// String is the event in words, without its time: "neighbor 192.168.69.100 is at aa-64-47-35-a4-bd".
func (e Event) String() string {
	on := ""
	if e.Interface != nil {
		on = e.Interface.Name() + ": "
	}
	switch e.Kind {
	case EventDrop:
		return fmt.Sprintf("%sdropped: %s", on, e.Reason)
	case EventNeighbor:
		return fmt.Sprintf("%sneighbor %s is at %s", on, e.Addr, e.MAC)
	case EventNeighborRequest:
		return fmt.Sprintf("%sneighbor %s: asking %s", on, e.Addr, e.MAC)
	case EventNeighborFailed:
		return fmt.Sprintf("%sneighbor %s: no answer", on, e.Addr)
	case EventNeighborGone:
		return fmt.Sprintf("%sneighbor %s: entry dropped", on, e.Addr)
	case EventConflict:
		return fmt.Sprintf("%saddress %s is also claimed by %s", on, e.Addr, e.MAC)
	case EventAddr:
		return fmt.Sprintf("%saddress %s is ours", on, e.Addr)
	case EventAddrGone:
		return fmt.Sprintf("%saddress %s is not ours any more", on, e.Addr)
	case EventLink:
		return fmt.Sprintf("%slink is %s", on, e.Reason)
	case EventInterfaceGone:
		return on + "removed"
	case EventTCP:
		return fmt.Sprintf("tcp %s-%s: %s", e.Local, e.Remote, e.TCP)
	}
	return "?"
}

// event reports e to the hook. Callers that have to build more than a few fields ask s.cfg.Events themselves first.
func (s *Stack) event(e Event) {
	if s.cfg.Events != nil {
		e.Time = s.now
		s.cfg.Events(e)
	}
}
