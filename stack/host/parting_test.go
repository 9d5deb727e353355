package host

import (
	"testing"

	"smoltcp/capture"
	"smoltcp/dissect"
	"smoltcp/stack"
)

// What has ended by itself is not kept for the host's end.
func TestPartingsForgotten(t *testing.T) {
	dev, peer := capture.Pipe(1500)
	defer peer.Close()
	h, err := New(dev, Config{Interface: stack.InterfaceConfig{HardwareAddr: dissect.MAC{2, 0, 0, 0, 0, 1}}})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	for range 3 {
		d, err := h.StartDHCP(DHCPConfig{})
		if err != nil {
			t.Fatal(err)
		}
		r, err := h.Respond(MulticastDNS{Name: "printer"})
		if err != nil {
			t.Fatal(err)
		}
		if len(h.partings) != 2 {
			t.Fatalf("%d things have something to say before the end, want 2", len(h.partings))
		}
		d.Release()
		r.Close()
		if len(h.partings) != 0 {
			t.Fatalf("%d are left", len(h.partings))
		}
	}
}
