package capture

import "fmt"

// FormatError says where a capture file is damaged and how. errors.Is(err, io.ErrUnexpectedEOF) tells a file that
// merely ends too early, and the errors of reading and unpacking are wrapped as well.
type FormatError struct {
	Name string // of the file

	// Packet is the number, counted from 1, of the packet that would have come next; 0 if what is
	// damaged is the beginning of the file.
	Packet int64
	Offset int64  // of the damaged record's first byte in the file, unpacked if it was packed
	Block  string // the kind of the pcapng block that is damaged, empty if it holds a packet

	Unpacked bool // the file is compressed, and Offset counts what comes out
	Reason   string
	// Others counts further places that are damaged and could be stepped over.
	Others int
	Err    error
}

func (e *FormatError) Error() string {
	of := ""
	if e.Unpacked {
		of = " of the unpacked data"
	}
	var s string
	switch {
	case e.Packet == 0:
		s = fmt.Sprintf("%s: %s", e.Name, e.Reason)
	case e.Block != "":
		s = fmt.Sprintf("%s: %s at offset %d%s, before packet %d: %s", e.Name, e.Block, e.Offset, of, e.Packet, e.Reason)
	default:
		s = fmt.Sprintf("%s: packet %d at offset %d%s: %s", e.Name, e.Packet, e.Offset, of, e.Reason)
	}
	if e.Others > 0 {
		s += fmt.Sprintf(" (and %d more damaged)", e.Others)
	}
	return s
}

func (e *FormatError) Unwrap() error { return e.Err }
