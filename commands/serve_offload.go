package commands

import "github.com/urfave/cli/v2"

// offloadFlag says whether the interface may do work of the host's.
func offloadFlag(category string) cli.Flag {
	return &cli.StringFlag{
		Category: category, Name: "offload", Value: "on",
		Usage: "`MODE`: on, a TAP or TUN interface computes TCP checksums and cuts what is sent into segments, and gives what the kernel has not cut; off, every frame is one that a wire could carry. Off with --pcap, --trace and faults, which are about frames",
	}
}

func (o *serveOptions) readOffload(c *cli.Context) error {
	switch mode := c.String("offload"); mode {
	case "on", "":
	case "off":
		o.noOffload = true
	default:
		return usagef("--offload %s: want on or off", mode)
	}
	return nil
}

// offloads reports whether the devices may be given more than frames.
func (o *serveOptions) offloads() bool {
	return !o.noOffload && o.pcap == "" && !o.trace && !o.fault.Active()
}
