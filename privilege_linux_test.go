package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
	"kernel.org/pub/linux/libs/security/libcap/cap"
)

// rights are what the kernel says of a process.
type rights struct {
	uid, gid, groups string
	capabilities     string // effective ones and permitted ones, which must be the same
	noNewPrivs       string
	threads          int
}

var statusLine = regexp.MustCompile(`(?m)^(Uid|Gid|Groups|CapEff|CapPrm|CapInh|NoNewPrivs):[ \t]*(.*?)[ \t]*$`)

// rightsOf reads the rights of every thread of a process.
func rightsOf(t *testing.T, pid int) (r rights) {
	t.Helper()
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil || len(tasks) == 0 {
		t.Fatalf("no threads of %d: %v", pid, err)
	}
	for _, task := range tasks {
		text, err := os.ReadFile(task)
		if err != nil {
			continue // the thread has ended
		}
		f := make(map[string]string)
		for _, m := range statusLine.FindAllStringSubmatch(string(text), -1) {
			f[m[1]] = m[2]
		}
		this := rights{uid: f["Uid"], gid: f["Gid"], groups: f["Groups"], capabilities: f["CapEff"], noNewPrivs: f["NoNewPrivs"]}
		if f["CapPrm"] != f["CapEff"] || f["CapInh"] != "0000000000000000" {
			t.Errorf("%s: effective %s, permitted %s, inheritable %s", task, f["CapEff"], f["CapPrm"], f["CapInh"])
		}
		if r.threads > 0 {
			this.threads = r.threads
			if this != r {
				t.Errorf("threads differ: %+v, %+v", this, r)
			}
		}
		r = this
		r.threads++
	}
	return r
}

// childOf gives the only child of a process.
func childOf(t *testing.T, pid int) int {
	t.Helper()
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		t.Fatal(err)
	}
	var all []byte
	for _, list := range lists {
		text, err := os.ReadFile(list)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, text...)
	}
	child, err := strconv.Atoi(strings.TrimSpace(string(all)))
	if err != nil {
		t.Fatalf("the children of %d: %q", pid, all)
	}
	return child
}

func four(id string) string { return strings.Join([]string{id, id, id, id}, "\t") }

func capabilities(list ...cap.Value) string {
	var bits uint64
	for _, c := range list {
		bits |= 1 << c
	}
	return fmt.Sprintf("%016x", bits)
}

// nobody gives the user that tests become.
func nobody(t *testing.T) (u *user.User, uid, gid int) {
	t.Helper()
	u, err := user.Lookup("nobody")
	if err != nil {
		t.Skipf("needs a user nobody: %v", err)
	}
	uid, _ = strconv.Atoi(u.Uid)
	gid, _ = strconv.Atoi(u.Gid)
	if uid == 0 || gid == 0 {
		t.Skipf("needs a user nobody, not one of uid %s and gid %s", u.Uid, u.Gid)
	}
	return u, uid, gid
}

// directory makes a directory that belongs to a user and that only that user may use.
func directory(t *testing.T, uid, gid int) string {
	t.Helper()
	outer, err := os.MkdirTemp("", "smoltcp-test")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(outer) })
	dir := filepath.Join(outer, "files")
	for _, err := range []error{os.Chmod(outer, 0o755), os.Mkdir(dir, 0o700), os.Chown(dir, uid, gid)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestDumpRights looks at what dump may still do when it captures.
func TestDumpRights(t *testing.T) {
	n := newNetwork(t)
	u, uid, gid := nobody(t)
	foreign, own := directory(t, uid, gid), directory(t, 0, 0)
	root := rights{uid: four("0"), gid: four("0"), capabilities: capabilities(), noNewPrivs: "1"}
	other := rights{uid: four(u.Uid), gid: four(u.Gid), groups: u.Gid, capabilities: capabilities(), noNewPrivs: "1"}
	with := func(r rights, noNewPrivs string, list ...cap.Value) rights {
		r.capabilities, r.noNewPrivs = capabilities(list...), noNewPrivs
		return r
	}
	for _, c := range []struct {
		name string
		args []string
		want rights
	}{
		{"by default", nil, root},
		{"savefile", []string{"-w", foreign + "/x.pcap"}, root},
		{"another user", []string{"-Z", "nobody"}, other},
		{"another user's savefile", []string{"-Z", "nobody", "-w", own + "/x.pcap"}, other},
		{"rotation", []string{"-C", "1", "-w", own + "/x.pcap"}, root},
		{"rotation in another's directory", []string{"-C", "1", "-w", foreign + "/x.pcap"}, with(root, "1", cap.DAC_OVERRIDE)},
		{"rotation as another user", []string{"-Z", "nobody", "-C", "1", "-w", foreign + "/z.pcap"}, other},
		{"process", []string{"--process"}, root},
		{"command", []string{"-z", "true", "-C", "1", "-w", own + "/x.pcap"}, with(root, "0")},
	} {
		t.Run(c.name, func(t *testing.T) {
			n.t = t
			p := n.dump(n.a, append([]string{"-i", "eth0"}, c.args...)...)
			got := rightsOf(t, p.cmd.Process.Pid)
			if c.want.uid == root.uid {
				got.groups = "" // whatever the test has
			}
			if got.threads < 2 {
				t.Errorf("%d threads were looked at", got.threads)
			}
			if got.threads = 0; got != c.want {
				t.Errorf("%+v\nwant %+v", got, c.want)
			}
			p.interrupt(os.Interrupt)
		})
	}
	for _, c := range []struct {
		args []string
		want rights
	}{
		{nil, with(root, "1", cap.SYS_PTRACE, cap.DAC_READ_SEARCH)},
		{[]string{"-Z", "nobody"}, with(other, "1", cap.SYS_PTRACE, cap.DAC_READ_SEARCH)},
	} {
		t.Run("helper of process "+strings.Join(c.args, " "), func(t *testing.T) {
			n.t = t
			p := n.dump(n.a, append([]string{"-i", "eth0", "--process"}, c.args...)...)
			helper := childOf(t, p.cmd.Process.Pid)
			got := rightsOf(t, helper)
			if c.want.uid == root.uid {
				got.groups = ""
			}
			if got.threads = 0; got != c.want {
				t.Errorf("%+v\nwant %+v", got, c.want)
			}
			p.interrupt(os.Interrupt)
			if err := syscall.Kill(helper, 0); err != syscall.ESRCH {
				t.Errorf("the helper is still there: %v", err)
			}
		})
	}
	t.Run("keep", func(t *testing.T) {
		n.t = t
		mine := rightsOf(t, os.Getpid())
		p := n.dump(n.a, "-i", "eth0", "-Z", "root")
		got := rightsOf(t, p.cmd.Process.Pid)
		if got.capabilities != mine.capabilities || got.uid != mine.uid || got.noNewPrivs != mine.noNewPrivs {
			t.Errorf("%+v\nwant %+v", got, mine)
		}
		p.interrupt(os.Interrupt)
	})
}

// TestServeRights looks at what serve may still do, and that it serves.
func TestServeRights(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, "ping")
	u, _, _ := nobody(t)
	record := filepath.Join(directory(t, 0, 0), "x.pcap")
	p := n.start(n.a, "smoltcp", "serve", "tap0", "-Z", "nobody", "--pcap", record)
	p.await(&p.stderr, "serving ")
	got := rightsOf(t, p.cmd.Process.Pid)
	want := rights{uid: four(u.Uid), gid: four(u.Gid), groups: u.Gid, capabilities: capabilities(), noNewPrivs: "1", threads: got.threads}
	if got != want {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	n.run(n.a, "ping", "-c", "1", "-I", "tap0", "192.168.69.1")
	p.interrupt(os.Interrupt)
	if out, stderr, code := smoltcp(nil, "decode", "--format", "line", record); code != 0 || !bytes.Contains(out, []byte("ICMP echo reply")) {
		t.Errorf("the record: exit code %d: %s%s", code, stderr, out)
	}
}

// TestDecodeRights looks at what decode may still do when it reads, whoever runs it.
func TestDecodeRights(t *testing.T) {
	file, err := os.ReadFile("testdata/pcaps/tour.pcapng")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("smoltcp", "decode", "-", "-l")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer stdin.Close()
	if _, err := stdin.Write(file); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(stdout, make([]byte, 100)); err != nil { // it is printing
		t.Fatal(err)
	}
	got := rightsOf(t, cmd.Process.Pid)
	if got.capabilities != capabilities() || got.noNewPrivs != "1" {
		t.Errorf("%+v", got)
	}
	go io.Copy(io.Discard, stdout)
}

// requireLandlock skips a test where the kernel has no Landlock.
func requireLandlock(t *testing.T) {
	t.Helper()
	const version = 1 // LANDLOCK_CREATE_RULESET_VERSION
	if _, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, version); errno != 0 {
		t.Skipf("needs Landlock in the kernel: %v", errno)
	}
}

// flood makes enough traffic to fill several savefiles of 1 KiB.
func (n *network) flood() { n.run(n.a, "ping", "-c", "5", "-i", "0.05", "-s", "1200", "192.168.69.1") }

// TestDumpConfined lets a program that rotates find a link that leads out of the directory it was given. Root owns the file
// behind it, and may not write to it all the same.
func TestDumpConfined(t *testing.T) {
	t.Parallel()
	requireLandlock(t)
	n := newNetwork(t, "ping")
	outside := filepath.Join(directory(t, 0, 0), "outside")
	const text = "not to be overwritten"
	for _, c := range []struct {
		args []string
		free bool
	}{{nil, false}, {[]string{"-Z", "root"}, true}} {
		if err := os.WriteFile(outside, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		dir := directory(t, 0, 0)
		if err := os.Symlink(outside, filepath.Join(dir, "x.pcap1")); err != nil {
			t.Fatal(err)
		}
		p := n.dump(n.b, append([]string{"-i", "eth0", "-C", "1k", "-W", "3", "-w", dir + "/x.pcap"}, c.args...)...)
		n.flood()
		if c.free {
			p.interrupt(os.Interrupt)
		} else if code := p.end(); code != 1 || !strings.Contains(p.stderr.String(), "x.pcap1: permission denied") {
			t.Errorf("exit code %d: %s", code, p.stderr.String())
		}
		now, err := os.ReadFile(outside)
		if err != nil || (string(now) != text) != c.free {
			t.Errorf("with %q: overwritten: %v (%v)", c.args, string(now) != text, err)
		}
	}
}

// TestDumpRotatesAsUser checks the files of a ring that another user makes, in turn and over again.
func TestDumpRotatesAsUser(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, "ping")
	_, uid, gid := nobody(t)
	dir := directory(t, uid, gid)
	p := n.dump(n.b, "-i", "eth0", "-Z", "nobody", "-C", "1k", "-W", "2", "-w", dir+"/x.pcap", "icmp")
	n.flood()
	p.interrupt(os.Interrupt)
	var names []string
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, e.Name())
		if owner := info.Sys().(*syscall.Stat_t).Uid; int(owner) != uid {
			t.Errorf("%s belongs to %d", e.Name(), owner)
		}
	}
	if !slices.Equal(names, []string{"x.pcap0", "x.pcap1"}) {
		t.Errorf("files %q\n%s", names, p.stderr.String())
	}
	if !strings.Contains(p.stderr.String(), "10 packets captured") {
		t.Errorf("%s", p.stderr.String())
	}
}

// TestDumpCannotRotate checks that what would fail in an hour fails at once.
func TestDumpCannotRotate(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	nobody(t)
	dir := directory(t, 0, 0)
	for _, rotation := range [][]string{{"-C", "1"}, {"-G", "3600"}} {
		for _, name := range []string{"x.pcap", "x-%H%M%S.pcap"} {
			args := append([]string{"smoltcp", "dump", "-i", "eth0", "-Z", "nobody", "-w", filepath.Join(dir, name)}, rotation...)
			p := n.start(n.b, args...)
			if code := p.end(); code != 1 {
				t.Errorf("%q: exit code %d", args, code)
			}
			want := "smoltcp: dump: -w: no file can be made in " + dir + " as user nobody: permission denied\n"
			if got := p.stderr.String(); got != want {
				t.Errorf("%q says\n%swant\n%s", args, got, want)
			}
			if list, _ := os.ReadDir(dir); len(list) != 0 {
				t.Errorf("%q leaves %v", args, list)
			}
		}
	}
}

// TestDumpAsUser saves in a directory of root's what another user captures.
func TestDumpAsUser(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, "ping")
	_, uid, gid := nobody(t)
	save := filepath.Join(directory(t, 0, 0), "x.pcapng")
	p := n.dump(n.b, "-i", "eth0", "-Z", "nobody", "-c", "2", "-w", save, "icmp")
	n.flood()
	if code := p.end(); code != 0 {
		t.Fatalf("exit code %d: %s", code, p.stderr.String())
	}
	var st syscall.Stat_t
	if err := syscall.Stat(save, &st); err != nil || int(st.Uid) != uid || int(st.Gid) != gid {
		t.Errorf("%s belongs to %d:%d (%v)", save, st.Uid, st.Gid, err)
	}
	if out, stderr, code := smoltcp(nil, "decode", "--format", "line", save); code != 0 || bytes.Count(out, []byte("\n")) != 2 {
		t.Errorf("exit code %d: %s%s", code, stderr, out)
	}
}

// TestDumpNoSuchUser checks the error for -Z.
func TestDumpNoSuchUser(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	p := n.start(n.b, "smoltcp", "dump", "-i", "eth0", "-Z", "smoltcp-nobody")
	if code, want := p.end(), "smoltcp: dump: -Z smoltcp-nobody: no such user\n"; code != 2 || p.stderr.String() != want {
		t.Errorf("exit code %d: %s", code, p.stderr.String())
	}
}

// TestDumpFileCapabilities runs dump as an ordinary user with a file capability, which is given up too.
func TestDumpFileCapabilities(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, "setcap", "setpriv")
	u, uid, gid := nobody(t)
	dir := directory(t, uid, gid)
	self, err := exec.LookPath("smoltcp")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	copied := filepath.Join(filepath.Dir(dir), "smoltcp")
	if err := os.WriteFile(copied, program, 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("setcap", "cap_net_raw+ep", copied).CombinedOutput(); err != nil {
		t.Skipf("needs file capabilities: %v: %s", err, out)
	}
	p := n.start(n.b, "setpriv", "--reuid", u.Uid, "--regid", u.Gid, "--clear-groups", copied, "dump", "-i", "eth0", "-C", "1k", "-w", dir+"/x.pcap")
	p.await(&p.stderr, "listening on ")
	got := rightsOf(t, p.cmd.Process.Pid)
	want := rights{uid: four(u.Uid), gid: four(u.Gid), capabilities: capabilities(), noNewPrivs: "1", threads: got.threads}
	if got != want {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	n.run(n.a, "ping", "-c", "3", "-i", "0.05", "-s", "1200", "192.168.69.1")
	p.interrupt(os.Interrupt)
	if list, _ := os.ReadDir(dir); len(list) < 3 {
		t.Errorf("files: %v\n%s", list, p.stderr.String())
	}
}
