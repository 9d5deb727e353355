package capture

import "smoltcp/dissect"

// canonicalLink gives the number that files have for a link type. Some programs have written the kernel's number instead, which
// is another for a few; libpcap takes both.
func canonicalLink(t dissect.LinkType) dissect.LinkType {
	switch t {
	case 11: // DLT_ATM_RFC1483
		return 100
	case 12: // DLT_RAW
		return dissect.LinkRaw
	case 15: // DLT_SLIP_BSDOS
		return 102
	case 16: // DLT_PPP_BSDOS
		return 103
	case 19: // DLT_ATM_CLIP
		return 106
	}
	return t
}
