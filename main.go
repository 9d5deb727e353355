// Smoltcp dissects packets and is a TCP/IP host: see README.md, or run it with --help.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"smoltcp/commands"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// A reader that went away is an error of the write, which then ends the program in order; the
	// signal would end it at once, with packets unsaved.
	signal.Ignore(syscall.SIGPIPE)

	env := commands.Env{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}
	err := commands.New(env).RunContext(ctx, commands.Arrange(os.Args))
	if err != nil && !commands.Silent(err) {
		fmt.Fprintf(os.Stderr, "smoltcp: %v\n", err)
	}
	os.Exit(commands.ExitCode(err))
}
