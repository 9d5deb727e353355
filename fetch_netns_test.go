//go:build linux

package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// web serves HTTP by the kernel's TCP in a namespace, on all addresses.
func (n *network) web(ns string, port int, h http.Handler) {
	n.t.Helper()
	server := httptest.NewUnstartedServer(h)
	n.listen(ns, server, port)
	server.Start()
	n.endWith(server)
}

// listen gives an unstarted server a listener in a namespace.
func (n *network) listen(ns string, server *httptest.Server, port int) {
	n.t.Helper()
	server.Listener.Close()
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that fail as they should
	var err error
	n.within(ns, func() { server.Listener, err = net.Listen("tcp", fmt.Sprint(":", port)) })
	if err != nil {
		n.t.Fatal(err)
	}
}

// endWith ends a server with the test, and connections whose peers are gone.
func (n *network) endWith(server *httptest.Server) {
	n.t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
}

// fetch runs smoltcp fetch in a namespace to its end.
func (n *network) fetch(args ...string) (code int, stdout, stderr string) {
	n.t.Helper()
	p := n.start(n.a, append([]string{"smoltcp", "fetch", "--via", "tap0"}, args...)...)
	code = p.end()
	return code, p.stdout.String(), p.stderr.String()
}

// fetch against the kernel's TCP with net/http on it: the exit codes are those of curl.
func TestFetchLikeCurl(t *testing.T) {
	t.Parallel()
	n := newNamespace(t, "curl", "sysctl")
	n.run(n.a, "ip", "tuntap", "add", "name", "tap0", "mode", "tap")
	n.ip(n.a, "addr", "add", "192.168.69.100/24", "dev", "tap0")
	n.ip(n.a, "addr", "add", "fdaa::100/64", "dev", "tap0", "nodad")
	n.ip(n.a, "link", "set", "tap0", "up")
	n.run(n.a, "sysctl", "-q", "-w", "net.ipv4.ip_forward=1")
	n.ip(n.a, "route", "add", "unreachable", "10.1.0.0/16")
	const size = 20 << 20
	sum := sha256.New()
	if _, err := io.CopyN(sum, noise(1), size); err != nil {
		t.Fatal(err)
	}
	m := http.NewServeMux()
	m.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s %s %s %q\n", r.Method, r.URL, r.Header.Get("Range"), body)
	})
	m.HandleFunc("/none", http.NotFound)
	m.HandleFunc("/moved", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/there", http.StatusFound) })
	m.HandleFunc("/loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusFound) })
	m.HandleFunc("/big", func(w http.ResponseWriter, r *http.Request) { io.CopyN(w, noise(1), size) })
	m.HandleFunc("/upload", func(w http.ResponseWriter, r *http.Request) {
		h := sha256.New()
		io.Copy(h, r.Body)
		fmt.Fprintf(w, "%x", h.Sum(nil))
	})
	m.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	broken := func(f func(c *net.TCPConn)) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
				f(c.(*net.TCPConn))
				c.Close()
			}
		}
	}
	m.HandleFunc("/reset", broken(func(c *net.TCPConn) { c.SetLinger(0) }))
	m.HandleFunc("/empty", broken(func(c *net.TCPConn) {}))
	m.HandleFunc("/short", broken(func(c *net.TCPConn) { io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort") }))
	n.web(n.a, 80, m)
	secure := httptest.NewUnstartedServer(m)
	n.listen(n.a, secure, 443)
	secure.EnableHTTP2 = true
	secure.StartTLS()
	n.endWith(secure)

	const site, site6 = "http://192.168.69.100", "http://[fdaa::100]"
	for _, c := range []struct {
		args string
		code int
	}{
		{site + "/x", 0}, {site6 + "/x", 0}, {"-d a=b " + site + "/x", 0}, {"-r 1-2 " + site + "/x", 0}, {"-X DELETE " + site + "/x", 0},
		{"-L " + site + "/moved", 0}, {"-L --max-redirs 3 " + site + "/loop", 47}, {"-f " + site + "/none", 22}, {site + "/none", 0},
		{"-k https://192.168.69.100/x", 0}, {"-k -w %{http_version} https://192.168.69.100/x", 0}, {"https://192.168.69.100/x", 60},
		{"https://192.168.69.100:80/x", 35}, {site + ":81/", 7}, {"ftq://192.168.69.100/", 1}, {"http://192.168.69.100:99999/", 3},
		{"http://10.1.0.1/", 7}, {site + "/reset", 56}, {site + "/empty", 52}, {site + "/short", 18}, {"--max-time 0.3 " + site + "/slow", 28},
		{"--connect-timeout 0.3 http://192.168.69.55/", 28}, {"-o /nonexistent/x " + site + "/x", 23},
		{"--resolve name.example:80:192.168.69.100 http://name.example/x -w %{http_code},%{size_download},%{num_connects},%{remote_ip}", 0},
	} {
		args := strings.Fields(c.args)
		// For curl the kernel is both ends, for fetch one.
		theirs := n.start(n.a, append([]string{"curl", "-sS", "-g"}, args...)...)
		if code := theirs.end(); code != c.code {
			t.Errorf("curl %s: exit code %d, want %d\n%s", c.args, code, c.code, theirs.stderr.String())
		}
		code, stdout, stderr := n.fetch(args...)
		if code != c.code || stdout != theirs.stdout.String() || (code == 0) != (stderr == "") {
			t.Errorf("fetch %s: exit code %d\n%s%s\ncurl: exit code %d\n%s", c.args, code, stdout, stderr, c.code, theirs.stdout.String())
		}
	}

	// Much, in both directions.
	dir := t.TempDir()
	for _, url := range []string{site + "/big", site6 + "/big", "https://192.168.69.100/big"} {
		if code, _, stderr := n.fetch("-k", "-o", filepath.Join(dir, "big"), url); code != 0 {
			t.Errorf("%s: exit code %d: %s", url, code, stderr)
		}
		text, err := os.ReadFile(filepath.Join(dir, "big"))
		if err != nil || sha256.Sum256(text) != [32]byte(sum.Sum(nil)) {
			t.Errorf("%s: %d bytes, %v", url, len(text), err)
		}
	}
	if code, stdout, stderr := n.fetch("--data-binary", "@"+filepath.Join(dir, "big"), site+"/upload"); code != 0 || stdout != fmt.Sprintf("%x", sum.Sum(nil)) {
		t.Errorf("upload: exit code %d: %s%s", code, stdout, stderr)
	}

	// Ctrl-C, and an interface that vanishes.
	for _, end := range []struct {
		f    func(p *program)
		code int
	}{
		{func(p *program) { p.cmd.Process.Signal(os.Interrupt) }, 130},
		{func(*program) { n.ip(n.a, "link", "del", "tap0") }, 45},
	} {
		p := n.start(n.a, "smoltcp", "fetch", "--via", "tap0", "-v", site+"/slow")
		p.await(&p.stderr, "> Accept: */*\n>\n")
		started := time.Now()
		end.f(p)
		if code := p.end(); code != end.code {
			t.Errorf("exit code %d after %v, want %d\n%s", code, time.Since(started), end.code, p.stderr.String())
		}
	}
}

// newWebServer starts serve with --http on a directory with two files.
func newWebServer(t *testing.T, tools ...string) (n *network, p *program, big []byte) {
	t.Helper()
	dir := t.TempDir()
	big, err := io.ReadAll(io.LimitReader(noise(2), 20<<20))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "big"), big, 0o666)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "a.txt"), []byte("hello\n"), 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
	n, p = newServer(t, tools, "--http", ":80="+dir)
	return n, p, big
}

// curl fetches from serve --http: ranges, one connection for several files, an upload that is refused before it is sent.
func TestServeHTTPCurl(t *testing.T) {
	t.Parallel()
	n, p, big := newWebServer(t, "curl")
	curl := func(args ...string) string {
		t.Helper()
		return n.run(n.a, append([]string{"curl", "-sSg", "--max-time", "20"}, args...)...)
	}
	const site = "http://" + serveIP
	file := filepath.Join(t.TempDir(), "got")
	curl("-o", file, site+"/big")
	if got, err := os.ReadFile(file); err != nil || sha256.Sum256(got) != sha256.Sum256(big) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	curl("-o", file, "-r", "1000000-1999999", site+"/big")
	if got, err := os.ReadFile(file); err != nil || sha256.Sum256(got) != sha256.Sum256(big[1000000:2000000]) {
		t.Errorf("range: %d bytes, %v", len(got), err)
	}
	// What is there already is not sent again.
	if err := os.WriteFile(file, big[:5000000], 0o666); err != nil {
		t.Fatal(err)
	}
	curl("-o", file, "-C", "-", site+"/big")
	if got, err := os.ReadFile(file); err != nil || sha256.Sum256(got) != sha256.Sum256(big) {
		t.Errorf("continued: %d bytes, %v", len(got), err)
	}
	if got, want := curl("-w", "%{num_connects},%{http_code};", site+"/a.txt", site+"/a.txt", "-I", site+"/none"), ",200;"; strings.Count(got, "1,") != 1 || strings.Count(got, want) != 2 {
		t.Errorf("one connection for three requests: %q", got)
	}
	if got := curl("-w", "%{http_code}", "-z", file, site+"/a.txt"); got != "304" {
		t.Errorf("if modified since: %q", got)
	}
	got := curl("-o", "/dev/null", "-w", "%{http_code},%{size_upload}", "-H", "Expect: 100-continue", "-T", file, site+"/new")
	if got != "405,0" {
		t.Errorf("upload: %q", got)
	}
	out := n.start(n.a, "curl", "-sSg", "--http0.9", "--path-as-is", "-w", "%{http_code}", "-o", "/dev/null", site+"/../../../../etc/passwd")
	if code := out.end(); code != 0 || out.stdout.String() != "404" {
		t.Errorf("out of the directory: exit code %d, %q", code, out.stdout.String())
	}
	deadline := time.Now().Add(patience)
	for { // the addresses of IPv6 are tried out first
		six := n.start(n.a, "curl", "-sSg", "http://[fdaa::1]/a.txt")
		if code := six.end(); code == 0 && six.stdout.String() == "hello\n" {
			break
		} else if time.Now().After(deadline) {
			t.Fatalf("over IPv6: exit code %d, %q", code, six.stderr.String())
		}
		time.Sleep(50 * time.Millisecond)
	}
	p.interrupt(os.Interrupt)
}

// wrk on many connections at once: no errors.
func TestServeHTTPWrk(t *testing.T) {
	t.Parallel()
	n, p, _ := newWebServer(t, "wrk")
	out := n.run(n.a, "wrk", "-t", "2", "-c", "100", "-d", "2", "http://"+serveIP+"/a.txt")
	if strings.Contains(out, "Socket errors") || strings.Contains(out, "Non-2xx") || !strings.Contains(out, "requests in") {
		t.Errorf("wrk:\n%s", out)
	}
	t.Log(out)
	p.interrupt(os.Interrupt)
}
