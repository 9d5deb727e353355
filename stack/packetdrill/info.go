package packetdrill

import (
	"time"

	"smoltcp/stack/tcp"
)

// infoVars are the names that code in a script sees: Linux's struct tcp_info, in its units, and its constants.
type infoVars struct {
	info *tcp.Info          // of the connection in hand, nil without one
	conn *conn              // likewise
	own  map[string]pyValue // assigned by the script

	listens bool // the socket in hand is a listener
}

func (v *infoVars) assign(name string, value pyValue) {
	if v.own == nil {
		v.own = make(map[string]pyValue)
	}
	v.own[name] = value
}

// Linux's numbers of states, and of the states of congestion control.
var tcpiStates = map[string]int64{
	"ESTABLISHED": 1, "SYN_SENT": 2, "SYN_RECEIVED": 3, "SYN_RECV": 3, "FIN_WAIT_1": 4, "FIN_WAIT1": 4, "FIN_WAIT_2": 5,
	"FIN_WAIT2": 5, "TIME_WAIT": 6, "CLOSED": 7, "CLOSE": 7, "CLOSE_WAIT": 8, "LAST_ACK": 9, "LISTEN": 10, "CLOSING": 11,
}

var caStates = map[string]int64{
	"TCP_CA_Open": 0, "TCP_CA_Disorder": 1, "TCP_CA_CWR": 2, "TCP_CA_Recovery": 3, "TCP_CA_Loss": 4,
}

// optionBits are those of tcpi_options. The one that says whether a mark was ever seen is not kept track of.
var optionBits = map[string]int64{
	"TCPI_OPT_TIMESTAMPS": 1, "TCPI_OPT_SACK": 2, "TCPI_OPT_WSCALE": 4, "TCPI_OPT_ECN": 8, "TCPI_OPT_SYN_DATA": 32,
}

var stateNumbers = map[tcp.State]int64{
	tcp.Established: 1, tcp.SynSent: 2, tcp.SynReceived: 3, tcp.FinWait1: 4, tcp.FinWait2: 5, tcp.TimeWait: 6,
	tcp.Closed: 7, tcp.CloseWait: 8, tcp.LastAck: 9, tcp.Closing: 11,
}

func (v *infoVars) lookup(name string) (pyValue, bool) {
	if own, ok := v.own[name]; ok {
		return own, true
	}
	if n, ok := caStates[name]; ok {
		return n, true
	}
	for _, prefix := range []string{"TCPI_", "TCP_", "BPF_TCP_"} {
		if len(name) > len(prefix) && name[:len(prefix)] == prefix {
			if n, ok := tcpiStates[name[len(prefix):]]; ok {
				return n, true
			}
		}
	}
	if n, ok := optionBits[name]; ok {
		return n, true
	}
	if len(name) < 6 || name[:5] != "tcpi_" {
		return nil, false
	}
	if v.info == nil {
		return tcpiStates["LISTEN"], v.listens && name == "tcpi_state"
	}
	n, ok := v.field(name[5:])
	return n, ok
}

// segments is how many segments of the size in use hold n bytes.
func (v *infoVars) segments(n int) int64 {
	mss := max(v.info.SndMSS, 1)
	return int64((n + mss - 1) / mss)
}

// field is one of tcp_info. Windows are segments, times microseconds.
func (v *infoVars) field(name string) (int64, bool) {
	i := v.info
	micro := func(d time.Duration) int64 { return int64(d / time.Microsecond) }
	switch name {
	case "state":
		return stateNumbers[i.State], true
	case "ca_state":
		switch i.Phase.String() {
		case "open":
			if i.Sacked > 0 {
				return caStates["TCP_CA_Disorder"], true
			}
			return caStates["TCP_CA_Open"], true
		case "disorder":
			return caStates["TCP_CA_Disorder"], true
		case "cwr":
			return caStates["TCP_CA_CWR"], true
		case "recovery":
			return caStates["TCP_CA_Recovery"], true
		case "loss":
			return caStates["TCP_CA_Loss"], true
		}
		return 0, false
	case "snd_cwnd":
		return int64(i.Cwnd / max(i.SndMSS, 1)), true
	case "snd_ssthresh":
		if i.Ssthresh >= 1<<30 {
			return 1<<31 - 1, true
		}
		return int64(i.Ssthresh / max(i.SndMSS, 1)), true
	case "unacked":
		return v.segments(i.Unacked), true
	case "sacked":
		return v.segments(i.Sacked), true
	case "lost":
		return v.segments(i.Lost), true
	case "snd_mss":
		return int64(i.SndMSS), true
	case "advmss":
		n := i.RcvMSS
		if i.Timestamps {
			n += 12
		}
		return int64(n), true
	case "backoff":
		return int64(i.Backoff), true
	case "rto":
		return micro(i.RTO), true
	case "rtt":
		return micro(i.SRTT), true
	case "rttvar":
		return micro(i.RTTVar), true
	case "delivered", "retrans":
		if v.conn == nil {
			return 0, false
		}
		delivered, resent, known := v.conn.counts()
		if name == "retrans" {
			return resent, known
		}
		return delivered, known
	case "reordering":
		// What counts as reordered, in segments. A kernel learns it; until there is something to be learnt it is 3.
		return 3, v.conn != nil && !v.conn.reordered
	case "total_retrans":
		return int64(i.Retransmits), true
	case "snd_wscale":
		return int64(i.SndScale), true
	case "rcv_wscale":
		return int64(i.RcvScale), true
	case "snd_wnd":
		return int64(i.SndWnd), true
	case "notsent_bytes":
		return int64(i.Unsent), true
	case "options":
		n := int64(0)
		for name, on := range map[string]bool{
			"TCPI_OPT_TIMESTAMPS": i.Timestamps, "TCPI_OPT_SACK": i.SACK, "TCPI_OPT_WSCALE": i.WindowScale, "TCPI_OPT_ECN": i.ECN,
			"TCPI_OPT_SYN_DATA": i.SynText,
		} {
			if on {
				n |= optionBits[name]
			}
		}
		return n, true
	}
	return 0, false
}
