//go:build unix

package commands

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// signalCounts asks for the counts of a capture, signalFlush for what is buffered of its savefile. Both are tcpdump's.
var (
	signalCounts os.Signal = syscall.SIGUSR1
	signalFlush  os.Signal = syscall.SIGUSR2
)

// machine says what the program runs on: the processor's architecture and the operating system.
func machine() (hardware, system string) {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return "", ""
	}
	return unix.ByteSliceToString(u.Machine[:]), unix.ByteSliceToString(u.Sysname[:]) + " " + unix.ByteSliceToString(u.Release[:])
}
