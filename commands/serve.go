package commands

import "github.com/urfave/cli/v2"

func serveCommand(env Env) *cli.Command {
	return &cli.Command{Name: "serve", Action: func(c *cli.Context) error { return usagef("not here yet") }}
}
