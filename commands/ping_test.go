package commands

import (
	"bytes"
	"context"
	"errors"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/urfave/cli/v2"

	"smoltcp/capture"
	"smoltcp/dissect"
	"smoltcp/stack"
	"smoltcp/stack/host"
)

// parsePing gives what a ping command line asks for, words split at spaces.
func parsePing(t *testing.T, line string) (o pingOptions, err error) {
	t.Helper()
	err = readWords(t, "", strings.Fields("ping "+line), func(c *cli.Context, _ Env) error {
		o, err = readPing(c)
		return err
	})
	return o, err
}

func TestPingOptions(t *testing.T) {
	o, err := parsePing(t, "--via tap0 -4qc3 -i.5 10.0.0.1 -s 100 -t 5 -W 2 -w 9 -M do -b -n --addr 10.0.0.2/8 --gateway 10.0.0.9 --mtu 1400")
	if err != nil {
		t.Fatal(err)
	}
	if o.name != "10.0.0.1" || o.version != 4 || !o.quiet || o.count != 3 || o.interval != 500*time.Millisecond || o.size != 100 || o.ttl != 5 ||
		o.linger != 2*time.Second || o.deadline != 9*time.Second || !o.dont || !o.allowAll {
		t.Errorf("%+v", o)
	}
	if h := o.host; h.device.Name != "tap0" || len(h.addrs) != 1 || h.maybe != nil || len(h.gateway) != 1 || h.mtu != 1400 {
		t.Errorf("%+v", h)
	}
	o, err = parsePing(t, "-6 fdaa::100 --via eth1")
	if err != nil || o.version != 6 || o.interval != time.Second || o.size != 56 || o.linger != 10*time.Second || o.deadline != 0 ||
		len(o.host.addrs) != 1 || len(o.host.maybe) != 2 || len(o.host.gateway) != 2 {
		t.Errorf("%v: %+v", err, o)
	}
	for line, want := range map[string]string{
		"":                         "which host?",
		"--via tap0":               "which host?",
		"--via tap0 a b":           "which host?",
		"10.0.0.1":                 "by which interface?",
		"--via t a -4 -6":          "which of them?",
		"--via t a -c 0":           "-c 0: want 1 or more",
		"--via t a -c x":           "-c x: not a value",
		"--via t a -s -1":          "-s -1: want 0 to 65527",
		"--via t a -s 65528":       "-s 65528: want 0 to 65527",
		"--via t a -t 0":           "-t 0: want 1 to 255",
		"--via t a -t 256":         "-t 256: want 1 to 255",
		"--via t a -i 0":           "-i 0: want 0.002 or more",
		"--via t a -i NaN":         "-i NaN: want",
		"--via t a -w 0":           "-w 0: want",
		"--via t a -W -1":          "-W -1: want",
		"--via t a -W 1e300":       "-W 1e+300: want",
		"--via t a -M x":           "-M x: want do or dont",
		"--via t a --addr 1.2.3.4": "--addr 1.2.3.4: want an address",
		"--via t a --addr 10.0.0.1/8 --gateway 11.0.0.1":                     "in no network",
		"--via t a --gateway 192.168.69.8 --gateway 192.168.69.9":            "one for each IP version",
		"--via t a --gateway x":                                              "not an IP address",
		"--via t a --hardware-addr ff:ff:ff:ff:ff:ff":                        "not the address of one station",
		"--via t a --mtu 67":                                                 "want 68 to 65535",
		"--via t a --pcap -":                                                 "cannot both",
		"--via t a --gateway none --gateway 192.168.69.8 --addr 10.0.0.1/24": "none: not an IP address",
	} {
		if _, err := parsePing(t, line); err == nil || !strings.Contains(err.Error(), want) || ExitCode(err) != 2 {
			t.Errorf("ping %s: %v (exit code %d), want %q", line, err, ExitCode(err), want)
		}
	}
}

// peerHost runs a host at the other end of a wire: 192.168.69.100 and fdaa::100, which answers pings.
func peerHost(t *testing.T, dev host.Device) *host.Host {
	t.Helper()
	h, err := host.New(dev, host.Config{
		Stack: stack.Config{DADTransmits: -1},
		Interface: stack.InterfaceConfig{Name: "peer", HardwareAddr: dissect.MAC{2, 0, 0, 0, 0, 0x64}, Addrs: []netip.Prefix{
			netip.MustParsePrefix("192.168.69.100/24"), netip.MustParsePrefix("fdaa::100/64"),
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- h.Run(context.Background()) }()
	t.Cleanup(func() {
		h.Close()
		<-ended
	})
	return h
}

// pingFor is parsePing for a command line by tap0 that is right.
func pingFor(t *testing.T, line string) pingOptions {
	t.Helper()
	o, err := parsePing(t, line+" --via tap0")
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// pingOn runs ping with the device dev, and gives what it prints, with times made T.
func pingOn(t *testing.T, ctx context.Context, dev capture.Device, o pingOptions) (stdout, stderr string, err error) {
	t.Helper()
	var out, errs bytes.Buffer
	env := Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs}
	dst, err := o.address()
	if err != nil {
		t.Fatal(err)
	}
	c, err := o.host.openOn(env, dev)
	if err != nil {
		t.Fatal(err)
	}
	err = withStatus(pingFailure, pingBy(ctx, env, o, dst, c))
	return pingTimes.ReplaceAllString(out.String(), "${1}T"), errs.String(), err
}

var pingTimes = regexp.MustCompile(`(time[= ]|mdev = )[0-9./]+`)

// Whole runs over a wire with a second stack at its end. The texts are those of iputils.
func TestPing(t *testing.T) {
	for _, c := range []struct {
		line, stdout, stderr string
		code                 int
	}{
		{"-c 2 -i 0.01 192.168.69.100", `PING 192.168.69.100 (192.168.69.100) 56(84) bytes of data.
64 bytes from 192.168.69.100: icmp_seq=1 ttl=64 time=T ms
64 bytes from 192.168.69.100: icmp_seq=2 ttl=64 time=T ms

--- 192.168.69.100 ping statistics ---
2 packets transmitted, 2 received, 0% packet loss, time Tms
rtt min/avg/max/mdev = T ms
`, "", 0},
		{"-c 1 -s 8 192.168.69.100", `PING 192.168.69.100 (192.168.69.100) 8(36) bytes of data.
16 bytes from 192.168.69.100: icmp_seq=1 ttl=64

--- 192.168.69.100 ping statistics ---
1 packets transmitted, 1 received, 0% packet loss, time Tms

`, "", 0},
		{"-c 1 -s 65507 192.168.69.100", `PING 192.168.69.100 (192.168.69.100) 65507(65535) bytes of data.
65515 bytes from 192.168.69.100: icmp_seq=1 ttl=64 time=T ms

--- 192.168.69.100 ping statistics ---
1 packets transmitted, 1 received, 0% packet loss, time Tms
rtt min/avg/max/mdev = T ms
`, "", 0},
		{"-q -c 3 -i 0.01 192.168.69.1", `PING 192.168.69.1 (192.168.69.1) 56(84) bytes of data.

--- 192.168.69.1 ping statistics ---
3 packets transmitted, 3 received, 0% packet loss, time Tms
rtt min/avg/max/mdev = T ms
`, "", 0},
		{"-c 2 -i 0.01 fdaa::100", `PING fdaa::100(fdaa::100) 56 data bytes
64 bytes from fdaa::100: icmp_seq=1 ttl=64 time=T ms
64 bytes from fdaa::100: icmp_seq=2 ttl=64 time=T ms

--- fdaa::100 ping statistics ---
2 packets transmitted, 2 received, 0% packet loss, time Tms
rtt min/avg/max/mdev = T ms
`, "", 0},
		{"-c 1 fe80::1", `PING fe80::1(fe80::1%tap0) 56 data bytes
64 bytes from fe80::1%tap0: icmp_seq=1 ttl=64 time=T ms

--- fe80::1 ping statistics ---
1 packets transmitted, 1 received, 0% packet loss, time Tms
rtt min/avg/max/mdev = T ms
`, "", 0},
		{"-c 2 -i 0.01 192.168.69.7", `PING 192.168.69.7 (192.168.69.7) 56(84) bytes of data.
From 192.168.69.1 icmp_seq=1 Destination Host Unreachable
From 192.168.69.1 icmp_seq=2 Destination Host Unreachable

--- 192.168.69.7 ping statistics ---
2 packets transmitted, 0 received, +2 errors, 100% packet loss, time Tms
pipe 2
`, "", 1},
		{"-c 2 -i 0.01 -W 0.02 192.168.69.7", `PING 192.168.69.7 (192.168.69.7) 56(84) bytes of data.

--- 192.168.69.7 ping statistics ---
2 packets transmitted, 0 received, 100% packet loss, time Tms

`, "", 1},
		{"-w 0.05 -c 3 192.168.69.100 -q", `PING 192.168.69.100 (192.168.69.100) 56(84) bytes of data.

--- 192.168.69.100 ping statistics ---
1 packets transmitted, 1 received, 0% packet loss, time Tms
rtt min/avg/max/mdev = T ms
`, "", 1},
		{"-M do -s 3000 -c 1 192.168.69.100", `PING 192.168.69.100 (192.168.69.100) 3000(3028) bytes of data.

--- 192.168.69.100 ping statistics ---
1 packets transmitted, 0 received, +1 errors, 100% packet loss, time Tms

`, "smoltcp: ping: local error: message too long, mtu=1500\n", 1},
	} {
		o := pingFor(t, c.line) // here: the flag package is not safe for concurrent use
		t.Run(c.line, func(t *testing.T) {
			t.Parallel()
			x, y := capture.Pipe(1500)
			peerHost(t, y)
			stdout, stderr, err := pingOn(t, context.Background(), x, o)
			if stdout != c.stdout || stderr != c.stderr || ExitCode(err) != c.code || c.code == 1 && !Silent(err) {
				t.Errorf("exit code %d (%v)\n%s%s\nwant %d\n%s%s", ExitCode(err), err, stdout, stderr, c.code, c.stdout, c.stderr)
			}
		})
	}
}

// What cannot be asked at all ends with exit code 2 and one error.
func TestPingFails(t *testing.T) {
	for line, want := range map[string]string{
		"--gateway none 10.1.1.1": "connect: Network is unreachable",
		"192.168.69.255":          "192.168.69.255 is a broadcast address: -b",
		"fe80::1%eth7":            "fe80::1%eth7: invalid address",
	} {
		x, y := capture.Pipe(1500)
		peerHost(t, y)
		stdout, _, err := pingOn(t, context.Background(), x, pingFor(t, line+" -c 1"))
		if err == nil || !strings.Contains(err.Error(), want) || ExitCode(err) != 2 || stdout != "" {
			t.Errorf("ping %s: %v (exit code %d) %s", line, err, ExitCode(err), stdout)
		}
	}
	for line, want := range map[string]string{"-4 ::1": "Address family", "-6 10.0.0.1": "Address family"} {
		o := pingFor(t, line)
		if _, err := o.address(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ping %s: %v", line, err)
		}
	}
}

// Ctrl-C ends it with the statistics, exit code 0 if somebody answered; an interface that vanishes ends it with an error.
func TestPingEnds(t *testing.T) {
	x, y := capture.Pipe(1500)
	peerHost(t, y)
	ctx, stop := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer stop()
	stdout, _, err := pingOn(t, ctx, x, pingFor(t, "192.168.69.100 -i 0.01"))
	if err != nil || !strings.Contains(stdout, "\nrtt min/avg/max/mdev = ") {
		t.Errorf("interrupted: %v\n%s", err, stdout)
	}
	x, y = capture.Pipe(1500)
	time.AfterFunc(50*time.Millisecond, func() { y.Close() })
	stdout, _, err = pingOn(t, context.Background(), x, pingFor(t, "192.168.69.100 -i 0.01"))
	if !errors.Is(err, capture.ErrGone) || ExitCode(err) != 2 || !strings.Contains(stdout, " 0 received, 100% packet loss") {
		t.Errorf("vanished: %v\n%s", err, stdout)
	}
}

func TestPingTimes(t *testing.T) {
	for us, want := range map[int64]string{
		0: "0.000", 7: "0.007", 999: "0.999", 1000: "1.00", 1234: "1.23", 9994: "9.99", 10000: "10.0", 12345: "12.3", 99949: "99.9",
		100000: "100", 1234567: "1235",
	} {
		if got := tripText(us); got != want {
			t.Errorf("%d us: %s, want %s", us, got, want)
		}
	}
}

// The words for errors are those of iputils.
func TestPingErrorTexts(t *testing.T) {
	for _, c := range []struct {
		typ, code uint8
		word      uint32
		v6        bool
		want      string
	}{
		{3, 0, 0, false, "Destination Net Unreachable"},
		{3, 4, 1400, false, "Frag needed and DF set (mtu = 1400)"},
		{3, 13, 0, false, "Packet filtered"},
		{3, 99, 0, false, "Dest Unreachable, Bad Code: 99"},
		{11, 0, 0, false, "Time to live exceeded"},
		{11, 1, 0, false, "Frag reassembly time exceeded"},
		{12, 0, 20, false, "Parameter problem: pointer = 20"},
		{1, 0, 0, true, "Destination unreachable: No route"},
		{1, 3, 0, true, "Destination unreachable: Address unreachable"},
		{1, 9, 0, true, "Destination unreachable: Unknown code 9"},
		{2, 0, 1280, true, "Packet too big: mtu=1280"},
		{3, 0, 0, true, "Time exceeded: Hop limit"},
		{4, 1, 40, true, "Parameter problem: Unknown header at 40"},
	} {
		m := stack.EchoMessage{Type: c.typ, Code: c.code, Word: c.word, Dst: netip.MustParseAddr("10.0.0.1")}
		if c.v6 {
			m.Dst = netip.MustParseAddr("fd00::1")
		}
		if got := echoErrorText(&m); got != c.want {
			t.Errorf("%d/%d: %q, want %q", c.typ, c.code, got, c.want)
		}
	}
}
