package commands

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/urfave/cli/v2"

	"smoltcp/capture"
	"smoltcp/dissect"
	"smoltcp/stack/dns"
	"smoltcp/stack/host"
)

// parseFetch gives what a fetch command line asks for.
func parseFetch(t *testing.T, stdin string, words ...string) (o fetchOptions, err error) {
	t.Helper()
	err = readWords(t, stdin, append([]string{"fetch"}, words...), func(c *cli.Context, env Env) error {
		o, err = readFetch(c, env)
		return err
	})
	return o, err
}

func TestFetchOptions(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(data, []byte("two\r\nlines\xff\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	o, err := parseFetch(t, "", "--via", "tap0", "-4sSfLkiv", "10.0.0.1:8080/x", "-XPUT", "-H", "A: b, c", "-H", "Accept:", "-H", "E;", "-d", "a=1", "-d@"+data,
		"-u", "me:a:b", "-A", "x", "-e", "http://y/", "-r", "5-", "--max-redirs", "3", "-o", "./file", "-w", `%{http_code}\n`, "--connect-timeout", "1.5", "-m", "9",
		"--resolve", "Name:80:10.0.0.9,[fd00::1]", "--http1.1", "--compressed")
	if err != nil {
		t.Fatal(err)
	}
	if o.url.String() != "http://10.0.0.1:8080/x" || o.version != 4 || !o.silent || !o.showError || !o.failEarly || !o.follow || !o.insecure || !o.include ||
		!o.verbose || o.firstMethod() != "PUT" || string(o.body) != "a=1&twolines\xff" || o.redirects != 3 || o.output != "./file" || o.host.needs.dir != "." ||
		o.connectTimeout != 1500*time.Millisecond || o.maxTime != 9*time.Second || !o.http1 || !o.gzip || o.host.device.Name != "tap0" ||
		fmt.Sprint(o.resolve) != "map[name:80:[10.0.0.9 fd00::1]]" {
		t.Errorf("%+v", o)
	}
	r, err := o.newRequest(context.Background(), o.url, o.firstMethod(), true, true)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"A": "[b, c]", "Accept": "[]", "E": "[]", "Range": "[bytes=5-]", "User-Agent": "[x]", "Referer": "[http://y/]",
		"Authorization": "[Basic bWU6YTpi]", "Content-Type": "[application/x-www-form-urlencoded]",
	} {
		if got := fmt.Sprint(r.Header[name]); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if r, err = o.newRequest(context.Background(), o.url, "GET", false, false); err != nil || r.Header.Get("Authorization") != "" {
		t.Errorf("another server learns who asks: %v, %v", r.Header, err)
	}
	if o, err := parseFetch(t, "in\nput\n", "--via", "t", "x/a/b%20c?q", "-O", "--data-binary", "@-"); err != nil || o.output != "b%20c" || string(o.body) != "in\nput\n" || o.firstMethod() != "POST" {
		t.Errorf("%v %+v", err, o)
	}
	if o, err := parseFetch(t, "", "--via", "t", "http://[fe80::1%eth0]:80/", "-I"); err != nil || o.url.Hostname() != "fe80::1%eth0" || o.firstMethod() != "HEAD" {
		t.Errorf("%v %+v", err, o)
	}
	for line, want := range map[string]string{
		"":                              "2 which URL?",
		"--via t":                       "2 which URL?",
		"--via t a b":                   "2 which URL?",
		"a":                             "2 by which interface?",
		"--via t a -4 -6":               "2 which of them?",
		"--via t a -X G:T":              "2 not a method",
		"--via t a -H x":                "2 want 'Name: value'",
		"--via t a -r x":                "2 want bytes",
		"--via t a -u x":                "2 want USER:PASSWORD",
		"--via t a -m x":                "2 not a value",
		"--via t a -m -1":               "2 want a number of seconds",
		"--via t a -m NaN":              "2 want a number of seconds",
		"--via t a --resolve x:1":       "2 want HOST:PORT:ADDR",
		"--via t a --resolve x:y:1":     "2 want HOST:PORT:ADDR",
		"--via t a --resolve x:1:y":     "2 not an IP address",
		"--via t a -o x -O":             "2 which file?",
		"--via t a -I -d x":             "2 has no data",
		"--via t a/ -O":                 "23 names no file",
		"--via t a/.. -O":               "23 names no file",
		"--via t a -d @/nonexistent":    "26 no such file",
		"--via t a -o /nonexistent/x":   "23 no such file",
		"--via t a --cacert /none":      "77 no such file",
		"--via t a --cacert /dev/null":  "77 no certificates",
		"--via t ftp://a":               "1 protocol",
		"--via t http://":               "3 no host",
		"--via t http://a:0/":           "3 port 0",
		"--via t http://a:65536/":       "3 port 65536",
		"--via t http://a:x/":           "3 is no URL",
		"--via t http://[::1":           "3 is no URL",
		"--via t -s http://[::1":        "3 stopped",
		"--via t -sS http://[::1":       "3 is no URL",
		"--via t http://a --mtu 67":     "2 want 68 to 65535",
		"--via t http://a -s --mtu 1":   "2 want 68 to 65535",
		"--via t http://a --pcap -":     "2 cannot both",
		"--via t http://a --max-redirs": "2 needs a value",
	} {
		var code int
		var text string
		fmt.Sscan(want, &code)
		_, text, _ = strings.Cut(want, " ")
		o, err := parseFetch(t, "", strings.Fields(line)...)
		if err = o.hush(err); err == nil || !strings.Contains(err.Error(), text) || ExitCode(err) != code {
			t.Errorf("fetch %s: %v (exit code %d), want %s", line, err, ExitCode(err), want)
		}
	}
}

// newCertificate makes a certificate for hosts, and gives a file with it in PEM.
func newCertificate(t *testing.T, hosts ...string) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			c.IPAddresses = append(c.IPAddresses, ip)
		} else {
			c.DNSNames = append(c.DNSNames, h)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o666); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}

// raw answers a request with bytes of any kind, and then ends the connection, by a reset if asked for.
func raw(reset bool, text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		io.WriteString(c, text)
		if reset {
			time.Sleep(20 * time.Millisecond) // what was written arrives
			c.(*host.TCPConn).Abort()
			return
		}
		c.Close()
	}
}

// fetchSite is a web server with every kind of trouble.
func fetchSite(t *testing.T) http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("/hello", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", "today")
		io.WriteString(w, "hello\n")
	})
	m.HandleFunc("/say", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %q agent=%q auth=%q accept=%q\n", r.Method, r.Host, body, r.UserAgent(), r.Header.Get("Authorization"), r.Header.Get("Accept"))
	})
	m.Handle("/to/", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var code int
		var where string
		fmt.Sscanf(r.URL.Path, "/to/%d", &code)
		where = r.URL.Query().Get("u")
		w.Header().Set("Location", where)
		w.WriteHeader(code)
		io.WriteString(w, "elsewhere\n")
	}))
	m.HandleFunc("/loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) })
	m.HandleFunc("/none", func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no such thing", http.StatusNotFound) })
	m.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "begun\n")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	m.HandleFunc("/gzip", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		fmt.Fprintf(z, "asked for %s\n", r.Header.Get("Accept-Encoding"))
		z.Close()
	})
	m.HandleFunc("/bad-gzip", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		io.WriteString(w, "this is plain text\n")
	})
	m.HandleFunc("/range", func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "x.txt", time.Time{}, strings.NewReader("0123456789"))
	})
	m.Handle("/short", raw(false, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789"))
	m.Handle("/short-chunks", raw(false, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n0123456789"))
	m.Handle("/odd", raw(false, "HTTP/1.1 103 Early\r\nx: y\r\n\r\nHTTP/1.1 299 Strange Thing\r\nb-Header:  2\r\nA: \xff[2J\r\nContent-Length: 3\r\n\r\nodd"))
	m.Handle("/reset", raw(true, ""))
	m.Handle("/reset-later", raw(true, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0123456789"))
	m.Handle("/empty", raw(false, ""))
	m.Handle("/garbage", raw(false, "220 smtp.example ready\r\n\r\n"))
	m.Handle("/bad-length", raw(false, "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"))
	return m
}

// fetchOn runs fetch over a wire to a host with fetchSite on ports 80 and 443.
func fetchOn(t *testing.T, ctx context.Context, o fetchOptions, certificate tls.Certificate) (stdout, stderr string, err error) {
	t.Helper()
	var out, errs bytes.Buffer
	env := Env{Stdin: strings.NewReader(""), Stdout: &out, Stderr: &errs}
	dev, wire := capture.Pipe(1500)
	peer := peerHost(t, wire)
	answering(t, peer, fetchNames)
	for _, port := range []string{":80", ":443"} {
		l, err := peer.Listen("tcp", port)
		if err != nil {
			t.Fatal(err)
		}
		server := &http.Server{Handler: fetchSite(t), TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}}, ErrorLog: log.New(io.Discard, "", 0)}
		t.Cleanup(func() { server.Close() })
		if port == ":80" {
			go server.Serve(l)
		} else {
			go server.ServeTLS(l, "", "")
		}
	}
	c, err := o.host.openOn(env, dev)
	if err != nil {
		t.Fatal(err)
	}
	err = o.hush(fetchBy(ctx, env, o, c))
	return out.String(), errs.String(), err
}

// fetchNames answers for a name server: web.example has an address, silent.example none at all, six.example one of IPv6.
func fetchNames(q *dns.Message) *dns.Message {
	r := &dns.Message{Header: q.Header, Questions: q.Questions}
	r.Header.Response, r.Header.RecursionAvailable = true, true
	asked := q.Questions[0]
	record := func(a string) {
		r.Answer = []dns.Record{{Name: asked.Name, Type: asked.Type, Class: dissect.DNSClassIN, TTL: 300, Data: netip.MustParseAddr(a).AsSlice()}}
	}
	switch name := asked.Name.String(); {
	case name == "silent.example.":
		return nil
	case name == "web.example." && asked.Type == dissect.DNSTypeA:
		record("192.168.69.100")
	case name == "six.example." && asked.Type == dissect.DNSTypeAAAA:
		record("fdaa::100")
	case name != "web.example." && name != "six.example.":
		r.Header.Rcode = dissect.DNSRcode(dns.RcodeNoName)
	}
	return r
}

// Whole runs over a wire with a second stack and net/http at its end.
func TestFetch(t *testing.T) {
	certificate, pem := newCertificate(t, "192.168.69.100", "secure.example")
	const site = "192.168.69.100"
	for _, c := range []struct {
		args, stdout, stderr string
		code                 int
	}{
		{site + "/hello", "hello\n", "", 0},
		{"http://[fdaa::100]/hello", "hello\n", "", 0},
		{"-6 http://[fdaa::100]/hello", "hello\n", "", 0},
		{site + "/say", "GET 192.168.69.100 \"\" agent=\"smoltcp\" auth=\"\" accept=\"*/*\"\n", "", 0},
		{"-d x=y -A me -u a:b -H Accept:z -H Host:h " + site + "/say", "POST h \"x=y\" agent=\"me\" auth=\"Basic YTpi\" accept=\"z\"\n", "", 0},
		{"-X PUT -d z http://u:p@" + site + "/say", "PUT 192.168.69.100 \"z\" agent=\"smoltcp\" auth=\"Basic dTpw\" accept=\"*/*\"\n", "", 0},
		{"-I " + site + "/hello", "HTTP/1.1 200 OK\r\nDate: today\r\nContent-Length: 6\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n", "", 0},
		{"-i " + site + "/odd", "HTTP/1.1 103 Early\r\nx: y\r\n\r\nHTTP/1.1 299 Strange Thing\r\nb-Header:  2\r\nA: \xff[2J\r\nContent-Length: 3\r\n\r\nodd", "", 0},
		{"-v -A me " + site + "/odd", "odd", `* Trying 192.168.69.100:80...
* Connected to 192.168.69.100 (192.168.69.100:80)
> GET /odd HTTP/1.1
> Host: 192.168.69.100
> User-Agent: me
> Accept: */*
>
< HTTP/1.1 103 Early
< x: y
<
< HTTP/1.1 299 Strange Thing
< b-Header:  2
< A: \xff[2J
< Content-Length: 3
<
`, 0},
		{"-r 2-4 " + site + "/range", "234", "", 0},
		{"-r -2 -w %{http_code} " + site + "/range", "89206", "", 0},
		{"--compressed " + site + "/gzip", "asked for gzip\n", "", 0},
		{"--compressed " + site + "/bad-gzip", "", "(61) ", 61},
		{"--resolve name.example:80:192.168.69.100 http://Name.example/say", "GET Name.example \"\" agent=\"smoltcp\" auth=\"\" accept=\"*/*\"\n", "", 0},
		{"--resolve name.example:80:192.168.69.99,192.168.69.100 -m 9 http://name.example/hello", "hello\n", "", 0},
		{`-o /dev/null -w %{http_code}\t%{size_download}\t%{remote_ip}:%{remote_port}\t%{local_ip}\t%{num_connects}\t%{scheme}\t%{http_version}\t%%{x}\t%{nothing}\q\n ` + site + "/hello",
			"200\t6\t192.168.69.100:80\t192.168.69.1\t1\thttp\t1.1\t%{x}\t\\q\n", "smoltcp: fetch: -w: no such variable: %{nothing}\n", 0},

		// Names.
		{"--server 192.168.69.100 http://web.example/hello", "hello\n", "", 0},
		{"--server 192.168.69.100 --search example http://web/hello", "hello\n", "", 0},
		{"--server 192.168.69.100 -w %{remote_ip} http://six.example/hello", "hello\nfdaa::100", "", 0},

		// Redirections.
		{site + "/to/302?u=/hello", "elsewhere\n", "", 0},
		{"-w %{redirect_url} " + site + "/to/302?u=/hello", "elsewhere\nhttp://192.168.69.100/hello", "", 0},
		{"-L " + site + "/to/302?u=/hello", "hello\n", "", 0},
		{"-L -w %{num_redirects},%{num_connects},%{url_effective} " + site + "/to/302?u=/to/301%3Fu=/hello", "hello\n2,1,http://192.168.69.100/hello", "", 0},
		{"-L -d a=b " + site + "/to/302?u=/say", "GET 192.168.69.100 \"\" agent=\"smoltcp\" auth=\"\" accept=\"*/*\"\n", "", 0},
		{"-L -d a=b " + site + "/to/307?u=/say", "POST 192.168.69.100 \"a=b\" agent=\"smoltcp\" auth=\"\" accept=\"*/*\"\n", "", 0},
		{"-L -u a:b " + site + "/to/308?u=/say", "GET 192.168.69.100 \"\" agent=\"smoltcp\" auth=\"Basic YTpi\" accept=\"*/*\"\n", "", 0},
		{"-L -u a:b " + site + "/to/308?u=http://[fdaa::100]/say", "GET [fdaa::100] \"\" agent=\"smoltcp\" auth=\"\" accept=\"*/*\"\n", "", 0},
		{"-L --max-redirs 2 " + site + "/loop", "", "(47) more than 2 redirections", 47},
		{"-L " + site + "/to/302?u=file:///etc/passwd", "", `(1) protocol "file" is not supported`, 1},

		// TLS.
		{"--cacert " + pem + " https://" + site + "/hello -w %{http_version}", "hello\n2", "", 0},
		{"--http1.1 --cacert " + pem + " https://" + site + "/hello -w %{http_version}", "hello\n1.1", "", 0},
		{"-i --cacert " + pem + " https://" + site + "/hello", "HTTP/2 200 \r\ncontent-length: 6\r\ncontent-type: text/plain; charset=utf-8\r\ndate: today\r\n\r\nhello\n", "", 0},
		{"--cacert " + pem + " --resolve secure.example:443:192.168.69.100 https://secure.example/hello", "hello\n", "", 0},
		{"--cacert " + pem + " --resolve other.example:443:192.168.69.100 https://other.example/hello", "", "(60) the certificate of other.example:443: ", 60},
		{"https://" + site + "/hello", "", "(60) the certificate of 192.168.69.100:443: ", 60},
		{"-k https://" + site + "/hello", "hello\n", "", 0},
		{"https://" + site + ":80/hello", "", "(35) TLS with 192.168.69.100:80: ", 35},

		// Failures.
		{site + "/none", "no such thing\n", "", 0},
		{"-f " + site + "/none", "", "(22) the server says 404 Not Found", 22},
		{"-sf " + site + "/none", "", "", 22},
		{"-sSf " + site + "/none", "", "(22) ", 22},
		{site + ":81/", "", "(7) connect to 192.168.69.100:81: connection refused", 7},
		{"--gateway none 10.1.1.1", "", "(7) connect to 10.1.1.1:80: network is unreachable", 7},
		{"http://no.name.example/", "", "(6) no.name.example: no name server is known", 6},
		{"--server 192.168.69.100 http://no.name.example/", "", "(6) no.name.example: ", 6},
		{"--server 192.168.69.100 -m 0.2 http://silent.example/", "", "(28) ", 28},
		{"--server 192.168.69.100 --connect-timeout 0.2 http://silent.example/", "", "(28) ", 28},
		{"--server 192.168.69.100 -6 http://web.example/", "", "(6) ", 6},
		{"-6 " + site, "", "(6) ", 6},
		{"--connect-timeout 0.05 192.168.69.77", "", "(28) connect to 192.168.69.77:80: timed out", 28},
		{"-m 1 -w %{http_code},%{exitcode} " + site + "/slow", "begun\n200,28", "(28) timed out ", 28},
		{site + "/short", "0123456789", "(18) the connection ended with 90 bytes still to come", 18},
		{site + "/short-chunks", "0123456789", "(18) ", 18},
		{site + "/reset", "", "(56) the server reset the connection", 56},
		{site + "/reset-later", "0123456789", "(56) the server reset the connection", 56},
		{site + "/empty", "", "(52) no reply from the server", 52},
		{site + "/garbage", "", "(1) what came is not HTTP", 1},
		{site + "/bad-length", "", "(8) ", 8},
		{"-o / " + site + "/hello", "", "(23) open /: is a directory", 23},
	} {
		t.Run(strings.ReplaceAll(c.args, "/", "|"), func(t *testing.T) {
			o, err := parseFetch(t, "", append([]string{"--via", "tap0"}, strings.Fields(c.args)...)...)
			if err != nil {
				t.Fatal(err)
			}
			t.Parallel() // from here: the flag package has global variables
			stdout, stderr, err := fetchOn(t, context.Background(), o, certificate)
			if err != nil && !Silent(err) {
				stderr += err.Error()
			}
			if stdout != c.stdout || ExitCode(err) != c.code || c.code == 0 && stderr != c.stderr || !strings.Contains(stderr, c.stderr) {
				t.Errorf("exit code %d (want %d), stdout\n%q\nwant\n%q\nstderr\n%s\nwant\n%s", ExitCode(err), c.code, stdout, c.stdout, stderr, c.stderr)
			}
		})
	}
}

// A file is there when there is something to be in it, and Ctrl-C is no success.
func TestFetchToFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "out")
	run := func(ctx context.Context, words ...string) error {
		t.Helper()
		o, err := parseFetch(t, "", append([]string{"--via", "tap0", "-o", file}, words...)...)
		if err != nil {
			t.Fatal(err)
		}
		stdout, _, err := fetchOn(t, ctx, o, tls.Certificate{})
		if stdout != "" {
			t.Errorf("stdout: %q", stdout)
		}
		return err
	}
	if err := run(context.Background(), "-f", "192.168.69.100/none"); ExitCode(err) != 22 {
		t.Error(err)
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("there is a file of a reply that failed")
	}
	if err := run(context.Background(), "192.168.69.100/hello"); err != nil {
		t.Error(err)
	}
	if text, err := os.ReadFile(file); string(text) != "hello\n" {
		t.Errorf("%q, %v", text, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
			if text, _ := os.ReadFile(file); string(text) == "begun\n" {
				break
			}
		}
		cancel()
	}()
	if err := run(ctx, "192.168.69.100/slow"); ExitCode(err) != 130 {
		t.Errorf("interrupted: %v", err)
	}
	if text, err := os.ReadFile(file); string(text) != "begun\n" {
		t.Errorf("%q, %v", text, err)
	}
}

// What goes to a terminal moves no cursor, wherever it is cut.
func TestTerminalWriter(t *testing.T) {
	in := "plain\ttext\r\nünïcode €\n\x1b[2J\a\r\x7f\xc2\x9b31m\xff\xe2\x82"
	const want = "plain\ttext\r\nünïcode €\n\\x1b[2J\\x07\\x0d\\x7f\\xc2\\x9b31m\\xff"
	for cut := range len(in) {
		var b bytes.Buffer
		w := terminalWriter{w: &b}
		io.WriteString(&w, in[:cut])
		io.WriteString(&w, in[cut:])
		if cut != strings.Index(in, "\r\n")+1 && b.String() != want {
			t.Errorf("cut at %d: %q", cut, b.String())
		}
	}
}

func TestProgressText(t *testing.T) {
	for _, c := range []struct {
		n, total int64
		d        time.Duration
		want     string
	}{
		{0, -1, 0, "0 B"},
		{999, -1, time.Second, "999 B  999 B/s"},
		{1 << 20, 4 << 20, 2 * time.Second, " 25%  1.0 MiB of 4.0 MiB  512.0 KiB/s  6s left"},
		{5 << 30, 5 << 30, time.Second, "100%  5.0 GiB of 5.0 GiB  5.0 GiB/s"},
	} {
		if got := progressText(c.n, c.total, c.d); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
