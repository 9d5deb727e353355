package dhcp

import (
	"fmt"

	"smoltcp/dissect"
)

// State4 is a state of RFC 2131 figure 5, or one of two beside them.
type State4 uint8

const (
	Stopped    State4 = iota // nothing is asked for: not started, or released
	Init                     // waiting to begin
	Selecting                // a DISCOVER is out
	Requesting               // an OFFER was taken and a REQUEST is out
	Checking                 // the address is ours by the server's word, and being probed
	Bound                    // the address is ours
	Renewing                 // past T1: the lease's server is asked to renew it
	Rebinding                // past T2: any server is
	InitReboot               // waiting to ask about a lease from before
	Rebooting                // asking about it
	numberOfStates
)

var stateNames = [numberOfStates]string{
	"STOPPED", "INIT", "SELECTING", "REQUESTING", "CHECKING", "BOUND", "RENEWING", "REBINDING", "INIT-REBOOT", "REBOOTING",
}

func (s State4) String() string {
	if s < numberOfStates {
		return stateNames[s]
	}
	return "?"
}

// EventKind says what an event is about.
type EventKind uint8

const (
	// EventState: the client went from From to To.
	EventState EventKind = iota

	// EventRetry: the message was sent for the Nth time because nobody answered those before.
	EventRetry

	// EventProbe: Lease.Addr is to be probed. The driver calls Probed when it is known.
	EventProbe

	// EventBound: Lease is ours. A Client6 has information now, or other information than it had.
	EventBound

	// EventRenewed: the address goes on, with the times and parameters of Lease, by which the server may have changed.
	EventRenewed

	// EventLost: Lease is not ours any more, because of Reason. The address must not be used from now on.
	EventLost

	// EventRefused: the server refused to give an address that it had offered, because of Reason; or it gave one that another host has.
	EventRefused

	// EventDrop: a message was not used, because of Reason.
	EventDrop
)

// Event4 is one decision of a client. Fields that its kind does not name are zero.
type Event4 struct {
	Kind     EventKind
	Time     Time
	From, To State4
	Message  dissect.DHCPMessageType
	N        int
	Lease    Lease4 // the receiver's
	Reason   string // printable ASCII
}

// String is the event in words, without its time.
func (e Event4) String() string {
	switch e.Kind {
	case EventState:
		return fmt.Sprintf("%s -> %s", e.From, e.To)
	case EventRetry:
		return fmt.Sprintf("%s again, time %d", e.Message, e.N)
	case EventProbe:
		return fmt.Sprintf("probing %s", e.Lease.Addr.Addr())
	case EventBound:
		return fmt.Sprintf("bound: %s", e.Lease)
	case EventRenewed:
		return fmt.Sprintf("renewed: %s", e.Lease)
	case EventLost:
		return fmt.Sprintf("lost %s: %s", e.Lease.Addr.Addr(), e.Reason)
	case EventRefused:
		return "refused: " + e.Reason
	case EventDrop:
		return "dropped: " + e.Reason
	}
	return "?"
}

// Counters4 counts messages.
type Counters4 struct {
	Sent, Received uint64

	// Received ones that were not used: because they make no sense; are for another client; answer no message that is out; are not
	// for the state; come from another server than the one that was asked; offer what cannot be taken.
	Malformed, OtherClient, OtherXID, Unexpected, OtherServer, Unusable uint64
}
