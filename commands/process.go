package commands

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"github.com/urfave/cli/v2"

	"smoltcp/capture"
	"smoltcp/capture/sockets"
	"smoltcp/dissect"
	"smoltcp/format"
)

// processFlag asks for the process behind each packet.
func processFlag(category string) cli.Flag {
	return &cli.BoolFlag{Category: category, Name: "process", Usage: "show whose socket sent each packet, or received it from another machine: process, number, and container or else systemd's unit. " +
		"It is looked up while the packet passes: sockets that are gone by then, and those of processes that may not be looked into, stay unknown. A pcapng file keeps it in comments"}
}

// processFinder finds the process behind each packet.
type processFinder struct {
	table  *sockets.Table
	packet dissect.Packet
	who    format.Process // of the packet found last; the zero Process if not known

	// What a savefile keeps of that.
	comment []byte
	saved   capture.Packet
}

// newProcessFinder makes one for packets captured in the network namespace called netns, "" for the present one. It has them looked for
// by a process of its own, which needs rights that one that reads packets had better not have. If n.user is set, it is that user's.
func newProcessFinder(env Env, netns string, n needs) (*processFinder, error) {
	warn := func(text string) { fmt.Fprintf(env.Stderr, "smoltcp: dump: --process: %s\n", text) }
	var table *sockets.Table
	var err error
	if env.Confine {
		table, err = startProcessHelper(env, netns, n.user, warn)
	} else {
		var source *sockets.Source
		if source, err = openProcessSource(netns); err == nil {
			table = source.Table(warn)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("--process: %w", err)
	}
	return &processFinder{table: table}, nil
}

func openProcessSource(netns string) (*sockets.Source, error) {
	return sockets.Open(sockets.Options{Enter: func(f func() error) error { return capture.InNamespace(netns, f) }})
}

// processHelper is what a program is called with that is to look for processes on behalf of another.
const processHelper = "process-helper"

// startProcessHelper starts this program once more, to look for processes.
func startProcessHelper(env Env, netns, user string, warn func(string)) (*sockets.Table, error) {
	helper := exec.Command("/proc/self/exe") // also where its own path is out of reach
	helper.Args = []string{os.Args[0], processHelper, netns, user}
	helper.Stderr = env.Stderr
	requests, err := helper.StdinPipe()
	if err != nil {
		return nil, err
	}
	answers, err := helper.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := helper.Start(); err != nil {
		return nil, err
	}
	return sockets.Connect(answers, requests, warn, func() {
		requests.Close() // which ends it
		_ = helper.Wait()
	})
}

// IsProcessHelper reports whether a command line is that of a process which looks for processes on behalf of another. It is
// no command of the user's.
func IsProcessHelper(args []string) bool { return len(args) == 4 && args[1] == processHelper }

// ProcessHelper is the life of such a process: it ends when the other does.
func ProcessHelper(env Env, args []string) error {
	// Ctrl-C is meant for the other, which has questions to the end.
	signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	_ = os.WriteFile("/proc/self/comm", []byte("smoltcp"), 0) // rather than exe
	source, err := openProcessSource(args[2])
	if err != nil {
		return sockets.Fail(env.Stdout, err)
	}
	privileges, err := env.relinquish(needs{user: args[3], procs: true})
	if err == nil {
		err = privileges.finish()
	}
	if err != nil {
		return sockets.Fail(env.Stdout, err)
	}
	return source.Serve(env.Stdin, env.Stdout)
}

// find finds the process behind p.
func (f *processFinder) find(p *capture.Packet) {
	f.packet.Decode(p.Link, p.Data, p.Len)
	f.who = format.Process{}
	if who := f.table.Lookup(&f.packet, p.Time); who != nil {
		f.who = format.Process{PID: who.PID, Name: who.Name, Container: who.Container, Unit: who.Unit}
	}
}

// annotate gives p, of which the process was found, with a comment that says so. It is good until the following call.
func (f *processFinder) annotate(p *capture.Packet) *capture.Packet {
	if f.who.PID == 0 {
		return p
	}
	f.comment = f.comment[:0]
	if len(p.Comment) > 0 {
		f.comment = append(append(f.comment, p.Comment...), '\n')
	}
	f.comment = format.AppendProcess(f.comment, &f.who, false)
	f.saved = *p
	f.saved.Comment = f.comment
	return &f.saved
}

func (f *processFinder) close() { f.table.Close() }
