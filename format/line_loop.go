package format

const etherTypeLoopback = 0x9000

// loopback prints a message of the configuration test protocol of Ethernet 2.0 (section 8), whose numbers have the low byte first.
func (p *Line) loopback(b, d []byte, length int) []byte {
	const (
		reply   = 1
		forward = 2
	)
	w := p.pen(b, "loopback")
	w.title("Loopback")
	// whole marks the message if bytes that it should have were not captured.
	whole := func() {
		if len(d) < length {
			w.done = false
			w.stop()
		}
	}
	short := func(n int) bool {
		if length < n {
			w.invalid()
			whole()
		}
		return w.done || !w.has(d, 0, n)
	}
	skip := func(n int) { d, length = from(d, n), length-n }
	if short(2) {
		return w.b
	}
	count := int(d[0]) | int(d[1])<<8
	skip(2)
	w.put(", skipCount %d", count)
	if count%8 != 0 {
		w.text(" (bogus)")
	}
	if count > length {
		w.invalid()
		whole()
		return w.b
	}
	if !w.has(d, 0, count) {
		return w.b
	}
	skip(count)
	if short(2) {
		return w.b
	}
	function := int(d[0]) | int(d[1])<<8
	skip(2)
	switch function {
	case reply:
		w.text(", Reply")
		if short(2) {
			return w.b
		}
		w.put(", receipt number %d", int(d[0])|int(d[1])<<8)
		skip(2)
	case forward:
		w.text(", Forward Data")
		if short(6) {
			return w.b
		}
		w.text(", forwarding address ")
		w.mac(d, 0)
		skip(6)
	default:
		w.put(",  invalid (%d)", function)
		whole()
		return w.b
	}
	w.put(", data (%d octets)", length)
	whole()
	return w.b
}
