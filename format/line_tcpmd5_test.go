package format

import (
	"encoding/hex"
	"strings"
	"testing"

	"smoltcp/dissect"
)

// TestLineMD5 verifies the digest of a segment that Linux has signed with the key hunter2.
func TestLineMD5(t *testing.T) {
	frame, err := hex.DecodeString("000000000000000000000000080045000048" + "5abf40004006e1ee7f0000017f000001" +
		"e44845ecdd7e68d300000000d002ffd7fe3c0000" + "010113121a942f157b5920a5e69c726c4e8cd89a0204ffd7010104020103030a")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		secret, want string
		length       int
	}{
		{"hunter2", "[nop,nop,md5 valid,mss 65495,nop,nop,sackOK,nop,wscale 10]", len(frame)},
		{"hunter", "[nop,nop,md5  (invalid),mss 65495,nop,nop,sackOK,nop,wscale 10]", len(frame)},
		{"", "[nop,nop,md5 shared secret not supplied with -M, can't check - 1a942f157b5920a5e69c726c4e8cd89a,mss", len(frame)},
		{"hunter2", "[nop,nop,md5 snaplen too short, can't check - 1a942f157b5920a5e69c726c4e8cd89a,mss", len(frame) - 1},
	} {
		var p dissect.Packet
		p.Decode(dissect.LinkEthernet, frame[:tt.length], len(frame))
		got := string(NewLine(Options{Time: TimeNone, MD5Secret: tt.secret}).Append(nil, &Frame{Packet: &p}))
		if !strings.Contains(got, tt.want) {
			t.Errorf("secret %q: %q, want %q", tt.secret, got, tt.want)
		}
	}
}
