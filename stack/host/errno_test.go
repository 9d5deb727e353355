package host

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"

	"smoltcp/stack"
)

// Every error of a socket of the stack is one of the system's, so that programs find what they know.
func TestErrno(t *testing.T) {
	want := map[string]struct {
		err error
		no  syscall.Errno // 0: it never reaches a program, or has no number
	}{
		"ErrRefused": {stack.ErrRefused, syscall.ECONNREFUSED}, "ErrReset": {stack.ErrReset, syscall.ECONNRESET}, "ErrTimeout": {stack.ErrTimeout, syscall.ETIMEDOUT},
		"ErrNoRoute": {stack.ErrNoRoute, syscall.ENETUNREACH}, "ErrNetUnreachable": {stack.ErrNetUnreachable, syscall.ENETUNREACH},
		"ErrHostUnreachable": {stack.ErrHostUnreachable, syscall.EHOSTUNREACH}, "ErrTimeExceeded": {stack.ErrTimeExceeded, syscall.EHOSTUNREACH},
		"ErrProtoUnreach": {stack.ErrProtoUnreach, syscall.ENOPROTOOPT}, "ErrProhibited": {stack.ErrProhibited, syscall.EACCES},
		"ErrMessageSize": {stack.ErrMessageSize, syscall.EMSGSIZE}, "ErrInvalidAddr": {stack.ErrInvalidAddr, syscall.EINVAL},
		"ErrNotOurs": {stack.ErrNotOurs, syscall.EADDRNOTAVAIL}, "ErrAddrInUse": {stack.ErrAddrInUse, syscall.EADDRINUSE}, "ErrNoPorts": {stack.ErrNoPorts, syscall.EADDRNOTAVAIL},
		"ErrNotConnected": {stack.ErrNotConnected, syscall.EDESTADDRREQ}, "ErrIsConnected": {stack.ErrIsConnected, syscall.EISCONN}, "ErrTooMany": {stack.ErrTooMany, syscall.ENFILE},
		"ErrParameter": {stack.ErrParameter, syscall.EPROTO}, "ErrBadGroup": {stack.ErrBadGroup, syscall.EINVAL}, "ErrTooManyGroups": {stack.ErrTooManyGroups, syscall.ENOBUFS},
		"ErrBadPacket": {stack.ErrBadPacket, syscall.EINVAL}, "ErrBadOptions": {stack.ErrBadOptions, syscall.EINVAL}, "ErrInterfaceGone": {stack.ErrInterfaceGone, syscall.ENODEV},

		"ErrWouldBlock": {stack.ErrWouldBlock, 0}, "ErrClosed": {stack.ErrClosed, 0}, // see opError
		"ErrBadInterface": {stack.ErrBadInterface, 0}, "ErrBadAddr": {stack.ErrBadAddr, 0}, "ErrBadRoute": {stack.ErrBadRoute, 0}, // of configurations
	}
	for name, w := range want {
		no, ok := errno(fmt.Errorf("wrapped: %w", w.err))
		if no != w.no || ok != (w.no != 0) {
			t.Errorf("%s: %v, %t, want %v", name, no, ok, w.no)
		}
	}
	files, err := filepath.Glob("../*.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	declared := regexp.MustCompile(`(?m)^(?:var |\t)(Err[A-Z]\w+) += (?:errors\.New|tcp\.Err)`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range declared.FindAllSubmatch(text, -1) {
			if _, ok := want[string(m[1])]; !ok {
				t.Errorf("%s: %s is not known here", file, m[1])
			}
		}
	}
	if err := opError("write", "tcp", nil, nil, stack.ErrClosed); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("%v, want EPIPE", err)
	}
}
