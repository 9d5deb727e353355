//go:build !unix

package commands

import (
	"os"
	"runtime"
)

// signalCounts and signalFlush are signals that this system does not have.
var signalCounts, signalFlush os.Signal

// machine says what the program runs on: the processor's architecture and the operating system.
func machine() (hardware, system string) { return runtime.GOARCH, runtime.GOOS }
