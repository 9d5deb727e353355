package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// containerID is what the tests call a container.
const containerID = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// container makes a cgroup like Docker's, for a process to put itself in, and gives the file for that; "" if there can be none.
func container(t *testing.T) string {
	mounts, err := os.Open("/proc/self/mounts")
	if err != nil {
		t.Fatal(err)
	}
	defer mounts.Close()
	for s := bufio.NewScanner(mounts); s.Scan(); {
		if f := strings.Fields(s.Text()); len(f) > 2 && f[2] == "cgroup2" {
			outer := filepath.Join(f[1], fmt.Sprintf("smoltcp-test-%d", os.Getpid()))
			dir := filepath.Join(outer, "docker-"+containerID+".scope")
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Logf("without containers: %v", err)
				return ""
			}
			t.Cleanup(func() {
				os.Remove(dir)
				os.Remove(outer)
			})
			return filepath.Join(dir, "cgroup.procs")
		}
	}
	t.Log("without containers: there is no cgroup2")
	return ""
}

// talker is socat's name for a program that says hello again and again.
func talker(t *testing.T) string {
	script := filepath.Join(t.TempDir(), "talker")
	if err := os.WriteFile(script, []byte("#!/bin/sh\nwhile echo hello; do sleep 0.02; done\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return "EXEC:" + script
}

// TestDumpProcess lets two programs talk, one of them in a container, and checks that their packets are said to be theirs, in
// every format and in a savefile.
func TestDumpProcess(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, "socat")
	procs := container(t)
	server := n.start(n.b, "socat", "-u", "-dd", "TCP-LISTEN:6969", "OPEN:/dev/null")
	server.await(&server.stderr, "listening on ")
	client := n.start(n.a, "socat", "-u", "-dd", talker(t), "TCP:192.168.69.1:6969")
	client.await(&client.stderr, "starting data transfer")
	id := ""
	if procs != "" {
		if err := os.WriteFile(procs, fmt.Appendln(nil, client.cmd.Process.Pid), 0); err != nil {
			t.Logf("without containers: %v", err)
		} else {
			id = containerID
		}
	}

	their := map[string]int{"server": server.cmd.Process.Pid, "client": client.cmd.Process.Pid}
	place := map[string]string{"server": ""}
	if id != "" {
		place["client"] = " container=" + id[:12]
	}
	save := filepath.Join(t.TempDir(), "x.pcapng")
	line := n.dump(n.b, "-i", "eth0", "--process", "--format", "line", "-l", "-v", "tcp")
	tree := n.dump(n.b, "--process", "--format", "tree", "-l", "eth0", "tcp")
	object := n.dump(n.b, "--process", "--format", "json", "-l", "eth0", "tcp")
	file := n.dump(n.b, "--process", "eth0", "-w", save, "-U", "tcp")
	for who, pid := range their {
		line.await(&line.stdout, fmt.Sprintf(" [socat:%d%s]\n    192.168.69.", pid, place[who]))
		tree.await(&tree.stdout, fmt.Sprintf("\n # process=socat/%d%s\n", pid, place[who]))
		object.await(&object.stdout, fmt.Sprintf(`"process":{"pid":%d,"name":"socat"`, pid))
	}
	for _, p := range []*program{line, tree, object, file} {
		p.interrupt(os.Interrupt)
		if text := p.stderr.String(); strings.Contains(text, "smoltcp: ") {
			t.Errorf("%s says\n%s", p.name, text)
		}
	}

	seen := make(map[string]int)
	for l := range strings.Lines(object.stdout.String()) {
		var packet struct {
			IP      map[string]any `json:"ip"`
			Process *struct {
				PID                   int
				Name, Container, Unit string
			}
		}
		if err := json.Unmarshal([]byte(l), &packet); err != nil {
			t.Fatalf("%v: %s", err, l)
		}
		if packet.Process == nil {
			continue
		}
		sender := "client"
		if packet.IP["ip.src"] == "192.168.69.1" {
			sender = "server"
		}
		seen[sender]++
		want := ""
		if sender == "client" {
			want = id
		}
		if p := packet.Process; p.PID != their[sender] || p.Name != "socat" || p.Container != want {
			t.Errorf("a packet of the %s's is %+v's, want %d", sender, *p, their[sender])
		}
	}
	if seen["client"] == 0 || seen["server"] == 0 {
		t.Errorf("%v", seen)
	}

	out, stderr, code := smoltcp(nil, "decode", save)
	if code != 0 {
		t.Fatalf("decode: exit code %d: %s", code, stderr)
	}
	if want := fmt.Appendf(nil, "\n # process=socat/%d", their["client"]); !bytes.Contains(out, want) {
		t.Errorf("no comment %q in the savefile:\n%s", want, out)
	}
	if id != "" && !bytes.Contains(out, []byte(" container="+id+"\n")) {
		t.Errorf("no container in the savefile:\n%s", out)
	}
}

// TestDumpProcessNamespace asks from one network namespace for the processes of another.
func TestDumpProcessNamespace(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, "socat")
	receiver := n.start(n.a, "socat", "-u", "-dd", "UDP-RECV:9", "OPEN:/dev/null")
	receiver.await(&receiver.stderr, "starting data transfer")
	u := n.start(n.b, "socat", "-u", talker(t), "UDP:192.168.69.100:9")
	p := n.dump(n.a, "--netns", n.b, "--process", "--format", "line", "-l", "eth0", "udp")
	p.await(&p.stdout, fmt.Sprintf("> 192.168.69.100.9: UDP, length 6 [socat:%d]\n", u.cmd.Process.Pid))
	p.interrupt(os.Interrupt)
}

// TestDumpProcessPcap says that a pcap file has no place for processes.
func TestDumpProcessPcap(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	p := n.dump(n.a, "-i", "eth0", "--process", "-w", filepath.Join(t.TempDir(), "x.pcap"))
	p.interrupt(os.Interrupt)
	if !strings.Contains(p.stderr.String(), "a name that ends in .pcapng keeps them\n") {
		t.Errorf("%s", p.stderr.String())
	}
}

// TestDumpProcessDenied asks for the processes of other users without the right to look into them: it says so, once.
func TestDumpProcessDenied(t *testing.T) {
	t.Parallel()
	n := newNetwork(t, "socat", "setpriv")
	nobody(t)
	receiver := n.start(n.a, "socat", "-u", "-dd", "UDP-RECV:9", "OPEN:/dev/null")
	receiver.await(&receiver.stderr, "starting data transfer")
	n.start(n.b, "socat", "-u", talker(t), "UDP:192.168.69.100:9")
	p := n.start(n.b, "setpriv", "--reuid=nobody", "--clear-groups", "--inh-caps=+net_raw", "--ambient-caps=+net_raw", "--bounding-set=-all,+net_raw",
		"smoltcp", "dump", "--process", "--format", "line", "-l", "eth0", "udp", "-c", "10")
	if code := p.end(); code != 0 {
		t.Fatalf("exit code %d: %s", code, p.stderr.String())
	}
	if strings.Contains(p.stdout.String(), "[socat") || strings.Count(p.stdout.String(), "\n") != 10 {
		t.Errorf("%s", p.stdout.String())
	}
	if got := strings.Count(p.stderr.String(), "smoltcp: dump: --process: "); got != 1 || !strings.Contains(p.stderr.String(), "CAP_SYS_PTRACE") {
		t.Errorf("%d warnings:\n%s", got, p.stderr.String())
	}
}
