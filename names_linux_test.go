package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// namesHosts is an /etc/hosts for addresses of testdata/pcaps.
const namesHosts = `
127.0.0.1 localhost
192.168.69.100 alice.lab.example alice
192.168.69.1 bob.lab.example
224.0.0.22 igmp.mcast.example
2001:db8::64 alice6.lab.example
2001:db8::1 bob6.lab.example
ff02::1 all-nodes
ff02::2 all-routers
`

// TestNamesAsTcpdump compares --resolve with tcpdump without -n: hosts from a file, ports from this machine's /etc/services, hardware addresses
// with those whom they were assigned to. There is no network in which to ask for more.
func TestNamesAsTcpdump(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, to have another /etc/hosts in a mount namespace")
	}
	for _, tool := range []string{"unshare", "tcpdump"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("needs %s", tool)
		}
	}
	hosts := filepath.Join(t.TempDir(), "hosts")
	if err := os.WriteFile(hosts, []byte(namesHosts), 0o644); err != nil {
		t.Fatal(err)
	}
	apart := func(args ...string) ([]byte, error) {
		out, err := exec.Command("unshare", append([]string{"-m", "-n", "sh", "-c", `mount --bind "$0" /etc/hosts && exec "$@"`, hosts}, args...)...).Output()
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
			err = fmt.Errorf("%w: %s", err, exit.Stderr)
		}
		return out, err
	}
	if _, err := apart("true"); err != nil {
		t.Skip("needs mount and network namespaces")
	}
	for _, file := range []string{"tour.pcapng", "arp.pcap", "icmpv4.pcap", "icmpv6-ndp.pcap", "icmpv6-errors.pcap", "real-tcp.pcap", "vlan-qinq.pcap", "ipv4-fragments.pcap", "sll2.pcap"} {
		file = filepath.Join("testdata/pcaps", file)
		for _, flags := range [][]string{{"-v"}, {"-e"}, {"-N", "-q"}} {
			want, err := apart(append(append([]string{"tcpdump"}, flags...), "-r", file)...)
			if err != nil {
				t.Fatalf("tcpdump %s: %v", file, err)
			}
			got, err := apart(append([]string{"smoltcp", "decode", "--format", "line", "--resolve", file}, flags...)...)
			if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			compareLines(t, file, got, want)
		}
	}
}
