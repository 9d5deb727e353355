package dhcp

import (
	"fmt"
	"net/netip"
	"time"

	"smoltcp/dissect"
)

const (
	// RFC 2131 section 4.1: retransmissions after 4, 8, 16, 32 and then always 64 s, each a second more or less by chance.
	firstRetry  = 4 * time.Second
	longestStep = 4 // 4 s << 4
	retryFuzz   = time.Second

	// A REQUEST that nobody answers within a minute, 4 + 8 + 16 + 32 s, is given up (section 3.1, 5). One about a lease from
	// before is so after half of it: there is the lease to go on with.
	requestTries = 4
	rebootTries  = 3

	// RFC 2131 section 4.4.1: a start waits as long, so that hosts which got power again all at once do not ask all at once.
	minStartDelay = time.Second
	maxStartDelay = 10 * time.Second

	// After a DECLINE (section 3.1, 5).
	declineDelay = 10 * time.Second

	// Before a lease is asked about. Links come up, and hosts start, together as well, but here few messages follow.
	maxLinkDelay = time.Second
)

// Client4 gets an address and keeps it.
type Client4 struct {
	cfg    Config4
	random random
	state  State4

	next  Time // when the state's next message is due, or in INIT and INIT-REBOOT the first one
	tries int  // messages sent in this state
	xid   uint32
	begin Time // when the acquisition or renewal began: what "secs" counts from
	secs  uint16
	asked Time // when the REQUEST was sent from which the lease counts

	offer offer4
	lease Lease4 // with a valid Addr from the ACK on; from before in INIT-REBOOT and REBOOTING
	held  bool   // the driver was told that it is ours

	wanted   netip.Addr // the address to ask for
	failures int        // starts in a row that led to no lease

	decline   offer4 // what a DECLINE is to be sent about, if its address is valid
	declineAt Time

	counters Counters4
	notices  notices[Event4]
}

// offer4 is an address and the server that has it.
type offer4 struct{ addr, server netip.Addr }

// New4 makes a client that is not started yet. The error wraps ErrConfig.
func New4(cfg Config4) (*Client4, error) {
	if err := cfg.prepare(); err != nil {
		return nil, err
	}
	return &Client4{cfg: cfg, random: random{cfg.Rand}, next: Never, wanted: cfg.Requested}, nil
}

// State is where the client is.
func (c *Client4) State() State4 { return c.state }

// Counters gives what was sent, received and dropped so far.
func (c *Client4) Counters() Counters4 { return c.counters }

// Lease gives the lease that is held; ok is false if there is none.
func (c *Client4) Lease() (l Lease4, ok bool) {
	if !c.held {
		return Lease4{}, false
	}
	return c.lease.Clone(), true
}

// Start begins to look for a server. It does nothing to a client that was started already.
func (c *Client4) Start(now Time) {
	if c.state != Stopped {
		return
	}
	defer c.deliver()
	c.failures = 0
	c.begins(now)
}

// begins waits in INIT, as a client does that nothing went wrong for.
func (c *Client4) begins(now Time) {
	delay := c.random.between(minStartDelay, maxStartDelay)
	if c.state == Stopped && c.cfg.NoDelay {
		delay = 0
	}
	c.enter(now, Init)
	c.next = now.Add(delay)
}

// Reboot starts with a lease that the client, or one before it, had: servers are asked whether it still holds (RFC 2131 section 3.2). If
// none answers, it is used until it ends. A lease that is over or makes no sense is the same as none.
func (c *Client4) Reboot(now Time, l Lease4) {
	if c.state != Stopped {
		return
	}
	if !l.valid(now) {
		c.Start(now)
		return
	}
	defer c.deliver()
	c.failures = 0
	c.lease = l.Clone()
	delay := c.random.between(0, maxLinkDelay)
	if c.cfg.NoDelay {
		delay = 0
	}
	c.confirm(now, delay)
}

// confirm asks whether the lease still holds, after a delay.
func (c *Client4) confirm(now Time, delay time.Duration) {
	c.enter(now, InitReboot)
	c.next = now.Add(delay)
}

// Link says that the interface's link came up, perhaps in another network: a lease is kept, and asked about; without one the search
// begins anew.
func (c *Client4) Link(now Time) {
	defer c.deliver()
	c.expire(now)
	switch {
	case c.state == Stopped:
	case c.lease.Addr.IsValid():
		c.confirm(now, c.random.between(0, maxLinkDelay))
	default:
		c.begins(now)
	}
}

// Release ends the lease, if there is one, and stops the client. It reports whether m is a message that tells the server, to be
// sent before the address is taken away, which is for the caller to do: no EventLost follows.
func (c *Client4) Release(now Time, m *Message4) bool {
	defer c.deliver()
	c.expire(now)
	held := c.held
	if held {
		a := c.lease.Addr.Addr()
		h := dissect.DHCPHeader{XID: c.random.uint32(), ClientIP: a}
		c.put(m, dissect.DHCPRelease, offer4{a, c.lease.Server}, c.cfg.request(dissect.DHCPRelease, &h, netip.Addr{}, c.lease.Server))
	}
	c.lease, c.held, c.decline = Lease4{}, false, offer4{}
	c.wanted = c.cfg.Requested
	c.enter(now, Stopped)
	return held
}

// Probed is the answer to EventProbe: whether another host has addr. One about another address, or too late, does nothing.
func (c *Client4) Probed(now Time, addr netip.Addr, taken bool) {
	defer c.deliver()
	c.expire(now)
	switch {
	case c.state != Checking || addr != c.lease.Addr.Addr():
	case taken:
		c.refuse(now)
	default:
		c.bind(now)
	}
}

// Conflict says that another host uses addr, and that defending it failed (RFC 5227 section 2.4): if it is ours, the server is told.
func (c *Client4) Conflict(now Time, addr netip.Addr) {
	defer c.deliver()
	c.expire(now)
	if c.held && addr == c.lease.Addr.Addr() {
		c.refuse(now)
	}
}

// refuse gives back an address that another host has (RFC 2131 section 3.1, 5).
func (c *Client4) refuse(now Time) {
	c.decline, c.declineAt = offer4{c.lease.Addr.Addr(), c.lease.Server}, now
	c.wanted = netip.Addr{}
	c.lose(now, fmt.Sprintf("another host has %s", c.decline.addr))
	c.next = max(c.next, now.Add(declineDelay))
}

// lose ends what there is of a lease and starts again.
func (c *Client4) lose(now Time, reason string) {
	if c.held {
		c.emit(Event4{Kind: EventLost, Time: now, Lease: c.lease, Reason: reason})
	} else {
		c.emit(Event4{Kind: EventRefused, Time: now, Reason: reason})
	}
	c.lease, c.held = Lease4{}, false
	c.restart(now)
}

// restart waits in INIT after a failure: as long as a first start, and the longer the more failures there were in a row, so that a
// server which offers and then refuses is not asked at the speed of its answers.
func (c *Client4) restart(now Time) {
	c.failures++
	delay := c.random.between(minStartDelay, maxStartDelay)
	if c.failures > 1 {
		delay = max(delay, c.backoff(c.failures-2))
	}
	c.enter(now, Init)
	c.next = now.Add(delay)
}

// backoff is how long to wait for an answer to the nth message, counting from zero.
func (c *Client4) backoff(n int) time.Duration {
	return firstRetry<<min(n, longestStep) + c.random.between(-retryFuzz, retryFuzz)
}

// enter changes the state. Nothing is due in it until someone says so.
func (c *Client4) enter(now Time, to State4) {
	if c.state != to {
		c.emit(Event4{Kind: EventState, Time: now, From: c.state, To: to})
	}
	c.state, c.tries, c.next = to, 0, Never
}

// exchange enters a state in which a message is due now. The secs of a REQUEST are those of the DISCOVER (section 4.4.1), and rebinding
// goes on counting from where renewing began.
func (c *Client4) exchange(now Time, to State4) {
	c.enter(now, to)
	c.next = now
	if to != Requesting && to != Rebinding {
		c.begin = now
	}
}

// expire does what the time asks for, except sending.
func (c *Client4) expire(now Time) {
	for {
		switch due := now >= c.next; {
		case c.lease.Addr.IsValid() && now >= c.lease.Expires:
			c.wanted = c.lease.Addr.Addr()
			c.lose(now, "the lease is over")
		case c.state == Init && due:
			c.exchange(now, Selecting)
		case c.state == InitReboot && due:
			c.exchange(now, Rebooting)
		case c.state == Requesting && due && c.tries == requestTries:
			c.emit(Event4{Kind: EventRefused, Time: now, Reason: fmt.Sprintf("%s does not answer", c.offer.server)})
			c.restart(now)
		case c.state == Rebooting && due && c.tries == rebootTries:
			if c.held {
				c.enter(now, Bound)
			} else {
				c.check(now)
			}
		case c.state == Bound && now >= c.lease.T1:
			c.exchange(now, Renewing)
		case c.state == Renewing && now >= c.lease.T2:
			c.exchange(now, Rebinding)
		default:
			return
		}
	}
}

// Deadline is when Output has something to do at the latest, Never if only Input can bring about more.
func (c *Client4) Deadline() Time {
	d := c.next
	if c.decline.addr.IsValid() {
		d = min(d, c.declineAt)
	}
	if c.lease.Addr.IsValid() {
		d = min(d, c.lease.Expires)
	}
	switch c.state {
	case Bound:
		d = min(d, c.lease.T1)
	case Renewing:
		d = min(d, c.lease.T2)
	}
	return d
}

// Output gives in m the next message to be sent; false if there is none now.
func (c *Client4) Output(now Time, m *Message4) bool {
	defer c.deliver()
	c.expire(now)
	if d := c.decline; d.addr.IsValid() {
		c.decline = offer4{}
		h := dissect.DHCPHeader{XID: c.random.uint32()}
		c.put(m, dissect.DHCPDecline, offer4{unspecified4, broadcast4}, c.cfg.request(dissect.DHCPDecline, &h, d.addr, d.server))
		return true
	}
	if now < c.next {
		return false
	}
	c.transmit(now, m)
	return true
}

// transmit sends the message of the state (RFC 2131 section 4.3.6 says what each has) and sets when the next one is due.
func (c *Client4) transmit(now Time, m *Message4) {
	// Answers to an earlier REQUEST of a renewal came long ago if ever, so each has its number, and its time to count the lease from.
	renewal := c.state == Renewing || c.state == Rebinding
	if renewal || c.tries == 0 && c.state != Requesting {
		c.xid = c.random.uint32()
	}
	if renewal || c.tries == 0 {
		c.asked = now
	}
	if c.state != Requesting {
		c.secs = uint16(min(now.Sub(c.begin)/time.Second, 0xffff))
	}
	h := dissect.DHCPHeader{XID: c.xid, Seconds: c.secs, Broadcast: c.cfg.Broadcast && !renewal}
	kind, way := dissect.DHCPRequest, offer4{unspecified4, broadcast4}
	var requested, server netip.Addr
	next := now.Add(c.backoff(c.tries))
	switch c.state {
	case Selecting:
		kind, requested = dissect.DHCPDiscover, c.wanted
	case Requesting:
		requested, server = c.offer.addr, c.offer.server
	case Rebooting:
		requested = c.lease.Addr.Addr()
	case Renewing:
		way.server = c.lease.Server
		next = now.Add(c.renewalWait(c.lease.T2.Sub(now)))
	case Rebinding:
		next = now.Add(c.renewalWait(c.lease.Expires.Sub(now)))
	}
	if renewal {
		way.addr = c.lease.Addr.Addr()
		h.ClientIP = way.addr
	}
	c.tries++
	if c.tries > 1 {
		c.emit(Event4{Kind: EventRetry, Time: now, Message: kind, N: c.tries})
	}
	c.next = next
	c.put(m, kind, way, c.cfg.request(kind, &h, requested, server))
}

// renewalWait is half of the time left, but no less than renewalGap.
func (c *Client4) renewalWait(left time.Duration) time.Duration {
	return max(left/2, renewalGap(c.lease.Duration()))
}

// put fills in a message from way.addr to way.server.
func (c *Client4) put(m *Message4, kind dissect.DHCPMessageType, way offer4, data []byte) {
	c.counters.Sent++
	*m = Message4{Src: way.addr, Dst: way.server, Type: kind, Data: data}
}

// Input takes what came to port 68. The slice is not kept.
func (c *Client4) Input(now Time, data []byte) {
	defer c.deliver()
	c.expire(now)
	c.counters.Received++
	if c.tries == 0 {
		// Nobody was asked anything: INIT, BOUND, CHECKING, or due to send.
		c.drop(now, &c.counters.Unexpected, "unexpected in "+c.state.String())
		return
	}
	a, err := c.cfg.read(data, c.xid)
	switch err {
	case nil:
	case errOtherClient:
		c.drop(now, &c.counters.OtherClient, err.Error())
		return
	case errOtherXID:
		c.drop(now, &c.counters.OtherXID, err.Error())
		return
	default:
		c.drop(now, &c.counters.Malformed, err.Error())
		return
	}
	switch {
	case a.kind == dissect.DHCPOffer && c.state == Selecting:
		c.offered(now, a)
	case a.kind == dissect.DHCPAck && c.state != Selecting:
		c.acknowledged(now, a)
	case a.kind == dissect.DHCPNak && c.state != Selecting:
		c.refused(now, a)
	default:
		c.drop(now, &c.counters.Unexpected, fmt.Sprintf("%s in %s", a.kind, c.state))
	}
}

func (c *Client4) drop(now Time, counter *uint64, reason string) {
	*counter++
	c.emit(Event4{Kind: EventDrop, Time: now, Reason: reason})
}

// offered takes the first offer that is of use.
func (c *Client4) offered(now Time, a *answer4) {
	if !a.usable() {
		c.drop(now, &c.counters.Unusable, "unusable offer")
		return
	}
	c.offer = offer4{a.lease.Addr.Addr(), a.server}
	c.exchange(now, Requesting)
}

// askedFor gives what an answer must be about and from whom: the zero server in states in which any may answer.
func (c *Client4) askedFor() offer4 {
	switch c.state {
	case Requesting:
		return c.offer
	case Renewing:
		return offer4{c.lease.Addr.Addr(), c.lease.Server}
	}
	return offer4{addr: c.lease.Addr.Addr()}
}

// fromAsked reports whether an answer is from a server that may give it, and counts it if not.
func (c *Client4) fromAsked(now Time, a *answer4) bool {
	want := c.askedFor().server
	if !a.server.IsValid() || want.IsValid() && a.server != want {
		c.drop(now, &c.counters.OtherServer, fmt.Sprintf("%s of another server", a.kind))
		return false
	}
	return true
}

// acknowledged processes an ACK: the lease is ours, or goes on.
func (c *Client4) acknowledged(now Time, a *answer4) {
	if !c.fromAsked(now, a) {
		return
	}
	l := a.lease
	if !a.usable() || l.Addr.Addr() != c.askedFor().addr {
		c.drop(now, &c.counters.Unusable, "unusable lease")
		return
	}
	l.times(a, c.asked, c.random)
	if now >= l.Expires {
		c.drop(now, &c.counters.Unusable, "lease that is over")
		return
	}
	c.lease = l
	if !c.held {
		c.check(now)
		return
	}
	c.failures = 0
	c.enter(now, Bound)
	c.emit(Event4{Kind: EventRenewed, Time: now, Lease: c.lease})
}

// refused processes a NAK.
func (c *Client4) refused(now Time, a *answer4) {
	if !c.fromAsked(now, a) {
		return
	}
	reason := fmt.Sprintf("%s refused it", a.server)
	if a.text != "" {
		reason += ": " + a.text
	}
	c.wanted = netip.Addr{}
	c.lose(now, reason)
}

// check has the address probed before it is used (RFC 2131 section 4.4.1, RFC 5227 section 2.1).
func (c *Client4) check(now Time) {
	if c.cfg.NoProbe {
		c.bind(now)
		return
	}
	c.enter(now, Checking)
	c.emit(Event4{Kind: EventProbe, Time: now, Lease: c.lease})
}

func (c *Client4) bind(now Time) {
	c.held, c.failures = true, 0
	c.enter(now, Bound)
	c.emit(Event4{Kind: EventBound, Time: now, Lease: c.lease})
}

func (c *Client4) emit(e Event4) {
	if c.cfg.Events != nil {
		e.Lease = e.Lease.Clone()
		c.notices.list = append(c.notices.list, e)
	}
}

func (c *Client4) deliver() { c.notices.deliver(c.cfg.Events) }
