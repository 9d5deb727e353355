package commands

import (
	"io"
	"strings"

	"github.com/urfave/cli/v2"
)

func manCommand(env Env) *cli.Command {
	return &cli.Command{
		Name:        "man",
		Usage:       "print the manual page",
		Description: "To read it:     smoltcp man | man -l -\nto install it:  smoltcp man > /usr/local/share/man/man1/smoltcp.1",
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				return usagef("%s: man takes no arguments", c.Args().First())
			}
			m := manual{version: c.App.Version}
			_, err := io.WriteString(env.Stdout, m.page(visibleCommands(env)))
			return err
		},
	}
}

// manual writes a manual page in the macros of man(7).
type manual struct {
	strings.Builder
	version string
}

// page writes the whole page. What it says of commands and flags is what they say of themselves.
func (m *manual) page(commands []*cli.Command) string {
	m.macro("TH", "SMOLTCP", "1", "", "smoltcp "+m.version, "User Commands")
	m.section("NAME")
	m.text("smoltcp - look at packets, and be a host that answers them")

	m.section("SYNOPSIS")
	for i, cmd := range commands {
		if i > 0 {
			m.line(".br")
		}
		m.line(`.B smoltcp ` + roff(cmd.Name))
		if len(cmd.Flags) > 0 {
			m.line(`.RI [ flags ]`)
		}
		if cmd.ArgsUsage != "" {
			m.line(`.I ` + roff(cmd.ArgsUsage))
		}
	}

	m.section("DESCRIPTION")
	m.text("One program that prints the packets of an interface or of a capture file, and that is a TCP/IP host of its own on an interface. " +
		"What it prints and what it believes as a host come from the same parsers.")
	m.paragraph("The letters of flags are those of tcpdump(8). They may be combined (-nvvXc 5) and stand anywhere: before or behind the interface, " +
		"the file and the filter. A flag with a long name takes its value behind a blank or behind =. " +
		"Everything behind -- is no flag. The name - of a file is standard input or standard output.")

	m.section("COMMANDS")
	for _, cmd := range commands {
		m.command(cmd)
	}

	m.section("FILTERS")
	m.text("A filter selects the packets that are shown and saved. Its language is that of pcap-filter(7); it is written behind the interface or the file, " +
		"as one word or as many. While capturing it is run by the kernel where it can be. " +
		"A wrong filter is answered with the place of the error, and nothing is captured.")

	m.section("OUTPUT")
	m.tagged("--format tree", "is the default: a line for each layer of a packet, each a level deeper than the one around it. With -v every field has a line, "+
		"under the name that Wireshark's display filters have for it.")
	m.tagged("--format line", "is what tcpdump prints without names: a line for a packet, and more of them with -v, -x, -X and -A.")
	m.tagged("--format json", "is one object for a packet, on a line of its own, for programs. Its keys are the names of Wireshark's display filters.")
	m.paragraph("Whatever comes from the wire is escaped: no packet can move the cursor or set the title of a terminal. " +
		"Counts, warnings and errors go to standard error.")

	m.section("EXIT STATUS")
	m.tagged("0", "It did what was asked, or was interrupted, or had shown as many packets as -c allows.")
	m.tagged("1", "Something failed: one line on standard error says what, where, and what to do. A damaged capture file is printed as far as it can be read; "+
		"then its damage is named.")
	m.tagged("2", "The command line asks for something that there is not.")
	m.paragraph("ping has the exit codes of other pings: 1 if nobody answered, 2 if something failed. fetch has those of curl: 3 for a bad URL, 6 for a name that is not found, " +
		"7 for no connection, 18 for a reply that is cut off, 22 with -f for a status of 400 or more, 23 for a file that cannot be written, 28 for a timeout, 35 for TLS, " +
		"45 for the interface, 47 for too many redirections, 52 for no reply, 56 for a connection that broke, 60 for a certificate, 130 for Ctrl-C. " +
		"lookup has those of dig: 1 for a wrong command line, 9 if no server answered, 10 if something failed.")

	m.section("ENVIRONMENT")
	m.tagged("NO_COLOR", "If it is set, --color auto means never.")
	m.tagged("TZ", "The time zone that times of day are shown in.")

	m.section("FILES")
	m.tagged("/etc/hosts, /etc/ethers, /etc/services", "Names for --resolve, before DNS is asked.")
	m.tagged("/run/netns", "The network namespaces that --netns knows by name.")

	m.section("EXAMPLES")
	for _, e := range manualExamples {
		m.line(".PP")
		m.line(roff(e.what))
		m.line(".PP")
		m.line(".RS 4")
		m.line(".nf")
		m.line(`\fB` + roff(e.command) + `\fR`)
		m.line(".fi")
		m.line(".RE")
	}

	m.section("SEE ALSO")
	m.line(`.BR tcpdump (8),`)
	m.line(`.BR pcap-filter (7),`)
	m.line(`.BR wireshark (1),`)
	m.line(`.BR tshark (1),`)
	m.line(`.BR ip-netns (8),`)
	m.line(`.BR strftime (3)`)
	return m.String()
}

// manualExamples are commands as people type them.
var manualExamples = []struct{ what, command string }{
	{"Show what passes eth0, but for one's own session:", "smoltcp dump eth0 not port 22"},
	{"As tcpdump would, with link headers and bytes:", "smoltcp dump -i eth0 --format line -envvX -c 5 tcp port 80"},
	{"Show every field of the DNS packets in a compressed capture:", "smoltcp decode -v trace.pcap.gz port 53"},
	{"Names of the servers that TLS connections ask for:", `smoltcp decode --format json trace.pcap | jq -r '.tls["tls.handshake.extensions_server_name"] // empty'`},
	{"Keep the last ten files of 100 MiB, compressed:", "smoltcp dump eth0 -w 'trace-%Y%m%d-%H%M%S.pcapng.zst' -G 3600 -C 100m --max-disk 1g"},
	{"Look into Wireshark from another machine:", "ssh router smoltcp dump eth0 -U -w - not port 22 | wireshark -k -i -"},
	{"Be a host on a new TAP interface, over a bad network:", "smoltcp serve tap0 --trace --drop-chance 15 --seed 7"},
	{"Ask the kernel's side of it for three echoes, as such a host:", "smoltcp ping --via tap0 -c 3 192.168.69.100"},
	{"Get a file from a web server there, and try again to see what was sent:", "smoltcp fetch --via tap0 -v -o file http://192.168.69.100:8000/file"},
	{"Give a directory to web browsers:", "smoltcp serve tap0 --http :80=public"},
	{"Ask a name server on eth0 for the mail servers of a domain, with an address from DHCP:", "smoltcp lookup --via eth0 --dhcp example.org MX"},
}

// command writes what a command is and what its flags are.
func (m *manual) command(cmd *cli.Command) {
	m.line(".SS " + roff(strings.TrimSpace("smoltcp "+cmd.Name+" "+synopsis(cmd))))
	m.text(sentence(cmd.Usage))
	for _, p := range strings.Split(cmd.Description, "\n\n") {
		m.described(p)
	}
	category := ""
	for _, f := range byCategory(cmd.Flags) {
		if c := categoryOf(f); c != category {
			category = c
			m.line(".PP")
			m.line(`\fI` + roff(c) + `\fR`)
		}
		m.flag(f)
	}
}

// described writes a paragraph of a description: filled, unless it has columns.
func (m *manual) described(p string) {
	if p == "" {
		return
	}
	table := strings.Contains(p, "  ")
	m.line(".PP")
	if table {
		m.line(".nf")
	}
	for _, l := range strings.Split(p, "\n") {
		m.line(roff(l))
	}
	if table {
		m.line(".fi")
	}
}

// synopsis is what stands behind the name of a command.
func synopsis(cmd *cli.Command) string {
	var parts []string
	if len(cmd.Flags) > 0 {
		parts = append(parts, "[flags]")
	}
	return strings.Join(append(parts, cmd.ArgsUsage), " ")
}

// sentence makes a sentence of a command's usage.
func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] + "." }

// byCategory gives the visible flags, those of one category together, in the order in which categories first appear; flags without
// one come first.
func byCategory(flags []cli.Flag) []cli.Flag {
	order := []string{""}
	groups := make(map[string][]cli.Flag)
	for _, f := range flags {
		if v, ok := f.(cli.VisibleFlag); ok && !v.IsVisible() {
			continue
		}
		c := categoryOf(f)
		if groups[c] == nil && c != "" {
			order = append(order, c)
		}
		groups[c] = append(groups[c], f)
	}
	var out []cli.Flag
	for _, c := range order {
		out = append(out, groups[c]...)
	}
	return out
}

func categoryOf(f cli.Flag) string {
	if c, ok := f.(cli.CategorizableFlag); ok {
		return c.GetCategory()
	}
	return ""
}

// flag writes one flag: its names, the name of its value, what it does and its default.
func (m *manual) flag(f cli.Flag) {
	d, ok := f.(cli.DocGenerationFlag)
	if !ok {
		return
	}
	usage, value := d.GetUsage(), ""
	if before, rest, ok := strings.Cut(usage, "`"); ok {
		if name, after, ok := strings.Cut(rest, "`"); ok {
			value, usage = name, before+name+after
		}
	}
	var names []string
	for _, n := range f.Names() {
		names = append(names, `\fB`+roff(dashed(n))+`\fR`)
	}
	tag := strings.Join(names, ", ")
	if value != "" {
		tag += ` \fI` + roff(value) + `\fR`
	}
	if def := defaultOf(d); def != "" && !strings.Contains(usage, "(default:") {
		usage += " (default: " + def + ")"
	}
	m.line(".TP")
	m.line(tag)
	m.line(roff(usage))
}

// defaultOf is a flag's default, "" if it says nothing.
func defaultOf(d cli.DocGenerationFlag) string {
	if !d.TakesValue() {
		return ""
	}
	switch v := d.GetDefaultText(); v {
	case "", "0", "false", `""`, "[]":
		return ""
	default:
		return strings.Trim(v, `"`)
	}
}

func (m *manual) line(s string) { m.WriteString(s + "\n") }

func (m *manual) text(s string) { m.line(roff(s)) }

func (m *manual) section(name string) { m.line(".SH " + name) }

func (m *manual) paragraph(s string) {
	m.line(".PP")
	m.text(s)
}

// tagged writes a term and what it means.
func (m *manual) tagged(term, meaning string) {
	m.line(".TP")
	m.line(`\fB` + roff(term) + `\fR`)
	m.text(meaning)
}

// macro writes a macro with arguments in quotes.
func (m *manual) macro(name string, args ...string) {
	m.WriteString("." + name)
	for _, a := range args {
		m.WriteString(` "` + strings.ReplaceAll(roff(a), `"`, `\(dq`) + `"`)
	}
	m.WriteByte('\n')
}

// roff escapes text: a backslash, a minus that must stay one, and what would be a command at the start of a line.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "^", `\(ha`, "~", `\(ti`).Replace(s)
	if strings.HasPrefix(s, ".") {
		s = `\&` + s
	}
	return s
}
