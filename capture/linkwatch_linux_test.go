package capture

import (
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// The link of a device follows the interface's, and one that went down and came up between two looks counts as both; what wraps the
// device says the same. A Wait ends for it.
func TestDeviceLink(t *testing.T) {
	set := func(t *testing.T, name string, up bool) {
		t.Helper()
		l, err := netlink.LinkByName(name)
		if err == nil && up {
			err = netlink.LinkSetUp(l)
		} else if err == nil {
			err = netlink.LinkSetDown(l)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name, device, toggle string
		prepare              func(t *testing.T)
	}{
		{"tap", "tap0", "tap0", needTUN},
		{"packet socket", "v0", "v0", newVeth},
		{"packet socket, cable pulled", "v0", "v1", newVeth},
	} {
		t.Run(c.name, func(t *testing.T) {
			newNamespace(t)
			c.prepare(t)
			below := openDevice(t, DeviceOptions{Name: c.device})
			fault, err := NewFault(below, FaultConfig{}, func() int64 { return 0 })
			if err != nil {
				t.Fatal(err)
			}
			d := NewTracer(fault, func(Direction, []byte, string) {})
			expect := func(up bool, changes uint64) {
				t.Helper()
				for end := time.Now().Add(3 * time.Second); ; {
					gotUp, gotChanges := d.Link()
					if gotUp == up && gotChanges == changes {
						return
					}
					if time.Now().After(end) {
						t.Fatalf("up %v after %d changes, want %v after %d", gotUp, gotChanges, up, changes)
					}
					for { // the noise that the kernel sends
						if b, err := d.Recv(); b == nil && err == nil {
							break
						}
					}
					if err := d.Wait(100*time.Millisecond, false); err != nil {
						t.Fatal(err)
					}
				}
			}
			expect(true, 0)
			set(t, c.toggle, false)
			expect(false, 1)
			set(t, c.toggle, true)
			expect(true, 2)
			set(t, c.toggle, false)
			set(t, c.toggle, true)
			expect(true, 4)
		})
	}
}

// Messages that make no sense are passed over.
func TestLinkWatchMessages(t *testing.T) {
	w := linkWatch{fd: -1, index: 7}
	w.state.Store(1)
	message := func(kind uint16, index byte, flags byte) []byte {
		b := make([]byte, unix.SizeofNlMsghdr+unix.SizeofIfInfomsg)
		b[0], b[4], b[5] = byte(len(b)), byte(kind), byte(kind>>8)
		b[unix.SizeofNlMsghdr+4], b[unix.SizeofNlMsghdr+8] = index, flags
		return b
	}
	up := byte(unix.IFF_UP | unix.IFF_RUNNING)
	b := append(message(unix.RTM_NEWLINK, 8, 0), message(unix.RTM_DELLINK, 7, 0)...)
	b = append(append(b, message(unix.RTM_NEWLINK, 7, unix.IFF_UP)...), message(unix.RTM_NEWLINK, 7, up)...)
	for n := range b {
		w.messages(b[:n:n])
	}
	if got, changes := w.Link(); got || changes == 0 { // the last one was never whole
		t.Errorf("up %v after %d changes", got, changes)
	}
	w.state.Store(1)
	w.messages(b)
	if got, changes := w.Link(); !got || changes != 2 {
		t.Errorf("up %v after %d changes", got, changes)
	}
}
