package commands

import (
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// Arrange rewrites a command line the way people type tcpdump's into the one form that the flag package reads:
// flags before positional arguments, one letter to a word, values apart.
//
//	dump eth0 -nvvXc5 port 80   becomes   dump -n -v -v -X -c 5 -- eth0 port 80
//
// A word is a flag if it begins with "-" and its first letter, or digit, is a flag of the subcommand, or with "--". Anything
// else is positional, "-" too (it names a standard stream), and so is everything behind "--". An unknown flag is
// left as it is, for the flag package to refuse. Who asks for help gets it, whatever else there is. args[0] is the program's name.
func Arrange(args []string) []string {
	if len(args) < 2 || strings.HasPrefix(args[1], "-") {
		return args
	}
	for _, cmd := range allCommands(Env{Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard}) {
		if cmd.HasName(args[1]) {
			if cmd.SkipFlagParsing {
				return args
			}
			flags, positional, help := split(args[2:], takesValue(cmd.Flags))
			if help {
				return append(args[:2:2], "--help")
			}
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
// lest the flag package take one of them for it. help reports whether -h or --help is among the flags.
func split(args []string, takesValue map[string]bool) (flags, positional []string, help bool) {
	for i := 0; i < len(args); i++ {
		a := args[i]
		switch {
		case a == "--":
			return flags, append(positional, args[i+1:]...), help
		case strings.HasPrefix(a, "--"):
			flags = append(flags, a)
			name, _, inline := strings.Cut(a[2:], "=")
			help = help || name == "help"
			if takesValue[name] && !inline {
				if i++; i == len(args) {
					return flags, nil, help
				}
				flags = append(flags, args[i])
			}
		case len(a) < 2 || a[0] != '-' || isNumber(a, takesValue):
			positional = append(positional, a)
		default:
			group, value := letters(a[1:], takesValue)
			flags = append(flags, group...)
			help = help || slices.Contains(group, "-h")
			if value {
				if i++; i == len(args) {
					return flags, nil, help
				}
				flags = append(flags, args[i])
			}
		}
	}
	return flags, positional, help
}

// isNumber reports whether a word that begins with "-" goes on as a number, where the digit is no flag as -4 is.
func isNumber(a string, takesValue map[string]bool) bool {
	_, flag := takesValue[a[1:2]]
	return a[1] >= '0' && a[1] <= '9' && !flag
}

// letters splits a group of one-letter flags; the first that takes a value takes the rest of the word, or, if it
// is the last letter, the next word: then value is true.
func letters(group string, takesValue map[string]bool) (flags []string, value bool) {
	for i := range len(group) {
		name := group[i : i+1]
		takes, known := takesValue[name]
		if !known && i == 0 {
			return []string{"-" + group}, false
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
