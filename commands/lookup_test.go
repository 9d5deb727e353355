package commands

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/urfave/cli/v2"

	"smoltcp/capture"
	"smoltcp/dissect"
	"smoltcp/stack/dns"
	"smoltcp/stack/host"
)

// parseLookup gives what a lookup command line asks for, words split at spaces.
func parseLookup(t *testing.T, line string) (o lookupOptions, err error) {
	t.Helper()
	err = readWords(t, "", strings.Fields("lookup "+line), func(c *cli.Context, _ Env) error {
		o, err = readLookup(c)
		return usageStatus("lookup", err)
	})
	return o, err
}

func TestLookupOptions(t *testing.T) {
	o, err := parseLookup(t, "--via tap0 @192.168.69.100 example.org mx --server fdaa::100 --server 10.0.0.1:5300 @10.0.0.2#54 --short +tcp +norec +noedns +time=.5 +tries=2")
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(o.host.names.servers) != "[[fdaa::100]:53 10.0.0.1:5300 192.168.69.100:53 10.0.0.2:54]" || o.name != "example.org." || o.typ != dissect.DNSTypeMX ||
		!o.short || !o.machine.TCP || !o.machine.NoRecursion || o.machine.UDPSize != 512 || o.machine.Timeout != 500*time.Millisecond || o.machine.Attempts != 2 {
		t.Errorf("%+v", o)
	}
	o, err = parseLookup(t, "--via tap0 @10.0.0.1 @10.0.0.1#54 --server fdaa::1 -p 5300 a.test +noall +answer +nostats +all +nocmd")
	if err != nil || fmt.Sprint(o.host.names.servers) != "[[fdaa::1]:5300 10.0.0.1:5300 10.0.0.1:54]" || o.hidden != digCmd {
		t.Errorf("%+v, %v", o, err)
	}
	for line, want := range map[string]string{
		"a.test":                    "a.test. A",
		"aaaa a.test":               "a.test. AAAA",
		"a.test TXT -x ::1":         "-x ::1: want",
		"a.test TXT IN":             "a.test. TXT",
		"a.test TYPE65":             "a.test. HTTPS",
		"a.test -t any":             "a.test. ANY",
		"-x 10.1.2.3":               "3.2.1.10.in-addr.arpa. PTR",
		"-x fe80::1 +short":         "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.e.f.ip6.arpa. PTR",
		"www --search test":         "www A",
		"":                          "which name",
		"a b c":                     "which name",
		"a.test bogus":              "bogus: not a type of record",
		"a.test OPT":                "OPT: not a type of record",
		"a.test --server x":         "--server x: want an IP address",
		"a.test --server 0.0.0.0":   "--server 0.0.0.0: want an IP address",
		"a.test --server 1.1.1.1:0": "--server 1.1.1.1:0: want an IP address",
		"a.test --search a..b":      "--search a..b: not a domain name",
		"a.test @ns.test":           "@ns.test: want the IP address",
		"a.test +nonsense":          "+nonsense: no such option",
		"a.test +no":                "+no: no such option",
		"a.test -p 0":               "-p 0: want 1 to 65535",
		"a.test -p 65536":           "-p 65536: want 1 to 65535",
		"a.test +time=x":            "+time=x: no such option",
		"a.test +short=1":           "+short=1: no such option",
		"a.test +tries=0":           "--retries -1: want 0",
		"a.test --retries 1000":     "--retries 1000: want 0 to 100",
		"a.test --timeout 0":        "--timeout 0: want",
		"a.test --timeout NaN":      "--timeout NaN: want",
		"a.test --nonsense":         "no such flag: --nonsense",
		"-x 10.0.0.300":             "-x 10.0.0.300: want an IP address",
		"a.test --addr 10.0.0.1":    "--addr 10.0.0.1: want",
	} {
		o, err := parseLookup(t, "--via tap0 "+line)
		if got := o.name + " " + dns.TypeText(o.typ); err == nil && got != want {
			t.Errorf("lookup %s: %s, want %s", line, got, want)
		}
		if err != nil && (!strings.Contains(err.Error(), want) || ExitCode(err) != lookupUsage) {
			t.Errorf("lookup %s: %v (exit code %d), want %s", line, err, ExitCode(err), want)
		}
	}
	for _, name := range []string{"a..test", strings.Repeat("a", 64) + ".bc"} {
		if _, err := parseLookup(t, "--via tap0 "+name); err == nil || !strings.Contains(err.Error(), "not a domain name") || ExitCode(err) != lookupInternal {
			t.Errorf("lookup %s: %v (exit code %d)", name, err, ExitCode(err))
		}
	}
	if _, err := parseLookup(t, "a.test"); err == nil || !strings.Contains(err.Error(), "by which interface?") || ExitCode(err) != lookupUsage {
		t.Errorf("without an interface: %v", err)
	}
}

// answering has a host answer questions on port 53 by UDP.
func answering(t *testing.T, h *host.Host, answer func(q *dns.Message) *dns.Message) {
	t.Helper()
	u, err := h.ListenPacket("udp", ":53")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		buf := make([]byte, 4096)
		for {
			n, from, err := u.ReadFrom(buf)
			if err != nil {
				return
			}
			if q, err := dns.ParseMessage(buf[:n]); err == nil {
				if r := answer(q); r != nil {
					_, _ = u.WriteTo(r.Append(nil), from)
				}
			}
		}
	}()
}

// lookupOn runs lookup with the device dev, and gives what it prints, with what varies made N.
func lookupOn(t *testing.T, dev capture.Device, line string) (stdout string, err error) {
	t.Helper()
	o, err := parseLookup(t, line+" --via tap0")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	env := Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: io.Discard}
	c, err := o.host.openOn(env, dev)
	if err != nil {
		t.Fatal(err)
	}
	err = withStatus(lookupInternal, lookupBy(context.Background(), env, o, c))
	return lookupNumbers.ReplaceAllString(out.String(), "${1}N"), usageStatus("lookup", err)
}

var lookupNumbers = regexp.MustCompile(`(, id: |Query time: |WHEN: )[^\n]*`)

// Whole runs over a wire with a server at its end. The texts are those of dig, of which TestLookupLikeDig makes sure.
func TestLookup(t *testing.T) {
	name := func(s string) dns.Name {
		n, err := dns.ParseName(s)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	answer := func(q *dns.Message) *dns.Message {
		r := &dns.Message{Header: q.Header, Questions: q.Questions}
		r.Header.Response, r.Header.RecursionAvailable = true, true
		record := func(t dns.Type, data []byte) dns.Record {
			return dns.Record{Name: q.Questions[0].Name, Type: t, Class: dissect.DNSClassIN, TTL: 300, Data: data}
		}
		switch asked := q.Questions[0]; {
		case asked.Name == name("silent.test"):
			return nil
		case asked.Name == name("refused.test"):
			r.Header.Rcode = dissect.DNSRcode(dns.RcodeRefused)
			error := []byte{0, 15, 0, 9, 0, 18, 'k', 'e', 'e', 'p', ' ', 27, 'x'}
			r.Additional = []dns.Record{{Name: dns.Root, Type: dissect.DNSTypeOPT, Class: 4096, Data: error}}
		case asked.Name == name("alias.test"):
			target := name("a.test")
			r.Answer = []dns.Record{record(dissect.DNSTypeCNAME, []byte(target))}
		case asked.Type == dissect.DNSTypeA:
			r.Answer = []dns.Record{record(asked.Type, []byte{10, 0, 0, 1}), record(asked.Type, []byte{10, 0, 0, 2})}
		case asked.Type == dissect.DNSTypeTXT:
			r.Answer = []dns.Record{record(asked.Type, []byte("\x04a\"\x1bb"))}
		}
		return r
	}
	for _, c := range []struct {
		line, stdout string
		code         int
	}{
		{"@192.168.69.100 a-name-that-is-longer-than-the-column.test", `
; <<>> smoltcp lookup <<>> @192.168.69.100 a-name-that-is-longer-than-the-column.test
; (1 server found)
;; global options: +cmd
;; Got answer:
;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: N
;; flags: qr rd ra; QUERY: 1, ANSWER: 2, AUTHORITY: 0, ADDITIONAL: 0

;; QUESTION SECTION:
;a-name-that-is-longer-than-the-column.test. IN A

;; ANSWER SECTION:
a-name-that-is-longer-than-the-column.test. 300	IN A 10.0.0.1
a-name-that-is-longer-than-the-column.test. 300	IN A 10.0.0.2

;; Query time: N
;; SERVER: 192.168.69.100#53(192.168.69.100) (UDP)
;; WHEN: N
;; MSG SIZE  rcvd: 176

`, 0},
		{"--server 192.168.69.100 a.test +short", "10.0.0.1\n10.0.0.2\n", 0},
		{"--server 192.168.69.100 a.test TXT --short", `"a\"\027b"` + "\n", 0},
		{"--server 192.168.69.100 a.test MX --short", "", 0},
		{"@192.168.69.100 alias.test +noall +answer +question", ";alias.test.			IN	A\nalias.test.		300	IN	CNAME	a.test.\n", 0},
		{"@192.168.69.100 silent.test +time=0.05 +tries=1 +noall", ";; communications error to 192.168.69.100#53: timed out\n;; no servers could be reached\n", 9},
		{"--server 192.168.69.100 refused.test", `
; <<>> smoltcp lookup <<>> refused.test
; (1 server found)
;; global options: +cmd
;; Got answer:
;; ->>HEADER<<- opcode: QUERY, status: REFUSED, id: N
;; flags: qr rd ra; QUERY: 1, ANSWER: 0, AUTHORITY: 0, ADDITIONAL: 1

;; OPT PSEUDOSECTION:
; EDNS: version: 0, flags:; udp: 4096
; EDE: 18 (Prohibited): (keep .x)
;; QUESTION SECTION:
;refused.test.			IN	A

;; Query time: N
;; SERVER: 192.168.69.100#53(192.168.69.100) (UDP)
;; WHEN: N
;; MSG SIZE  rcvd: 54

`, 0},
		{"@192.168.69.100 silent.test +time=0.05 +tries=2", `;; communications error to 192.168.69.100#53: timed out
;; communications error to 192.168.69.100#53: timed out

; <<>> smoltcp lookup <<>> @192.168.69.100 silent.test +time=0.05 +tries=2
; (1 server found)
;; global options: +cmd
;; no servers could be reached
`, 9},
		{"@192.168.69.100#54 @192.168.69.100 a.test +short", ";; communications error to 192.168.69.100#54: connection refused\n10.0.0.1\n10.0.0.2\n", 0},
		{"localhost aaaa --short", "::1\n", 0},
		{"nobody.local --timeout 0.05", `
; <<>> smoltcp lookup <<>> nobody.local
;; global options: +cmd
;; no host on the link answered
`, 9},
	} {
		x, y := capture.Pipe(1500)
		answering(t, peerHost(t, y), answer)
		stdout, err := lookupOn(t, x, c.line)
		if stdout != c.stdout || ExitCode(err) != c.code {
			t.Errorf("lookup %s: exit code %d (%v)\n%s\nwant %d\n%s", c.line, ExitCode(err), err, stdout, c.code, c.stdout)
		}
	}
	x, _ := capture.Pipe(1500)
	if _, err := lookupOn(t, x, "a.test"); err == nil || !strings.Contains(err.Error(), "which name server?") || ExitCode(err) != lookupUsage {
		t.Errorf("without a server: %v (exit code %d)", err, ExitCode(err))
	}
}
