package dissect

func init() {
	addSample("arp/request", LinkEthernet, "eth arp", `
		ffffffff ffffaa64 4735a4bd 0806 # Ethernet
		00010800 06040001 aa644735 a4bdc0a8 45640000 # ARP
		00000000 c0a84501
	`)

	addSample("arp/reply", LinkEthernet, "eth arp", `
		aa644735 a4bd0200 00000001 0806 # Ethernet
		00010800 06040002 02000000 0001c0a8 4501aa64 # ARP
		4735a4bd c0a84564
		00000000 00000000 00000000 00000000 0000 # padding
	`)

	addSample("arp/probe", LinkEthernet, "eth arp", `
		ffffffff ffffaa64 4735a4bd 0806 # Ethernet
		00010800 06040001 aa644735 a4bd0000 00000000 # ARP
		00000000 c0a84501
	`)

	addSample("arp/announcement", LinkEthernet, "eth arp", `
		ffffffff ffffaa64 4735a4bd 0806 # Ethernet
		00010800 06040001 aa644735 a4bdc0a8 45640000 # ARP
		00000000 c0a84564
	`)

	addSample("arp/gratuitous-request", LinkEthernet, "eth arp", `
		ffffffff ffffaa64 4735a4bd 0806 # Ethernet
		00010800 06040001 aa644735 a4bdc0a8 4564ffff # ARP
		ffffffff c0a84564
	`)

	addSample("arp/gratuitous-reply", LinkEthernet, "eth arp", `
		ffffffff ffffaa64 4735a4bd 0806 # Ethernet
		00010800 06040002 aa644735 a4bdc0a8 4564aa64 # ARP
		4735a4bd c0a84564
	`)

	addSample("arp/reverse-request", LinkEthernet, "eth arp", `
		ffffffff ffffaa64 4735a4bd 8035 # Ethernet
		00010800 06040003 aa644735 a4bd0000 0000aa64 # RARP
		4735a4bd 00000000
	`)

	addSample("arp/reverse-reply", LinkEthernet, "eth arp", `
		aa644735 a4bd0200 00000001 8035 # Ethernet
		00010800 06040004 02000000 0001c0a8 4501aa64 # RARP
		4735a4bd c0a84564
	`)

	addSample("arp/unknown-op", LinkEthernet, "eth arp", `
		02000000 0001aa64 4735a4bd 0806 # Ethernet
		00010800 0604004d aa644735 a4bdc0a8 45640200 # ARP
		00000001 c0a84501
	`)

	addSample("arp/eight-byte-hardware", LinkEthernet, "eth arp", `
		ffffffff ffffaa64 4735a4bd 0806 # Ethernet
		00010800 08040001 aa644735 a4bd0102 c0a84564 # ARP
		00000000 00000000 c0a84501
	`)

	addSample("arp/ipv6-lengths", LinkEthernet, "eth arp", `
		ffffffff ffffaa64 4735a4bd 0806 # Ethernet
		00010800 06100001 aa644735 a4bdfd00 00000000 # ARP
		00000000 00000000 00640000 00000000 fd000000
		00000000 00000000 00000001
	`)

	addSample("arp/ipv6-type", LinkEthernet, "eth arp", `
		ffffffff ffffaa64 4735a4bd 0806 # Ethernet
		000186dd 06040001 aa644735 a4bdc0a8 45640000 # ARP
		00000000 c0a84501
	`)

	addSample("arp/ieee802", LinkEthernet, "eth arp", `
		ffffffff ffffaa64 4735a4bd 0806 # Ethernet
		00060800 06040001 aa644735 a4bdc0a8 45640000 # ARP
		00000000 c0a84501
	`)

	addSample("arp/frame-relay", LinkEthernet, "eth arp", `
		ffffffff ffffaa64 4735a4bd 0806 # Ethernet
		000f0800 02040008 1841c0a8 45640000 c0a84501 # InARP
	`)

	addSample("arp/no-addresses", LinkEthernet, "eth arp", `
		ffffffff ffffaa64 4735a4bd 0806 # Ethernet
		00010800 00000001 # ARP
	`)

	addSample("arp/no-protocol-addresses", LinkEthernet, "eth arp", `
		ffffffff ffffaa64 4735a4bd 0806 # Ethernet
		00010800 06000001 aa644735 a4bd0000 00000000 # ARP
	`)

	addSample("arp/longest", LinkEthernet, "eth arp", `
		ffffffff ffffaa64 4735a4bd 0806 # Ethernet
		00010800 ffff0001 # ARP, 255 bytes for each address
		00010203 04050607 08090a0b 0c0d0e0f 10111213
		14151617 18191a1b 1c1d1e1f 20212223 24252627
		28292a2b 2c2d2e2f 30313233 34353637 38393a3b
		3c3d3e3f 40414243 44454647 48494a4b 4c4d4e4f
		50515253 54555657 58595a5b 5c5d5e5f 60616263
		64656667 68696a6b 6c6d6e6f 70717273 74757677
		78797a7b 7c7d7e7f 80818283 84858687 88898a8b
		8c8d8e8f 90919293 94959697 98999a9b 9c9d9e9f
		a0a1a2a3 a4a5a6a7 a8a9aaab acadaeaf b0b1b2b3
		b4b5b6b7 b8b9babb bcbdbebf c0c1c2c3 c4c5c6c7
		c8c9cacb cccdcecf d0d1d2d3 d4d5d6d7 d8d9dadb
		dcdddedf e0e1e2e3 e4e5e6e7 e8e9eaeb ecedeeef
		f0f1f2f3 f4f5f6f7 f8f9fafb fcfdfeff 00010203
		04050607 08090a0b 0c0d0e0f 10111213 14151617
		18191a1b 1c1d1e1f 20212223 24252627 28292a2b
		2c2d2e2f 30313233 34353637 38393a3b 3c3d3e3f
		40414243 44454647 48494a4b 4c4d4e4f 50515253
		54555657 58595a5b 5c5d5e5f 60616263 64656667
		68696a6b 6c6d6e6f 70717273 74757677 78797a7b
		7c7d7e7f 80818283 84858687 88898a8b 8c8d8e8f
		90919293 94959697 98999a9b 9c9d9e9f a0a1a2a3
		a4a5a6a7 a8a9aaab acadaeaf b0b1b2b3 b4b5b6b7
		b8b9babb bcbdbebf c0c1c2c3 c4c5c6c7 c8c9cacb
		cccdcecf d0d1d2d3 d4d5d6d7 d8d9dadb dcdddedf
		e0e1e2e3 e4e5e6e7 e8e9eaeb ecedeeef f0f1f2f3
		f4f5f6f7 f8f9fafb fcfdfeff 00010203 04050607
		08090a0b 0c0d0e0f 10111213 14151617 18191a1b
		1c1d1e1f 20212223 24252627 28292a2b 2c2d2e2f
		30313233 34353637 38393a3b 3c3d3e3f 40414243
		44454647 48494a4b 4c4d4e4f 50515253 54555657
		58595a5b 5c5d5e5f 60616263 64656667 68696a6b
		6c6d6e6f 70717273 74757677 78797a7b 7c7d7e7f
		80818283 84858687 88898a8b 8c8d8e8f 90919293
		94959697 98999a9b 9c9d9e9f a0a1a2a3 a4a5a6a7
		a8a9aaab acadaeaf b0b1b2b3 b4b5b6b7 b8b9babb
		bcbdbebf c0c1c2c3 c4c5c6c7 c8c9cacb cccdcecf
		d0d1d2d3 d4d5d6d7 d8d9dadb dcdddedf e0e1e2e3
		e4e5e6e7 e8e9eaeb ecedeeef f0f1f2f3 f4f5f6f7
		f8f9fafb fcfdfeff 00000000 00000000 00000000
		00000000 00000000 00000000 00000000 00000000
		00000000 00000000 00000000 00000000 00000000
		00000000 00000000 00000000 00000000 00000000
		00000000 00000000 00000000 00000000 00000000
		00000000 00000000 00000000 00000000 00000000
		00000000 00000000 00000000 00000000 00000000
		00000000 00000000 00000000 00000000 00000000
		00000000 00000000 00000000 00000000 00000000
		00000000 00000000 00000000 00000000 00000000
		00000000 00000000 00000000 00000000 00000000
		00000000 00000000 00000000 00000000 00000000
		00000000 00000000 00000000 00000000 00000000
	`)

	addSample("arp/truncated", LinkEthernet, "eth arp!", `
		ffffffff ffffaa64 4735a4bd 0806 # Ethernet
		00010800 06040001 aa644735 a4bdc0a8 45640000 # a byte is missing
		00000000 c0a845
	`)
}
