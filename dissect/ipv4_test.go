package dissect

func init() {
	addSample("ipv4/unknown-protocol", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000019 1c464000 40fd11ec c0a84564 c0a84501 # IPv4, protocol 253
		68656c6c 6f # payload
	`)

	addSample("ipv4/ecn", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		458b0019 1c464000 40fd1161 c0a84564 c0a84501 # IPv4, AF41, CE
		68656c6c 6f # payload
	`)

	addSample("ipv4/flags", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000019 1c46e000 40fd71eb c0a84564 c0a84501 # IPv4, reserved bit, DF, MF
		68656c6c 6f # payload
	`)

	addSample("ipv4/last-fragment", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000019 1c461fff 40fd31ed c0a84564 c0a84501 # IPv4, offset 65528
		68656c6c 6f # payload
	`)

	addSample("ipv4/bad-checksum", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000019 1c464000 40fd10ec c0a84564 c0a84501 # IPv4, wrong checksum
		68656c6c 6f
	`)

	addSample("ipv4/total-length-0", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000000 1c464000 40fd1205 c0a84564 c0a84501 # IPv4, length left to the device
		68656c6c 6f # payload
	`)

	addSample("ipv4/total-length-short", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000018 1c464000 40fd11ed c0a84564 c0a84501 # IPv4, one byte behind TotalLen
		68656c6c 6f # payload
	`)

	addSample("ipv4/total-length-long", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000064 1c464000 40fd11a1 c0a84564 c0a84501 # IPv4, TotalLen beyond the frame
		68656c6c 6f # payload
	`)

	addSample("ipv4/total-length-below-header", LinkEthernet, "eth ip!", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000013 1c464000 40fd11f2 c0a84564 c0a84501 # IPv4, TotalLen 19
		68656c6c 6f # payload
	`)

	addSample("ipv4/version-5", LinkEthernet, "eth ip!", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		55000019 1c464000 40fd11ec c0a84564 c0a84501 # version 5
		68656c6c 6f
	`)

	addSample("ipv4/ihl-4", LinkEthernet, "eth ip!", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		44000019 1c464000 40fd11ec c0a84564 c0a84501 # IHL 4
		68656c6c 6f
	`)

	addSample("ipv4/options-missing", LinkEthernet, "eth ip!", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		46000014 1c464000 40fd11f1 c0a84564 c0a84501 # IHL 6, no option there
	`)

	addSample("ipv4/record-route", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		49000029 1c464000 40fdf1c6 c0a84564 c0a84501 # IPv4, record route, one of three filled
		070f08c0 a8456400 00000000 00000000
		68656c6c 6f # payload
	`)

	addSample("ipv4/source-route", LinkEthernet, "eth ip udp data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4800002d 1c464000 4011ef32 c0a84564 c0a84501 # IPv4, loose source route to 10.0.0.9, not finished
		01830b04 0a000001 0a000009
		b8c51b39 000dd7ed 68656c6c 6f # payload
	`)

	addSample("ipv4/source-route-done", LinkEthernet, "eth ip udp data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4800002d 1c464000 4011ef24 c0a84564 c0a84501 # IPv4, strict source route, finished
		01890b0c 0a000001 0a000009
		b8c51b39 000ddc4c 68656c6c 6f # payload
	`)

	addSample("ipv4/timestamp", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		48000025 1c464000 40fdc1c2 c0a84564 c0a84501 # IPv4, time stamps alone
		440c0910 00000001 00000000
		68656c6c 6f # payload
	`)

	addSample("ipv4/timestamp-address", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4a00002d 1c464000 40fda7ea c0a84564 c0a84501 # IPv4, time stamps with addresses, overflow 2
		44141521 c0a84564 00000001 c0a84501 00000000
		68656c6c 6f # payload
	`)

	addSample("ipv4/timestamp-odd", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		48000025 1c464000 40fdbec5 c0a84564 c0a84501 # IPv4, a time stamp option that ends in the middle
		440a0501 c0a84564 00010101
		68656c6c 6f # payload
	`)

	addSample("ipv4/router-alert", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4600001d 1c464000 40fd7ce3 c0a84564 c0a84501 # IPv4, router alert
		94040000
		68656c6c 6f # payload
	`)

	addSample("ipv4/odd-options", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4e00003d 1c464000 40fdb8f0 c0a84564 c0a84501 # IPv4, MTU probe and reply, stream, quick start, security, traceroute, unknown
		0b0405dc 0c040240 88040007 19080000 12345678
		820bf135 0002abcd 000000de 05010203
		68656c6c 6f # payload
	`)

	addSample("ipv4/options-length-0", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4600001d 1c464000 40fd8de7 c0a84564 c0a84501 # IPv4, length 0
		83000000
		68656c6c 6f # payload
	`)

	addSample("ipv4/options-length-1", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4600001d 1c464000 40fd0edd c0a84564 c0a84501 # IPv4, length 1
		01070104
		68656c6c 6f # payload
	`)

	addSample("ipv4/options-overrun", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4600001d 1c464000 40fd05d9 c0a84564 c0a84501 # IPv4, a length beyond the header
		070f0400
		68656c6c 6f # payload
	`)

	addSample("ipv4/options-no-length", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4600001d 1c464000 40fd0ee0 c0a84564 c0a84501 # IPv4, a type in the last byte
		01010107
		68656c6c 6f # payload
	`)

	addSample("ipv4/options-end-and-padding", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		47000021 1c464000 40fdcd42 c0a84564 c0a84501 # IPv4, end of options, then noise
		94040000 00deadbe
		68656c6c 6f # payload
	`)

	addSample("ipv4/options-short", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		48000026 1c464000 40fd2841 c0a84564 c0a84501 # IPv4, known options, too short for what they hold
		07024403 05940300 0b028802 00
		68656c6c 6f # payload
	`)

	addSample("ipv4/in-ipv4", LinkEthernet, "eth ip ip udp data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000035 1c464000 400412c9 c0a84564 c0a84501 # IPv4, protocol 4
		45000021 1c464000 401112d0 c0a84564 c0a84501 # IPv4
		b8c51b39 000ddc4c 68656c6c 6f # UDP
	`)

	addSample("ipv4/too-deep", LinkIPv4, "ip ip ip ip ip ip ip ip ip ip ip ip ip ip ip ip ip ip ip ip ip ip ip udp!", `
		450001d9 1c464000 40041125 c0a84564 c0a84501 # IPv4
		450001c5 1c464000 40041139 c0a84564 c0a84501 # IPv4
		450001b1 1c464000 4004114d c0a84564 c0a84501 # IPv4
		4500019d 1c464000 40041161 c0a84564 c0a84501 # IPv4
		45000189 1c464000 40041175 c0a84564 c0a84501 # IPv4
		45000175 1c464000 40041189 c0a84564 c0a84501 # IPv4
		45000161 1c464000 4004119d c0a84564 c0a84501 # IPv4
		4500014d 1c464000 400411b1 c0a84564 c0a84501 # IPv4
		45000139 1c464000 400411c5 c0a84564 c0a84501 # IPv4
		45000125 1c464000 400411d9 c0a84564 c0a84501 # IPv4
		45000111 1c464000 400411ed c0a84564 c0a84501 # IPv4
		450000fd 1c464000 40041201 c0a84564 c0a84501 # IPv4
		450000e9 1c464000 40041215 c0a84564 c0a84501 # IPv4
		450000d5 1c464000 40041229 c0a84564 c0a84501 # IPv4
		450000c1 1c464000 4004123d c0a84564 c0a84501 # IPv4
		450000ad 1c464000 40041251 c0a84564 c0a84501 # IPv4
		45000099 1c464000 40041265 c0a84564 c0a84501 # IPv4
		45000085 1c464000 40041279 c0a84564 c0a84501 # IPv4
		45000071 1c464000 4004128d c0a84564 c0a84501 # IPv4
		4500005d 1c464000 400412a1 c0a84564 c0a84501 # IPv4
		45000049 1c464000 400412b5 c0a84564 c0a84501 # IPv4
		45000035 1c464000 400412c9 c0a84564 c0a84501 # IPv4
		45000021 1c464000 401112d0 c0a84564 c0a84501 # IPv4
		b8c51b39 000ddc4c 68656c6c 6f # UDP
	`)
}
