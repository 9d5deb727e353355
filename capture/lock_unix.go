//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package capture

import (
	"os"

	"golang.org/x/sys/unix"
)

// lock reserves a file for this program until it is closed; false means that another has it. Where files cannot be locked,
// nobody has.
func lock(f *os.File) bool {
	return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) != unix.EWOULDBLOCK
}
