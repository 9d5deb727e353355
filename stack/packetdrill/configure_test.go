package packetdrill

import (
	"strings"
	"testing"
)

// TestConfigure checks the command and the option that are this interpreter's own.
func TestConfigure(t *testing.T) {
	const dial = "0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n" +
		"+0 connect(3, ..., ...) = -1 EINPROGRESS (text)\n+0 > S 0:0(0) <mss 1460,sackOK,TS val 1 ecr 0,nop,wscale 8"
	const on = "`config user-timeout-option=1`\n"
	const marked = "`sysctl -q net.ipv4.tcp_ecn=2`\n`config accurate-ecn=1 accurate-ecn-option=1`\n0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n" +
		"+0 bind(3, ..., ...) = 0\n+0 listen(3, 1) = 0\n+0 < SEWA 0:0(0) win 257 <mss 1000>\n+0 > SW. 0:0(0) ack 1 <mss 1460"
	for _, c := range []struct {
		name, script string
		want         Outcome
		says         string
	}{
		{"seconds", on + dial + ",uto 300>", Pass, ""},
		{"other seconds", on + dial + ",uto 301>", Fail, "user timeout"},
		{"minutes", on + dial + ",uto 5m>", Fail, "<mss 1460,sackOK"},
		{"missing in the script", on + dial + ">", Fail, "option uto"},
		{"missing in the stack", dial + ",uto 300>", Fail, "option uto"},
		{"switched off again", on + "`config user-timeout-option=0`\n" + dial + ">", Pass, ""},
		{"several", "`config accurate-ecn=1 abe=1 pacing=1 max-user-timeout=400 user-timeout-option=1`\n" + dial + ",uto 300>", Pass, ""},
		{"bytes of Accurate ECN", marked + ",ECN e0b 1 ceb 0 e1b 1,eol>", Pass, ""},
		{"other bytes of Accurate ECN", marked + ",ECN e0b 1 ceb 1 e1b 1,eol>", Fail, "<mss 1460,ECN e0b 1 ceb 0 e1b 1,eol>"},
		{"no bytes of Accurate ECN", marked + ">", Fail, "option accecn0"},
		{"too large", on + dial + ",uto 32768>", Error, "32767"},
		{"unknown switch", "`config nothing=1`\n" + dial + ">", Error, "config nothing=1"},
		{"no value", "`config abe`\n" + dial + ">", Error, "config abe"},
		{"no number", "`config abe=yes`\n" + dial + ">", Error, "config abe=yes"},
	} {
		r := Run(c.name, []byte(c.script), Options{})
		if r.Outcome != c.want || !strings.Contains(r.String(), c.says) {
			t.Errorf("%s: %v %v, want %v with %q", c.name, r.Outcome, r, c.want, c.says)
		}
	}
	for v, want := range map[uint16]string{0: "uto 0", 32767: "uto 32767", 32768: "uto 0m", 65535: "uto 32767m"} {
		if got := userTimeoutText([]byte{byte(v >> 8), byte(v)}); got != want {
			t.Errorf("%#x: %s, want %s", v, got, want)
		}
	}
	if got := userTimeoutText([]byte{1}); got != "uto 01" {
		t.Errorf("one byte: %s", got)
	}
}
