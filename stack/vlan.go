package stack

import (
	"encoding/binary"
	"fmt"

	"smoltcp/dissect"
)

// vlanDevice carries the frames of a VLAN (IEEE 802.1Q) by the device of the interface that it is on, with a tag. What comes for it is
// given to its interface by that one; see Interface.frame.
type vlanDevice struct {
	parent *Interface
	id     uint16
	tag    [4]byte // from the EtherType on
	pieces [8][]byte
}

// macs is the length of the two addresses before the tag, in bytes.
const macs = 12

func (d *vlanDevice) Ethernet() bool        { return true }
func (d *vlanDevice) MTU() int              { return d.parent.mtu } // the tag is no part of it
func (d *vlanDevice) Recv() ([]byte, error) { return nil, nil }

func (d *vlanDevice) Send(pieces [][]byte) (bool, error) {
	if d.parent.txq.len() > 0 {
		return false, nil // those before go first
	}
	head := pieces[0]
	frame := append(d.pieces[:0], head[:macs], d.tag[:], head[macs:])
	frame = append(frame, pieces[1:]...)
	ok, err := d.parent.dev.Send(frame)
	if ok && len(d.parent.stack.taps) > 0 {
		d.parent.tapPieces(true, frame...)
	}
	return ok, err
}

// maxVLAN is the largest ID of a VLAN; 0 says that there is none, 4095 is reserved.
const maxVLAN = 4094

// AddVLAN makes an interface for the VLAN id on an Ethernet interface, with addresses, neighbors and groups of its own: it gets the frames
// with that tag, and all that it sends has it. Frames with tags that no interface is for are dropped; those without one, or with ID
// 0, are ifc's. A VLAN on a VLAN gives frames with two tags. HardwareAddr and MTU of cfg are those of ifc unless it says otherwise, and the name is
// then like "eth0.5". Errors are those of AddInterface.
func (ifc *Interface) AddVLAN(id uint16, cfg InterfaceConfig) (*Interface, error) {
	if cfg.Name == "" {
		cfg.Name = fmt.Sprintf("%s.%d", ifc.name, id)
	}
	switch {
	case !ifc.ethernet || ifc.gone:
		return nil, fmt.Errorf("%w %s: VLANs need an Ethernet", ErrBadInterface, cfg.Name)
	case id == 0 || id > maxVLAN:
		return nil, fmt.Errorf("%w %s: VLAN %d (want 1 to %d)", ErrBadInterface, cfg.Name, id, maxVLAN)
	case ifc.vlan(id) != nil:
		return nil, fmt.Errorf("%w %s: there is an interface for VLAN %d", ErrBadInterface, cfg.Name, id)
	}
	if cfg.HardwareAddr == (dissect.MAC{}) {
		cfg.HardwareAddr = ifc.mac
	}
	dev := &vlanDevice{parent: ifc, id: id}
	binary.BigEndian.PutUint16(dev.tag[:], uint16(dissect.EtherTypeVLAN))
	binary.BigEndian.PutUint16(dev.tag[2:], id)
	child, err := ifc.stack.AddInterface(dev, cfg)
	if err != nil {
		return nil, err
	}
	ifc.vlans = append(ifc.vlans, child)
	return child, nil
}

// VLAN gives the interface that a VLAN is on, and its ID: nil and 0 for an interface that is none.
func (ifc *Interface) VLAN() (on *Interface, id uint16) { return ifc.parent, ifc.vlanID }

// vlan is the interface for frames with a tag; nil if there is none.
func (ifc *Interface) vlan(id uint16) *Interface {
	for _, child := range ifc.vlans {
		if child.vlanID == id {
			return child
		}
	}
	return nil
}
