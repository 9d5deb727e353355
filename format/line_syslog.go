package format

// syslog prints a message of the BSD syslog protocol (RFC 3164).
func (p *Line) syslog(b, d []byte, length int, _ ipContext) []byte {
	priority, at := 0, 0
	for {
		if at >= len(d) {
			return p.stop(b, "syslog")
		}
		c := d[at]
		switch {
		case at == 0 && c != '<', at > 0 && c != '>' && (c < '0' || c > '9' || at > 3):
			return p.invalid(b)
		case at > 0 && c != '>':
			priority = 10*priority + int(c-'0')
		}
		if at++; c == '>' {
			break
		}
	}
	facility, severity := priority>>3, priority&7
	if p.opts.Verbose == 0 {
		b = appendSyslogFacility(append(b, "SYSLOG "...), facility)
		b = append(append(b, '.'), syslogSeverityText[severity]...)
		return appendInt(append(b, ", length: "...), length)
	}
	b = appendInt(append(b, "SYSLOG, length: "...), length)
	b = appendSyslogFacility(append(b, "\n\tFacility "...), facility)
	b = appendInt(append(b, " ("...), facility)
	b = append(append(b, "), Severity "...), syslogSeverityText[severity]...)
	b = appendInt(append(b, " ("...), severity)
	b, ok := appendVisibleN(append(b, ")\n\tMsg: "...), d[at:], max(length-at, 0))
	if !ok {
		return p.stop(b, "syslog")
	}
	if p.opts.Verbose > 1 {
		b = appendIndentedHex(b, "\n\t", clip(d, length))
	}
	return b
}

func appendSyslogFacility(b []byte, facility int) []byte {
	if facility < len(syslogFacilityText) {
		return append(b, syslogFacilityText[facility]...)
	}
	return append(appendInt(append(b, "unknown ("...), facility), ')')
}

var syslogFacilityText = [...]string{
	"kernel", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp", "security", "console", "cron",
	"local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
}

var syslogSeverityText = [8]string{"emergency", "alert", "critical", "error", "warning", "notice", "info", "debug"}
