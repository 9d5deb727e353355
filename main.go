// Smoltcp dissects packets and is a TCP/IP host: see README.md, or run it with --help.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"smoltcp/commands"
)

// stopGrace is how long a command may take to end after a signal: serve says goodbye to its peers, dump
// writes out what it has. More is needed only by one that waits for a file or a pipe that is stuck.
const stopGrace = 5 * time.Second

func main() {
	env := commands.Env{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Confine: true}
	if commands.IsProcessHelper(os.Args) {
		os.Exit(commands.ExitCode(commands.ProcessHelper(env, os.Args)))
	}

	signals := []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT}
	if !signal.Ignored(syscall.SIGHUP) { // it is under nohup
		signals = append(signals, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	context.AfterFunc(ctx, func() {
		stop() // a second signal ends the program as if nobody caught it
		time.Sleep(stopGrace)
		fmt.Fprintf(os.Stderr, "smoltcp: stopped in the middle of something: a file or a pipe did not move for %v\n", stopGrace)
		os.Exit(1)
	})

	// A reader that went away is an error of the write, which then ends the program in order; the
	// signal would end it at once, with packets unsaved.
	signal.Ignore(syscall.SIGPIPE)

	err := commands.New(env).RunContext(ctx, commands.Arrange(os.Args))
	if err != nil && !commands.Silent(err) {
		commands.PrintError(os.Stderr, err)
	}
	os.Exit(commands.ExitCode(err))
}
