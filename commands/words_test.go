package commands

import (
	"io"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

// readWords runs a command with read in place of its action. The words are those of a command line behind smoltcp.
func readWords(t *testing.T, stdin string, words []string, read func(*cli.Context, Env) error) error {
	t.Helper()
	env := Env{Stdin: strings.NewReader(stdin), Stdout: io.Discard, Stderr: io.Discard}
	app := New(env)
	for _, cmd := range app.Commands {
		if cmd.Name == words[0] {
			cmd.Action = func(c *cli.Context) error { return read(c, env) }
		}
	}
	return app.Run(Arrange(append([]string{"smoltcp"}, words...)))
}
