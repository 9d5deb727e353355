package stack

import (
	"net/netip"
	"slices"
	"time"

	"smoltcp/dissect"
)

// maxRedirects bounds the destinations of an interface that a router has redirected; the oldest goes first. redirectAge is for how
// long one counts.
const (
	maxRedirects = 64
	redirectAge  = 10 * time.Minute
)

// redirected is a destination that is reached by another neighbor than the routes say.
type redirected struct {
	dst, target netip.Addr
	until       Time
}

// redirect processes a Redirect (RFC 4861 sections 8.1 and 8.3) and reports whether it is valid. It is believed from nobody but the
// router that packets to the destination are sent to now.
func (ifc *Interface) redirect(p *inbound, m dissect.NDPRedirect) bool {
	s := ifc.stack
	dst, target := m.Dst(), m.Target()
	if !isLinkLocal(p.src) || dst.IsMulticast() || !isHost(dst) || isLinkLocal(dst) || target != dst && !isLinkLocal(target) {
		return false
	}
	now, err := s.route(dst, netip.Addr{}, ifc)
	if err != nil || now.ifc != ifc || now.next != p.src || s.local(target) != nil {
		return false
	}
	if mac, ok := linkAddrOption(m.Options(), dissect.NDPOptTargetAddr); ok && ifc.ethernet {
		ifc.neighbors6.heard(target, mac)
	}
	if n := ifc.neighbors6.entries[target]; n != nil && target != dst {
		n.router = true
	}
	ifc.addRedirect(dst, target)
	return true
}

// addRedirect has packets to dst go by the neighbor target for a while; dst itself means that it is a neighbor.
func (ifc *Interface) addRedirect(dst, target netip.Addr) {
	s := ifc.stack
	if i := slices.IndexFunc(ifc.redirects, func(o redirected) bool { return o.dst == dst }); i >= 0 {
		ifc.forgetRedirect(i)
	} else if len(ifc.redirects) == maxRedirects {
		ifc.forgetRedirect(0)
	}
	o := redirected{dst, target, s.now.Add(redirectAge)}
	r := o.route(ifc)
	if s.hasRoute(r) || s.AddRoute(r) != nil {
		return // one that somebody else added is left to whom it is
	}
	ifc.redirects = append(ifc.redirects, o)
	if ifc.redirectTimer.owner == nil {
		ifc.redirectTimer = makeTimer(redirectPruner{ifc})
	}
	s.timers.set(&ifc.redirectTimer, ifc.redirects[0].until)
}

// route is the route that a redirection stands for.
func (o *redirected) route(ifc *Interface) Route {
	r := Route{
		Prefix: netip.PrefixFrom(o.dst, o.dst.BitLen()), Interface: ifc, Metric: advertisedMetric(dissect.PreferenceHigh), until: o.until,
	}
	if o.target != o.dst {
		r.Gateway = o.target
	}
	return r
}

func (ifc *Interface) forgetRedirect(i int) {
	ifc.stack.RemoveRoute(ifc.redirects[i].route(ifc))
	ifc.redirects = slices.Delete(ifc.redirects, i, i+1)
}

// forgetRedirects ends the redirections to a neighbor that does not answer, or that is no router.
func (ifc *Interface) forgetRedirects(target netip.Addr) {
	for i := len(ifc.redirects) - 1; i >= 0; i-- {
		if ifc.redirects[i].target == target {
			ifc.forgetRedirect(i)
		}
	}
}

// redirectPruner ends the redirections of an interface whose time is over.
type redirectPruner struct{ ifc *Interface }

// expire ends the oldest, which come first. Part of expirer.
func (p redirectPruner) expire(now Time) {
	ifc := p.ifc
	for len(ifc.redirects) > 0 && ifc.redirects[0].until <= now {
		ifc.forgetRedirect(0)
	}
	if len(ifc.redirects) > 0 {
		ifc.stack.timers.set(&ifc.redirectTimer, ifc.redirects[0].until)
	}
}
