package commands

import (
	"slices"
	"strings"
	"testing"
	"time"

	"smoltcp/dissect"
)

// TestSplitInterfaces covers the rule that says which arguments are interfaces.
func TestSplitInterfaces(t *testing.T) {
	have := []string{"eth0", "wlan0", "port", "any", "br-lan"}
	for _, tt := range []struct{ args, interfaces, words string }{
		{"", "", ""},
		{"eth0", "eth0", ""},
		{"eth0 wlan0", "eth0 wlan0", ""},
		{"eth0 wlan0 tcp port 80", "eth0 wlan0", "tcp port 80"},
		{"eth0 tcp and host wlan0", "eth0", "tcp and host wlan0"}, // behind a word of the filter it is a host
		{"tcp port 80", "", "tcp port 80"},
		{"not eth0", "", "not eth0"},
		{"port 80", "port", "80"}, // there is an interface of that name, in front
		{"ether[0] & 1 == 0", "", "ether[0] & 1 == 0"},
		{"(tcp or udp)", "", "(tcp or udp)"},
		{"1 = 1", "", "1 = 1"},
		{"tcp-syn != 0", "", "tcp-syn != 0"},
		{"eth9", "eth9", ""}, // no filter begins so: an interface that is not there
		{"eth9 port 80", "eth9", "port 80"},
		{"br-lan0 arp", "br-lan0", "arp"},
		{"eth0 eth9", "eth0", "eth9"},
		{"any", "any", ""},
	} {
		interfaces, words := splitInterfaces(strings.Fields(tt.args), func(name string) bool { return slices.Contains(have, name) })
		if got := strings.Join(interfaces, " "); got != tt.interfaces {
			t.Errorf("%q: interfaces %q, want %q", tt.args, got, tt.interfaces)
		}
		if got := strings.Join(words, " "); got != tt.words {
			t.Errorf("%q: filter %q, want %q", tt.args, got, tt.words)
		}
	}
}

func TestReadSpan(t *testing.T) {
	for _, tt := range []struct {
		text string
		want time.Duration // 0: an error
	}{
		{"10", 10 * time.Second}, {"1.5", 1500 * time.Millisecond}, {"10s", 10 * time.Second}, {"5m", 5 * time.Minute},
		{"1h30m", 90 * time.Minute}, {"200ms", 200 * time.Millisecond},
		{"0", 0}, {"-1", 0}, {"", 0}, {"s", 0}, {"5 minutes", 0}, {".", 0}, {"1e9", 0}, {"99999999999999999999", 0},
	} {
		got, err := readSpan("--duration", tt.text)
		if got != tt.want || (err == nil) != (tt.want > 0) {
			t.Errorf("%q: %v, %v", tt.text, got, err)
		}
		if err != nil && ExitCode(err) != 2 {
			t.Errorf("%q: exit code %d", tt.text, ExitCode(err))
		}
	}
}

func TestLinkTypeByName(t *testing.T) {
	for _, tt := range []struct {
		name string
		want dissect.LinkType
	}{{"EN10MB", dissect.LinkEthernet}, {"en10mb", dissect.LinkEthernet}, {"RAW", dissect.LinkRaw}, {"linux_sll2", dissect.LinkSLL2}} {
		if got, err := linkTypeByName(tt.name); err != nil || got != tt.want {
			t.Errorf("%s: %v, %v", tt.name, got, err)
		}
	}
	if _, err := linkTypeByName("nonesuch"); ExitCode(err) != 2 {
		t.Errorf("nonesuch: %v", err)
	}
}
