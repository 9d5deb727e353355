package dissect

import "strconv"

// nameOrNumber and nameOrHex are what String gives for a value that may have a name. digits is how many
// hexadecimal digits a number of its type has.

func nameOrNumber(name string, v uint64) string {
	if name != "" {
		return name
	}
	return strconv.FormatUint(v, 10)
}

func nameOrHex(name string, v uint64, digits int) string {
	if name != "" {
		return name
	}
	return "0x" + strconv.FormatUint(1<<(4*digits)+v, 16)[1:]
}
