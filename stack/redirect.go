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
type redirected struct{ dst, target netip.Addr }

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
	r := Route{Prefix: netip.PrefixFrom(dst, 128), Interface: ifc, Metric: advertisedMetric(dissect.PreferenceHigh), until: s.now.Add(redirectAge)}
	if target != dst {
		r.Gateway = target
		if n := ifc.neighbors6.entries[target]; n != nil {
			n.router = true
		}
	}
	if i := slices.IndexFunc(ifc.redirects, func(o redirected) bool { return o.dst == dst }); i >= 0 {
		ifc.forgetRedirect(i)
	} else if len(ifc.redirects) == maxRedirects {
		ifc.forgetRedirect(0)
	}
	if s.AddRoute(r) == nil {
		ifc.redirects = append(ifc.redirects, redirected{dst, target})
	}
	return true
}

func (ifc *Interface) forgetRedirect(i int) {
	o := ifc.redirects[i]
	r := Route{Prefix: netip.PrefixFrom(o.dst, 128), Interface: ifc}
	if o.target != o.dst {
		r.Gateway = o.target
	}
	ifc.stack.RemoveRoute(r)
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
