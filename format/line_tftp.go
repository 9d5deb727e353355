package format

// tftp prints a TFTP packet (RFC 1350), as long as it is from or to the port that requests go to.
func (p *Line) tftp(b, d []byte, length int, _ ipContext) []byte {
	b = appendInt(append(b, "TFTP, length "...), length)
	if length < 2 {
		return p.trunc(b, "tftp")
	}
	if len(d) < 2 {
		return p.stop(b, "tftp")
	}
	op := int(be16(d, 0))
	if op == 0 || op >= len(tftpOpText) {
		return appendInt(append(b, ", tftp-#"...), op)
	}
	b = append(append(b, ", "...), tftpOpText[op]...)
	d, length = d[2:], length-2
	if op == 6 {
		return p.tftpOptions(b, d, length)
	}
	if length == 0 {
		return p.trunc(b, "tftp")
	}
	if op <= 2 {
		return p.tftpRequest(b, d, length)
	}
	if length < 2 {
		return p.trunc(b, "tftp")
	}
	if len(d) < 2 {
		return p.stop(b, "tftp")
	}
	code := int(be16(d, 0))
	if op != 5 {
		return appendInt(append(b, " block "...), code)
	}
	b = append(b, ' ')
	if code < len(tftpErrorText) {
		b = append(b, tftpErrorText[code]...)
	} else {
		b = append(appendInt(append(b, "tftp-err-#"...), code), ` "`...)
	}
	if length == 2 {
		return p.trunc(b, "tftp")
	}
	b, n := p.tftpString(append(b, ` "`...), d[2:], length-2)
	b = append(b, '"')
	if n == 0 {
		return p.trunc(b, "tftp")
	}
	return b
}

var (
	tftpOpText    = [...]string{1: "RRQ", "WRQ", "DATA", "ACK", "ERROR", "OACK"}
	tftpErrorText = [...]string{"EUNDEF", "ENOTFOUND", "EACCESS", "ENOSPACE", "EBADOP", "EBADID", "EEXISTS", "ENOUSER"}
)

// tftpRequest prints the name of a file, a mode and options.
func (p *Line) tftpRequest(b, d []byte, length int) []byte {
	b, n := p.tftpString(append(b, ` "`...), d, length)
	b = append(b, '"')
	if n == 0 || n == length {
		return p.trunc(b, "tftp")
	}
	d, length = d[n:], length-n
	if b, n = p.tftpString(append(b, ' '), d, length); n == 0 {
		return p.trunc(b, "tftp")
	}
	return p.tftpOptions(b, d[n:], length-n)
}

// tftpOptions prints options (RFC 2347): names and values in turn.
func (p *Line) tftpOptions(b, d []byte, length int) []byte {
	for length > 0 {
		if len(d) == 0 {
			return p.stop(b, "tftp")
		}
		if d[0] != 0 {
			b = append(b, ' ')
		}
		var n int
		if b, n = p.tftpString(b, d, length); n == 0 {
			return p.trunc(b, "tftp")
		}
		d, length = d[n:], length-n
	}
	return b
}

// tftpString prints text that ends with a zero, and gives its length with that; zero if the end is missing.
func (p *Line) tftpString(b, d []byte, length int) ([]byte, int) {
	d = clip(d, length)
	for i, c := range d {
		if c == 0 {
			return appendVisibleText(b, d[:i]), i + 1
		}
	}
	return appendVisibleText(b, d), 0
}
