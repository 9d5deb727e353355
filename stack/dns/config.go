package dns

import (
	"cmp"
	"encoding/binary"
	"io"
	"net/netip"
	"time"

	"smoltcp/stack/tcp"
)

// Time is an instant on the clock of whoever drives a machine: nanoseconds since an origin of its choice. It never goes back.
type Time = tcp.Time

// Ports of DNS and multicast DNS, and the groups of the latter (RFC 6762 section 3).
const (
	Port          = 53
	MulticastPort = 5353
)

var (
	Group4 = netip.AddrPortFrom(netip.AddrFrom4([4]byte{224, 0, 0, 251}), MulticastPort)
	Group6 = netip.AddrPortFrom(netip.AddrFrom16([16]byte{0: 0xff, 1: 2, 15: 0xfb}), MulticastPort)
)

// Bounds of what SetServers takes, which may come from the wire; the rest is left out.
const (
	MaxServers = 16
	MaxSearch  = 32
)

// MaxChain is the most aliases (CNAME records) between a name and its records.
const MaxChain = 16

// Config is how a Resolver behaves. A zero field means its default.
type Config struct {
	// Servers are asked in this order, Port where a port is 0. Search has the domains that names without a dot at their end are tried in,
	// and Dots is how many dots make such a name be tried as it is first: 1 by default. See also SetServers.
	Servers []netip.AddrPort
	Search  []Name
	Dots    int

	// Timeout is how long a server may be silent in the first round, 2 s by default; each round doubles it. Attempts is the
	// number of rounds, 3 by default. TCPTimeout is for a server asked over TCP, connecting included: 5 s by default.
	Timeout    time.Duration
	Attempts   int
	TCPTimeout time.Duration

	// UDPSize is the largest answer that servers are told to send over UDP (RFC 6891): 1232 bytes by default, which no path
	// fragments. 512 or less means without EDNS.
	UDPSize int

	// TCP asks over TCP from the start.
	TCP bool

	// MixedCase writes the letters of the questions in random case, which the answer has to repeat: a bit more to guess for each.
	// A server that answers in another case is asked again over TCP.
	MixedCase bool

	// NoRecursion leaves the RD bit of the queries clear. What a server that knows nothing better says is a failure then too.
	NoRecursion bool

	// NoFollow leaves it at what an answer says of where an alias leads: a name that is an alias alone has ErrNoData then. Without it the
	// servers are asked for the name at its end.
	NoFollow bool

	// CacheSize bounds the cache, about, in bytes: 256 KiB by default, negative for none. MaxTTL and MaxNegativeTTL bound how long records
	// and their absence are remembered: a day and three hours by default.
	CacheSize              int
	MaxTTL, MaxNegativeTTL time.Duration

	// Lookups bounds those under way, 256 by default, each of which is a question to a server for each of its types.
	Lookups int

	// NoMulticast asks the servers for .local too. MulticastTimeout is how long a question to the hosts of the link waits for an
	// answer, 3 s by default. Groups are where it is sent, Group4 and Group6 by default.
	NoMulticast      bool
	MulticastTimeout time.Duration
	Groups           []netip.AddrPort

	// Rand is where IDs, letters' cases and delays come from. It must not be predictable. It must be there.
	Rand io.Reader
}

func (g *Config) setDefaults() {
	g.Dots = cmp.Or(g.Dots, 1)
	g.Timeout = cmp.Or(g.Timeout, 2*time.Second)
	g.Attempts = cmp.Or(g.Attempts, 3)
	g.TCPTimeout = cmp.Or(g.TCPTimeout, 5*time.Second)
	g.UDPSize = min(cmp.Or(g.UDPSize, 1232), 1<<16-1)
	g.CacheSize = cmp.Or(g.CacheSize, 256<<10)
	g.MaxTTL = cmp.Or(g.MaxTTL, 24*time.Hour)
	g.MaxNegativeTTL = cmp.Or(g.MaxNegativeTTL, 3*time.Hour)
	g.Lookups = cmp.Or(g.Lookups, 256)
	g.MulticastTimeout = cmp.Or(g.MulticastTimeout, 3*time.Second)
	if g.Groups == nil {
		g.Groups = []netip.AddrPort{Group4, Group6}
	}
}

// random makes numbers from a source. One that fails leaves zeros: a source that is not there is for whoever gave it to see.
type random struct{ src io.Reader }

func (r random) uint64() uint64 {
	var b [8]byte
	_, _ = io.ReadFull(r.src, b[:])
	return binary.LittleEndian.Uint64(b[:])
}

// between gives a random time from low on and below high.
func (r random) between(low, high time.Duration) Time {
	return Time(low) + Time(r.uint64()%uint64(max(high-low, 1)))
}

// links are the prefixes of what is on a link.
type links []netip.Prefix

// have reports whether an address is on the link: link-local, or in one of its prefixes.
func (l links) have(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if a.IsLinkLocalUnicast() {
		return true
	}
	for _, p := range l {
		if p.Masked().Contains(a) {
			return true
		}
	}
	return false
}
