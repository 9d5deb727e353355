package format

import "bytes"

// sshIdentification is how the line begins with which each end introduces itself (RFC 4253 section 4.2). All else is binary.
const sshIdentification = "SSH-"

// ssh prints the identification at the start of a segment.
func (p *Line) ssh(b, d []byte, length int, _ ipContext) []byte {
	for i := range len(sshIdentification) {
		if i == len(d) {
			return p.stop(b, "ssh")
		}
		if d[i] != sshIdentification[i] {
			return b
		}
	}
	d = clip(d, length)
	n, _, end := textLine(d, length)
	if bytes.IndexByte(d[:n], '\t') >= 0 {
		return b
	}
	switch end {
	case lineEnded:
		b = p.proto(append(b, ": "...), "SSH")
		return append(append(b, ": "...), d[:n]...)
	case lineCut:
		return p.stop(b, "ssh")
	}
	return b
}
