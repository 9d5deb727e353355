package commands

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// confinedVar tells the test binary to be a process that gives up its rights, and which of them it needs.
const confinedVar = "SMOLTCP_TEST_CONFINED"

// TestConfinedProcess is that process: it prints what it still may do. It is started by TestConfined.
func TestConfinedProcess(t *testing.T) {
	kind, dir := os.Getenv(confinedVar), os.Getenv("SMOLTCP_TEST_DIR")
	if kind == "" {
		t.Skip("a part of TestConfined")
	}
	var n needs
	switch kind {
	case "files":
		n.dir, n.read = filepath.Join(dir, "inside"), []string{filepath.Join(dir, "file"), filepath.Join(dir, "missing")}
	case "names":
		n.names = true
	case "command":
		n.run = true
	}
	p, err := Env{Stderr: io.Discard, Confine: true}.relinquish(n)
	if err == nil {
		err = p.finish()
	}
	if err != nil {
		t.Fatal(err)
	}
	l := func(name string, err error) {
		verdict := "allowed"
		if errors.Is(err, fs.ErrPermission) {
			verdict = "denied"
		} else if err != nil && !errors.Is(err, unix.ECONNREFUSED) {
			verdict = err.Error()
		}
		fmt.Printf("| %s: %s\n", name, verdict)
	}
	try := func(name string, flags int, path string) {
		f, err := os.OpenFile(path, flags, 0o600)
		if err == nil {
			f.Close()
		}
		l(name, err)
	}
	try("read a file", os.O_RDONLY, filepath.Join(dir, "file"))
	try("read another file", os.O_RDONLY, filepath.Join(dir, "other"))
	try("read /etc/hosts", os.O_RDONLY, "/etc/hosts")
	try("write a file", os.O_WRONLY|os.O_TRUNC, filepath.Join(dir, "file"))
	try("create a file inside", os.O_RDWR|os.O_CREATE|os.O_TRUNC, filepath.Join(dir, "inside", "new"))
	try("overwrite it", os.O_RDWR|os.O_CREATE|os.O_TRUNC, filepath.Join(dir, "inside", "new"))
	l("remove a file inside", os.Remove(filepath.Join(dir, "inside", "old")))
	try("create a file outside", os.O_RDWR|os.O_CREATE|os.O_TRUNC, filepath.Join(dir, "new"))
	l("make a directory inside", os.Mkdir(filepath.Join(dir, "inside", "dir"), 0o700))
	l("run a program", exec.Command("/bin/true").Run())
	c, err := net.Dial("tcp4", os.Getenv("SMOLTCP_TEST_ADDR"))
	if err == nil {
		c.Close()
	}
	l("connect", err)
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0)
	if err == nil {
		unix.Close(fd)
	}
	l("open a packet socket", err)
	fmt.Printf("| time zone: %s\n", time.Unix(0, 0).In(time.Local).Format("15:04"))
}

// TestConfined lets processes of several kinds give up their rights and try what they still may.
func TestConfined(t *testing.T) {
	const version = 1 // LANDLOCK_CREATE_RULESET_VERSION
	abi, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, version)
	if errno != 0 {
		t.Skipf("needs Landlock in the kernel: %v", errno)
	}
	if _, err := time.LoadLocation("America/New_York"); err != nil {
		t.Skipf("needs time zones: %v", err)
	}
	server, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	all := []string{
		"read a file", "read another file", "read /etc/hosts", "write a file", "create a file inside", "overwrite it", "remove a file inside",
		"create a file outside", "make a directory inside", "run a program", "connect",
	}
	for kind, allowed := range map[string][]string{
		"nothing": nil,
		"files":   {"read a file", "create a file inside", "overwrite it", "remove a file inside"},
		"names":   {"read /etc/hosts"},
		"command": all,
	} {
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, "inside"), 0o700); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"file", "other", "inside/old"} {
			if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.Command(os.Args[0], "-test.run=^TestConfinedProcess$", "-test.v")
		cmd.Env = append(os.Environ(), confinedVar+"="+kind, "SMOLTCP_TEST_DIR="+dir, "SMOLTCP_TEST_ADDR="+server.Addr().String(), "TZ=America/New_York")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v: %s", kind, err, out)
			continue
		}
		expect := func(what, verdict string) {
			t.Helper()
			if !strings.Contains(string(out), "| "+what+": "+verdict+"\n") {
				t.Errorf("%s: want %s: %s\n%s", kind, what, verdict, out)
			}
		}
		for _, what := range all {
			switch may := strings.Contains("|"+strings.Join(allowed, "|")+"|", "|"+what+"|"); {
			case may:
				expect(what, "allowed")
			case what == "connect" && abi < 4: // Landlock knows no network there
				expect(what, "allowed")
			default:
				expect(what, "denied")
			}
		}
		expect("open a packet socket", "denied")
		expect("time zone", "19:00")
	}
}

// TestRelinquishNothing checks that a process that is not the command's alone keeps what it has.
func TestRelinquishNothing(t *testing.T) {
	p, err := Env{Stderr: io.Discard}.relinquish(needs{user: "nobody"})
	if err == nil {
		err = p.finish()
	}
	if err != nil {
		t.Fatal(err)
	}
	if v, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0); err != nil || v != 0 {
		t.Errorf("no_new_privs is %d (%v)", v, err)
	}
	if err := os.WriteFile(filepath.Join(t.TempDir(), "x"), nil, 0o600); err != nil {
		t.Error(err)
	}
}

func TestStaticDir(t *testing.T) {
	for name, want := range map[string]string{
		"x.pcap":                   ".",
		"/var/tmp/x.pcap":          "/var/tmp",
		"/var/tmp/x-%H.pcap":       "/var/tmp",
		"/var/tmp/%H.pcap":         "/var/tmp",
		"/var/tmp/%Y/%m/x.pcap":    "/var/tmp",
		"/var/tmp/d%Y/%m/x.pcap":   "/var/tmp",
		"%H.pcap":                  ".",
		"captures/trace-%H.pcap":   "captures",
		"captures/%j/trace.pcapng": "captures",
	} {
		if got := staticDir(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}
