package packetdrill

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// What no kernel has a name for, and so no script but ours has: the command
//
//	`config user-timeout-option=1 accurate-ecn=1 accurate-ecn-option=1 abe=1 pacing=1 tolerate-missing-timestamps=0 min-rto=1000 rto-granularity=1`
//
// where times are in milliseconds, and the option <uto 90>, in seconds, or <uto 5m>, in minutes (RFC 5482).

// configure sets fields of the configuration of sockets that are opened from now on.
func (r *run) configure(args []string, line string) {
	c := &r.profile.cfg
	for _, arg := range args {
		key, value, _ := strings.Cut(arg, "=")
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 || n > 1<<30 {
			r.bad("command %s", line)
		}
		switch key {
		case "user-timeout-option":
			c.UserTimeoutOption = n != 0
		case "max-user-timeout":
			c.MaxUserTimeout = time.Duration(n) * time.Second
		case "accurate-ecn":
			c.AccurateECN = n != 0
		case "accurate-ecn-option":
			c.AccurateECNOption = n != 0
		case "abe":
			c.ABE = n != 0
		case "min-rto":
			c.MinRTO = time.Duration(n) * time.Millisecond
		case "rto-granularity":
			c.Granularity = time.Duration(n) * time.Millisecond
		case "tolerate-missing-timestamps":
			c.TolerateMissingTimestamps = n != 0
		case "pacing":
			c.Pacing = n != 0
		default:
			r.bad("command %s", line)
		}
	}
}

// userTimeoutMinutes is the granularity bit of the option (RFC 5482 section 3.2).
const userTimeoutMinutes = 1 << 15

// userTimeout takes the time of a User Timeout Option.
func (p *parser) userTimeout() []byte {
	v := uint16(p.bounded(userTimeoutMinutes-1, "user timeout"))
	if p.acceptWord("m") {
		v |= userTimeoutMinutes
	}
	return binary.BigEndian.AppendUint16(nil, v)
}

func userTimeoutText(data []byte) string {
	if len(data) != 2 {
		return fmt.Sprintf("uto % x", data)
	}
	v := binary.BigEndian.Uint16(data)
	if v&userTimeoutMinutes != 0 {
		return fmt.Sprintf("uto %dm", v&^userTimeoutMinutes)
	}
	return fmt.Sprintf("uto %d", v)
}
