package format

import (
	"encoding/hex"
	"os/exec"
	"strings"
	"testing"

	"smoltcp/dissect"
)

// Headers that the frames of these tests are put together from. Checksums are right unless the name says otherwise.
const (
	hexEthIPv4 = "020000000001 aa644735a4bd 0800"

	// 192.168.69.100 to 192.168.69.1, TCP, don't fragment, 60 bytes, and the SYN that it carries.
	hexIPSYN = "4500003c 1c464000 400612c0 c0a84564 c0a84501"
	hexSYN   = "8b6c1b39 db38c3d6 00000000 a002faf0 f6f20000 020405b4 0402 080a000004b100000000 01 030307"
	// 80 bytes: nop nop ts nop nop sack, and eight bytes of data.
	hexIPData = "45000050 1c464000 400612ac c0a84564 c0a84501"
	hexData   = "8b6c1b39 db38c3d7 00000011 d01801f6 334e0000 0101 080a000004b2000003d1 0101 051200000001000000020000000300000004"
	hexText   = "6162636465666 70a"

	// IP-in-IP, 80 bytes, around hexIPSYN.
	hexIPIP = "45000050 00010000 4004b6a6 0a000001 0a000002"

	// An experimental protocol, and bytes that dumps treat in different ways.
	hexIPOdd = "45000024 00010000 40fd0000 0a000001 0a000002"
	hexOdd   = "6120620963 0d0a64 0d65 007f80ff7e0d"
)

// frame puts hexadecimal parts together.
func frame(parts ...string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(strings.Join(parts, ""), " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

var (
	frameSYN  = frame(hexEthIPv4, hexIPSYN, hexSYN)
	frameData = frame(hexEthIPv4, hexIPData, hexData, hexText)
	frameIPIP = frame(hexEthIPv4, hexIPIP, hexIPSYN, hexSYN)
	frameOdd  = frame(hexEthIPv4, hexIPOdd, hexOdd)
)

// changed returns a copy of data in which the byte at off is v.
func changed(data []byte, off int, v byte) []byte {
	b := append([]byte(nil), data...)
	b[off] = v
	return b
}

// noon is 2026-01-02 12:00:00 UTC.
const noon = 1767355200 * second

// ethernet decodes data as an Ethernet frame that was wire bytes long.
func ethernet(data []byte, wire int) *Frame {
	p := new(dissect.Packet)
	p.Decode(dissect.LinkEthernet, data, wire)
	return &Frame{Num: 1, Time: noon, Packet: p}
}

// samples are frames that take every path of the printers which they can take with the protocols that are there.
func samples() [][]byte {
	return [][]byte{
		frameSYN, frameData, frameIPIP, frameOdd,
		changed(frameData, 50, 0xff), // checksum
		changed(frameSYN, 14, 0x65),  // IP version
		changed(frameSYN, 46, 0x40),  // TCP data offset
		changed(frameSYN, 16, 0x10),  // IP total length
		frameSYN[:40], frameSYN[:20], frameSYN[:8], nil,
	}
}

// needTcpdump skips the test where there is no tcpdump of the version that the text is measured against.
func needTcpdump(t *testing.T) string {
	path, err := exec.LookPath("tcpdump")
	if err != nil {
		t.Skip("no tcpdump to compare with")
	}
	out, _ := exec.Command(path, "--version").CombinedOutput()
	if !strings.Contains(string(out), "4.99.3") {
		t.Skip("tcpdump is not 4.99.3: ", strings.SplitN(string(out), "\n", 2)[0])
	}
	return path
}
