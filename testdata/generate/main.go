// Generate writes the captures of testdata/pcaps that are made and not recorded: tiny ones, one idea each, always the
// same bytes.
//
//	go run ./testdata/generate            write the captures
//	go run ./testdata/generate -record    and what tcpdump prints for every capture there is, made or recorded
//
// The outputs of smoltcp itself, NAME.tree and NAME.json, are written by go test . -update.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"smoltcp/capture"
	"smoltcp/dissect"
)

// start is when the first packet of every capture passes.
var start = time.Date(2026, time.January, 2, 3, 4, 5, 0, time.UTC)

// step is the time between two packets unless one says otherwise: every digit of a microsecond moves.
const step = 1001 * time.Microsecond

// trace is a capture in the making.
type trace struct {
	file    string // name, with .pcap or .pcapng
	link    dissect.LinkType
	snaplen int  // longer frames are cut; 0: none
	nano    bool // time stamps of a pcap file have nanoseconds
	packets []capture.Packet
	now     time.Time

	// ids has the next IPv4 ID of each host, as a kernel counts them; nil leaves IDs as they are.
	ids map[netip.Addr]uint16

	// raw is a file that no Writer of package capture makes, in place of packets.
	raw []byte
}

// newTrace starts a capture of Ethernet frames.
func newTrace(file string) *trace {
	return &trace{file: file, link: dissect.LinkEthernet, now: start}
}

// add appends frames, a step apart.
func (t *trace) add(frames ...[]byte) {
	for _, f := range frames {
		t.identify(f)
		t.packets = append(t.packets, capture.Packet{Time: t.now.UnixNano(), Data: f, Len: len(f), Link: t.link})
		t.now = t.now.Add(step)
	}
}

// identify gives a whole IPv4 packet the next ID of its sender and forbids fragmenting it.
func (t *trace) identify(frame []byte) {
	if t.ids == nil || dissect.Ethernet(frame).Type() != dissect.EtherTypeIPv4 {
		return
	}
	ip := dissect.IPv4(frame[dissect.EthernetHeaderLen:])
	if ip.FragmentOffset() == 0 && !ip.MoreFragments() {
		ip[6] |= 0x40
		ip.SetID(t.ids[ip.Src()])
		ip.FillChecksum()
		t.ids[ip.Src()]++
	}
}

// last is the packet that was added last.
func (t *trace) last() *capture.Packet { return &t.packets[len(t.packets)-1] }

// wait moves the next packet.
func (t *trace) wait(d time.Duration) { t.now = t.now.Add(d - step) }

// cut keeps the first n bytes of the packet added last.
func (t *trace) cut(n int) { t.last().Data = t.last().Data[:n] }

// encode gives the bytes of the file.
func (t *trace) encode() ([]byte, error) {
	if t.raw != nil {
		return t.raw, nil
	}
	var b bytes.Buffer
	var w capture.Writer
	var err error
	if strings.HasSuffix(t.file, "ng") {
		w, err = capture.NewPcapngWriter(&b, []capture.Interface{{Name: "eth0", Link: t.link, Snaplen: t.snaplen}},
			capture.FileOptions{Application: "smoltcp testdata/generate"})
	} else {
		snaplen := t.snaplen
		if snaplen == 0 {
			snaplen = capture.DefaultSnaplen
		}
		w, err = capture.NewPcapWriter(&b, t.link, snaplen, t.nano)
	}
	if err != nil {
		return nil, err
	}
	for i := range t.packets {
		if err := w.Write(&t.packets[i]); err != nil {
			return nil, fmt.Errorf("packet %d: %w", i+1, err)
		}
	}
	err = w.Close()
	return b.Bytes(), err
}

// traces gives every capture that is made here.
func traces() []*trace {
	return []*trace{
		tour(),
		arp(), llc(), vlan(), sll(), sll2(), null(), rawIP(),
		ipv4Options(), ipv4Fragments(), icmpv4(),
		ipv6Extensions(), icmpv6Errors(), icmpv6NDP(), icmpv6MLD(),
		udp(), tcpHandshake(), tcpOptions(), tcpFlags(), checksums(), truncated(),
		nano(), bigEndian(), resolutions(), sections(), severalInterfaces(), hostile(), everyLength(),
	}
}

func main() {
	dir := flag.String("dir", "testdata/pcaps", "write to `DIR`")
	recordText := flag.Bool("record", false, "record what tcpdump prints, too")
	flag.Parse()
	err := write(*dir)
	if err == nil && *recordText {
		err = record(*dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func write(dir string) error {
	for _, t := range traces() {
		b, err := t.encode()
		if err != nil {
			return fmt.Errorf("%s: %w", t.file, err)
		}
		if err := os.WriteFile(filepath.Join(dir, t.file), b, 0o666); err != nil {
			return err
		}
	}
	return nil
}

// record writes NAME.txt and NAME-v.txt beside every capture: what tcpdump prints, untouched. One that tcpdump cannot
// read to its end has none.
func record(dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.pcap*"))
	if err != nil {
		return err
	}
	for _, f := range files {
		name := strings.TrimSuffix(f, filepath.Ext(f))
		for suffix, args := range map[string][]string{".txt": {"-n"}, "-v.txt": {"-n", "-v"}} {
			var stderr bytes.Buffer
			cmd := exec.Command("tcpdump", append(args, "-r", f)...)
			cmd.Env = append(os.Environ(), "TZ=UTC")
			cmd.Stderr = &stderr
			out, err := cmd.Output()
			if errors.Is(err, exec.ErrNotFound) {
				return err
			}
			if err != nil {
				lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
				fmt.Fprintf(os.Stderr, "generate: no %s for %s: %s\n", suffix, filepath.Base(f), lines[len(lines)-1])
				continue
			}
			if err := os.WriteFile(name+suffix, out, 0o666); err != nil {
				return err
			}
		}
	}
	return nil
}
