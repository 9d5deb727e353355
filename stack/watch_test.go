package stack

import (
	"net/netip"
	"testing"
)

// A watch is called after addresses, routes and links changed, once for all that did, and not any more when it is closed.
func TestWatch(t *testing.T) {
	h := newBench(t, Config{})
	ifc, calls := h.ifc, 0
	w := h.Watch(func() { calls++ })
	now := h.Now()
	expect := func(what string, want int) {
		t.Helper()
		for range 3 {
			h.Poll(now)
		}
		if calls != want {
			t.Errorf("%s: called %d times, want %d", what, calls, want)
		}
		calls = 0
	}
	expect("nothing", 0)
	added := netip.MustParsePrefix("10.99.0.1/16")
	if err := ifc.AddAddr(added); err != nil {
		t.Fatal(err)
	}
	if calls != 0 {
		t.Error("called within another call")
	}
	if err := h.AddRoute(Route{Prefix: netip.MustParsePrefix("10.98.0.0/16"), Gateway: netip.MustParseAddr("10.99.0.2"), Interface: ifc}); err != nil {
		t.Fatal(err)
	}
	expect("an address and a route", 1)
	ifc.RemoveAddr(added.Addr())
	expect("an address that went", 1)
	ifc.SetLink(false)
	ifc.SetLink(true)
	expect("a link that went down and came up", 1)
	if err := ifc.AddAddr(added); err != nil {
		t.Fatal(err)
	}
	w.Close()
	expect("closed", 0)
}
