package stack

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"net/netip"
	"slices"
	"time"

	"smoltcp/dissect"
)

// Stateless address autoconfiguration (RFC 4862): addresses out of the prefixes that routers advertise. Each prefix gives a stable
// address, whose second half tells nothing about the hardware and differs from that with other prefixes (RFC 7217), and,
// if the interface is to have them, temporary ones for what we open ourselves (RFC 8981).

const (
	twoHours = 2 * time.Hour // RFC 4862 section 5.5.3 e

	idgenRetries = 3 // RFC 7217 section 7, RFC 8981 section 3.8

	tempValid     = 48 * time.Hour
	tempPreferred = 24 * time.Hour
	maxDesync     = tempPreferred * 4 / 10
	regenAdvance  = 5 * time.Second // 2 + IDGEN_RETRIES * DupAddrDetectTransmits * RetransTimer
)

var linkLocalPrefix = netip.PrefixFrom(netip.AddrFrom16([16]byte{0xfe, 0x80}), 64)

// autoAddr is what is formed of one prefix of 64 bits.
type autoAddr struct {
	conf             *autoconf
	prefix           netip.Prefix
	preferred, valid Time // the prefix's
	stable           *addr6
	conflicts        uint8 // DAD_Counter of RFC 7217

	temporary     []tempAddr
	tempConflicts int
	timer         timer // when the next temporary address is due
}

// tempAddr is a temporary address. Its lifetimes end at these times at the latest.
type tempAddr struct {
	addr             *addr6
	preferred, valid Time
}

// prefix processes a Prefix Information option (RFC 4861 section 6.3.4, RFC 4862 section 5.5.3).
func (c *autoconf) prefix(o dissect.NDPPrefix) {
	if o.Bits > 128 {
		return
	}
	p := netip.PrefixFrom(o.Addr, int(o.Bits)).Masked()
	if a := p.Addr(); isLinkLocal(a) || a.IsMulticast() || a.Is4In6() || a.IsLoopback() {
		return
	}
	s := c.ifc.stack
	if o.OnLink && o.Bits > 0 {
		c.advertised(p, netip.Addr{}, s.lifetime(o.Valid), dissect.PreferenceHigh)
	}
	if !o.Autonomous || o.Preferred > o.Valid || o.Bits != 64 {
		return
	}
	preferred, valid := s.lifetime(o.Preferred), s.lifetime(o.Valid)
	c.prefixes = slices.DeleteFunc(c.prefixes, func(a *autoAddr) bool {
		if a.valid > s.now {
			return false
		}
		s.timers.stop(&a.timer)
		return true
	})
	if i := slices.IndexFunc(c.prefixes, func(a *autoAddr) bool { return a.prefix == p }); i >= 0 {
		c.prefixes[i].refresh(preferred, valid)
		return
	}
	if valid <= s.now || len(c.prefixes) >= maxAutoPrefix {
		return
	}
	a := &autoAddr{conf: c, prefix: p, preferred: preferred, valid: valid}
	a.timer = makeTimer(a)
	c.prefixes = append(c.prefixes, a)
	a.form()
	a.formTemporary()
}

// refresh takes over new lifetimes. A valid one of two hours or less shortens what is left to two hours, no further, so that one
// forged advertisement takes no address away.
func (a *autoAddr) refresh(preferred, valid Time) {
	s := a.conf.ifc.stack
	a.preferred = preferred
	switch soon := s.now.Add(twoHours); {
	case valid > soon || valid > a.valid:
		a.valid = valid
	case a.valid > soon:
		a.valid = soon
	}
	if a.stable != nil {
		a.stable.setLifetimes(a.preferred, a.valid)
	}
	for _, t := range a.temporary {
		t.addr.setLifetimes(min(a.preferred, t.preferred), min(a.valid, t.valid))
	}
	a.plan()
}

// setLifetimes changes when an address is deprecated and invalid.
func (a *addr6) setLifetimes(preferred, valid Time) {
	if a.preferred == preferred && a.valid == valid || a.state > assigned {
		return
	}
	a.preferred, a.valid = preferred, valid
	if a.state == assigned {
		a.schedule()
	}
}

// form makes the stable address.
func (a *autoAddr) form() {
	ifc := a.conf.ifc
	for {
		id := ifc.stableID(a.prefix, a.conflicts)
		p := a.withID(id)
		if !reservedID(id) && !ifc.stack.wanted(p.Addr()) {
			a.stable = ifc.addAddr6(p, AddrStable, a.preferred, a.valid, a)
			return
		}
		if a.conflicts++; a.conflicts > idgenRetries {
			return
		}
	}
}

func (a *autoAddr) withID(id uint64) netip.Prefix {
	b := a.prefix.Addr().As16()
	binary.BigEndian.PutUint64(b[8:], id)
	return netip.PrefixFrom(netip.AddrFrom16(b), 64)
}

// stableID is the interface identifier with a prefix: a keyed hash of prefix, interface and how often it met a conflict (RFC 7217
// section 5).
func (ifc *Interface) stableID(p netip.Prefix, conflicts uint8) uint64 {
	f := hmac.New(sha256.New, ifc.stack.stableSecret())
	b := p.Addr().As16()
	f.Write(b[:8])
	f.Write([]byte(ifc.name))
	f.Write(ifc.mac[:])
	f.Write([]byte{conflicts})
	return binary.BigEndian.Uint64(f.Sum(nil))
}

// stableSecret is Config.StableSecret, or one that lasts as long as the stack.
func (s *Stack) stableSecret() []byte {
	if len(s.cfg.StableSecret) == 0 {
		s.cfg.StableSecret = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, s.random.uint64()), s.random.uint64())
	}
	return s.cfg.StableSecret
}

// reservedID reports whether an interface identifier is set aside for anycast and the like (RFC 5453).
func reservedID(id uint64) bool {
	return id == 0 || id >= 0xfdffffffffffff80 && id <= 0xfdffffffffffffff || id>>32 == 0x02005eff && id&0xff000000 == 0xfe000000
}

// formTemporary makes a temporary address, if the interface is to have them and the prefix lives long enough (RFC 8981 section
// 3.4).
func (a *autoAddr) formTemporary() {
	ifc := a.conf.ifc
	s := ifc.stack
	if !ifc.temporary || !ifc.ethernet {
		return
	}
	a.temporary = slices.DeleteFunc(a.temporary, func(t tempAddr) bool {
		return t.addr.state > assigned || s.now >= t.addr.valid
	})
	latest := tempAddr{valid: s.now.Add(tempValid), preferred: s.now.Add(tempPreferred - s.random.below(maxDesync))}
	preferred := min(a.preferred, latest.preferred)
	if preferred <= s.now.Add(regenAdvance) {
		return
	}
	id := s.random.uint64()
	for reservedID(id) || s.wanted(a.withID(id).Addr()) {
		id++
	}
	latest.addr = ifc.addAddr6(a.withID(id), AddrTemporary, preferred, min(a.valid, latest.valid), a)
	a.temporary = append(a.temporary, latest)
	a.plan()
}

// plan sets the timer for the next temporary address: shortly before the present one is deprecated.
func (a *autoAddr) plan() {
	s := a.conf.ifc.stack
	if len(a.temporary) == 0 {
		return
	}
	at := a.temporary[len(a.temporary)-1].addr.preferred
	if at != Never {
		at -= Time(regenAdvance)
	}
	s.timers.set(&a.timer, max(at, s.now))
}

// expire is the timer. A prefix that is deprecated itself gets no temporary address until it is refreshed.
func (a *autoAddr) expire(now Time) {
	a.tempConflicts = 0
	if a.valid > now {
		a.formTemporary()
	}
}

// duplicate is what comes of an address that another station has: a few others are tried (RFC 7217 section 6, RFC 8981 section
// 3.4).
func (a *autoAddr) duplicate(o *addr6) {
	o.remove()
	if o.origin == AddrTemporary {
		a.temporary = slices.DeleteFunc(a.temporary, func(t tempAddr) bool { return t.addr == o })
		if a.tempConflicts++; a.tempConflicts <= idgenRetries {
			a.formTemporary()
		}
		return
	}
	a.stable = nil
	if a.conflicts++; a.conflicts <= idgenRetries {
		a.form()
	}
}
