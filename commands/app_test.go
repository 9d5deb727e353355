package commands

import (
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// Nothing from the wire moves the cursor, not in an error either.
func TestPrintError(t *testing.T) {
	hostile := x509.HostnameError{Certificate: &x509.Certificate{DNSNames: []string{"\x1b]0;x\a"}}, Host: "good.example"}
	for _, c := range []struct {
		err  error
		want string
	}{
		{errors.New("dump: open eth9: no such device"), "smoltcp: dump: open eth9: no such device\n"},
		{errors.New("try this:\n  ip link ü"), "smoltcp: try this:\n  ip link ü\n"},
		{fmt.Errorf("fetch: %w", hostile), `smoltcp: fetch: x509: certificate is valid for \x1b]0;x\x07, not good.example` + "\n"},
		{errors.New("\u009b31m\xff\rx"), `smoltcp: \xc2\x9b31m\xff\x0dx` + "\n"},
	} {
		var b strings.Builder
		if PrintError(&b, c.err); b.String() != c.want {
			t.Errorf("printed %q, want %q", b.String(), c.want)
		}
	}
}
