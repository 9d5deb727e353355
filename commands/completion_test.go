package commands

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// testEnv has no streams.
func testEnv() Env {
	return Env{Stdin: strings.NewReader(""), Stdout: new(bytes.Buffer), Stderr: new(bytes.Buffer)}
}

func TestComplete(t *testing.T) {
	for _, c := range []struct {
		line string // its last word is completed
		want string // some of the candidates
		not  string // none of them
	}{
		{"", "dump decode serve ping fetch lookup completion man --help --version", "complete"},
		{"de", "decode", "dump"},
		{"nonesuch ", "", "dump --help"},
		{"dump --for", "--format", "--color"},
		{"dump --format ", "tree line json", "tcp"},
		{"dump --format l", "line", "tree"},
		{"dump --format=l", "--format=line", "--format=tree line"},
		{"dump -Q ", "in out inout", "tcp"},
		{"dump -Qi", "-Qin -Qinout", "-Qout"},
		{"dump -nvQ o", "out", "in"},
		{"dump -n ", "tcp port", "tree"},
		{"dump -i ", "lo any", "tcp"},
		{"dump --interface=l", "--interface=lo", "lo"},
		{"dump ", "lo any tcp", ":files"},
		{"dump lo ", "any tcp", ":files"},
		{"dump lo tcp ", "port and", "lo any"},
		{"dump -- -", "", "--format -n"},
		{"dump -c 5 -", "-n --format", "-5"},
		{"decode ", ":files", "tcp"},
		{"decode -", "-n --format", ":files"},
		{"decode -r ", ":files", "tcp"},
		{"decode x.pcap ", "tcp", ":files"},
		{"decode -T r", "rtp rtcp radius resp", "domain"},
		{"decode --color x", "", "auto"},
		{"decode --time-stamp-precision ", "micro nano", ""},
		{"serve ", "lo", "any tcp"},
		{"serve lo ", "", "lo"},
		{"ping --via ", "lo", "any tcp"},
		{"ping -i ", "", "lo"},
		{"ping -M ", "do dont", ""},
		{"lookup --via lo example.org ", "A AAAA MX PTR", "example.org lo"},
		{"lookup -t ", "A AAAA MX PTR", "lo"},
		{"completion ", "bash zsh fish", ""},
		{"completion bash ", "", "zsh"},
		{"man ", "", "bash"},
	} {
		words := strings.Split(c.line, " ")
		got := plainWords(complete(visibleCommands(testEnv()), words[:len(words)-1], words[len(words)-1]))
		for _, w := range strings.Fields(c.want) {
			if w != "lo" && w != "any" && !strings.HasSuffix(w, "=lo") || len(interfaceNames()) > 0 {
				if !slices.Contains(got, w) {
					t.Errorf("%q: no %s in %q", c.line, w, got)
				}
			}
		}
		for _, w := range strings.Fields(c.not) {
			if slices.Contains(got, w) {
				t.Errorf("%q: %s in %q", c.line, w, got)
			}
		}
		if c.want == "" && len(got) > 0 {
			t.Errorf("%q: %q", c.line, got)
		}
	}
}

// TestCompleteFlags finds every visible flag of every command, with a word on what it is.
func TestCompleteFlags(t *testing.T) {
	for _, cmd := range visibleCommands(testEnv()) {
		p := completer{command: cmd, takes: takesValue(cmd.Flags)}
		for _, line := range p.flags() {
			flag, what, ok := strings.Cut(line, "\t")
			if !ok || what == "" || !strings.HasPrefix(flag, "-") || strings.ContainsAny(line, "`\n") {
				t.Errorf("%s: %q", cmd.Name, line)
			}
		}
	}
}

// completionProgram builds the program and gives the directory that it is in.
func completionProgram(t *testing.T) string {
	dir := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", filepath.Join(dir, "smoltcp"), "smoltcp").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return dir
}

// TestCompletionScripts runs the scripts in the shells that are there.
func TestCompletionScripts(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	dir := completionProgram(t)
	if err := os.WriteFile(filepath.Join(dir, "trace one.pcap"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	const bash = `
try() { COMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); COMPREPLY=(); _smoltcp; echo "${COMPREPLY[*]}"; }
`
	for _, c := range []struct {
		shell  string
		args   []string
		script string // behind the one that completion prints
		want   string
	}{
		{"bash", []string{"--norc", "-c"}, bash + "try smoltcp d", "dump decode\n"},
		{"bash", []string{"--norc", "-c"}, bash + "try smoltcp dump --format ''", "tree line json\n"},
		{"bash", []string{"--norc", "-c"}, bash + "try smoltcp dump --format =", "tree line json\n"},
		{"bash", []string{"--norc", "-c"}, bash + "try smoltcp dump --format = l", "line\n"},
		{"bash", []string{"--norc", "-c"}, bash + "try smoltcp dump -nvQ o", "out\n"},
		{"bash", []string{"--norc", "-c"}, bash + "try smoltcp dump -Qi", "-Qin -Qinout\n"},
		{"bash", []string{"--norc", "-c"}, bash + "try smoltcp decode tr", "trace one.pcap\n"},
		{"bash", []string{"--norc", "-c"}, bash + "try smoltcp decode -r tr", "trace one.pcap\n"},
		{"fish", []string{"--no-config", "-c"}, "complete -C 'smoltcp de'", "decode\tprint what a capture file holds\n"},
		{"fish", []string{"--no-config", "-c"}, "complete -C 'smoltcp dump --format l'", "line\n"},
		{"fish", []string{"--no-config", "-c"}, "complete -C 'smoltcp dump --format=l'", "--format=line\n"},
		{"fish", []string{"--no-config", "-c"}, "complete -C 'smoltcp decode tr'", "trace one.pcap\n"},
		{"zsh", []string{"-f", "-c"}, `
compadd() { print -r -- "$plain" }
_files() { print -r -- files }
words=(smoltcp dump --format ''); CURRENT=4; _smoltcp
words=(smoltcp de); CURRENT=2; _smoltcp
words=(smoltcp decode tr); CURRENT=3; _smoltcp
`, "tree line json\ndecode\nfiles\n"},
	} {
		t.Run(c.shell, func(t *testing.T) {
			path, err := exec.LookPath(c.shell)
			if err != nil {
				t.Skip("no ", c.shell)
			}
			script := completionScripts[c.shell] + c.script
			if c.shell == "zsh" {
				script = "compdef() { : }\n" + script
			}
			cmd := exec.Command(path, append(c.args, script)...)
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "HOME="+dir)
			out, err := cmd.CombinedOutput()
			if err != nil || string(out) != c.want {
				t.Errorf("%s: %q, want %q (%v)", c.script, out, c.want, err)
			}
		})
	}
}
