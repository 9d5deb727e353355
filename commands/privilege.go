package commands

import (
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"
)

// privilegeFlags are the flags about what the program may do while it runs.
func privilegeFlags() []cli.Flag {
	const about = "Privileges:"
	return []cli.Flag{
		&cli.StringFlag{Category: about, Name: "Z", Aliases: []string{"relinquish-privileges"}, Usage: "if started as root, become `USER` once everything is open; files made later, by -C or -G, " +
			"are made as that user. root keeps every right that the program was started with. By default it stays the user that it is, but gives up all other rights"},
	}
}

// needs is what a command still has to do when everything is open. Whatever is not among it, the program gives up the right to.
type needs struct {
	user string // -Z; "" stays whoever it is

	dir   string   // further savefiles are made in this directory, or in one below; "" for none
	trees []string // files in these directories, and below, are read
	read  []string // further files to read
	names bool     // names are looked up
	procs bool     // other processes are looked into
	run   bool     // a command is run, which may need anything

	dirFlag string // by which dir was named, if not -w
}

// needsOf gathers what dump and decode have to do, from their options.
func needsOf(c *cli.Context, save saveOptions) needs {
	n := needs{user: c.String("Z"), run: save.command != "", names: c.Bool("resolve")}
	if save.rotation.Active() {
		n.dir = staticDir(save.file)
	}
	return n
}

// staticDir is the directory in which all files are that are called name, a strftime format.
func staticDir(name string) string {
	if i := strings.IndexByte(name, '%'); i >= 0 {
		return filepath.Dir(name[:i] + "x") // a file whose own name begins there is in what is before it
	}
	return filepath.Dir(name)
}
