package format

// mptcp prints the data of a Multipath TCP option.
func (o *tcpOptionPrinter) mptcp(b, d []byte) ([]byte, int, optionEnd) {
	return o.unknown(b, d, len(d))
}
