//go:build !unix

package commands

import "io"

// awaitReaderGone cannot tell here whether anybody reads what is written to w: the next write will.
func awaitReaderGone(w io.Writer, done <-chan struct{}) bool { return false }
