package main

import (
	"net/netip"
	"time"

	"smoltcp/dissect"
)

// tour is what the README shows first: a host comes up, talks, and leaves.
func tour() *trace {
	t := newTrace("tour.pcapng")
	t.ids = map[netip.Addr]uint16{alice4.ip: 0x1c46, bob4.ip: 0x9e01}
	p, p6 := path{alice4, bob4}, path{alice6, bob6}
	say := func(comment string) { t.last().Comment = []byte(comment) }
	request := dissect.NewARPRequest(aliceMAC, alice4.ip, bob4.ip)
	t.add(pad(path{alice4, end{mac: dissect.BroadcastMAC}}.ether(dissect.EtherTypeARP, request.Append(nil))))
	say("alice looks for bob")
	t.wait(210 * time.Microsecond)
	reply := request.Reply(bobMAC)
	t.add(pad(p.back().ether(dissect.EtherTypeARP, reply.Append(nil))))
	t.wait(95 * time.Microsecond)
	echo := dissect.ICMPv4Header{Type: dissect.ICMPv4EchoRequest, ID: 4711, Seq: 1}
	t.add(p.icmp4Frame(echo, counting(56)))
	t.wait(180 * time.Microsecond)
	echo.Type = dissect.ICMPv4EchoReply
	t.add(p.back().icmp4Frame(echo, counting(56)))

	t.wait(time.Second)
	t.add(p.udpFrame(51482, 6969, "hello, bob\n"))
	t.wait(240 * time.Microsecond)
	t.add(p.back().udpFrame(6969, 51482, "yo dawg"))
	t.wait(500 * time.Millisecond)
	closed := p.udpFrame(51483, 7777, "anybody there?\n")
	t.add(closed)
	t.wait(130 * time.Microsecond)
	t.add(p.back().icmp4Frame(dissect.ICMPv4Header{Type: dissect.ICMPv4Unreachable, Code: dissect.ICMPv4PortUnreachable}, quote(closed, 8)))
	say("nobody listens on 7777; the error quotes the packet it is about")

	t.wait(700 * time.Millisecond)
	c := &talk{t: t, p: p, ports: [2]uint16{35692, 6969}, seq: [2]uint32{3677930454, 1203558212},
		window: [2]uint16{502, 509}, stamps: true, clock: [2]uint32{1201, 880145}}
	c.send(0, dissect.SYN, "")
	c.wait(190 * time.Microsecond)
	c.send(1, dissect.SYN|dissect.ACK, "")
	c.wait(80 * time.Microsecond)
	c.send(0, dissect.ACK, "")
	c.wait(3 * time.Millisecond)
	c.send(0, dissect.PSH|dissect.ACK, "abcdefg\n")
	c.wait(220 * time.Microsecond)
	c.send(1, dissect.ACK, "")
	c.wait(60 * time.Microsecond)
	c.send(1, dissect.PSH|dissect.ACK, "gfedcba\n")
	c.wait(50 * time.Microsecond)
	c.send(0, dissect.ACK, "")
	c.wait(900 * time.Millisecond)
	c.send(0, dissect.FIN|dissect.ACK, "")
	c.wait(170 * time.Microsecond)
	c.send(1, dissect.FIN|dissect.ACK, "")
	c.wait(45 * time.Microsecond)
	c.send(0, dissect.ACK, "")

	t.wait(400 * time.Millisecond)
	large := p.fragments4(dissect.ProtoUDP, 0x5a17, p.udp(51484, 6969, counting(1600)), 1480)
	t.add(large[0])
	say("too large for the link: in two fragments")
	t.wait(12 * time.Microsecond)
	t.add(large[1])
	t.wait(300 * time.Millisecond)
	tag := dissect.VLANHeader{ID: 69, Priority: 5, Type: dissect.EtherTypeIPv4}
	t.add(p.ether(dissect.EtherTypeVLAN, append(tag.Append(nil), p.ip(dissect.ProtoUDP, p.udp(51485, 6969, []byte("on VLAN 69\n")))...)))

	t.wait(600 * time.Millisecond)
	ns := dissect.NeighborSolicitationHeader{Target: bob6.ip}
	ns.Options.AddSourceAddr(aliceMAC)
	ask := path{alice6, solicited(bob6.ip)}
	t.add(ask.icmp6Frame(255, ask.icmp6Sum(ns.Append(nil))))
	t.wait(230 * time.Microsecond)
	na := dissect.NeighborAdvertisementHeader{Solicited: true, Override: true, Target: bob6.ip}
	na.Options.AddTargetAddr(bobMAC)
	t.add(p6.back().icmp6Frame(255, p6.back().icmp6Sum(na.Append(nil))))
	t.wait(90 * time.Microsecond)
	t.add(p6.icmp6Frame(64, p6.icmp6(dissect.ICMPv6Header{Type: dissect.ICMPv6EchoRequest, ID: 4712, Seq: 1}, counting(56))))
	t.wait(200 * time.Microsecond)
	t.add(p6.back().icmp6Frame(64, p6.back().icmp6(dissect.ICMPv6Header{Type: dissect.ICMPv6EchoReply, ID: 4712, Seq: 1}, counting(56))))

	t.wait(800 * time.Millisecond)
	t.add(p.udpFrame(51486, 6969, "a bit flipped on the way\n"))
	t.last().Data[len(t.last().Data)-2] ^= 0x20
	say("the checksum tells")
	return t
}
