package format

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
)

const longID = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// TestProcess shows the process behind a packet in every format, and nothing else changes.
func TestProcess(t *testing.T) {
	for _, c := range []struct {
		who              Process
		line, tree, json string
	}{
		{Process{}, "", "", ""},
		{Process{PID: 1234, Name: "curl"}, " [curl:1234]", " # process=curl/1234", `,"process":{"pid":1234,"name":"curl"}`},
		{Process{PID: 7, Name: "nginx", Container: longID},
			" [nginx:7 container=0123456789ab]", " # process=nginx/7 container=0123456789ab", `,"process":{"pid":7,"name":"nginx","container":"` + longID + `"}`},
		{Process{PID: 7, Name: "nginx", Container: "web"},
			" [nginx:7 container=web]", " # process=nginx/7 container=web", `,"process":{"pid":7,"name":"nginx","container":"web"}`},
		{Process{PID: 8, Name: "sshd", Unit: "ssh.service"},
			" [sshd:8 unit=ssh.service]", " # process=sshd/8 unit=ssh.service", `,"process":{"pid":8,"name":"sshd","unit":"ssh.service"}`},
		{Process{PID: 9, Name: "\x1b[2J\n"}, ` [\x1b[2J\n:9]`, ` # process=\x1b[2J\n/9`, `,"process":{"pid":9,"name":"\u001b[2J\n"}`},
	} {
		for _, o := range []Options{{}, {Verbose: 1}, {Verbose: 2, Hex: HexASCIIFrame, Number: true}, {Quiet: true, LinkHeader: true}, {Hex: HexPacket}} {
			for _, data := range [][]byte{frameSYN, frameData, frameOdd, frameSYN[:30], frameSYN[:3]} {
				f := ethernet(data, len(data))
				plain := string(NewLine(o).Append([]byte("before\n"), f))
				tree := string(NewTree(o).Append(nil, f))
				object := string(NewJSON(o).Append(nil, f))
				f.Process = c.who
				got := string(NewLine(o).Append([]byte("before\n"), f))
				first, rest, _ := strings.Cut(strings.TrimPrefix(plain, "before\n"), "\n")
				if want := "before\n" + first + c.line + "\n" + rest; got != want {
					t.Errorf("line, %+v:\n%q\nwant\n%q", o, got, want)
				}
				got = string(NewTree(o).Append(nil, f))
				if c.tree == "" && got != tree || !strings.Contains(got, c.tree) || strings.ReplaceAll(got, "\n"+c.tree, "") != tree && c.tree != "" {
					t.Errorf("tree, %+v:\n%q\nwithout the process\n%q", o, got, tree)
				}
				got = string(NewJSON(o).Append(nil, f))
				if !json.Valid([]byte(got)) || strings.Replace(got, c.json, "", 1) != object {
					t.Errorf("JSON:\n%s\nwithout the process\n%s", got, object)
				}
			}
		}
	}
}

// TestProcessColour checks that colours change nothing but colours.
func TestProcessColour(t *testing.T) {
	colours := regexp.MustCompile("\x1b\\[[0-9;]*m")
	f := ethernet(frameSYN, len(frameSYN))
	f.Process = Process{PID: 1234, Name: "curl"}
	plain := string(NewLine(Options{Verbose: 1}).Append(nil, f))
	got := string(NewLine(Options{Verbose: 1, Theme: DefaultTheme()}).Append(nil, f))
	if !colours.MatchString(got) || colours.ReplaceAllString(got, "") != plain {
		t.Errorf("%q\nwant %q in colours", got, plain)
	}
}

func TestProcessAllocs(t *testing.T) {
	for name, p := range map[string]Printer{"line": NewLine(Options{}), "tree": NewTree(Options{}), "json": NewJSON(Options{})} {
		f := ethernet(frameSYN, len(frameSYN))
		f.Process = Process{PID: 7, Name: "nginx", Container: longID}
		b := p.Append(nil, f)
		if n := testing.AllocsPerRun(100, func() { b = p.Append(b[:0], f) }); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
