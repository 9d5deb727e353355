package dissect

import "net/netip"

// HSRPLen is the length of an HSRP message of version 1, in bytes; one that advertises is shorter.
const HSRPLen = 20

// HSRP is a view of a message of Cisco's Hot Standby Router Protocol, version 1 (RFC 2281).
//
//	 0              7 8             15 16            23 24           31
//	+----------------+----------------+---------------+--------------+
//	|    Version     |    Op Code     |     State     |  Hello Time  |
//	|   Hold Time    |    Priority    |     Group     |   Reserved   |
//	|                 Authentication data, 8 bytes                   |
//	|                      Virtual IP address                        |
//	+----------------------------------------------------------------+
//
// The getters trust the slice; call Check once before the first of them.
type HSRP []byte

// hsrpAdvertise is the op code of a message of another form, in which a router tells of its state.
const hsrpAdvertise = 3

// Check reports whether the message can be read: ErrTruncated if bytes of it are missing, ErrUnsupported if it is not one
// of hello, coup and resign.
func (h HSRP) Check() error {
	switch {
	case len(h) < 2:
		return ErrTruncated
	case h[1] >= hsrpAdvertise:
		return ErrUnsupported
	case len(h) < HSRPLen:
		return ErrTruncated
	}
	return nil
}

// CheckWhole is Check: behind the message there may be others of unknown kinds.
func (h HSRP) CheckWhole() error { return h.Check() }

func (h HSRP) OpCode() uint8         { return h[1] }
func (h HSRP) State() uint8          { return h[2] }
func (h HSRP) HelloTime() uint8      { return h[3] } // seconds
func (h HSRP) HoldTime() uint8       { return h[4] } // seconds
func (h HSRP) Priority() uint8       { return h[5] }
func (h HSRP) Group() uint8          { return h[6] }
func (h HSRP) Auth() []byte          { return cString(h[8:16]) }
func (h HSRP) VirtualIP() netip.Addr { return addr4(h, 16) }

var (
	hsrpVersionField  = Field{Name: "hsrp.version", Title: "Version"}
	hsrpOpField       = Field{Name: "hsrp.opcode", Label: "op", Title: "Op code", Rank: 1, Form: FormBare}
	hsrpStateField    = Field{Name: "hsrp.state", Label: "state", Title: "State", Rank: 2}
	hsrpHelloField    = Field{Name: "hsrp.hellotime", Title: "Hello time"}
	hsrpHoldField     = Field{Name: "hsrp.holdtime", Title: "Hold time"}
	hsrpPriorityField = Field{Name: "hsrp.priority", Label: "priority", Title: "Priority", Rank: 4}
	hsrpGroupField    = Field{Name: "hsrp.group", Label: "group", Title: "Group", Rank: 3}
	hsrpReservedField = Field{Name: "hsrp.reserved", Title: "Reserved"}
	hsrpAuthField     = Field{Name: "hsrp.auth_data", Title: "Authentication data"}
	hsrpIPField       = Field{Name: "hsrp.virt_ip", Label: "ip", Title: "Virtual IP address", Rank: 5}
	hsrpMoreField     = Field{Title: "Further data"}
)

// Fields describes the message to s.
func (h HSRP) Fields(s Sink) {
	w := newFieldWalk(s, h)
	w.uint(&hsrpVersionField, 1)
	w.enum(&hsrpOpField, 1, [...]string{"Hello", "Coup", "Resign"}[h.OpCode()])
	w.enum(&hsrpStateField, 1, hsrpStateName(h.State()))
	w.uint(&hsrpHelloField, 1)
	w.uint(&hsrpHoldField, 1)
	w.uint(&hsrpPriorityField, 1)
	w.uint(&hsrpGroupField, 1)
	w.uint(&hsrpReservedField, 1)
	s.Text(&hsrpAuthField, w.at, 8, h.Auth())
	w.at += 8
	w.addr(&hsrpIPField, 4)
	w.rest(&hsrpMoreField)
}

func hsrpStateName(v uint8) string {
	switch v {
	case 0:
		return "Initial"
	case 1:
		return "Learn"
	case 2:
		return "Listen"
	case 4:
		return "Speak"
	case 8:
		return "Standby"
	case 16:
		return "Active"
	}
	return ""
}

// hsrpGroup is where routers of version 1 send; what goes elsewhere from the port of HSRP is none of it.
var hsrpGroup = [4]byte{224, 0, 0, 2}

func decodeHSRP(p *Packet, l *Layer, b []byte) LayerType {
	if !p.sentTo4(l, hsrpGroup) {
		l.Type = LayerData
		return decodeData(p, l, b)
	}
	if err := HSRP(b).Check(); err != nil {
		return l.fail(err)
	}
	l.Payload = l.End
	return LayerNone
}

// sentTo4 reports whether the packet of layer l went to an IPv4 address.
func (p *Packet) sentTo4(l *Layer, addr [4]byte) bool {
	if l.Net < 0 || p.layers[l.Net].Type != LayerIPv4 {
		return false
	}
	return [4]byte(p.Bytes(&p.layers[l.Net])[ipv4Dst:]) == addr
}

func hsrpFields(p *Packet, l *Layer, s Sink) { HSRP(p.Bytes(l)).Fields(s) }
