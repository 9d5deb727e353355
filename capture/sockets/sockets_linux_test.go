package sockets

import (
	"encoding/binary"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"smoltcp/dissect"
)

// conversations opens sockets of several kinds and gives packets that each of them might send.
func conversations(t *testing.T) map[string]*dissect.Packet {
	packets := make(map[string]*dissect.Packet)
	closing := func(c interface{ Close() error }) { t.Cleanup(func() { c.Close() }) }
	for _, host := range []string{"127.0.0.1", "[::1]"} {
		foreign := map[string]string{"127.0.0.1": "192.0.2.9", "[::1]": "[2001:db8::9]"}[host]
		l, err := net.Listen("tcp", host+":0")
		if err != nil {
			t.Logf("without %s: %v", host, err)
			continue
		}
		closing(l)
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		closing(c)
		packets["a connection from "+host] = packet(dissect.ProtoTCP, dissect.ACK, c.LocalAddr().String(), l.Addr().String())
		u, err := net.ListenPacket("udp", host+":0")
		if err != nil {
			t.Fatal(err)
		}
		closing(u)
		packets["a datagram from "+host] = packet(dissect.ProtoUDP, 0, u.LocalAddr().String(), host+":9")
		packets["a datagram to "+host] = packet(dissect.ProtoUDP, 0, foreign+":9", u.LocalAddr().String())
		d, err := net.Dial("udp", u.LocalAddr().String())
		if err != nil {
			t.Fatal(err)
		}
		closing(d)
		packets["a datagram of a connected socket from "+host] = packet(dissect.ProtoUDP, 0, d.LocalAddr().String(), u.LocalAddr().String())
	}
	any4, err := net.ListenPacket("udp4", ":0")
	if err != nil {
		t.Fatal(err)
	}
	closing(any4)
	port := any4.LocalAddr().(*net.UDPAddr).Port
	packets["a datagram to any address"] = packet(dissect.ProtoUDP, 0, "192.0.2.9:9", fmt.Sprintf("127.0.0.7:%d", port))
	return packets
}

// mine reports what is wrong with who if it is not this process.
func mine(who *Process) error {
	if who == nil {
		return fmt.Errorf("not found")
	}
	name, err := os.ReadFile("/proc/self/comm")
	if err != nil {
		return err
	}
	if who.PID != os.Getpid() || who.Name != strings.TrimSuffix(string(name), "\n") {
		return fmt.Errorf("found %+v, want %d and %q", who, os.Getpid(), name)
	}
	return nil
}

// TestKernel looks up packets of sockets that this process opens after the table.
func TestKernel(t *testing.T) {
	source, err := Open(Options{})
	if err != nil {
		t.Fatal(err)
	}
	table := source.Table(nil)
	defer table.Close()
	for name, p := range conversations(t) {
		// On a machine with very many processes the first answer may come too soon.
		deadline := time.Now().Add(5 * time.Second)
		for {
			err := mine(table.Lookup(p, time.Now().UnixNano()))
			if err == nil {
				break
			}
			if time.Now().After(deadline) {
				t.Errorf("%s: %v", name, err)
				break
			}
			time.Sleep(retry / 4)
		}
	}
}

// TestTables compares what the kernel says in its two ways.
func TestTables(t *testing.T) {
	conversations(t)
	var both tables
	if err := both.open(); err != nil {
		t.Fatal(err)
	}
	defer both.close()
	if both.diag < 0 {
		t.Skip("no netlink for sockets here")
	}
	ours := ourInodes(t)
	var got, want []string
	for _, table := range allTables {
		if !table.diag {
			continue
		}
		room := 1 << 20
		n := newSpace()
		if err := both.readDiag(n, table, &room); err != nil {
			t.Logf("%s: not by netlink: %v", table.file, err)
			continue
		}
		got = append(got, listed(n, ours)...)
		n = newSpace()
		if f := both.files[table.file]; f != nil {
			n.readTable(f, table, &room)
		}
		want = append(want, listed(n, ours)...)
	}
	slices.Sort(got)
	slices.Sort(want)
	if len(want) < 3 || !slices.Equal(got, want) {
		t.Errorf("by netlink\n%s\nin /proc/net\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// ourInodes are the sockets of this process: those of others come and go.
func ourInodes(t *testing.T) map[uint32]*Process {
	room := 1 << 20
	var all tables
	if err := all.open(); err != nil {
		t.Fatal(err)
	}
	defer all.close()
	wanted, found := make(map[uint32]bool), make(map[uint32]*Process)
	for _, s := range all.read(&room).sockets {
		wanted[s.inode] = true
	}
	findInodes("/proc", []int{os.Getpid()}, wanted, found)
	return found
}

func listed(n *space, ours map[uint32]*Process) (list []string) {
	for k, s := range n.sockets {
		if ours[s.inode] != nil {
			list = append(list, fmt.Sprintf("%d %v:%d-%v:%d inode %d", k.proto, netip.AddrFrom16(k.local), k.localPort, netip.AddrFrom16(k.remote), k.remotePort, s.inode))
		}
	}
	return list
}

// TestAddresses compares the addresses found with those that Go finds.
func TestAddresses(t *testing.T) {
	var own tables
	if err := own.open(); err != nil {
		t.Fatal(err)
	}
	defer own.close()
	room := 1 << 20
	n := own.read(&room)
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addrs {
		p, err := netip.ParsePrefix(a.String())
		if err != nil {
			t.Fatal(err)
		}
		if a := p.Addr().As16(); !n.owns(&a) {
			t.Errorf("%v is not known as an address of this host", p)
		}
	}
	for _, foreign := range []string{"192.0.2.1", "2001:db8:ffff::1", "0.0.0.0"} {
		if a := netip.MustParseAddr(foreign).As16(); n.owns(&a) {
			t.Errorf("%s is taken for an address of this host", foreign)
		}
	}
}

// write makes a file with text and opens it.
func write(t *testing.T, text string) *os.File {
	name := filepath.Join(t.TempDir(), "table")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

const head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"

// row is a line of a table, between addresses given as 32-bit words of the machine's order.
func row(local, remote string, inode uint32) string {
	return fmt.Sprintf("   0: %s %s 01 00000000:00000000 00:00000000 00000000     0        0 %d 1 0000000000000000\n", local, remote, inode)
}

// words writes an address as the kernel does on this machine.
func words(addr string, port uint16) string {
	var b strings.Builder
	a := netip.MustParseAddr(addr).AsSlice()
	for i := 0; i < len(a); i += 4 {
		fmt.Fprintf(&b, "%08X", binary.NativeEndian.Uint32(a[i:]))
	}
	return fmt.Sprintf("%s:%04X", b.String(), port)
}

func TestReadTable(t *testing.T) {
	for _, c := range []struct {
		name  string
		table table
		text  string
		want  map[key]uint32
	}{
		{"tcp", table{"tcp", tcp, unix.AF_INET, true},
			head + row(words("127.0.0.1", 80), words("0.0.0.0", 0), 11) + row(words("10.1.2.3", 50000), words("192.0.2.1", 443), 12) +
				row(words("10.1.2.3", 50001), words("192.0.2.1", 443), 0), // TIME-WAIT
			map[key]uint32{bound(tcp, "127.0.0.1:80", ""): 11, bound(tcp, "10.1.2.3:50000", "192.0.2.1:443"): 12}},
		{"tcp6", table{"tcp6", tcp, unix.AF_INET6, true},
			head + row(words("::", 22), words("::", 0), 13) + row(words("2001:db8::1", 22), words("2001:db8::2", 40000), 14) +
				row(words("::ffff:10.1.2.3", 22), words("::ffff:10.1.2.4", 40000), 15),
			map[key]uint32{bound(tcp, "[*]:22", ""): 13, bound(tcp, "[2001:db8::1]:22", "[2001:db8::2]:40000"): 14, bound(tcp, "10.1.2.3:22", "10.1.2.4:40000"): 15}},
		{"the first of several", table{"udp", udp, unix.AF_INET, true},
			head + row(words("0.0.0.0", 53), words("0.0.0.0", 0), 16) + row(words("0.0.0.0", 53), words("0.0.0.0", 0), 17),
			map[key]uint32{bound(udp, "*:53", ""): 16}},
		{"raw", table{"raw", unix.IPPROTO_RAW, unix.AF_INET, false},
			head + row(words("0.0.0.0", 89), words("0.0.0.0", 0), 18) + row(words("0.0.0.0", 1), words("0.0.0.0", 0), 19) + row(words("0.0.0.0", 1), words("0.0.0.0", 0), 20),
			map[key]uint32{bound(uint16(dissect.ProtoOSPF)|rawSocket, "*:0", ""): 18, bound(protoICMP|rawSocket, "*:0", ""): 0}},
		{"rubbish", table{"tcp", tcp, unix.AF_INET, true},
			head + "\n0:\n   0: 0100007F:0016 0:0 01 0 0 0 0 0 5\n   1: xxxxxxxx:0016 00000000:0000 0A 0 0 0 0 0 5 1 2\n   2: 0100007F:99999 00000000:0000 0A 0 0 0 0 0 5 1 2\n   3: 0100007F:0016 00000000:0000 0A 0 0 0 0 0 x 1 2\n",
			map[key]uint32{}},
	} {
		n, room := newSpace(), 100
		n.readTable(write(t, c.text), c.table, &room)
		got := make(map[key]uint32)
		for k, s := range n.sockets {
			got[k] = s.inode
		}
		if !maps.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestReadTableRoom(t *testing.T) {
	text := head
	for i := range 20 {
		text += row(words("10.1.2.3", uint16(1000+i)), words("192.0.2.1", 443), uint32(i+1))
	}
	n, room := newSpace(), 5
	n.readTable(write(t, text), allTables[0], &room)
	if len(n.sockets) != 5 || room != 0 {
		t.Errorf("%d sockets, room for %d more", len(n.sockets), room)
	}
}

func TestReadAddrs(t *testing.T) {
	n := newSpace()
	n.readAddrs4(write(t, `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 192.168.69.0/24 2 0 2
        |-- 192.168.69.0
           /24 link UNICAST
        |-- 192.168.69.1
           /32 host LOCAL
        |-- 192.168.69.255
           /32 link BROADCAST
        |-- 300.1.2.3
           /32 host LOCAL
        |-- 1.2.3
           /32 host LOCAL
`))
	n.readAddrs6(write(t, "20010db8000000000000000000000001 02 40 00 80     eth0\nxx010db8000000000000000000000001 02 40 00 80     eth0\nfe80 02\n"))
	want := map[[16]byte]bool{netip.MustParseAddr("192.168.69.1").As16(): true, netip.MustParseAddr("2001:db8::1").As16(): true}
	if !maps.Equal(n.addrs, want) {
		t.Errorf("%v", n.addrs)
	}
}

// fakeProc makes a directory like /proc: processes by number, with a name and the sockets they have.
func fakeProc(t *testing.T, processes map[int][]uint32) string {
	proc := t.TempDir()
	for pid, inodes := range processes {
		dir := filepath.Join(proc, strconv.Itoa(pid))
		for _, d := range []string{"fd", "ns"} {
			if err := os.MkdirAll(filepath.Join(dir, d), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		links := []string{"/dev/null", "pipe:[17]", "socket:[x]", "socket:"}
		for _, inode := range inodes {
			links = append(links, fmt.Sprintf("socket:[%d]", inode))
		}
		for i, to := range links {
			if err := os.Symlink(to, filepath.Join(dir, "fd", strconv.Itoa(i))); err != nil {
				t.Fatal(err)
			}
		}
		for name, text := range map[string]string{"comm": fmt.Sprintf("proc%d\n", pid), "cgroup": "0::/system.slice/test.service\n"} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Symlink(fmt.Sprintf("net:[%d]", 1000+pid/100), filepath.Join(dir, "ns", "net")); err != nil {
			t.Fatal(err)
		}
	}
	return proc
}

func TestFindInodes(t *testing.T) {
	proc := fakeProc(t, map[int][]uint32{
		1:   {100, 101}, // init keeps what it has opened for others
		20:  {100, 102},
		21:  {102, 103}, // a child of 20
		300: {104},
	})
	pids := listProcesses(proc)
	if !slices.Equal(pids, []int{1, 20, 21, 300}) {
		t.Fatalf("processes %v", pids)
	}
	wanted := map[uint32]bool{100: true, 101: true, 102: true, 103: true, 104: true, 105: true}
	found := make(map[uint32]*Process)
	if denied := findInodes(proc, pids, wanted, found); denied != 0 {
		t.Errorf("%d may not be looked into", denied)
	}
	for inode, pid := range map[uint32]int{100: 20, 101: 1, 102: 20, 103: 21, 104: 300} {
		want := Process{PID: pid, Name: fmt.Sprintf("proc%d", pid), Unit: "test.service"}
		if who := found[inode]; who == nil || *who != want {
			t.Errorf("socket %d: %+v, want %+v", inode, who, want)
		}
	}
	if len(wanted) != 1 || !wanted[105] || found[105] != nil {
		t.Errorf("still wanted: %v", wanted)
	}
	if one := otherNamespaces(proc, pids, "net:[1000]"); !slices.Equal(one, []int{300}) {
		t.Errorf("of other namespaces: %v", one)
	}
}

// TestFindInodesDenied looks into a process that may not be looked into, which is no error.
func TestFindInodesDenied(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may look into everything")
	}
	proc := fakeProc(t, map[int][]uint32{20: {100}, 21: {101}})
	if err := os.Chmod(filepath.Join(proc, "20", "fd"), 0); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(filepath.Join(proc, "20", "fd"), 0o700) })
	found := make(map[uint32]*Process)
	denied := findInodes(proc, listProcesses(proc), map[uint32]bool{100: true, 101: true}, found)
	if denied != 1 || found[101] == nil || found[100] != nil {
		t.Errorf("%d denied, found %v", denied, found)
	}
}

// TestAssignRemembers checks that processes are looked through only when there is a socket that is new.
func TestAssignRemembers(t *testing.T) {
	proc := fakeProc(t, map[int][]uint32{20: {100}, 21: {101}})
	s := &Source{proc: proc}
	k100, k101, k102 := bound(tcp, "*:1", ""), bound(tcp, "*:2", ""), bound(tcp, "*:3", "")
	scan := func() *space {
		n := newSpace()
		n.sockets[k100], n.sockets[k101], n.sockets[k102] = socket{inode: 100}, socket{inode: 101}, socket{inode: 102}
		s.assign(&snapshot{spaces: []*space{n}}, listProcesses(proc))
		return n
	}
	first := scan()
	if first.sockets[k100].who == nil || first.sockets[k101].who == nil || first.sockets[k102].who != nil {
		t.Fatalf("%v", first.sockets)
	}
	if again := scan(); again.sockets[k100].who != first.sockets[k100].who {
		t.Error("a process is made twice")
	}
	// When a process is gone, its socket is whoever's has it now.
	if err := os.RemoveAll(filepath.Join(proc, "20")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("socket:[100]", filepath.Join(proc, "21", "fd", "9")); err != nil {
		t.Fatal(err)
	}
	if now := scan(); now.sockets[k100].who == nil || now.sockets[k100].who.PID != 21 {
		t.Errorf("the socket of a process that is gone: %+v", now.sockets[k100].who)
	}
	for range 2 * maxTries {
		scan()
	}
	if s.hopeless[102] != maxTries {
		t.Errorf("socket 102 was looked for %d times, want %d", s.hopeless[102], maxTries)
	}
}

// TestClose checks that nothing is left behind.
func TestClose(t *testing.T) {
	files := func() int {
		list, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	before, goroutines := files(), runtime.NumGoroutine()
	for range 10 {
		source, err := Open(Options{})
		if err != nil {
			t.Fatal(err)
		}
		table := source.Table(nil)
		table.Lookup(packet(dissect.ProtoTCP, dissect.SYN, "127.0.0.1:1", "127.0.0.1:2"), time.Now().UnixNano())
		table.Close()
		table.Close()
	}
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if files() <= before && runtime.NumGoroutine() <= goroutines {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d files and %d goroutines, at first %d and %d", files(), runtime.NumGoroutine(), before, goroutines)
		}
	}
}

func TestSocketInode(t *testing.T) {
	for link, want := range map[string]uint32{"socket:[1]": 1, "socket:[4294967295]": 4294967295} {
		if got, ok := socketInode([]byte(link)); !ok || got != want {
			t.Errorf("%s: %d, %v", link, got, ok)
		}
	}
	for _, link := range []string{"", "socket:[", "socket:[]", "socket:[1", "socket:[4294967296]", "pipe:[1]", "/socket:[1]"} {
		if got, ok := socketInode([]byte(link)); ok {
			t.Errorf("%q: %d", link, got)
		}
	}
}
