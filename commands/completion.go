package commands

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"smoltcp/capture"
	"smoltcp/format"
)

// Completion is in two parts. A short script for each shell, which completion prints, hands the words in front of the cursor to the
// hidden command complete; that knows the flags, and prints what may stand there, a line each: the word, and behind a tab
// what it is. The line completeFiles alone stands for the names of files, which a shell knows better how to complete.

// completeFiles asks the shell to complete names of files.
const completeFiles = ":files"

func completionCommand(env Env) *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "print a script that makes a shell complete smoltcp's command lines",
		ArgsUsage: "bash|zsh|fish",
		Description: "For bash:  source <(smoltcp completion bash)        in ~/.bashrc\n" +
			"for zsh:   source <(smoltcp completion zsh)         in ~/.zshrc, behind compinit\n" +
			"for fish:  smoltcp completion fish | source         in ~/.config/fish/config.fish",
		Action: func(c *cli.Context) error {
			script, ok := completionScripts[c.Args().First()]
			if !ok || c.Args().Len() != 1 {
				return usagef("which shell? (smoltcp completion bash, zsh or fish)")
			}
			_, err := io.WriteString(env.Stdout, script)
			return err
		},
	}
}

// completeCommand answers the scripts. Its arguments are the words of the command line up to the cursor, the program's name
// first; the last is the one to complete, and may be empty.
func completeCommand(env Env) *cli.Command {
	return &cli.Command{
		Name:            completeName,
		Hidden:          true,
		SkipFlagParsing: true,
		Action: func(c *cli.Context) error {
			words := c.Args().Slice()
			if len(words) < 2 {
				return nil
			}
			for _, line := range complete(visibleCommands(env), words[1:len(words)-1], words[len(words)-1]) {
				if _, err := fmt.Fprintln(env.Stdout, line); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

const completeName = "complete"

// complete lists what may stand in place of last behind the words before it, without the program's name.
func complete(all []*cli.Command, before []string, last string) []string {
	if len(before) == 0 {
		var list []string
		for _, cmd := range all {
			list = append(list, cmd.Name+"\t"+cmd.Usage)
		}
		return beginning(append(list, "--help\tshow help", "--version\tprint the version and exit"), last)
	}
	i := slices.IndexFunc(all, func(cmd *cli.Command) bool { return cmd.HasName(before[0]) })
	if i < 0 {
		return nil
	}
	p := completer{command: all[i], takes: takesValue(all[i].Flags)}
	return p.complete(before[1:], last)
}

// beginning picks the candidates that begin with what was typed.
func beginning(list []string, typed string) []string {
	var out []string
	for _, c := range list {
		if c == completeFiles || strings.HasPrefix(c, typed) {
			out = append(out, c)
		}
	}
	return out
}

// A completer completes the command line of one subcommand.
type completer struct {
	command *cli.Command
	takes   map[string]bool // of each flag: whether a value follows
}

func (p *completer) complete(before []string, last string) []string {
	positional, flags := []string(nil), true
	for i := 0; i < len(before); i++ {
		w := before[i]
		flag, inline := p.flag(w)
		switch {
		case !flags:
			positional = append(positional, w)
		case w == "--":
			flags = false
		case flag == "" && !isFlag(w):
			positional = append(positional, w)
		case p.takes[flag] && !inline:
			if i == len(before)-1 {
				return beginning(p.values(flag, last), last)
			}
			i++
		}
	}
	if !flags || !isFlag(last) && last != "-" {
		return beginning(p.positional(positional), last)
	}
	if name, value, ok := strings.Cut(last, "="); ok && strings.HasPrefix(name, "--") && p.takes[name[2:]] {
		return within(name+"=", beginning(p.values(name[2:], value), value))
	}
	if !strings.HasPrefix(last, "--") {
		if flag, inline := p.flag(last); p.takes[flag] && inline {
			at := strings.Index(last, flag) + 1
			return within(last[:at], beginning(p.values(flag, last[at:]), last[at:]))
		}
	}
	return beginning(p.flags(), last)
}

// isFlag reports whether a word is one flag or more: -5 is a number, and - a file.
func isFlag(w string) bool { return len(w) > 1 && w[0] == '-' && (w[1] < '0' || w[1] > '9') }

// flag gives the name of the flag in a word that may take a value, "" if there is none, and whether the value is in the word too.
func (p *completer) flag(w string) (name string, inline bool) {
	switch {
	case !isFlag(w):
		return "", false
	case strings.HasPrefix(w, "--"):
		name, _, inline = strings.Cut(w[2:], "=")
		return name, inline
	}
	for i := 1; i < len(w); i++ {
		name = w[i : i+1]
		if p.takes[name] {
			return name, i+1 < len(w)
		}
	}
	return name, false
}

// within puts what stands before a value in the same word in front of each candidate. Files within a word no shell completes.
func within(prefix string, list []string) []string {
	var out []string
	for _, c := range list {
		if c != completeFiles {
			out = append(out, prefix+c)
		}
	}
	return out
}

// flags lists the flags, those of one letter too.
func (p *completer) flags() []string {
	var list []string
	for _, f := range p.command.Flags {
		if v, ok := f.(cli.VisibleFlag); ok && !v.IsVisible() {
			continue
		}
		usage := flagUsage(f)
		for _, n := range f.Names() {
			list = append(list, dashed(n)+"\t"+usage)
		}
	}
	return append(list, "--help\tshow help")
}

// flagUsage is what a flag is for, without the marks around the name of its value.
func flagUsage(f cli.Flag) string {
	if d, ok := f.(cli.DocGenerationFlag); ok {
		return strings.ReplaceAll(d.GetUsage(), "`", "")
	}
	return ""
}

// values lists the values that a flag may have, as far as they can be told. typed is the beginning of one.
func (p *completer) values(flag, typed string) []string {
	switch flag {
	case "format":
		return []string{"tree", "line", "json"}
	case "color":
		return []string{"auto", "always", "never"}
	case "Q", "direction":
		return []string{"in", "out", "inout"}
	case "T":
		return format.PacketTypes()
	case "time-stamp-precision":
		return []string{"micro", "nano"}
	case "i", "interface":
		if p.command.Name == "ping" {
			return nil // seconds
		}
		return interfaceNames()
	case "via":
		return p.hosts()
	case "M":
		return []string{"do", "dont"}
	case "t":
		if p.command.Name == "lookup" {
			return lookupTypes
		}
	case "netns":
		if strings.ContainsAny(typed, "./") {
			return []string{completeFiles}
		}
		return namespaceNames()
	case "r", "w":
		if p.command.Name != "dump" && p.command.Name != "decode" {
			return nil // a range, what to print or seconds
		}
		return []string{completeFiles}
	case "F", "V", "pcap", "o", "output", "cacert":
		return []string{completeFiles}
	}
	return nil
}

// positional lists what may stand behind the positional arguments so far.
func (p *completer) positional(before []string) []string {
	switch p.command.Name {
	case "dump":
		if interfaces := interfaceNames(); !slices.ContainsFunc(before, func(w string) bool { return !slices.Contains(plainWords(interfaces), w) }) {
			return append(interfaces, filterWords...)
		}
		return filterWords
	case "decode":
		if len(before) == 0 {
			return []string{completeFiles}
		}
		return filterWords
	case "serve":
		if len(before) == 0 {
			return p.hosts()
		}
	case "lookup":
		if len(before) == 1 {
			return lookupTypes
		}
	case "completion":
		if len(before) == 0 {
			return []string{"bash", "fish", "zsh"}
		}
	}
	return nil
}

// hosts lists the interfaces that a host can be on.
func (p *completer) hosts() []string {
	return slices.DeleteFunc(interfaceNames(), func(c string) bool { return strings.HasPrefix(c, capture.AnyInterface+"\t") })
}

// plainWords gives candidates without what they are.
func plainWords(list []string) []string {
	out := make([]string, len(list))
	for i, c := range list {
		out[i], _, _ = strings.Cut(c, "\t")
	}
	return out
}

// interfaceNames lists the interfaces of this machine.
func interfaceNames() []string {
	all, err := capture.ListInterfaces()
	if err != nil {
		return nil
	}
	var list []string
	for _, i := range all {
		what := i.Description
		if what == "" {
			what = "down"
			if i.Up {
				what = "up"
			}
		}
		list = append(list, i.Name+"\t"+what)
	}
	return list
}

// namespaceNames lists the network namespaces that ip netns knows.
func namespaceNames() []string {
	paths, _ := filepath.Glob("/run/netns/*")
	for i, p := range paths {
		paths[i] = filepath.Base(p)
	}
	return paths
}

// filterWords are the words that filters begin with or are joined by.
var filterWords = []string{
	"and", "arp", "broadcast", "dst", "ether", "gateway", "greater", "host", "icmp", "icmp6", "igmp", "inbound", "ip", "ip6", "less", "mpls",
	"multicast", "net", "not", "or", "outbound", "port", "portrange", "pppoes", "proto", "rarp", "sctp", "src", "tcp", "udp", "vlan",
}

// completionScripts are the scripts by the name of the shell.
var completionScripts = map[string]string{
	"bash": `# smoltcp(1) completion for bash.
_smoltcp() {
	local line IFS=$'\n'
	local words=("${COMP_WORDS[@]:0:COMP_CWORD}") cur=${COMP_WORDS[COMP_CWORD]}
	COMPREPLY=()
	# What bash takes apart at "=" is one word to smoltcp.
	if [[ $cur == "=" ]]; then
		words=("${COMP_WORDS[@]:0:COMP_CWORD-1}") line="${COMP_WORDS[COMP_CWORD-1]}="
	elif [[ $COMP_CWORD -gt 1 && ${COMP_WORDS[COMP_CWORD-1]} == "=" ]]; then
		words=("${COMP_WORDS[@]:0:COMP_CWORD-2}") line="${COMP_WORDS[COMP_CWORD-2]}=$cur"
	else
		line=$cur
	fi
	local strip=""
	[[ $line == --*=* ]] && strip="${line%%=*}="
	for line in $("${COMP_WORDS[0]}" complete "${words[@]}" "$line" 2>/dev/null); do
		line=${line%%$'\t'*}
		if [[ $line == ":files" ]]; then
			compopt -o filenames 2>/dev/null
			COMPREPLY+=($(compgen -f -- "$cur"))
		else
			COMPREPLY+=("${line#"$strip"}")
		fi
	done
}
complete -F _smoltcp smoltcp
`,
	"zsh": `#compdef smoltcp
# smoltcp(1) completion for zsh.
_smoltcp() {
	local line word
	local -a plain described
	for line in ${(f)"$("${words[1]}" complete "${(@)words[1,CURRENT-1]}" "${words[CURRENT]}" 2>/dev/null)"}; do
		word=${line%%$'\t'*}
		if [[ $word == ":files" ]]; then
			_files
			continue
		fi
		plain+=("$word")
		if [[ $line == *$'\t'* ]]; then
			described+=("$word -- ${line#*$'\t'}")
		else
			described+=("$word")
		fi
	done
	(( $#plain )) && compadd -l -d described -a plain
	return 0
}
compdef _smoltcp smoltcp
`,
	"fish": `# smoltcp(1) completion for fish.
function __smoltcp_complete
	set -l words (commandline -opc)
	set -l current (commandline -ct)
	for line in ($words[1] complete $words "$current" 2>/dev/null)
		if test "$line" = ":files"
			__fish_complete_path "$current"
		else
			echo $line
		end
	end
end
complete -c smoltcp -f -a "(__smoltcp_complete)"
`,
}
