package packetdrill

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"smoltcp/stack/tcp"
)

// profile is the host that a script was written for, as far as its commands say: the configuration of sockets that
// are opened from now on.
type profile struct {
	name         string // "linux" or "freebsd"
	cfg          tcp.Config
	synRetries   int           // 0: the default of the stack
	fastOpen     int64         // Linux's tcp_fastopen
	slop         time.Duration // by how much retransmissions may come sooner, since a FreeBSD adds it to each timeout
	percent      float64
	sawFreeBSD   bool
	nonblockFlag int64
}

// Bits of Linux's tcp_fastopen that this stack can do; the others are about doing without a cookie.
const (
	fastOpenClient    = 0x1
	fastOpenServer    = 0x2
	fastOpenListeners = 0x400 // also those that do not ask for it
	fastOpenTimers    = 0x70000
)

// linux is what upstream's defaults.sh sets up, and a kernel without it.
func linuxProfile() profile {
	return profile{
		name: "linux", percent: 0.125, nonblockFlag: 0x800, synRetries: 5, fastOpen: fastOpenClient,
		cfg: tcp.Config{
			RcvBuf: 65535 << 8, SndBuf: 4 << 20, MinRTO: 200 * time.Millisecond, Granularity: 200 * time.Millisecond, DelayedAck: 40 * time.Millisecond, KeepCwnd: true, NoPathProbing: true,
			TolerateMissingTimestamps: true,
		},
	}
}

// freebsd is what the FreeBSD suite assumes.
func (p *profile) freebsd() {
	if p.sawFreeBSD {
		return
	}
	p.sawFreeBSD = true
	p.name, p.percent, p.nonblockFlag = "freebsd", 0.05, 0x4
	p.synRetries, p.fastOpen, p.slop = 0, 0, 200*time.Millisecond
	p.cfg.MaxRTO = 64 * time.Second
	p.cfg.ECN, p.cfg.KeepCwnd, p.cfg.NoPathProbing, p.cfg.TolerateMissingTimestamps = tcp.ECNPassive, false, false, false
	p.cfg.RcvBuf = 65536
	p.cfg.SynTimeout = 75 * time.Second
	p.cfg.UserTimeout = 10 * time.Minute // twelve retransmissions, or so
	// FreeBSD adds a slop of 200 ms to a minimum of 30 ms.
	p.cfg.MinRTO, p.cfg.Granularity = 230*time.Millisecond, 0
}

func (p *profile) allowFastOpen(bit int64, on bool) {
	if p.fastOpen &^= bit; on {
		p.fastOpen |= bit
	}
}

// config is a copy for one socket.
func (p *profile) config() tcp.Config {
	c := p.cfg
	c.SynRetries = p.synRetries
	return c
}

// Commands that change nothing that this stack has: caches and offloads of a kernel, limits that are larger here.
var noOps = []*regexp.Regexp{
	regexp.MustCompile(`^(\S*/)?sysctl_restore\S*$`),
	regexp.MustCompile(`^/tmp/sysctl_restore_\S+$`),
	regexp.MustCompile(`^ethtool -K \S+( (tso|gso|gro|lro|tx|rx|sg) (on|off))+$`),
	regexp.MustCompile(`^(true|sync|date|:)$`),
	regexp.MustCompile("^echo [^|<>&`$]*$"),
	regexp.MustCompile(`^(kldload|kldstat)( -\S+)* (cc_newreno|cc_cubic)$`),
}

// command does what a backquoted command stands for, one line after another.
func (r *run) command(text string) {
	text = strings.ReplaceAll(text, "\\\n", " ")
	for _, line := range strings.FieldsFunc(text, func(c rune) bool { return c == '\n' || c == ';' }) {
		line, _, _ = strings.Cut(line, " #")
		line, _, _ = strings.Cut(line, "||") // what else to do if it fails: a command that is known does not
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		r.commandLine(line)
	}
}

var (
	sockstat = regexp.MustCompile(`^sockstat\b.*\|\s*grep -c ['"]?([A-Z_0-9]+)['"]?\s*(?:\|\s*grep\s+(?:-[qw]+ )*['"]?(\d+)['"]?)?\s*$`)
	setting  = regexp.MustCompile(`^echo\s+(\S+)\s*>\s*/proc/sys/net/ipv4/(\w+)$`)
	tcpdrop  = regexp.MustCompile(`^tcpdrop -s (?:TIME_WAIT|time_wait)$`)
	metrics  = regexp.MustCompile(`^(sudo )?ip tcp_metrics flush( all)?( .*)?$`)
	quiet    = regexp.MustCompile(`\s*(>|2>|&>)\s*(/dev/null|&1)`)
)

func (r *run) commandLine(line string) {
	line = strings.TrimSpace(quiet.ReplaceAllString(line, ""))
	for _, re := range noOps {
		if re.MatchString(line) {
			return
		}
	}
	if metrics.MatchString(line) {
		r.forgetCookies()
		return
	}
	fields := words(line)
	name := fields[0][strings.LastIndexByte(fields[0], '/')+1:]
	if m := setting.FindStringSubmatch(line); m != nil {
		r.sysctl(m[2], strings.Trim(m[1], `"'`), line)
		return
	}
	if m := sockstat.FindStringSubmatch(line); m != nil && !strings.Contains(line, " -v") {
		r.countState(m[1], m[2])
		return
	}
	if tcpdrop.MatchString(line) {
		r.dropTimeWait()
		return
	}
	switch name {
	case "defaults.sh":
		r.profile.cfg.ECN = tcp.ECNOff
		r.profile.cfg.NoSlowStartLimit = true
		r.profile.fastOpen = fastOpenClient | fastOpenServer | fastOpenListeners
	case "set_sysctls.py", "sysctl":
	case "config":
		r.configure(fields[1:], line)
		return
	default:
		r.skip("command %s", line)
	}
	for _, arg := range fields[1:] {
		if arg[0] == '-' {
			continue
		}
		key, value, ok := strings.Cut(strings.Trim(arg, `"'`), "=")
		if !ok {
			r.skip("command %s", line)
		}
		key = strings.TrimPrefix(strings.TrimPrefix(key, "/proc/sys/"), "net/ipv4/")
		r.sysctl(strings.ReplaceAll(key, "/", "."), strings.Trim(value, `"'`), line)
	}
}

// fixed are the sysctl variables that change nothing here: any value if there is none in the list, else those that
// say how this stack is anyway.
var fixed = map[string]map[string]bool{
	"net.inet.tcp.blackhole":                 {"0": true},
	"net.inet.tcp.insecure_rst":              {"0": true},
	"net.inet.tcp.insecure_syn":              {"0": true},
	"net.inet.tcp.insecure_ack":              {"0": true},
	"net.inet.tcp.drop_synfin":               {"0": true},
	"net.inet.tcp.icmp_may_rst":              {"1": true},
	"net.inet.tcp.syncookies":                {"0": true, "1": true},
	"net.inet.tcp.syncookies_only":           {"0": true},
	"net.inet.tcp.ecn.maxretries":            {"0": true, "1": true},
	"net.inet.tcp.path_mtu_discovery":        {"1": true},
	"net.inet.tcp.pmtud_blackhole_detection": {"0": true},
	"net.inet.tcp.delayed_ack":               {"1": true},
	"net.inet.tcp.do_tcpdrain":               {"0": true, "1": true},
	"net.inet.tcp.rfc3042":                   {"1": true},
	"net.inet.tcp.rfc3390":                   {"1": true},
	"net.inet.tcp.rfc6675_pipe":              {"0": true, "1": true},
	"net.inet.tcp.do_prr":                    {"1": true},
	"net.inet.tcp.abc_l_var":                 {"2": true},
	"net.inet.tcp.initcwnd_segments":         {"10": true},
	"net.inet.tcp.functions_default":         {"freebsd": true},
	"net.inet.tcp.tso":                       {"0": true, "1": true},
	"net.inet.tcp.recvbuf_auto":              {"0": true},
	"net.inet.tcp.sendbuf_auto":              {"0": true, "1": true},
	"net.inet.tcp.nolocaltimewait":           {"0": true},
	"net.inet.tcp.fast_finwait2_recycle":     {"0": true},
	"net.inet.tcp.ts_offset_per_conn":        {"1": true},
	"net.inet.tcp.rfc3465":                   {"1": true},
	"net.inet.tcp.v6mssdflt":                 nil,
	"net.inet.tcp.minmss":                    nil,
	"net.inet.tcp.sack.maxholes":             nil,
	"net.inet.tcp.sack.globalmaxholes":       nil,
	"tcp_syn_linear_timeouts":                {"0": true},
	"tcp_autocorking":                        {"0": true},
	"tcp_comp_sack_nr":                       {"0": true},
	"tcp_reordering":                         {"3": true},
	"tcp_max_reordering":                     nil,
	"tcp_fastopen_blackhole_timeout_sec":     nil,
	"tcp_ecn_fallback":                       {"0": true, "1": true},
	"tcp_dsack":                              {"1": true},
	"tcp_fack":                               {"0": true, "1": true},
	"tcp_frto":                               {"2": true, "1": true},
	"tcp_recovery":                           {"1": true},
	"tcp_early_retrans":                      {"3": true},
	"tcp_no_metrics_save":                    {"0": true, "1": true},
	"tcp_min_tso_segs":                       nil,
	"tcp_tso_win_divisor":                    nil,
	"tcp_limit_output_bytes":                 nil,
	"tcp_pacing_ss_ratio":                    nil,
	"tcp_pacing_ca_ratio":                    nil,
	"tcp_moderate_rcvbuf":                    nil,
	"tcp_adv_win_scale":                      nil,
	"tcp_syncookies":                         {"0": true, "1": true},
	"tcp_window_scaling":                     {"1": true},
	"tcp_retries2":                           {"15": true},
	"tcp_rfc1337":                            {"1": true, "0": true},
	"net.core.default_qdisc":                 nil,
	"net.core.wmem_max":                      nil,
	"net.core.rmem_max":                      nil,
	"net.inet.tcp.hostcache.purgenow":        nil,
	"net.inet.tcp.hostcache.enable":          nil,
	"net.inet.tcp.hostcache.purge":           nil,
	"kern.ipc.maxsockbuf":                    nil,
	"net.inet.tcp.rexmit_drop_options":       {"0": true},
	"net.inet.tcp.log_debug":                 nil,
	"net.inet.tcp.log_in_vain":               nil,
	"net.inet.icmp.icmplim":                  nil,
	"net.inet.icmp.icmplim_jitter":           nil,
}

// sysctl sets a variable of a kernel.
func (r *run) sysctl(key, value, line string) {
	p := &r.profile
	key = strings.TrimPrefix(key, "net.ipv4.")
	bsd := strings.HasPrefix(key, "net.inet.") || strings.HasPrefix(key, "kern.")
	if bsd {
		p.freebsd()
	}
	if values, ok := fixed[key]; ok {
		if values != nil && !values[value] {
			r.skip("the stack has no %s=%s", key, value)
		}
		return
	}
	if name, ok := strings.CutPrefix(key, "net.inet.tcp.cc."); ok && name == "algorithm" || key == "tcp_congestion_control" {
		r.congestion(value)
		return
	}
	if key == "tcp_wmem" || key == "tcp_rmem" {
		r.skip("the stack has no %s: its buffers are counted without what a kernel adds to them", key)
	}
	wide, err := strconv.ParseInt(value, 0, 64)
	if err != nil || wide < -1<<31 || wide > 1<<31-1 {
		r.skip("command %s", line)
	}
	n := int(wide)
	ms := time.Duration(n) * time.Millisecond
	switch key {
	case "tcp_timestamps":
		p.cfg.NoTimestamps = n == 0
	case "net.inet.tcp.tolerate_missing_ts":
		p.cfg.TolerateMissingTimestamps = n != 0
	case "tcp_sack", "net.inet.tcp.sack.enable":
		p.cfg.NoSACK = n == 0
	case "net.inet.tcp.rfc1323":
		// 2: window scale alone; 3: timestamps alone.
		p.cfg.NoTimestamps = n == 0 || n == 2
		p.cfg.NoWindowScale = n == 0 || n == 3
	case "tcp_ecn", "net.inet.tcp.ecn.enable":
		modes := []tcp.ECNMode{tcp.ECNOff, tcp.ECNActive, tcp.ECNPassive, tcp.ECNActive, tcp.ECNPassive}
		if n < 0 || n >= len(modes) || n == 4 && !bsd {
			r.skip("%s=%d", key, n)
		}
		p.cfg.ECN, p.cfg.AccurateECN = modes[n], n >= 3
	case "tcp_ecn_option":
		p.cfg.AccurateECNOption = n != 0
	case "tcp_syn_retries":
		if n < 1 || n > 20 {
			r.skip("command %s", line)
		}
		p.synRetries = n
	case "tcp_synack_retries":
		if n < 1 || n > 20 {
			r.skip("command %s", line)
		}
		p.cfg.SynAckRetries = n
	case "tcp_mtu_probing": // 2 would also begin with small segments
		if n != 0 && n != 1 {
			r.skip("the stack has no %s=%d", key, n)
		}
		p.cfg.NoPathProbing = n == 0
	case "tcp_fastopen":
		if n&^(fastOpenClient|fastOpenServer|fastOpenListeners|fastOpenTimers) != 0 {
			r.skip("the stack has no tcp_fastopen=%s", value)
		}
		p.fastOpen = wide
	case "net.inet.tcp.fastopen.server_enable":
		p.allowFastOpen(fastOpenServer, n != 0)
	case "net.inet.tcp.fastopen.client_enable":
		p.allowFastOpen(fastOpenClient, n != 0)
		r.forgetCookies()
	case "tcp_fastopen_cookies":
		r.forgetCookies()
	case "net.inet.tcp.rexmit_slop":
		p.slop = ms
	case "net.inet.tcp.cc.abe":
		p.cfg.ABE = n != 0
	case "tcp_rto_min_us":
		p.cfg.MinRTO = time.Duration(n) * time.Microsecond
		p.cfg.Granularity = p.cfg.MinRTO
	case "tcp_slow_start_after_idle":
		p.cfg.KeepCwnd = n == 0
	case "net.inet.tcp.recvspace":
		p.cfg.RcvBuf = n
	case "net.inet.tcp.sendspace":
		p.cfg.SndBuf = n
	case "net.inet.tcp.rexmit_initial":
		p.cfg.InitialRTO = ms
	case "net.inet.tcp.rexmit_min":
		p.cfg.MinRTO = ms + 200*time.Millisecond
	case "net.inet.tcp.delacktime":
		p.cfg.DelayedAck = ms
	case "net.inet.tcp.keepinit":
		p.cfg.SynTimeout = ms
	case "net.inet.tcp.msl":
		p.cfg.TimeWait = 2 * ms
	case "net.inet.tcp.finwait2_timeout":
		p.cfg.FinWait2 = ms
	case "net.inet.tcp.keepidle":
		p.cfg.KeepAlive.Idle = ms
	case "net.inet.tcp.keepintvl":
		p.cfg.KeepAlive.Interval = ms
	case "net.inet.tcp.keepcnt":
		p.cfg.KeepAlive.Count = n
	case "net.inet.tcp.always_keepalive":
		p.cfg.KeepAlive.Enabled = n != 0
	case "net.inet.tcp.mssdflt":
		p.cfg.DefaultMSS = n
	case "tcp_keepalive_time":
		p.cfg.KeepAlive.Idle = time.Duration(n) * time.Second
	case "tcp_keepalive_intvl":
		p.cfg.KeepAlive.Interval = time.Duration(n) * time.Second
	case "tcp_keepalive_probes":
		p.cfg.KeepAlive.Count = n
	case "tcp_fin_timeout":
		p.cfg.FinWait2 = time.Duration(n) * time.Second
	default:
		r.skip("the stack has no %s", key)
	}
}

// congestion chooses the congestion control by its kernel's name.
func (r *run) congestion(name string) {
	name = strings.ToLower(name)
	if name == "reno" {
		name = "newreno"
	}
	if a, ok := tcp.ParseAlgorithm(name); ok {
		r.profile.cfg.Congestion = a
		return
	}
	r.skip("the stack has no congestion control %s", name)
}

// words splits a command line at its blanks, outside of quotes, which stay.
func words(line string) (list []string) {
	var quote byte
	from := -1
	for i := 0; i <= len(line); i++ {
		blank := i == len(line) || quote == 0 && (line[i] == ' ' || line[i] == '\t')
		switch {
		case blank && from >= 0:
			list, from = append(list, line[from:i]), -1
		case blank:
		case from < 0:
			from = i
		}
		if blank {
			continue
		}
		switch c := line[i]; {
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case c == quote:
			quote = 0
		}
	}
	return list
}

var sockstatStates = map[string]tcp.State{
	"SYN_SENT": tcp.SynSent, "SYN_RCVD": tcp.SynReceived, "SYN_RECEIVED": tcp.SynReceived, "ESTABLISHED": tcp.Established,
	"CLOSE_WAIT": tcp.CloseWait, "FIN_WAIT_1": tcp.FinWait1, "FIN_WAIT_2": tcp.FinWait2, "CLOSING": tcp.Closing,
	"LAST_ACK": tcp.LastAck, "TIME_WAIT": tcp.TimeWait,
}

// countState checks how many connections are in a state.
func (r *run) countState(name, want string) {
	n := 0
	switch state, ok := sockstatStates[name]; {
	case ok:
		for c := range r.stack.TCPSockets() {
			if c.State() == state {
				n++
			}
		}
	case name == "CLOSED":
		for _, f := range r.files {
			if f.tcp && f.listener == nil && (f.sock == nil || f.sock.State() == tcp.Closed) {
				n++
			}
		}
	case name == "LISTEN":
		for _, f := range r.files {
			if f.listener != nil {
				n++
			}
		}
	default:
		r.skip("sockstat of state %s", name)
	}
	if want == "" && n == 0 || want != "" && !strings.Contains(strconv.Itoa(n), want) {
		if want == "" {
			want = "some"
		}
		r.fail(want+" connections in "+name, strconv.Itoa(n))
	}
}

// dropTimeWait ends the connections in TIME-WAIT.
func (r *run) dropTimeWait() {
	var list []interface{ Abort() }
	for c := range r.stack.TCPSockets() {
		if c.State() == tcp.TimeWait {
			list = append(list, c)
		}
	}
	for _, c := range list {
		c.Abort()
	}
}
