package commands

import (
	"io"
	"strings"

	"github.com/urfave/cli/v2"
)

// Arrange rewrites a command line the way people type tcpdump's into the one form that the flag package reads:
// flags before positional arguments, one letter to a word, values apart.
//
//	dump eth0 -nvvXc5 port 80   becomes   dump -n -v -v -X -c 5 -- eth0 port 80
//
// A word is a flag if it begins with "-" and its first letter is a flag of the subcommand, or with "--". Anything
// else is positional, "-" too (it names a standard stream), and so is everything behind "--". An unknown flag is
// left as it is, for the flag package to refuse. args[0] is the program's name.
func Arrange(args []string) []string {
	if len(args) < 2 || strings.HasPrefix(args[1], "-") {
		return args
	}
	for _, cmd := range allCommands(Env{Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard}) {
		if cmd.HasName(args[1]) {
			flags, positional := split(args[2:], takesValue(cmd.Flags))
			out := append(args[:2:2], flags...)
			if len(positional) > 0 {
				out = append(append(out, "--"), positional...)
			}
			return out
		}
	}
	return args
}

// takesValue maps the names of flags to whether a value follows.
func takesValue(flags []cli.Flag) map[string]bool {
	m := map[string]bool{"h": false, "help": false}
	for _, f := range flags {
		_, isBool := f.(*cli.BoolFlag)
		for _, n := range f.Names() {
			m[n] = !isBool
		}
	}
	return m
}

// split parts flags and positional arguments. If the value of the last flag is missing it gives no positional ones,
// lest the flag package take one of them for it.
func split(args []string, takesValue map[string]bool) (flags, positional []string) {
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case a == "--":
			return flags, append(positional, args[i+1:]...)
		case strings.HasPrefix(a, "--"):
			flags = append(flags, a)
			name, _, inline := strings.Cut(a[2:], "=")
			if takesValue[name] && !inline {
				if i++; i == len(args) {
					return flags, nil
				}
				flags = append(flags, args[i])
			}
		case len(a) < 2 || a[0] != '-' || a[1] >= '0' && a[1] <= '9':
			positional = append(positional, a)
		default:
			var value bool
			flags, value = letters(flags, a[1:], takesValue)
			if value {
				if i++; i == len(args) {
					return flags, nil
				}
				flags = append(flags, args[i])
			}
		}
	}
	return flags, positional
}

// letters splits a group of one-letter flags; the first that takes a value takes the rest of the word, or, if it
// is the last letter, the next word: then value is true.
func letters(flags []string, group string, takesValue map[string]bool) (out []string, value bool) {
	for i := range len(group) {
		name := group[i : i+1]
		takes, known := takesValue[name]
		if !known && i == 0 {
			return append(flags, "-"+group), false
		}
		flags = append(flags, "-"+name)
		if takes {
			if i+1 < len(group) {
				return append(flags, strings.TrimPrefix(group[i+1:], "=")), false
			}
			return flags, true
		}
	}
	return flags, false
}
