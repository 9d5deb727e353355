package commands

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

func testManual() string {
	m := manual{version: "1.2-3"}
	return m.page(visibleCommands(testEnv()))
}

// TestManual finds in the page every section, every command and every flag.
func TestManual(t *testing.T) {
	page := testManual()
	at := 0
	for _, s := range []string{"NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "FILTERS", "OUTPUT", "EXIT STATUS", "ENVIRONMENT", "FILES", "EXAMPLES", "SEE ALSO"} {
		i := strings.Index(page, "\n.SH "+s+"\n")
		if i < at {
			t.Errorf("section %s is not there, or not in its place", s)
		}
		at = i
	}
	for _, cmd := range visibleCommands(testEnv()) {
		_, section, ok := strings.Cut(page, "\n.SS smoltcp "+cmd.Name)
		if !ok {
			t.Errorf("%s is missing", cmd.Name)
			continue
		}
		section, _, _ = strings.Cut(section, "\n.S")
		for _, f := range cmd.Flags {
			if v, ok := f.(cli.VisibleFlag); ok && !v.IsVisible() {
				continue
			}
			for _, n := range f.Names() {
				if !strings.Contains(section, `\fB`+roff(dashed(n))+`\fR`) {
					t.Errorf("%s has no %s", cmd.Name, dashed(n))
				}
			}
		}
	}
	if strings.ContainsAny(page, "`\t\r") {
		t.Error("the page has backquotes or control characters")
	}
}

// TestManualExamples gives the flags of each example to the command that it is for.
func TestManualExamples(t *testing.T) {
	commands := make(map[string]*cli.Command)
	for _, cmd := range visibleCommands(testEnv()) {
		commands[cmd.Name] = cmd
	}
	for _, e := range manualExamples {
		_, line, _ := strings.Cut(e.command, "smoltcp ")
		line, _, _ = strings.Cut(line, " | ")
		words := strings.Fields(line)
		cmd := commands[words[0]]
		if cmd == nil {
			t.Errorf("%s: no such command", e.command)
			continue
		}
		takes := takesValue(cmd.Flags)
		flags, _, _ := split(words[1:], takes)
		for _, f := range flags {
			if !isFlag(f) {
				continue
			}
			if _, ok := takes[strings.TrimLeft(f, "-")]; !ok {
				t.Errorf("%s: %s is no flag", e.command, f)
			}
		}
	}
}

// TestManualFormats reads the page with man, which warns of what it does not understand.
func TestManualFormats(t *testing.T) {
	groff, err := exec.LookPath("groff")
	if err != nil {
		t.Skip("no groff")
	}
	cmd := exec.Command(groff, "-man", "-Tascii", "-ww", "-z")
	cmd.Stdin = strings.NewReader(testManual())
	out, err := cmd.CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestRoff(t *testing.T) {
	for in, want := range map[string]string{
		"plain": "plain", "-v": `\-v`, `a\b`: `a\eb`, ".br": `\&.br`, "'br": `\(aqbr`, "~^": `\(ti\(ha`,
	} {
		if got := roff(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
