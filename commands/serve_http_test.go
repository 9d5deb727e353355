//go:build unix

package commands

import (
	"bufio"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"smoltcp/stack/host"
)

func TestHTTPOptions(t *testing.T) {
	dir := t.TempDir()
	o, err := parseServe(t, "tap0 --http :80="+dir+" --http [fdaa::1]:8080=/")
	if want := []httpSite{{":80", dir}, {"[fdaa::1]:8080", "/"}}; err != nil || !reflect.DeepEqual(o.http, want) || !reflect.DeepEqual(o.needs.trees, []string{dir, "/"}) {
		t.Errorf("%v: %+v, %v", err, o.http, o.needs.trees)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for arg, want := range map[string]string{
		":80":                     "want ADDR=DIR",
		"80=" + dir:               "want ADDR=DIR",
		":x=" + dir:               "want ADDR=DIR",
		":0=" + dir:               "want ADDR=DIR",
		":80=":                    "want ADDR=DIR",
		"name:80=" + dir:          "name is not an IP address",
		":80=/nonexistent":        "no such file or directory",
		":80=" + file:             "is not a directory",
		":80=/ --http :80=" + dir: "another --http is at :80 already",
	} {
		if _, err := parseServe(t, "tap0 --http "+arg); err == nil || !strings.Contains(err.Error(), want) || ExitCode(err) != 2 {
			t.Errorf("--http %s: %v (exit code %d), want %q", arg, err, ExitCode(err), want)
		}
	}
}

// webDir makes a directory with everything that is and that is not for strangers.
func webDir(t *testing.T) string {
	t.Helper()
	secret := filepath.Join(t.TempDir(), "secret")
	dir := filepath.Join(t.TempDir(), "www")
	for name, text := range map[string]string{
		"a.txt": "hello\n", "sub/index.html": "<p>index", "sub/b.txt": "b\n", ".git/config": "secret\n", "sub/.env": "secret\n",
		".well-known/x": "known\n", "with <b>.txt": "odd\n",
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(secret, []byte("secret\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, link := range [][2]string{{"sub/b.txt", "inside"}, {secret, "outside"}, {"../../../../../../etc", "up"}, {"/", "root"}, {"loop", "loop"}, {".git", "git"}} {
		if err := os.Symlink(link[0], filepath.Join(dir, link[1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(dir, "fifo"), 0o666); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestPublicFS(t *testing.T) {
	dir := webDir(t)
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	public := publicFS{root.FS()}
	for name, want := range map[string]string{
		"a.txt": "hello\n", "inside": "b\n", "sub/b.txt": "b\n", ".well-known/x": "known\n", "git/config": "secret\n", // a link that somebody made, to what is inside
		"outside": "", "up/passwd": "", "root/etc/passwd": "", "loop": "", "fifo": "", ".git/config": "", "sub/.env": "", "../secret": "", "none": "", "/a.txt": "",
	} {
		text, err := fs.ReadFile(public, name)
		if string(text) != want || (err == nil) != (want != "") {
			t.Errorf("%s: %q, %v", name, text, err)
		}
		if err != nil && !os.IsNotExist(err) {
			t.Errorf("%s: %v, want: does not exist", name, err)
		}
	}
	list, err := fs.ReadDir(public, ".")
	var names []string
	for _, e := range list {
		names = append(names, e.Name())
	}
	if got, want := strings.Join(names, " "), ".well-known a.txt git inside sub with <b>.txt"; err != nil || got != want {
		t.Errorf("listing: %s, %v; want %s", got, err, want)
	}
}

// client is a host at the other end of serve's wire, and net/http over it.
func (s *serving) client() (*host.Host, *http.Client) {
	s.t.Helper()
	h := peerHost(s.t, s.wire)
	tr := &http.Transport{DialContext: h.Dial}
	s.t.Cleanup(tr.CloseIdleConnections)
	return h, &http.Client{Transport: tr, Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func TestServeHTTP(t *testing.T) {
	dir := webDir(t)
	big := strings.Repeat("0123456789abcdef", 1<<16)
	if err := os.WriteFile(filepath.Join(dir, "big"), []byte(big), 0o666); err != nil {
		t.Fatal(err)
	}
	s := startServe(t, "tap0 --verbose --http 192.168.69.1:80="+dir+" --http [fdaa::1]:8080="+dir+"/sub", nil)
	s.await(s.stderr, "http 192.168.69.1:80, http [fdaa::1]:8080")
	_, web := s.client()
	get := func(method, url string, header ...string) (*http.Response, string) {
		t.Helper()
		r, err := http.NewRequest(method, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		resp, err := web.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp, string(text)
	}
	const site = "http://192.168.69.1"
	first, _ := get("GET", site+"/a.txt")
	for _, c := range []struct {
		method, url string
		header      []string
		status      int
		text        string
	}{
		{"GET", "/a.txt", nil, 200, "hello\n"},
		{"HEAD", "/a.txt", nil, 200, ""},
		{"GET", "/a.txt", []string{"Range", "bytes=1-2"}, 206, "el"},
		{"GET", "/a.txt", []string{"Range", "bytes=-3"}, 206, "lo\n"},
		{"GET", "/a.txt", []string{"Range", "bytes=9-"}, 416, "invalid range: failed to overlap\n"},
		{"GET", "/a.txt", []string{"If-Modified-Since", first.Header.Get("Last-Modified")}, 304, ""},
		{"GET", "/a.txt", []string{"If-Modified-Since", "Thu, 01 Jan 1970 00:00:01 GMT"}, 200, "hello\n"},
		{"GET", "/big", nil, 200, big},
		{"GET", "/sub/", nil, 200, "<p>index"},
		{"GET", "/sub", nil, 301, ""},
		{"GET", "/sub/index.html", nil, 301, ""},
		{"GET", "/.git/config", nil, 404, "404 page not found\n"},
		{"GET", "/sub/%2eenv", nil, 404, "404 page not found\n"},
		{"GET", "/outside", nil, 404, "404 page not found\n"},
		{"GET", "/%2e%2e/secret", nil, 404, "404 page not found\n"},
		{"GET", "/..%2f..%2fetc/passwd", nil, 404, "404 page not found\n"},
		{"GET", "/fifo", nil, 404, "404 page not found\n"},
		{"GET", "/a.txt%00", nil, 404, "404 page not found\n"},
		{"POST", "/a.txt", nil, 405, "files can be read here, and that is all\n"},
		{"PUT", "/new", nil, 405, "files can be read here, and that is all\n"},
	} {
		r, text := get(c.method, site+c.url, c.header...)
		if r.StatusCode != c.status || text != c.text {
			t.Errorf("%s %s %v: %d %.100q, want %d %.100q", c.method, c.url, c.header, r.StatusCode, text, c.status, c.text)
		}
	}
	if _, list := get("GET", site+"/"); !strings.Contains(list, `<a href="sub/">sub/</a>`) || !strings.Contains(list, "with &lt;b&gt;.txt") ||
		strings.Contains(list, ".git") || strings.Contains(list, "outside") || strings.Contains(list, "fifo") {
		t.Errorf("the listing:\n%s", list)
	}
	// The address of IPv6 is the host's only after it was tried out.
	s.await(s.stderr, `http=[fdaa::1]:8080`)
	for end := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		r, err := web.Get("http://[fdaa::1]:8080/b.txt")
		if err == nil {
			text, _ := io.ReadAll(r.Body)
			r.Body.Close()
			if string(text) != "b\n" {
				t.Errorf("over IPv6: %q", text)
			}
			break
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
	s.await(s.stderr, "method=GET path=/a.txt status=206 bytes=2 ")
	s.await(s.stderr, "path=/new status=405")
	s.stop()
	if err := s.wait(); err != nil {
		t.Error(err)
	}
}

// What is wrong with --http is found out before anything is served.
func TestServeHTTPFails(t *testing.T) {
	dir := t.TempDir()
	for arg, want := range map[string]string{
		":7=" + dir:             "--http :7: address already in use",
		"10.9.9.9:80=" + dir:    "--http 10.9.9.9:80: cannot assign requested address",
		"[fd99::1]:80=" + dir:   "--http [fd99::1]:80: cannot assign requested address",
		"192.168.69.1:9=" + dir: "", // beside the wildcard of discard
	} {
		s := startServe(t, "tap0 --http "+arg, nil)
		if want == "" {
			s.await(s.stderr, "serving ")
			s.stop()
		}
		if err := s.wait(); want == "" && err != nil || want != "" && (err == nil || err.Error() != want) {
			t.Errorf("--http %s: %v, want %s", arg, err, want)
		}
	}
}

// A client that asks and does not read holds one connection for a time, and nobody else.
func TestServeHTTPPatience(t *testing.T) {
	dir := webDir(t)
	big := strings.Repeat("x", 8<<20)
	if err := os.WriteFile(filepath.Join(dir, "big"), []byte(big), 0o666); err != nil {
		t.Fatal(err)
	}
	s := startServe(t, "tap0 --http :80="+dir, nil)
	s.await(s.stderr, "serving ")
	h, web := s.client()
	for range 20 {
		c, err := h.Dial(context.Background(), "tcp", "192.168.69.1:80")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprint(c, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
	}
	slow, err := h.Dial(context.Background(), "tcp", "192.168.69.1:80")
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	fmt.Fprint(slow, "GET /big HTTP/1.1\r\n") // and no more
	r, err := web.Get("http://192.168.69.1/big")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	sum := sha256.New()
	if n, err := io.Copy(sum, r.Body); err != nil || n != int64(len(big)) || [32]byte(sum.Sum(nil)) != sha256.Sum256([]byte(big)) {
		t.Errorf("%d bytes, %v", n, err)
	}
	// Too much of a request is refused.
	c, err := h.Dial(context.Background(), "tcp", "192.168.69.1:80")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(patience))
	fmt.Fprintf(c, "GET / HTTP/1.1\r\nHost: x\r\nA: %s\r\n\r\n", strings.Repeat("a", 2*httpHeader))
	if line, err := bufio.NewReader(c).ReadString('\n'); !strings.HasPrefix(line, "HTTP/1.1 431 ") {
		t.Errorf("%q, %v", line, err)
	}
}

// patientConn gives a slow reader time, and one that does not read at all an end.
func TestPatientConn(t *testing.T) {
	a, b := net.Pipe()
	defer b.Close()
	got := make(chan []byte, 1)
	go func() {
		text, _ := io.ReadAll(b)
		got <- text
	}()
	text := strings.Repeat("0123456789", httpPart/4)
	if n, err := (patientConn{a}).Write([]byte(text)); n != len(text) || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	a.Close()
	if string(<-got) != text {
		t.Error("not what was written")
	}
	if n, err := (patientConn{a}).Write([]byte(text)); n != 0 || err == nil {
		t.Errorf("on a closed connection: %d, %v", n, err)
	}
}

// await waits for text on a stream of serve's.
func (s *serving) await(b *lockedBuffer, text string) {
	s.t.Helper()
	for end := time.Now().Add(patience); !strings.Contains(b.String(), text); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("no %q on\n%s", text, b)
		}
	}
}
