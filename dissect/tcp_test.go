package dissect

func init() {
	addSample("tcp/syn", LinkEthernet, "eth ip tcp", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4500003c 1c464000 400612c0 c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 00000000 a002faf0 f6f20000 # TCP, SYN as Linux sends it
		020405b4 0402080a 000004b1 00000000 01030307
	`)

	addSample("tcp/syn-ecn", LinkEthernet, "eth ip tcp", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4500003c 1c464000 400612c0 c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 00000000 a1c2faf0 f5320000 # TCP, SYN, ECE, CWR, AE
		020405b4 0402080a 000004b1 00000000 01030307
	`)

	addSample("tcp/data", LinkEthernet, "eth ip tcp data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4500003c 1c464000 400612c0 c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 01020304 8018faf0 90610000 # TCP, PSH, ACK
		0101080a 000004b1 00000001 61626364 6566670a
	`)

	addSample("tcp/sack", LinkEthernet, "eth ip tcp", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000044 1c464000 400612b8 c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 00000064 c010faf0 e75b0000 # TCP, three blocks
		0101051a 00000064 000000c8 000000c9 000000d0
		0000012c 00000190
	`)

	addSample("tcp/urgent", LinkEthernet, "eth ip tcp data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4500002b 1c464000 400612d1 c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 00000005 5038faf0 9ee20003 # TCP, URG
		616263
	`)

	addSample("tcp/ack-without-flag", LinkEthernet, "eth ip tcp", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000028 1c464000 400612d4 c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 0000004d 5001faf0 63310009 # TCP, acknowledgment and urgent pointer without their flags
	`)

	addSample("tcp/reserved-bits", LinkEthernet, "eth ip tcp", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000028 1c464000 400612d4 c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 00000000 5ffffaf0 53890000 # TCP, every flag
	`)

	addSample("tcp/options-md5", LinkEthernet, "eth ip tcp", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4500003c 1c464000 400612c0 c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 00000000 a010faf0 430d0000 # TCP, MD5
		13120011 22334455 66778899 aabbccdd eeff0101
	`)

	addSample("tcp/options-experimental", LinkEthernet, "eth ip tcp", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000044 1c464000 400612b8 c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 00000000 c002faf0 2aac0000 # TCP, user timeout, fast open, experiment, unknown kind
		1c048005 2206dead beef01fd 06e2d4c3 d9fe04f9
		89c803aa 22020101
	`)

	addSample("tcp/options-end-and-padding", LinkEthernet, "eth ip tcp", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000030 1c464000 400612cc c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 00000000 7002faf0 8d290000 # TCP, end of options, then noise
		020405b4 00deadbe
	`)

	addSample("tcp/options-length-0", LinkEthernet, "eth ip tcp", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4500002c 1c464000 400612d0 c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 00000000 6002faf0 4bce0000 # TCP, length 0
		020005b4
	`)

	addSample("tcp/options-length-1", LinkEthernet, "eth ip tcp", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4500002c 1c464000 400612d0 c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 00000000 6002faf0 517b0000 # TCP, length 1
		01020105
	`)

	addSample("tcp/options-overrun", LinkEthernet, "eth ip tcp", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4500002c 1c464000 400612d0 c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 00000000 6002faf0 50750000 # TCP, a length beyond the header
		0101020c
	`)

	addSample("tcp/options-no-length", LinkEthernet, "eth ip tcp", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4500002c 1c464000 400612d0 c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 00000000 6002faf0 517f0000 # TCP, a kind in the last byte
		01010102
	`)

	addSample("tcp/options-odd-lengths", LinkEthernet, "eth ip tcp", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000038 1c464000 400612c4 c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 00000000 9002faf0 0e600000 # TCP, known kinds with lengths of their own
		02030503 02040300 05030008 03000101
	`)

	addSample("tcp/options-40", LinkEthernet, "eth ip tcp", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000050 1c464000 400612ac c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 00000000 f010faf0 af3c0000 # TCP, as long as they get
		01010101 01010101 01010101 01010101 01010101
		01010101 01010101 01010101 01010101 01010100
	`)

	addSample("tcp/bad-checksum", LinkEthernet, "eth ip tcp", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000028 1c464000 400612d4 c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 00000000 5010faf0 12340000 # TCP, wrong checksum
	`)

	addSample("tcp/partial-checksum", LinkEthernet, "eth ip tcp data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4500002b 1c464000 400612d1 c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 00000000 5018faf0 0bd40000 # TCP, checksum of the pseudo-header only
		616263
	`)

	addSample("tcp/offset-4", LinkEthernet, "eth ip tcp!", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000028 1c464000 400612d4 c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 00000000 4002faf0 63860000 # TCP, data offset 4
	`)

	addSample("tcp/offset-beyond-packet", LinkEthernet, "eth ip tcp!", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000028 1c464000 400612d4 c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 00000000 6002faf0 63860000 # TCP, data offset 6
	`)

	addSample("tcp/truncated", LinkEthernet, "eth ip tcp!", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000027 1c464000 400612d5 c0a84564 c0a84501 # IPv4
		8b6c1b39 db38c3d6 00000000 5002faf0 638600 # TCP, a byte is missing
	`)
}
