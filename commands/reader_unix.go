//go:build unix

package commands

import (
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// readerLook is how often it is looked whether a reader is still there, in milliseconds.
const readerLook = 200

// awaitReaderGone waits until nobody reads any more what is written to w, and gives true; or until done, or for no reason at once
// where w is no pipe, and gives false. Without it a program that has nothing to write would not notice.
func awaitReaderGone(w io.Writer, done <-chan struct{}) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	if st, err := f.Stat(); err != nil || st.Mode()&(os.ModeNamedPipe|os.ModeSocket) == 0 {
		return false
	}
	poll := []unix.PollFd{{Fd: int32(f.Fd())}} // errors and hang-ups are always told
	for {
		select {
		case <-done:
			return false
		default:
		}
		n, err := unix.Poll(poll, readerLook)
		switch {
		case err != nil && err != unix.EINTR:
			return false
		case n > 0 && poll[0].Revents&unix.POLLNVAL != 0:
			return false
		case n > 0 && poll[0].Revents&(unix.POLLERR|unix.POLLHUP) != 0:
			return true
		case n > 0:
			time.Sleep(readerLook * time.Millisecond)
		}
	}
}
