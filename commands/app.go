// Package commands holds smoltcp's subcommands, one file each: the flags, an options struct made from them,
// and a loop that moves packets between the packages that do the work. Nothing imports it but main.
//
// A command gets its streams from the Env and reports through its error, so that a test can run it; it never exits
// the process and never prints an error itself.
package commands

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// Env is what a command may touch of the process it runs in.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer

	// Confine says that the process is the command's alone: it may give up rights for good that it needs no more.
	Confine bool
}

// usageError is a command line that asks for something impossible: exit code 2.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// errSilent ends a command that has nothing to add to what was printed already.
var errSilent = errors.New("stopped")

// Silent reports whether err needs no line on stderr.
func Silent(err error) bool { return errors.Is(err, errSilent) }

// PrintError prints an error as the program's last line. What is from the wire in it, like the names in a certificate, cannot move the
// cursor.
func PrintError(w io.Writer, err error) { fmt.Fprintf(&terminalWriter{w: w}, "smoltcp: %v\n", err) }

// statusError is an error with an exit code of its own, which users of the program that a command resembles expect.
type statusError struct {
	error
	code int
}

func (e statusError) Unwrap() error { return e.error }

// withStatus gives err an exit code, if it is an error that has none of its own.
func withStatus(code int, err error) error {
	if err == nil || ExitCode(err) != 1 || errors.As(err, new(statusError)) {
		return err
	}
	return statusError{err, code}
}

// ExitCode is 0 for success, 1 for a failure, 2 for a usage error, and what the command says for others.
func ExitCode(err error) int {
	var usage usageError
	var status statusError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &status):
		return status.code
	case errors.As(err, &usage):
		return 2
	}
	return 1
}

// New builds the application. Its arguments must have passed through Arrange.
func New(env Env) *cli.App {
	cli.FlagStringer = flagText
	cli.VersionFlag = &cli.BoolFlag{Name: "version", Usage: "print the version and exit", DisableDefaultText: true}
	cli.VersionPrinter = func(c *cli.Context) { fmt.Fprintf(c.App.Writer, "smoltcp %s\n", c.App.Version) }
	app := &cli.App{
		Name:  "smoltcp",
		Usage: "look at packets, and be a host that answers them",
		UsageText: "smoltcp dump [flags] [interface...] [filter] what is on this wire, now\n" +
			"smoltcp decode [flags] file [filter]         what was on that wire\n" +
			"smoltcp serve [flags] interface              a whole TCP/IP host, in this process\n" +
			"smoltcp ping [flags] --via interface host    ask another host, as that one\n" +
			"smoltcp fetch [flags] --via interface url    get what a web server has, as that one\n" +
			"smoltcp lookup [flags] --via interface name  ask a name server, as that one",
		Version:         version(),
		Commands:        allCommands(env),
		Reader:          env.Stdin,
		Writer:          env.Stdout,
		ErrWriter:       env.Stderr,
		HideHelpCommand: true,
		// A flag that is repeated takes one value each time: names of interfaces may have commas.
		DisableSliceFlagSeparator: true,
		OnUsageError: func(c *cli.Context, err error, _ bool) error {
			return usagef("%s (see smoltcp --help)", plainFlagError(err))
		},
		ExitErrHandler: func(*cli.Context, error) {},
		Action: func(c *cli.Context) error {
			if c.Args().Present() {
				var have []string
				for _, cmd := range c.App.VisibleCommands() {
					have = append(have, cmd.Name)
				}
				return usagef("%s: no such command (have: %s)", c.Args().First(), strings.Join(have, ", "))
			}
			return cli.ShowAppHelp(c)
		},
	}
	for _, cmd := range app.Commands {
		name := cmd.Name
		cmd.HideHelpCommand = true
		cmd.OnUsageError = func(c *cli.Context, err error, _ bool) error {
			return usageStatus(name, usagef("%s: %s (see smoltcp %s --help)", name, plainFlagError(err), name))
		}
		action := cmd.Action
		cmd.Action = func(c *cli.Context) error {
			if err := action(c); err != nil {
				return usageStatus(name, fmt.Errorf("%s: %w", name, err))
			}
			return nil
		}
	}
	return app
}

// usageStatus gives a usage error of a command the exit code of the program that the command resembles, where that is not 2.
func usageStatus(name string, err error) error {
	if name == "lookup" && errors.As(err, new(usageError)) && !errors.As(err, new(statusError)) {
		return statusError{err, lookupUsage}
	}
	return err
}

// allCommands lists the subcommands.
func allCommands(env Env) []*cli.Command {
	return append(visibleCommands(env), completeCommand(env))
}

// visibleCommands lists those that people type, in the order of the help text.
func visibleCommands(env Env) []*cli.Command {
	return []*cli.Command{dumpCommand(env), decodeCommand(env), serveCommand(env), pingCommand(env), fetchCommand(env), lookupCommand(env), completionCommand(env), manCommand(env)}
}

// stringifyFlag is the library's own description of a flag.
var stringifyFlag = cli.FlagStringer

// flagText describes a flag without the defaults that say nothing.
func flagText(f cli.Flag) string {
	s := stringifyFlag(f)
	for _, empty := range []string{" (default: false)", " (default: 0)", " (default: 0s)"} {
		s = strings.TrimSuffix(s, empty)
	}
	return s
}

// plainFlagError says in tcpdump's words what the flag package found.
func plainFlagError(err error) string {
	s := err.Error()
	if f, ok := strings.CutPrefix(s, "flag provided but not defined: -"); ok {
		return "no such flag: " + dashed(f)
	}
	if f, ok := strings.CutPrefix(s, "flag needs an argument: -"); ok {
		return "flag " + dashed(f) + " needs a value"
	}
	if m := invalidValue.FindStringSubmatch(s); m != nil {
		return fmt.Sprintf("%s %s: not a value that this flag takes", dashed(m[2]), m[1])
	}
	return s
}

// invalidValue takes apart what the flag package says of a value that it cannot read.
var invalidValue = regexp.MustCompile(`^invalid (?:boolean )?value "(.*)" for (?:flag )?-([^:]+): `)

func dashed(flag string) string {
	if len(flag) == 1 {
		return "-" + flag
	}
	return "--" + strings.TrimPrefix(flag, "-")
}

// version is the module's, as the Go tool stamped it into the binary.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	v := info.Main.Version
	if i := slices.IndexFunc(info.Settings, func(s debug.BuildSetting) bool { return s.Key == "vcs.revision" }); i >= 0 && v == "(devel)" {
		v += " " + info.Settings[i].Value
	}
	return v
}
