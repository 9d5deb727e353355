package filter

// proto is a protocol word of the language, as a qualifier or alone.
type proto uint8

const (
	anyProto proto = iota
	protoLink
	protoIP
	protoARP
	protoRARP
	protoSCTP
	protoTCP
	protoUDP
	protoICMP
	protoIGMP
	protoIGRP
	protoPIM
	protoVRRP
	protoCARP
	protoATalk
	protoAARP
	protoDECnet
	protoLAT
	protoSCA
	protoMOPRC
	protoMOPDL
	protoIPv6
	protoICMPv6
	protoAH
	protoESP
	protoISO
	protoESIS
	protoISIS
	protoCLNP
	protoL1
	protoL2
	protoIIH
	protoLSP
	protoSNP
	protoCSNP
	protoPSNP
	protoSTP
	protoIPX
	protoNetBEUI
	protoRadio
	protoCount
)

var protoNames = [protoCount]string{
	"any", "link", "ip", "arp", "rarp", "sctp", "tcp", "udp", "icmp", "igmp", "igrp", "pim", "vrrp", "carp", "atalk", "aarp",
	"decnet", "lat", "sca", "moprc", "mopdl", "ip6", "icmp6", "ah", "esp", "iso", "esis", "isis", "clnp", "l1", "l2", "iih",
	"lsp", "snp", "csnp", "psnp", "stp", "ipx", "netbeui", "radio",
}

func (p proto) String() string { return protoNames[p] }

// direction is a qualifier that chooses among the addresses or ports of a packet.
type direction uint8

const (
	anyDir direction = iota // the source or the destination
	dirSrc
	dirDst
	dirEither // src or dst
	dirBoth   // src and dst
	dirAddr1  // the addresses of 802.11 in the order of its header
	dirAddr2
	dirAddr3
	dirAddr4
	dirRA // receiver
	dirTA // transmitter
)

var directionNames = [...]string{"", "src", "dst", "src or dst", "src and dst", "addr1", "addr2", "addr3", "addr4", "ra", "ta"}

func (d direction) String() string { return directionNames[d] }

// target is what kind of thing a name or number is.
type target uint8

const (
	anyTarget target = iota // a host, unless something else fits
	targetHost
	targetNet
	targetPort
	targetPortRange
	targetGateway
	targetProto
	targetProtoChain
	noTarget // nothing to inherit: a bare name or number is an error
)

// qualifiers say how a name or number is meant. A bare one inherits those of the term before it.
type qualifiers struct {
	proto  proto
	dir    direction
	target target
}

// expr is a condition on a packet.
type expr interface{}

type (
	// chain is a sequence of conditions from left to right: "and" and "or" bind equally.
	chain struct {
		first expr
		rest  []chained
	}
	chained struct {
		or   bool
		expr expr
	}

	negation struct{ expr expr }

	// match is a name, number or address with its qualifiers: "tcp dst port 80".
	match struct {
		quals qualifiers
		value token
		mask  *token // "/24" or "mask 255.255.255.0"
	}

	// abbreviation is a protocol word alone.
	abbreviation struct {
		proto proto
		pos   int
	}

	// relation compares two numbers.
	relation struct {
		op   string
		a, b number
		pos  int
	}

	// special is a primitive with a word of its own: "vlan 20", "broadcast", "less 60".
	special struct {
		word  keyword
		proto proto // the qualifier before it
		pos   int
		args  []token
	}
)

// number is an arithmetic expression.
type number interface{}

type (
	constant  struct{ value uint32 }
	length    struct{} // len
	minus     struct{ x number }
	operation struct {
		op   string
		a, b number
		pos  int
	}

	// load is proto[index:size].
	load struct {
		proto proto
		index number
		size  uint32 // bytes
		pos   int
	}
)
