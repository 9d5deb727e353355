//go:build linux

package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"

	"smoltcp/dissect"
)

// decodeRows are the rows about reading packets.
func decodeRows() []benchRow {
	return []benchRow{
		{
			name: "frame", work: "decode every layer of a frame", reference: "gopacket DecodingLayerParser", unit: "ns",
			goal: goal{most: 0.4}, prepare: prepareFrames,
		}, {
			name: "line", work: "decode --format line", reference: "tcpdump -n -r", unit: "packets/s",
			goal: goal{least: 20}, prepare: sameText(captureOf(1000), []string{"decode", "--format", "line"}, []string{"tcpdump", "-n", "-r"}, nil),
		}, {
			// tcpdump asks for the file of the time zone with each packet, unless TZ says that there is none.
			name: "line-tz", work: "the same with TZ=UTC", reference: "TZ=UTC tcpdump -n -r", unit: "packets/s",
			prepare: sameText(captureOf(1000), []string{"decode", "--format", "line"}, []string{"env", "TZ=UTC", "tcpdump", "-n", "-r"}, nil),
		}, {
			name: "filter", work: "decode with a filter that matches nothing", reference: "tcpdump -n -r FILE FILTER", unit: "packets/s",
			goal:    goal{least: 3},
			prepare: sameText(captureOf(1000), []string{"decode", "--format", "line"}, []string{"tcpdump", "-n", "-r"}, []string{"tcp", "port", "9"}),
		}, {
			name: "json", work: "decode --format json", reference: "tshark -n -T ek", unit: "packets/s",
			goal: goal{least: 100}, prepare: prepareJSON,
		}, {
			name: "dump", work: "dump printing text, 500k packets/s offered", reference: "tcpdump -n", unit: "% dropped",
			goal: goal{nothing: true}, prepare: prepareDump,
		}, {
			name: "memory", work: "memory of decode, the most of all formats", reference: "", unit: "MiB",
			goal: goal{most: 64}, prepare: prepareMemory,
		},
	}
}

// captureOf writes the capture of the comparison, of so many flows, once.
func captureOf(flows int) func(t *testing.T) string {
	return func(t *testing.T) string {
		t.Helper()
		name := filepath.Join(shared.dir, fmt.Sprintf("traffic-%d-%d.pcap", flows, *packetsFlag))
		if _, err := os.Stat(name); err != nil {
			writeTraffic(t, name, flows, *packetsFlag, math.MaxInt64)
		}
		return name
	}
}

// sameText compares two programs that must print the same. A file's name is added to both command lines, and behind it the filter.
func sameText(file func(t *testing.T) string, ours, theirs, filter []string) func(t *testing.T) contest {
	return func(t *testing.T) contest {
		name := file(t)
		line := func(words []string) []string {
			return append(append(append([]string(nil), words...), name), filter...)
		}
		us, them := line(append([]string{shared.program}, ours...)), line(theirs)
		c := contest{ours: speed(us, *packetsFlag)}
		if c.missing = missingTool("tcpdump"); c.missing != "" {
			return c
		}
		c.theirs = speed(them, *packetsFlag)
		texts := [2]hashed{}
		for i, args := range [][]string{us, them} {
			sum := sha256.New()
			timed(t, sum, args...)
			texts[i] = hashed(sum.Sum(nil))
		}
		if texts[0] != texts[1] {
			t.Fatalf("%q and %q print different text", us, them)
		}
		return c
	}
}

type hashed [sha256.Size]byte

// speed measures how many of so many packets a program gets through in a second.
func speed(args []string, packets int) func(t *testing.T) float64 {
	return func(t *testing.T) float64 {
		took := timed(t, nil, args...)
		return float64(packets) / took.Seconds()
	}
}

// prepareFrames lets both decoders work on the same frames in turn. gopacket is given a decoder for every protocol below the
// payload of UDP and TCP, and leaves alone what is in there, DNS, which we decode.
func prepareFrames(t *testing.T) contest {
	g := newTraffic(100)
	var frames [][]byte
	for range 1000 {
		_, frame := g.next()
		frames = append(frames, bytes.Clone(frame))
	}
	var (
		packet dissect.Packet
		eth    layers.Ethernet
		tag    layers.Dot1Q
		arp    layers.ARP
		ip4    layers.IPv4
		ip6    layers.IPv6
		icmp   layers.ICMPv4
		udp    layers.UDP
		tcp    layers.TCP
		data   gopacket.Payload
		found  []gopacket.LayerType
	)
	parser := gopacket.NewDecodingLayerParser(layers.LayerTypeEthernet, &eth, &tag, &arp, &ip4, &ip6, &icmp, &udp, &tcp, &data)
	parser.IgnoreUnsupported = true
	ours := func() {
		for _, frame := range frames {
			packet.Decode(dissect.LinkEthernet, frame, len(frame))
		}
	}
	theirs := func() {
		for _, frame := range frames {
			if err := parser.DecodeLayers(frame, &found); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := testing.AllocsPerRun(10, ours); n != 0 {
		t.Errorf("decoding allocates %v times in 1000 frames", n)
	}
	each := func(decode func()) func(t *testing.T) float64 {
		return func(*testing.T) float64 {
			const rounds = 300
			start := time.Now()
			for range rounds {
				decode()
			}
			return float64(time.Since(start).Nanoseconds()) / float64(rounds*len(frames))
		}
	}
	return contest{ours: each(ours), theirs: each(theirs)}
}

// prepareJSON gives tshark, which is slow, a tenth of the packets.
func prepareJSON(t *testing.T) contest {
	name := captureOf(1000)(t)
	c := contest{ours: speed([]string{shared.program, "decode", "--format", "json", name}, *packetsFlag)}
	if c.missing = missingTool("tshark"); c.missing != "" {
		return c
	}
	packets := max(1, *packetsFlag/10)
	short := filepath.Join(t.TempDir(), "tenth.pcap")
	writeTraffic(t, short, 1000, packets, math.MaxInt64)
	c.theirs = speed([]string{"tshark", "-n", "-T", "ek", "-r", short}, packets)
	c.note = fmt.Sprintf("tshark had %s packets", figure(float64(packets)))
	return c
}

// prepareMemory takes a capture with as many connections as packets, since they are what is remembered.
func prepareMemory(t *testing.T) contest {
	name := filepath.Join(t.TempDir(), "flows.pcap")
	writeTraffic(t, name, *packetsFlag, *packetsFlag, math.MaxInt64)
	return contest{ours: func(t *testing.T) float64 {
		most := 0
		for _, args := range [][]string{{"--format", "line"}, {"--format", "line", "-ttt"}, {"--format", "tree", "-v"}, {"--format", "json"}, {"-XX"}} {
			most = max(most, peak(t, append([]string{shared.program, "decode", name}, args...)...))
		}
		return float64(most) / 1024
	}}
}

// peak runs a program to its end and gives the most memory that it had, in KiB (VmHWM; what wait4(2) tells includes the process
// that it was forked from).
func peak(t *testing.T, args ...string) (kib int) {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	status := fmt.Sprintf("/proc/%d/status", cmd.Process.Pid)
	for tick := time.Tick(2 * time.Millisecond); ; {
		select {
		case err := <-ended:
			if err != nil || kib == 0 {
				t.Fatalf("%q: %v, at most %d KiB", args, err, kib)
			}
			return kib
		case <-tick:
			text, _ := os.ReadFile(status)
			if _, after, ok := strings.Cut(string(text), "VmHWM:"); ok {
				if n, err := strconv.Atoi(strings.Fields(after)[0]); err == nil {
					kib = max(kib, n)
				}
			}
		}
	}
}

// prepareDump sends packets over a veth pair to a program that prints them.
func prepareDump(t *testing.T) contest {
	const rate, seconds = 500_000, 4
	n := newNetwork(t)
	s := newSender(t, n.a, "eth0")
	drops := regexp.MustCompile(`(\d+) packets? dropped by (?:the )?kernel`)
	measure := func(args ...string) func(t *testing.T) float64 {
		return func(t *testing.T) float64 {
			p := n.start(n.b, "sh", "-c", fmt.Sprintf("exec %s >/dev/null", strings.Join(args, " ")))
			p.await(&p.stderr, "listening on")
			sent, took := s.send(rate, seconds*rate)
			time.Sleep(200 * time.Millisecond) // what has arrived is printed
			p.interrupt(os.Interrupt)
			used := p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()
			t.Logf("%s: %.0f packets/s were offered, for %v; it used the processor for %v", filepath.Base(args[0]), float64(sent)/took.Seconds(), took, used)
			m := drops.FindStringSubmatch(p.stderr.String())
			if m == nil {
				t.Fatalf("%s: no count of drops: %s", args[0], p.stderr.String())
			}
			dropped, _ := strconv.Atoi(m[1])
			return 100 * float64(dropped) / float64(sent)
		}
	}
	c := contest{ours: measure(shared.program, "dump", "--format", "line", "-i", "eth0")}
	if c.missing = missingTool("tcpdump"); c.missing == "" {
		c.theirs = measure("tcpdump", "-n", "-i", "eth0")
	}
	return c
}
