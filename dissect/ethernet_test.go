package dissect

func init() {
	addSample("ethernet/unknown-type", LinkEthernet, "eth data", `
		02000000 0001aa64 4735a4bd 88b5 # Ethernet
		00112233 445566 # local experimental type
	`)

	addSample("ethernet/no-payload", LinkEthernet, "eth", `
		02000000 0001aa64 4735a4bd 88b5 # Ethernet
	`)

	addSample("ethernet/padded", LinkEthernet, "eth ip udp", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4500001c 1c464000 401112d5 c0a84564 c0a84501 # IPv4
		b8c51b39 00082029 # UDP, no payload
		00000000 00000000 00000000 00000000 0000 # padding to 60 bytes
	`)

	addSample("ethernet/padded-and-trailer", LinkEthernet, "eth ip udp", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4500001c 1c464000 401112d5 c0a84564 c0a84501 # IPv4
		b8c51b39 00082029 # UDP
		00000000 00000000 00000000 00000000 0000 # padding
		cafe0001 # trailer
	`)

	addSample("ethernet/trailer", LinkEthernet, "eth ip udp", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4500001c 1c464000 401112d5 c0a84564 c0a84501 # IPv4
		b8c51b39 00082029 # UDP
		deadbeef # trailer: not zeros, so not padding
	`)

	addSample("ethernet/zeros-below-minimum", LinkEthernet, "eth arp", `
		ffffffff ffffaa64 4735a4bd 0806 # Ethernet
		00010800 06040001 aa644735 a4bdc0a8 45640000 # ARP
		00000000 c0a84501
		00000000 00000000 # a trailer, since the frame does not reach 60 bytes
	`)

	addSample("ethernet/invalid-length", LinkEthernet, "eth data", `
		02000000 0001aa64 4735a4bd 05dd # Ethernet
		42420300 00 # 1501 is neither a length nor a type
	`)

	addSample("ethernet/length-too-long", LinkEthernet, "eth llc data", `
		02000000 0001aa64 4735a4bd 0064 # 802.3, 100 bytes promised
		424203 # LLC
		0000 # all there is
	`)

	addSample("ethernet/length-zero", LinkEthernet, "eth llc!", `
		02000000 0001aa64 4735a4bd 0000 # 802.3, length 0
		00000000 00000000 00000000 00000000 00000000 # padding
		00000000 00000000 00000000 00000000 00000000
		00000000 0000
	`)

	addSample("ethernet/novell-raw", LinkEthernet, "eth data", `
		ffffffff ffffaa64 4735a4bd 001e # 802.3, length 30
		ffff001e 00110000 0000ffff ffffffff 04520000 # IPX without LLC
		0000aa64 4735a4bd 4008
	`)

	addSample("llc/stp", LinkEthernet, "eth llc data", `
		0180c200 00000019 06eab88c 0027 # 802.3, length 39
		424203 # LLC
		00000202 0e800100 1906eab8 80000000 00800100 # Rapid STP
		1906eab8 80800c00 00140002 000f0000
		00000000 000000 # padding
	`)

	addSample("llc/snap-ipv4", LinkEthernet, "eth llc snap ip udp data", `
		02000000 0001aa64 4735a4bd 0029 # 802.3
		aaaa03 # LLC
		00000008 00 # SNAP, RFC 1042
		45000021 1c464000 401112d0 c0a84564 c0a84501 # IPv4
		b8c51b39 000ddc4c 68656c6c 6f # UDP
	`)

	addSample("llc/snap-arp-802.1h", LinkEthernet, "eth llc snap arp", `
		ffffffff ffffaa64 4735a4bd 0024 # 802.3
		aaaa03 # LLC
		0000f808 06 # SNAP
		00010800 06040001 aa644735 a4bdc0a8 45640000 # ARP
		00000000 c0a84501
		00000000 00000000 0000 # padding
	`)

	addSample("llc/snap-cdp", LinkEthernet, "eth llc snap data", `
		01000ccc cccc0019 06eab885 0012 # 802.3
		aaaa03 # LLC
		00000c20 00 # SNAP, Cisco
		02b4b0bd 0001000a 5377 # CDP, its start
	`)

	addSample("llc/snap-unknown-oui", LinkEthernet, "eth llc snap data", `
		02000000 0001aa64 4735a4bd 000a # 802.3
		aaaa03 # LLC
		00000f00 01 # SNAP
		0102 # ?
	`)

	addSample("llc/ipv4-sap", LinkEthernet, "eth llc ip udp data", `
		02000000 0001aa64 4735a4bd 0024 # 802.3
		060603 # LLC
		45000021 1c464000 401112d0 c0a84564 c0a84501 # IPv4
		b8c51b39 000ddc4c 68656c6c 6f # UDP
	`)

	addSample("llc/xid", LinkEthernet, "eth llc data", `
		0180c200 0000aa64 4735a4bd 0006 # 802.3
		0001bf # LLC, XID response, final
		810100 # XID information
	`)

	addSample("llc/information", LinkEthernet, "eth llc data", `
		02000000 0001aa64 4735a4bd 0009 # 802.3
		f0f00203 # LLC, I command, N(S)=1, N(R)=1, poll
		68656c6c 6f # hello
	`)

	addSample("llc/receive-ready", LinkEthernet, "eth llc", `
		02000000 0001aa64 4735a4bd 0004 # 802.3
		f0f1f905 # LLC, REJ response, N(R)=2, final, reserved bits set
	`)

	addSample("llc/truncated", LinkEthernet, "eth llc!", `
		02000000 0001aa64 4735a4bd 0002 # 802.3
		aaaa # LLC without control
	`)

	addSample("llc/snap-truncated", LinkEthernet, "eth llc snap!", `
		02000000 0001aa64 4735a4bd 0006 # 802.3
		aaaa03 # LLC
		000000 # SNAP without type
	`)

	addSample("vlan/udp", LinkEthernet, "eth vlan ip udp data", `
		02000000 0001aa64 4735a4bd 8100 # Ethernet
		70050800 # VLAN 5, priority 3, DEI
		45000021 1c464000 401112d0 c0a84564 c0a84501 # IPv4
		b8c51b39 000ddc4c 68656c6c 6f # UDP
	`)

	addSample("vlan/llc", LinkEthernet, "eth vlan llc data", `
		02000000 0001aa64 4735a4bd 8100 # Ethernet
		00050026 # VLAN 5, length 38
		424203 # LLC
		00000202 0e800100 1906eab8 80000000 00800100 # Rapid STP
		1906eab8 80800c00 00140002 000f00
		00000000 00000000 0000 # padding to 60 and trailer
	`)

	addSample("vlan/qinq", LinkEthernet, "eth ieee8021ad vlan ip udp data", `
		02000000 0001aa64 4735a4bd 88a8 # Ethernet
		70058100 # 802.1ad 5
		20060800 # 802.1Q 6
		45000021 1c464000 401112d0 c0a84564 c0a84501 # IPv4
		b8c51b39 000ddc4c 68656c6c 6f # UDP
	`)

	addSample("vlan/qinq-padded", LinkEthernet, "eth ieee8021ad ip udp", `
		02000000 0001aa64 4735a4bd 88a8 # Ethernet
		70050800 # 802.1ad 5
		4500001c 1c464000 401112d5 c0a84564 c0a84501 # IPv4
		b8c51b39 00082029 # UDP
		00000000 00000000 00000000 0000 # padding
		0102 # trailer
	`)

	addSample("vlan/qinq-llc", LinkEthernet, "eth ieee8021ad llc data", `
		02000000 0001aa64 4735a4bd 88a8 # Ethernet
		70050005 # 802.1ad 5, length 5
		424203 # LLC
		0000 # STP, its start
	`)

	addSample("vlan/9100", LinkEthernet, "eth vlan vlan arp", `
		02000000 0001aa64 4735a4bd 9100 # Ethernet
		00058100 # tag before the standard
		00060806 # 802.1Q 6
		00010800 06040001 aa644735 a4bdc0a8 45640000 # ARP
		00000000 c0a84501
	`)

	addSample("vlan/truncated", LinkEthernet, "eth vlan!", `
		02000000 0001aa64 4735a4bd 8100 # Ethernet
		0005 # no type
	`)
}
