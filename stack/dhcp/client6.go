package dhcp

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"

	"smoltcp/dissect"
)

// Ports of DHCPv6 (RFC 8415 section 7.2).
const (
	ServerPort6 = 547
	ClientPort6 = 546
)

// Servers6 is the group of all servers and relays on the link (RFC 8415 section 7.1).
var Servers6 = netip.AddrFrom16([16]byte{0: 0xff, 1: 0x02, 13: 1, 15: 2})

// RFC 8415 section 7.6, and 21.23 for the times of refreshing.
const (
	infMaxDelay = time.Second
	infTimeout  = time.Second
	infMaxRT    = time.Hour

	minInfMaxRT = time.Minute // section 21.25
	maxInfMaxRT = 24 * time.Hour

	refreshDefault = 24 * time.Hour
	refreshMinimum = 10 * time.Minute
)

// Config6 says who asks. Either of HardwareAddr and DUID is needed.
type Config6 struct {
	HardwareAddr dissect.MAC // names the client, by DUID, if there is no other name
	DUID         []byte      // of the host

	NoDelay bool // Start sends at once instead of within a second, for a program that somebody waits for

	Rand   io.Reader    // as in Config4
	Events func(Event6) // as in Config4
}

// Information6 is what a server says without giving an address.
type Information6 struct {
	Server []byte       // its DUID
	DNS    []netip.Addr // a link-local one is on the interface that was asked by
	NTP    []netip.Addr
	Search []string // domains in which to look for a name

	// Refresh is when it is asked for again, Never if the server said so. What there is stays in use until there is an answer.
	Refresh Time
}

// Clone gives a copy that shares nothing.
func (i *Information6) Clone() Information6 {
	c := *i
	c.Server, c.DNS, c.NTP, c.Search = slices.Clone(i.Server), slices.Clone(i.DNS), slices.Clone(i.NTP), slices.Clone(i.Search)
	return c
}

// same reports whether i and j say the same, whoever says it.
func (i *Information6) same(j *Information6) bool {
	return slices.Equal(i.DNS, j.DNS) && slices.Equal(i.NTP, j.NTP) && slices.Equal(i.Search, j.Search)
}

// Event6 is one decision of a Client6, of these kinds: EventRetry (N), EventBound (Information, if it is not the same as before),
// EventDrop (Reason).
type Event6 struct {
	Kind        EventKind
	Time        Time
	N           int
	Information Information6 // the receiver's
	Reason      string       // printable ASCII
}

// String is the event in words, without its time.
func (e Event6) String() string {
	switch e.Kind {
	case EventRetry:
		return fmt.Sprintf("%s again, time %d", dissect.DHCPv6InformationRequest, e.N)
	case EventBound:
		var b strings.Builder
		b.WriteString("information:")
		for _, a := range e.Information.DNS {
			fmt.Fprintf(&b, " DNS %s", a)
		}
		for _, a := range e.Information.NTP {
			fmt.Fprintf(&b, " NTP %s", a)
		}
		for _, name := range e.Information.Search {
			fmt.Fprintf(&b, " search %s", name)
		}
		return b.String()
	case EventDrop:
		return "dropped: " + e.Reason
	}
	return "?"
}

// Client6 asks for information and refreshes it (RFC 8415 section 18.2.6).
type Client6 struct {
	cfg    Config6
	random random

	asking bool
	next   Time          // when a message is due, or the information to be refreshed
	tries  int           // messages sent in this exchange
	rt     time.Duration // how long the last one waits
	maxRT  time.Duration
	xid    uint32
	begin  Time // when the first of them was sent

	info Information6
	have bool

	notices notices[Event6]
}

// New6 makes a client that is not started yet. The error wraps ErrConfig.
func New6(cfg Config6) (*Client6, error) {
	cfg.DUID = slices.Clone(cfg.DUID)
	if cfg.DUID == nil {
		if !cfg.HardwareAddr.IsUnicast() {
			return nil, fmt.Errorf("%w: hardware address %s is not that of one interface", ErrConfig, cfg.HardwareAddr)
		}
		cfg.DUID = DUID(cfg.HardwareAddr)
	}
	if n := len(cfg.DUID); n < minDUID || n > maxDUID {
		return nil, fmt.Errorf("%w: a DUID has %d to %d bytes, not %d", ErrConfig, minDUID, maxDUID, n)
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	return &Client6{cfg: cfg, random: random{cfg.Rand}, next: Never, maxRT: infMaxRT}, nil
}

// Start asks for information, after a little while. In a client that has some, or is asking, it begins anew, as after a link came
// up or the router advertised other prefixes (section 18.2.12); what there is stays until there is an answer.
func (c *Client6) Start(now Time) {
	c.ask(now, c.cfg.NoDelay)
}

func (c *Client6) ask(now Time, atOnce bool) {
	c.asking, c.tries, c.next = true, 0, now
	if !atOnce {
		c.next = now.Add(c.random.between(0, infMaxDelay))
	}
}

// Stop ends everything and forgets the information.
func (c *Client6) Stop() {
	c.asking, c.tries, c.next, c.maxRT = false, 0, Never, infMaxRT
	c.info, c.have = Information6{}, false
}

// Information gives what the last server said; ok is false if none has answered.
func (c *Client6) Information() (i Information6, ok bool) { return c.info.Clone(), c.have }

// Deadline is when Output has something to do, Never if only Input can bring about more.
func (c *Client6) Deadline() Time { return c.next }

// Output gives the next message to be sent, from the link-local address of the interface, port ClientPort6, to Servers6, port
// ServerPort6; nil if there is none now. The slice is the caller's.
func (c *Client6) Output(now Time) []byte {
	defer c.deliver()
	if !c.asking && now >= c.next {
		c.ask(now, false) // refreshing: hosts that started together do not do this together either
	}
	if now < c.next {
		return nil
	}
	if c.tries == 0 {
		c.xid, c.begin = c.random.uint32()&0xffffff, now
	}
	c.tries++
	if c.tries > 1 {
		c.emit(Event6{Kind: EventRetry, Time: now, N: c.tries})
	}
	c.next = now.Add(c.wait())
	b := dissect.DHCPv6Header{Type: dissect.DHCPv6InformationRequest, XID: c.xid}.Append(nil)
	b = dissect.AppendDHCPv6Option(b, dissect.DHCPv6OptClientID, c.cfg.DUID...)
	elapsed := min(now.Sub(c.begin)/(10*time.Millisecond), 0xffff) // section 21.9: in hundredths of a second
	b = dissect.AppendDHCPv6Option(b, dissect.DHCPv6OptElapsedTime, byte(elapsed>>8), byte(elapsed))
	var wanted []byte
	for _, t := range [...]dissect.DHCPv6OptionType{
		dissect.DHCPv6OptDNSServers, dissect.DHCPv6OptDomainList, dissect.DHCPv6OptRefreshTime, dissect.DHCPv6OptNTPServer, dissect.DHCPv6OptInfMaxRT,
	} {
		wanted = binary.BigEndian.AppendUint16(wanted, uint16(t))
	}
	return dissect.AppendDHCPv6Option(b, dissect.DHCPv6OptRequest, wanted...)
}

// wait is RT of section 15: it doubles, give or take a tenth by chance, up to about maxRT.
func (c *Client6) wait() time.Duration {
	fuzz := func(d time.Duration) time.Duration { return c.random.between(-d/10, d/10) }
	switch {
	case c.tries <= 1:
		c.rt = infTimeout + fuzz(infTimeout)
	default:
		c.rt = 2*c.rt + fuzz(c.rt)
	}
	if c.rt > c.maxRT {
		c.rt = c.maxRT + fuzz(c.maxRT)
	}
	return c.rt
}

// Why a message is not used.
var (
	errUnasked  = errors.New("nothing was asked")
	errStatus   = errors.New("the server reports a failure")
	errNoServer = errors.New("no server identifier")
)

// Input takes what came to ClientPort6. The slice is not kept.
func (c *Client6) Input(now Time, data []byte) {
	defer c.deliver()
	info, refresh, maxRT, err := c.read(data)
	if err != nil {
		c.emit(Event6{Kind: EventDrop, Time: now, Reason: err.Error()})
		return
	}
	if maxRT >= minInfMaxRT && maxRT <= maxInfMaxRT {
		c.maxRT = maxRT
	}
	info.Refresh = Never
	if refresh < seconds(infinite) {
		info.Refresh = now.Add(max(refresh, refreshMinimum))
	}
	news := !c.have || !info.same(&c.info)
	c.info, c.have = info, true
	c.asking, c.tries, c.next = false, 0, info.Refresh
	if news {
		c.emit(Event6{Kind: EventBound, Time: now, Information: info.Clone()})
	}
}

// read reads a REPLY (RFC 8415 sections 16.10 and 18.2.10.4).
func (c *Client6) read(data []byte) (info Information6, refresh, maxRT time.Duration, err error) {
	refresh = refreshDefault
	d := dissect.DHCPv6(data)
	switch {
	case d.CheckWhole() != nil || d.Type() != dissect.DHCPv6Reply:
		return info, 0, 0, errMalformed
	case c.tries == 0:
		return info, 0, 0, errUnasked
	case d.XID() != c.xid:
		return info, 0, 0, errOtherXID
	case !bytes.Equal(d.Option(dissect.DHCPv6OptClientID), c.cfg.DUID):
		return info, 0, 0, errOtherClient
	}
	server := d.Option(dissect.DHCPv6OptServerID)
	if len(server) < minDUID || len(server) > maxDUID {
		return info, 0, 0, errNoServer
	}
	if s := d.Option(dissect.DHCPv6OptStatusCode); s != nil && (len(s) < 2 || binary.BigEndian.Uint16(s) != 0) {
		return info, 0, 0, errStatus
	}
	info.Server = bytes.Clone(server)
	for o := d.Options(); len(o) > 0; {
		opt, rest, err := dissect.NextDHCPv6Option(o)
		if err != nil {
			break
		}
		o = rest
		v := opt.Data()
		switch opt.Type() {
		case dissect.DHCPv6OptDNSServers:
			for ; len(v) >= 16; v = v[16:] {
				info.DNS = appendHost(info.DNS, netip.AddrFrom16([16]byte(v)))
			}
		case dissect.DHCPv6OptNTPServer:
			info.NTP = appendNTP(info.NTP, v)
		case dissect.DHCPv6OptDomainList:
			if len(info.Search) == 0 {
				info.Search = readNames(v)
			}
		case dissect.DHCPv6OptRefreshTime:
			if len(v) == 4 {
				refresh = seconds(binary.BigEndian.Uint32(v))
			}
		case dissect.DHCPv6OptInfMaxRT:
			if len(v) == 4 {
				maxRT = seconds(binary.BigEndian.Uint32(v))
			}
		}
	}
	return info, refresh, maxRT, nil
}

// ntpServerAddr is the suboption with a server's address (RFC 5908 section 4.1).
const ntpServerAddr = 1

// appendNTP appends the addresses in an NTP server option.
func appendNTP(list []netip.Addr, v []byte) []netip.Addr {
	for len(v) > 0 {
		sub, rest, err := dissect.NextDHCPv6Option(v)
		if err != nil {
			break
		}
		if sub.Type() == ntpServerAddr && len(sub.Data()) == 16 {
			list = appendHost(list, netip.AddrFrom16([16]byte(sub.Data())))
		}
		v = rest
	}
	return list
}

func (c *Client6) emit(e Event6) {
	if c.cfg.Events != nil {
		c.notices.list = append(c.notices.list, e)
	}
}

func (c *Client6) deliver() { c.notices.deliver(c.cfg.Events) }
