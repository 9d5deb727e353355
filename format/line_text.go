package format

// appendVisibleText appends bytes of text the way tcpdump shows them.
func appendVisibleText(b, text []byte) []byte {
	for _, c := range text {
		b = appendVisible(b, c)
	}
	return b
}

// appendVisibleN appends the first n bytes of d, as far as they were captured, and reports whether all were. An n below
// zero is more than there can be: that is how tcpdump, which counts without a sign, takes it.
func appendVisibleN(b, d []byte, n int) ([]byte, bool) {
	if n >= 0 && n <= len(d) {
		return appendVisibleText(b, d[:n]), true
	}
	return appendVisibleText(b, d), false
}

// appendVisibleZ appends the text in the first n bytes of d up to a zero, or all of it where there is none. It
// reports whether the end of it, by one or the other, was captured.
func appendVisibleZ(b, d []byte, n int) ([]byte, bool) {
	for i, c := range clip(d, n) {
		if c == 0 {
			return appendVisibleText(b, d[:i]), true
		}
	}
	return appendVisibleN(b, d, n)
}

// appendSigned appends v in decimal, with a sign if it is negative.
func appendSigned(b []byte, v int) []byte {
	if v < 0 {
		return appendDecimal(append(b, '-'), -uint64(v))
	}
	return appendDecimal(b, uint64(v))
}

// intervalUnits are the units of a time in words, the largest first.
var intervalUnits = [...]struct {
	letter  byte
	seconds uint32
}{{'y', 31536000}, {'w', 604800}, {'d', 86400}, {'h', 3600}, {'m', 60}, {'s', 1}}

// appendInterval appends a number of seconds as "1h1m1s".
func appendInterval(b []byte, seconds uint32) []byte {
	if seconds == 0 {
		return append(b, "0s"...)
	}
	for _, u := range intervalUnits {
		if n := seconds / u.seconds; n > 0 {
			b = append(appendDecimal(b, uint64(n)), u.letter)
			seconds -= n * u.seconds
		}
	}
	return b
}
