package packetdrill

import (
	"bytes"
	"strings"
	"testing"

	"smoltcp/dissect"
)

// warm has the stack learn a Fast Open cookie.
const warm = "`sysctl -q net.ipv4.tcp_timestamps=0`\n" + `
0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0
+0 sendto(3, ..., 0, MSG_FASTOPEN, ..., ...) = -1 EINPROGRESS (text)
+0 > S 0:0(0) <mss 1460,nop,nop,sackOK,nop,wscale 8,FO,nop,nop>
+.01 < S. 123:123(0) ack 1 win 5840 <mss 940,nop,nop,sackOK,nop,wscale 6,FO abcd1234,nop,nop>
+0 > . 1:1(0) ack 1
+.01 close(3) = 0
+0 > F. 1:1(0) ack 1
+.01 < F. 1:1(0) ack 2 win 92
+0 > . 2:2(0) ack 2
`

// listening is a listener with Fast Open.
const listening = "`defaults.sh`\n" + `0 socket(..., SOCK_STREAM|SOCK_NONBLOCK, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
`

const watching = open + `+0 setsockopt(4, SOL_SOCKET, SO_SNDBUF, [10000], 4) = 0
+0 fcntl(4, F_SETFL, O_RDWR|O_NONBLOCK) = 0
+0 epoll_create(1) = 5
+0 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLOUT|EPOLLIN|EPOLLET, fd=4}) = 0
+0 epoll_wait(5, {events=EPOLLOUT, fd=4}, 1, 0) = 1
+0 write(4, ..., 59000) = 20000
+0 > P. 1:10001(10000) ack 1
+0 < . 1:1(0) ack 10001 win 257
+0 epoll_wait(5, {events=EPOLLOUT, fd=4}, 1, 0) = 1
`

const received = open + `+0 setsockopt(4, SOL_TCP, TCP_INQ, [1], 4) = 0
+0 < P. 1:101(100) ack 1 win 257
`

// freeBSD is a SYN that is sent again after twice a second, to which the other system adds 200 ms.
const freeBSD = "0 `sysctl -w net.inet.tcp.rfc1323=1`\n+0 `sysctl -w net.inet.tcp.rexmit_slop=200`\n" + `+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0
+0 connect(3, ..., ...) = -1 EINPROGRESS
+0 > S 0:0(0) <...>
+1 > S 0:0(0) <...>
`

const six = "--ip_version=ipv6\n" + `0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0 < (class 0x28, hlim 3) S 0:0(0) win 32792 <mss 1440>
+0 > (hlim 64) S. 0:0(0) ack 1 <mss 1440>
+.1 < . 1:1(0) ack 1 win 32792
+0 accept(3, ..., ...) = 4
+0 write(4, ..., 1440) = 1440
+0 > P. 1:1441(1440) ack 1
`

// TestLanguage runs scripts in the parts of the language that few of ours need, each with something wrong in it too.
func TestLanguage(t *testing.T) {
	for _, c := range []struct {
		name, script string
		want         Outcome
		says         string
	}{
		{"numbers from the peer's SYN on", warm, Pass, ""},
		{"an ACK that is one too high", strings.Replace(warm, "> . 2:2(0) ack 2", "> . 2:2(0) ack 3", 1), Fail, "ack"},
		{"no request for a cookie", strings.Replace(warm, ",FO,nop,nop", "", 1), Fail, "tfo"},
		{"text with the SYN", warm + "+.1 socket(..., SOCK_STREAM, IPPROTO_TCP) = 4\n+0 fcntl(4, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n" +
			"+0 sendto(4, ..., 2000, MSG_FASTOPEN, ..., ...) = 900\n+0 > S 0:900(900) <mss 1460,nop,nop,sackOK,nop,wscale 8,FO abcd1234,nop,nop>\n" +
			"+.1 < S. 5000:5000(0) ack 901 win 100 <mss 1000,sackOK>\n+0 > . 901:901(0) ack 1\n" +
			"+0 %{ assert tcpi_options & TCPI_OPT_SYN_DATA }%", Pass, ""},
		{"another cookie", warm + "+.1 socket(..., SOCK_STREAM, IPPROTO_TCP) = 4\n+0 fcntl(4, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n" +
			"+0 sendto(4, ..., 10, MSG_FASTOPEN, ..., ...) = 10\n+0 > S 0:10(10) <mss 1460,nop,nop,sackOK,nop,wscale 8,FO 12345678,nop,nop>", Fail, "cookie"},
		{"connect that waits for text", warm + "+.1 socket(..., SOCK_STREAM, IPPROTO_TCP) = 4\n+0 setsockopt(4, SOL_TCP, TCP_FASTOPEN_CONNECT, [1], 4) = 0\n" +
			"+0 connect(4, ..., ...) = 0\n+0...0.1 write(4, ..., 10) = 10\n+0 > S 0:10(10) <mss 1460,nop,nop,sackOK,nop,wscale 8,FO abcd1234,nop,nop>\n" +
			"+.1 < S. 0:0(0) ack 11 win 100 <mss 1000>\n+0 > . 11:11(0) ack 1", Pass, ""},
		{"a cookie forgotten", warm + "+.1 `ip tcp_metrics flush all &> /dev/null`\n+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 4\n" +
			"+0 fcntl(4, F_SETFL, O_RDWR|O_NONBLOCK) = 0\n+0 sendto(4, ..., 10, MSG_FASTOPEN, ..., ...) = -1 EINPROGRESS\n" +
			"+0 > S 0:0(0) <mss 1460,nop,nop,sackOK,nop,wscale 8,FO,nop,nop>", Pass, ""},
		{"text of a SYN", listening + "+0 < S 0:10(10) win 1000 <mss 1460,FO TFO_COOKIE,nop,nop>\n+0 > S. 0:0(0) ack 11 <mss 1460>\n" +
			"+0 accept(3, ..., ...) = 4\n+0 read(4, ..., 100) = 10", Pass, ""},
		{"a wrong cookie", listening + "+0 < S 0:10(10) win 1000 <mss 1460,FO 1122334455667788,nop,nop>\n+0 > S. 0:0(0) ack 11 <mss 1460>", Fail, "ack"},
		{"a cookie granted", listening + "+0 < S 0:0(0) win 1000 <mss 1460,FO,nop,nop>\n+0 > S. 0:0(0) ack 1 <mss 1460,FO TFO_COOKIE,nop,nop>", Pass, ""},
		{"a listener without", "`sysctl -q net.ipv4.tcp_fastopen=1`\n" + strings.TrimPrefix(listening, "`defaults.sh`\n") +
			"+0 < S 0:0(0) win 1000 <mss 1460,FO,nop,nop>\n+0 > S. 0:0(0) ack 1 <mss 1460,FO TFO_COOKIE,nop,nop>", Fail, "tfo"},
		{"without a cookie", "`sysctl -q net.ipv4.tcp_fastopen=0x602`\n" + open, Skip, "tcp_fastopen"},
		{"a connection implied", freeBSD + "+.1 `sysctl -w net.inet.tcp.fastopen.client_enable=1`\n+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 4\n" +
			"+0 setsockopt(4, IPPROTO_TCP, TCP_FASTOPEN, [1], 4) = 0\n+0 sendto(4, ..., 100, 0, ..., ...) = 100\n" +
			"+0 > S 0:0(0) win 65535 <mss 1460,nop,wscale 6,sackOK,TS val 0 ecr 0,FO,eol,eol>\n+.05 < S. 0:0(0) ack 1 win 65535 <mss 1460,nop,nop,FO 01020304>\n" +
			"+0 > P. 1:101(100) ack 1", Pass, ""},
		{"no address", open + "+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 5\n+0 sendto(5, ..., 0, MSG_FASTOPEN, AF_UNSPEC, ...) = -1 EOPNOTSUPP", Pass, ""},
		{"the experimental option", open + "+0 < S 0:0(0) win 1000 <FOEXP 1234>", Skip, "FOEXP"},
		{"an invalid buffer", open + "+0 write(4, NULL, 10) = -1 EFAULT\n+0 write(4, NULL, 0) = 0", Pass, ""},

		{"what is left", received + "+0 recvmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 60}], msg_flags=0, " +
			"msg_control=[{cmsg_level=SOL_TCP, cmsg_type=TCP_CM_INQ, cmsg_data=40}]}, 0) = 60", Pass, ""},
		{"more left", received + "+0 recvmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 60}], msg_flags=0, " +
			"msg_control=[{cmsg_level=SOL_TCP, cmsg_type=TCP_CM_INQ, cmsg_data=41}]}, 0) = 60", Fail, "cmsg_data=40"},
		{"other control messages", received + "+0 recvmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 60}], msg_flags=0, " +
			"msg_control=[{cmsg_level=SOL_SOCKET, cmsg_type=SCM_TIMESTAMPING, cmsg_data=1}]}, 0) = 60", Skip, "control messages"},
		{"a record's end", open + "+0 send(4, ..., 10, MSG_EOR) = 10", Skip, "MSG_EOR"},

		{"edges", watching + "+0 epoll_wait(5, {events=0, ptr=0}, 1, 0) = 0\n+0...0.1 epoll_wait(5, {events=EPOLLIN|EPOLLOUT, fd=4}, 1, -1) = 1\n" +
			"+.1 < P. 1:11(10) ack 10001 win 257\n+0 epoll_wait(5, ..., 1, 0) = 0\n+0 < P. 11:21(10) ack 10001 win 257\n" +
			"+0 epoll_wait(5, {events=EPOLLIN|EPOLLOUT, fd=4}, 1, 0) = 1\n+0 epoll_ctl(5, EPOLL_CTL_DEL, 4, NULL) = 0\n+0 epoll_wait(5, ..., 1, 0) = 0", Pass, ""},
		{"no edge", watching + "+0 epoll_wait(5, {events=EPOLLOUT, fd=4}, 1, 0) = 1", Fail, "got 0"},
		{"watched twice", watching + "+0 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN, fd=4}) = 0", Fail, "EEXIST"},

		{"struct tcp_info", open + "+0 getsockopt(4, SOL_TCP, TCP_INFO, {tcpi_state=TCP_ESTABLISHED, tcpi_snd_mss=1000, tcpi_rto=...}, [232]) = 0", Pass, ""},
		{"another state", open + "+0 getsockopt(4, SOL_TCP, TCP_INFO, {tcpi_state=TCP_CLOSING}, [232]) = 0", Fail, "tcpi_state=1"},
		{"an unknown field", open + "+0 getsockopt(4, SOL_TCP, TCP_INFO, {tcpi_nothing=1}, [232]) = 0", Skip, "tcpi_nothing"},
		{"a message for people", open + "+0 %{ assert tcpi_snd_cwnd == 10, 'cwnd=%d' % nothing }%", Pass, ""},

		{"segments", open + "+0 write(4, ..., 4000) = 4000\n+0 > P. 1:4001(4000) ack 1\n+0 %{ assert tcpi_delivered == 1 and tcpi_retrans == 0 }%\n" +
			"+.1 < . 1:1(0) ack 1 win 257 <sack 1001:4001,nop,nop>\n+0 > . 1:1001(1000) ack 1\n" +
			"+0 %{ assert tcpi_delivered == 4 and tcpi_retrans == 1 and tcpi_reordering == 3 }%\n+.1 < . 1:1(0) ack 4001 win 257\n" +
			"+0 %{ assert tcpi_delivered == 5 and tcpi_retrans == 0 }%", Pass, ""},
		{"reordered", open + "+0 write(4, ..., 2000) = 2000\n+0 > P. 1:2001(2000) ack 1\n+.1 < . 1:1(0) ack 1 win 257 <sack 1001:2001,nop,nop>\n" +
			"+0 < . 1:1(0) ack 2001 win 257\n+0 %{ assert tcpi_reordering == 3 }%", Skip, "tcpi_reordering"},
		{"changed bytes", open + "+0 < P. 1:21(20) ack 1 win 257 {rep tcp seq_num 0x01234321}\n+0 > . 1:1(0) ack 1\n" +
			"+0 < P. 1:21(20) ack 1 win 257 {rep ipv4 protocol 0xfd} {ins tcp 20 0x01010101}\n+0 ioctl(4, SIOCINQ, [0]) = 0\n" +
			"+0 < P. 1:21(20) ack 1 win 257 {trun tcp 20 10}\n+0 ioctl(4, SIOCINQ, [10]) = 0", Pass, ""},
		{"another change", open + "+0 < P. 1:21(20) ack 1 win 257 {xor tcp 0 1}", Skip, "change of bytes"},
		{"ACE as a number", "`sysctl -q net.ipv4.tcp_ecn=2`\n0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 bind(3, ..., ...) = 0\n+0 listen(3, 1) = 0\n" +
			"+0 < S3 0:0(0) win 1000\n+0 > S1. 0:0(0) ack 1 <mss 1460>", Pass, ""},
		{"the Accurate ECN option", open + "+0 < . 1:1(0) ack 1 win 257 <ECN e1b 1 ceb 0 e0b 1,nop>\n+0 write(4, ..., 1) = 1\n+0 > P. 1:2(1) ack 1", Pass, ""},

		{"sent again sooner", freeBSD + "+2.2 > S 0:0(0) <...>", Pass, ""},
		{"sent again much sooner", freeBSD + "+2.4 > S 0:0(0) <...>", Fail, "already"},

		{"IPv6, MTU 1500", six, Pass, ""},
		{"IPv6, MTU 1520", strings.Replace(strings.ReplaceAll(six, "1440", "1460"), "1441", "1461", 1), Pass, ""},
		{"IPv6, another hop limit", strings.Replace(six, "hlim 64", "hlim 63", 1), Fail, "ttl"},
		{"packet too big", six + "+0 < icmpv6 packet_too_big mtu 1280 [1:1441(1440)]\n+0 > . 1:1221(1220) ack 1\n+0 > P. 1221:1441(220) ack 1", Pass, ""},
		{"packet too big, by its other name", six + "+0 < [1:1441(1440)] icmp packet_too_big mtu 1280\n+0 > . 1:1221(1220) ack 1", Pass, ""},
		{"ICMP of the other version", open + "+0 < icmpv6 packet_too_big mtu 1280 [1:1(0)]", Error, "version of IP"},
	} {
		r := Run(c.name, []byte(c.script), Options{})
		if r.Outcome != c.want || !strings.Contains(r.String(), c.says) {
			t.Errorf("%s: %v %v, want %v with %q", c.name, r.Outcome, r, c.want, c.says)
		}
	}
}

// TestMutate changes packets and looks at the bytes.
func TestMutate(t *testing.T) {
	h := ipHeader{src: remoteAddr4, dst: localNet4.Addr(), protocol: dissect.ProtoTCP, ttl: 64, length: 23}
	s := dissect.TCPHeader{SrcPort: 1, DstPort: 2, Seq: 3, Flags: dissect.ACK}
	for _, c := range []struct {
		m     mutation
		size  int
		check func(ip dissect.IPv4, tcp dissect.TCP) bool
	}{
		{mutation{what: "rep", tcp: true, at: 4, data: []byte{1, 2, 3, 4}}, 43, func(_ dissect.IPv4, s dissect.TCP) bool { return s.Seq() == 0x01020304 }},
		{mutation{what: "rep", at: 8, data: []byte{9}}, 43, func(ip dissect.IPv4, _ dissect.TCP) bool { return ip.TTL() == 9 && ip.ChecksumOK() }},
		{mutation{what: "rep", at: 10, data: []byte{0, 0}}, 43, func(ip dissect.IPv4, _ dissect.TCP) bool { return !ip.ChecksumOK() }},
		{mutation{what: "rep", at: 2, data: []byte{0xff, 0xff}}, 43, func(ip dissect.IPv4, _ dissect.TCP) bool { return ip[2] == 0xff }},
		{mutation{what: "rep", tcp: true, at: 16, data: []byte{0, 0}}, 43, func(_ dissect.IPv4, s dissect.TCP) bool { return s.Checksum() == 0 }},
		{mutation{what: "ins", tcp: true, at: 20, data: []byte{1, 1, 1, 1}}, 47, func(ip dissect.IPv4, _ dissect.TCP) bool { return ip.TotalLen() == 47 }},
		{mutation{what: "trun", tcp: true, at: 20, length: 100}, 40, func(ip dissect.IPv4, _ dissect.TCP) bool { return ip.TotalLen() == 40 }},
		{mutation{what: "trun", at: 0, length: 15}, 28, func(ip dissect.IPv4, _ dissect.TCP) bool { return true }},
	} {
		segment := segmentBytes(&s, 3, h.src, h.dst)
		b := mutate(h.append(nil), bytes.Clone(segment), []mutation{c.m})
		if len(b) != c.size {
			t.Errorf("%+v: %d bytes, want %d", c.m, len(b), c.size)
			continue
		}
		if !c.check(dissect.IPv4(b), dissect.TCP(b[min(20, len(b)):])) {
			t.Errorf("%+v: % x", c.m, b)
		}
	}
}
