//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package capture

import "os"

// lock does nothing here: files cannot be reserved.
func lock(f *os.File) bool { return true }
