package dissect

func init() {
	addSample("udp/empty", LinkEthernet, "eth ip udp", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4500001c 1c464000 401112d5 c0a84564 c0a84501 # IPv4
		b8c51b39 00082029 # UDP
	`)

	addSample("udp/odd-payload", LinkEthernet, "eth ip udp data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000021 1c464000 401112d0 c0a84564 c0a84501 # IPv4
		b8c51b39 000ddc4c 68656c6c 6f # UDP
	`)

	addSample("udp/no-checksum", LinkEthernet, "eth ip udp data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000021 1c464000 401112d0 c0a84564 c0a84501 # IPv4
		b8c51b39 000d0000 68656c6c 6f # UDP, no checksum
	`)

	addSample("udp/bad-checksum", LinkEthernet, "eth ip udp data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000021 1c464000 401112d0 c0a84564 c0a84501 # IPv4
		b8c51b39 000d1234 68656c6c 6f # UDP, wrong checksum
	`)

	addSample("udp/partial-checksum", LinkEthernet, "eth ip udp data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000021 1c464000 401112d0 c0a84564 c0a84501 # IPv4
		b8c51b39 000d0bd5 68656c6c 6f # UDP, checksum of the pseudo-header only
	`)

	addSample("udp/checksum-ffff", LinkEthernet, "eth ip udp data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4500001e 1c464000 401112d3 c0a84564 c0a84501 # IPv4
		b8c51b39 000affff 2025 # UDP, checksum that computes to zero
	`)

	addSample("udp/shorter-than-ip", LinkEthernet, "eth ip udp data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000021 1c464000 401112d0 c0a84564 c0a84501 # IPv4
		b8c51b39 000c2b3f 68656c6c 6f # UDP, one byte behind its Length
	`)

	addSample("udp/longer-than-ip", LinkEthernet, "eth ip udp data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000021 1c464000 401112d0 c0a84564 c0a84501 # IPv4
		b8c51b39 00141111 68656c6c 6f # UDP, Length beyond the packet
	`)

	addSample("udp/length-7", LinkEthernet, "eth ip udp!", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000021 1c464000 401112d0 c0a84564 c0a84501 # IPv4
		b8c51b39 00071111 68656c6c 6f # UDP, Length below the header
	`)

	addSample("udp/length-0", LinkEthernet, "eth ip udp data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000021 1c464000 401112d0 c0a84564 c0a84501 # IPv4
		b8c51b39 00001111 68656c6c 6f # UDP, Length 0
	`)

	addSample("udp/truncated", LinkEthernet, "eth ip udp!", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		4500001b 1c464000 401112d6 c0a84564 c0a84501 # IPv4
		b8c51b39 000ddc # UDP, a byte is missing
	`)

	addSample("udp/first-fragment", LinkEthernet, "eth ip udp data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000024 1c462000 401132cd c0a84564 c0a84501 # IPv4, more fragments
		b8c51b39 03e81111 31323334 35363738 # UDP, its start
	`)

	addSample("udp/later-fragment", LinkEthernet, "eth ip data", `
		02000000 0001aa64 4735a4bd 0800 # Ethernet
		45000019 1c460002 401152d6 c0a84564 c0a84501 # IPv4, offset 16
		68656c6c 6f # the rest
	`)

	addSample("ipv6/udp", LinkEthernet, "eth ipv6 udp data", `
		02000000 0001aa64 4735a4bd 86dd # Ethernet
		60000000 000d1140 fd000000 00000000 00000000 # IPv6
		00000064 fd000000 00000000 00000000 00000001
		b8c51b39 000ded9c 68656c6c 6f # UDP
	`)

	addSample("ipv6/udp-no-checksum", LinkEthernet, "eth ipv6 udp data", `
		02000000 0001aa64 4735a4bd 86dd # Ethernet
		60000000 000d1140 fd000000 00000000 00000000 # IPv6
		00000064 fd000000 00000000 00000000 00000001
		b8c51b39 000d0000 68656c6c 6f # UDP, no checksum
	`)

	addSample("ipv6/udp-length-0", LinkEthernet, "eth ipv6 udp data", `
		02000000 0001aa64 4735a4bd 86dd # Ethernet
		60000000 000d1140 fd000000 00000000 00000000 # IPv6
		00000064 fd000000 00000000 00000000 00000001
		b8c51b39 00001111 68656c6c 6f # UDP, Length 0
	`)
}
