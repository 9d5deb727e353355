package commands

import "testing"

// Whoever looks at frames has frames that a wire could carry.
func TestOffloads(t *testing.T) {
	for _, test := range []struct {
		name string
		o    serveOptions
		want bool
	}{
		{"usual", serveOptions{}, true},
		{"--offload off", serveOptions{noOffload: true}, false},
		{"--pcap", serveOptions{pcap: "x.pcap"}, false},
		{"--trace", serveOptions{trace: true}, false},
		{"--verbose", serveOptions{verbose: true}, true},
	} {
		if got := test.o.offloads(); got != test.want {
			t.Errorf("%s: %v", test.name, got)
		}
	}
	var o serveOptions
	if o.fault.DropChance = 1; o.offloads() {
		t.Error("--drop-chance 1: true")
	}
}
