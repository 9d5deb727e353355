package commands

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
)

// compatFlags are tcpdump's flags about things that are otherwise here, or not at all: so that they are taken for what they
// are, and the answer says what to do.
func compatFlags() []cli.Flag {
	const about = "Without effect, for tcpdump's sake:"
	return []cli.Flag{
		&cli.StringFlag{Category: about, Name: "E", Usage: "`SECRET` of ESP: packets are shown encrypted all the same"},
		&cli.StringSliceFlag{Category: about, Name: "m", Usage: "SMI `MODULE`: object identifiers of SNMP stay numbers"},
		&cli.BoolFlag{Category: about, Name: "b", Usage: "AS numbers of BGP with a dot: they stay plain numbers"},
		&cli.BoolFlag{Category: about, Name: "H", Usage: "detect 802.11s draft mesh headers: they are not dissected"},
		&cli.BoolFlag{Category: about, Name: "u", Usage: "undecoded NFS handles: NFS is not dissected"},
	}
}

// fileCompatFlags are those of tcpdump's flags that mean nothing for a file, nor do there.
func fileCompatFlags() []cli.Flag {
	const about = "Without effect, for tcpdump's sake:"
	return []cli.Flag{
		&cli.BoolFlag{Category: about, Name: "p", Aliases: []string{"no-promiscuous-mode"}, Usage: "nothing, for a file"},
		&cli.IntFlag{Category: about, Name: "B", Aliases: []string{"buffer-size"}, Usage: "nothing, for a file (`KIB`)"},
		&cli.BoolFlag{Category: about, Name: "immediate-mode", Usage: "nothing, for a file"},
		&cli.StringFlag{Category: about, Name: "y", Aliases: []string{"linktype"}, Usage: "nothing, for a file, which tells its link type (`NAME`)"},
		&cli.StringFlag{Category: about, Name: "j", Aliases: []string{"time-stamp-type"}, Usage: "nothing, for a file (`TYPE`)"},
		versionFlag(),
	}
}

// warnCompat says, a line each, what flags of compatFlags do not do.
func warnCompat(c *cli.Context, stderr io.Writer) {
	for _, f := range []struct{ flag, text string }{
		{"E", "ESP is not decrypted: save the packets with -w, and decrypt them with tshark -o esp.enable_encryption_decode:TRUE"},
		{"m", "object identifiers of SNMP stay numbers"},
		{"b", "AS numbers of BGP stay plain numbers"},
		{"H", "802.11s mesh headers are not dissected"},
	} {
		if c.IsSet(f.flag) {
			fmt.Fprintf(stderr, "smoltcp: -%s: %s\n", f.flag, f.text)
		}
	}
}

// tallyFlags are about how many packets are shown.
func tallyFlags() []cli.Flag {
	const show = "Output:"
	return []cli.Flag{
		&cli.BoolFlag{Category: show, Name: "count", Usage: "print nothing but the number of packets, at the end"},
		&cli.IntFlag{Category: show, Name: "skip", Usage: "leave out the first `COUNT` packets that match"},
	}
}

// tallyOptions is what tallyFlags ask for.
type tallyOptions struct {
	count bool
	skip  int
}

func readTally(c *cli.Context) (tallyOptions, error) {
	o := tallyOptions{count: c.Bool("count"), skip: c.Int("skip")}
	switch {
	case o.skip < 0:
		return o, usagef("--skip %d: want a number of packets", o.skip)
	case o.count && c.String("w") == "-":
		return o, usagef("-w - --count: packets and their number cannot both go to standard output")
	}
	return o, nil
}

// readSpan reads a time: seconds, or a number with a unit such as 90s, 5m or 1h30m.
func readSpan(flag, s string) (time.Duration, error) {
	text := s
	if strings.Trim(s, "0123456789.") == "" {
		text += "s"
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, usagef("%s %s: want a time above 0 in seconds, or with a unit: 10, 1.5s, 5m, 1h30m", flag, s)
	}
	return d, nil
}

// versionFlag asks for the version behind a subcommand, where people who have typed tcpdump --version put it.
func versionFlag() cli.Flag {
	return &cli.BoolFlag{Name: "version", Usage: "print the version and exit", Hidden: true}
}

// checkTimeStampType refuses what is no type of time stamps, and says of one that cannot be had that it is not.
func checkTimeStampType(name string, stderr io.Writer) error {
	switch name {
	case "", "host":
		return nil
	case "host_lowprec", "host_hiprec", "host_hiprec_unsynced", "adapter", "adapter_unsynced":
		fmt.Fprintf(stderr, "smoltcp: -j %s: time stamps are the kernel's (host)\n", name)
		return nil
	}
	return usagef("-j %s: no such type of time stamps (see smoltcp dump -J)", name)
}
