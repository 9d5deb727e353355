package capture

import (
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"smoltcp/dissect"
)

// vnetHeaderLen is the length of struct virtio_net_hdr, which stands before each frame of a device with offload:
//
//	flags 1, gso_type 1, hdr_len 2, gso_size 2, csum_start 2, csum_offset 2
//
// in the order of bytes of the machine.
const vnetHeaderLen = 10

const tcpChecksumOffset, udpChecksumOffset = 16, 6

// vnet is the offload of a device whose frames have a virtio-net header.
type vnet struct {
	header   [vnetHeaderLen]byte
	pieces   [8][]byte
	verified bool // of the frame received last
}

// received takes the header off a frame. Of the checksums that the sender left to its device only those of TCP stay incomplete; who reads
// frames of other protocols finds them whole.
func (v *vnet) received(b []byte) ([]byte, error) {
	if len(b) < vnetHeaderLen {
		return nil, errors.New("receive: frame without its virtio-net header")
	}
	h, frame := b[:vnetHeaderLen], b[vnetHeaderLen:]
	v.verified = h[0]&(unix.VIRTIO_NET_HDR_F_NEEDS_CSUM|unix.VIRTIO_NET_HDR_F_DATA_VALID) != 0
	if h[0]&unix.VIRTIO_NET_HDR_F_NEEDS_CSUM == 0 {
		return frame, nil
	}
	start, offset := int(binary.NativeEndian.Uint16(h[6:])), int(binary.NativeEndian.Uint16(h[8:]))
	if offset == tcpChecksumOffset {
		return frame, nil
	}
	if v.verified = false; start+offset+2 <= len(frame) {
		sum := dissect.Sum(0).Add(frame[start:]).Checksum()
		if sum == 0 && offset == udpChecksumOffset {
			sum = 0xffff // 0 says that there is none
		}
		binary.BigEndian.PutUint16(frame[start+offset:], sum)
	}
	return frame, nil
}

// plain gives the pieces of a complete frame behind their header.
func (v *vnet) plain(pieces [][]byte) [][]byte {
	v.header = [vnetHeaderLen]byte{}
	return append(append(v.pieces[:0], v.header[:]), pieces...)
}

// offload does the same for a frame that the kernel has to complete; see stack.Offloader.
func (v *vnet) offload(pieces [][]byte, ethernet bool, transport, segment int) [][]byte {
	pieces = v.plain(pieces)
	h, head := v.header[:], pieces[1]
	h[0] = unix.VIRTIO_NET_HDR_F_NEEDS_CSUM
	binary.NativeEndian.PutUint16(h[6:], uint16(transport))
	binary.NativeEndian.PutUint16(h[8:], tcpChecksumOffset)
	if segment > 0 {
		ip := 0
		if ethernet {
			ip = dissect.EthernetHeaderLen
		}
		h[1] = unix.VIRTIO_NET_HDR_GSO_TCPV4
		if head[ip]>>4 == 6 {
			h[1] = unix.VIRTIO_NET_HDR_GSO_TCPV6
		}
		binary.NativeEndian.PutUint16(h[2:], uint16(len(head)))
		binary.NativeEndian.PutUint16(h[4:], uint16(segment))
	}
	return pieces
}

// setTunOffload says what the other end of a TAP or TUN interface takes: checksums of the pseudo-header only, and text of several
// segments in one. Headers have their usual length then, whatever the last program on the interface wanted: virtual machines have longer ones.
func setTunOffload(fd int, on bool) error {
	features := 0
	if on {
		features = unix.TUN_F_CSUM | unix.TUN_F_TSO4 | unix.TUN_F_TSO6
		if err := unix.IoctlSetPointerInt(fd, unix.TUNSETVNETHDRSZ, vnetHeaderLen); err != nil {
			return fmt.Errorf("TUNSETVNETHDRSZ: %w", err)
		}
	}
	if err := unix.IoctlSetInt(fd, unix.TUNSETOFFLOAD, features); err != nil {
		return fmt.Errorf("TUNSETOFFLOAD: %w", err)
	}
	return nil
}

// device is t as the device of a host.
func (t *TAP) device(offload bool) Device {
	if !offload {
		return t
	}
	return &offloadTAP{TAP: t}
}

// offloadTAP is a TAP whose frames have virtio-net headers.
type offloadTAP struct {
	*TAP
	vnet vnet
}

func (t *offloadTAP) Recv() ([]byte, error) {
	b, err := t.TAP.Recv()
	if b == nil || err != nil {
		return nil, err
	}
	if b, err = t.vnet.received(b); err != nil {
		return nil, fmt.Errorf("%s: %w", t.name, err)
	}
	return b, nil
}

func (t *offloadTAP) Send(pieces [][]byte) (bool, error) {
	return t.TAP.Send(t.vnet.plain(pieces))
}

// SendOffload sends a frame for the kernel to complete; see stack.Offloader.
func (t *offloadTAP) SendOffload(pieces [][]byte, transport, segment int) (bool, error) {
	return t.TAP.Send(t.vnet.offload(pieces, t.Ethernet(), transport, segment))
}

// Verified reports whether the sender of the frame received last is this machine, or one whose checksum was found right.
func (t *offloadTAP) Verified() bool { return t.vnet.verified }

// Close detaches, and leaves an interface that stays as it was.
func (t *offloadTAP) Close() error {
	t.poll.wakes.Lock() // as the poller does where it closes its descriptors
	if t.poll.event >= 0 {
		_ = setTunOffload(t.poll.fd, false)
	}
	t.poll.wakes.Unlock()
	return t.TAP.Close()
}

// offload has the socket put virtio-net headers before frames. A kernel before 2.6.27 does not.
func (r *Raw) offload() bool {
	if unix.SetsockoptInt(r.poll.fd, unix.SOL_PACKET, unix.PACKET_VNET_HDR, 1) != nil {
		return false
	}
	r.vnet = new(vnet)
	r.msg.init(r.buf[rawFrame-vnetHeaderLen : len(r.buf)-vnetHeaderLen]) // a frame is looked at in place, see Raw.frame
	return true
}

// offloadRaw is a Raw that leaves checksums and segments to the kernel, both ways.
type offloadRaw struct{ cutRaw }

// SendOffload sends a frame for the kernel, or the interface's hardware, to complete; see stack.Offloader.
func (r *offloadRaw) SendOffload(pieces [][]byte, transport, segment int) (bool, error) {
	r.poll.use.Lock()
	defer r.poll.use.Unlock()
	return r.poll.send(r.name, r.vnet.offload(pieces, r.Ethernet(), transport, segment))
}

// Verified reports whether the sender of the frame received last is this machine, or one whose checksum was found right.
func (r *offloadRaw) Verified() bool { return r.vnet.verified }
