package commands

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	mrand "math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"smoltcp/capture"
	"smoltcp/dissect"
	"smoltcp/stack"
	"smoltcp/stack/host"
	"smoltcp/stack/tcp"
)

// serveOptions is what a serve command line asks for.
type serveOptions struct {
	out     outputOptions
	device  capture.DeviceOptions
	mac     dissect.MAC
	addrs   []netip.Prefix
	maybe   []netip.Prefix // more of them, if the interface is wide enough for IPv6
	gateway []netip.Addr   // one for each IP version at most
	slaac   bool
	privacy bool // temporary addresses too
	dhcp    bool
	mtu     int // 0: the device's

	noOffload bool

	seed    uint64
	seeded  bool
	fault   capture.FaultConfig
	pcap    string
	trace   bool
	verbose bool
	needs   needs
	http    []httpSite
	names   nameOptions
	own     string          // name on the link, without .local; empty for none
	also    []alsoInterface // see serve_also.go
	link    linkOptions     // see serve_link.go

	buffer, serviceBuffer int        // bytes, see services.go
	tcp                   tcp.Config // of every service, which may change it
}

// What the host is called unless flags say otherwise, and what the kernel's side of a new interface gets.
const (
	defaultMAC      = "02-00-00-00-00-01"
	defaultAddr     = "192.168.69.1/24"
	defaultHostAddr = "192.168.69.100/24"
	defaultGateway  = "192.168.69.100"

	// IPv6, where the interface has room for it.
	defaultAddr6     = "fdaa::1/64"
	defaultLinkLocal = "fe80::1/64"
	defaultHostAddr6 = "fdaa::100/64"
	defaultGateway6  = "fdaa::100"
)

func serveCommand(env Env) *cli.Command {
	const (
		identity = "Host:"
		faults   = "Faults, in both directions:"
		services = "Services:"
		tuning   = "TCP:"
		watching = "Watching:"
	)
	return &cli.Command{
		Name:      "serve",
		Usage:     "be a TCP/IP host on an interface",
		ArgsUsage: "interface",
		Description: "Answers ARP, ping and the services below on a TAP or TUN interface, which is created if it does not exist,\n" +
			"or on any other interface through a packet socket. Ctrl-C closes the connections and prints counters.\n\n" +
			serviceHelp,
		Flags: append([]cli.Flag{
			&cli.StringFlag{Category: identity, Name: "hardware-addr", Value: defaultMAC, Usage: "the host's Ethernet address is `MAC`"},
			&cli.StringSliceFlag{Category: identity, Name: "addr", Value: cli.NewStringSlice(defaultAddr, defaultAddr6, defaultLinkLocal), Usage: "the host has the address `ADDR/BITS`; may be repeated"},
			&cli.StringSliceFlag{Category: identity, Name: "gateway", Usage: "other networks are reached by way of `ADDR`; once for each IP version, none for no gateway (default: " + defaultGateway + " and " + defaultGateway6 + " with the default addresses, else none)"},
			&cli.BoolFlag{Category: identity, Name: "slaac", Usage: "take IPv6 addresses and routes from the routers on the link, not the defaults of --addr and --gateway"},
			&cli.BoolFlag{Category: identity, Name: "temporary", Usage: "with --slaac, also use addresses that change every day, for connections of our own (RFC 8981)"},
			dhcpFlag(identity),
			&cli.IntFlag{Category: identity, Name: "mtu", Usage: "send and accept IP packets of up to `BYTES` (default: the interface's)"},
			&cli.Uint64Flag{Category: identity, Name: "seed", Usage: "make every random choice from the number `N`, so that a run can be repeated; not for a host that must withstand attacks"},
			&cli.StringSliceFlag{Category: identity, Name: "host-addr", Value: cli.NewStringSlice(defaultHostAddr, defaultHostAddr6), Usage: "give the kernel's side of a new interface the address `ADDR/BITS`; may be repeated"},
			&cli.BoolFlag{Category: identity, Name: "tun", Usage: "create a TUN interface (IP packets), not TAP (Ethernet frames)"},

			&cli.IntFlag{Category: services, Name: "buffer", Value: 64, Usage: "`BYTES` that each connection to ports 6969 and 6970 buffers: few, so that exhaustion is easy to see"},
			&cli.IntFlag{Category: services, Name: "service-buffer", Value: 1 << 20, Usage: "`BYTES` that each connection to the other ports buffers, in each direction"},

			&cli.StringFlag{Category: tuning, Name: "congestion", Value: "cubic", Usage: "congestion control is `ALGORITHM`: cubic, reno or bbr"},
			&cli.StringFlag{Category: tuning, Name: "ecn", Value: "on", Usage: "`MODE` of congestion notification: off; on, if the peer asks for it; accurate, if the peer asks for that"},
			&cli.BoolFlag{Category: tuning, Name: "fast-open", Usage: "take text that comes with a SYN (TCP Fast Open)"},
			&cli.StringFlag{Category: tuning, Name: "keepalive", Usage: "ask peers that have been silent for `TIME`, like 30s, whether they are still there"},
			offloadFlag(tuning),
			&cli.BoolFlag{Category: tuning, Name: "pacing", Usage: "spread what is sent over the round trip"},

			&cli.Float64Flag{Category: faults, Name: "drop-chance", Usage: "drop `PERCENT` of the frames"},
			&cli.Float64Flag{Category: faults, Name: "corrupt-chance", Usage: "flip a bit in `PERCENT` of the frames"},
			&cli.Float64Flag{Category: faults, Name: "duplicate-chance", Usage: "double `PERCENT` of the frames"},
			&cli.Float64Flag{Category: faults, Name: "reorder-chance", Usage: "hold back `PERCENT` of the frames until others have passed"},
			&cli.StringFlag{Category: faults, Name: "delay", Usage: "delay every frame by `TIME`, like 20ms"},
			&cli.IntFlag{Category: faults, Name: "size-limit", Usage: "drop frames of more than `BYTES`"},
			&cli.IntFlag{Category: faults, Name: "tx-rate-limit", Usage: "send at most `FRAMES` in each interval"},
			&cli.IntFlag{Category: faults, Name: "rx-rate-limit", Usage: "receive at most `FRAMES` in each interval"},
			&cli.StringFlag{Category: faults, Name: "shaping-interval", Value: "50ms", Usage: "the interval of the rate limits is `TIME`; here and above a bare number is milliseconds"},

			&cli.StringFlag{Category: watching, Name: "pcap", Usage: "record every frame in `FILE`, dropped ones too: pcapng if it is called so, with a comment on what was done to the frame"},
			&cli.BoolFlag{Category: watching, Name: "trace", Usage: "print every frame as dump would, <- received and -> sent, and between them what the host decides"},
			&cli.BoolFlag{Category: watching, Name: "verbose", Usage: "log what the host and its services do"},
		}, slices.Concat(linkFlags(identity), alsoFlags(identity), httpFlags(services), serveNameFlags(identity), outputFlags(), privilegeFlags())...),
		Action: func(c *cli.Context) error {
			o, err := readServe(c, env)
			if err != nil {
				return err
			}
			return serve(c.Context, env, o)
		},
	}
}

func readServe(c *cli.Context, env Env) (o serveOptions, err error) {
	if o.out, err = readOutput(c, env.Stdout); err != nil {
		return o, err
	}
	switch c.Args().Len() {
	case 0, 1:
		if c.Args().First() == "" {
			return o, usagef("on which interface? (smoltcp serve tap0)")
		}
	default:
		return o, usagef("%q: one interface; further ones are --also %s=ADDR/BITS", c.Args().Slice(), c.Args().Get(1))
	}
	o.needs = needsOf(c, saveOptions{})
	o.pcap, o.trace, o.verbose = c.String("pcap"), c.Bool("trace"), c.Bool("verbose")
	switch {
	case o.pcap == "-" && o.trace:
		return o, usagef("--pcap - --trace: packets and text cannot both go to standard output")
	case o.out.count > 0 && !o.trace:
		return o, usagef("-c %d: counts the frames of --trace, which is not there", o.out.count)
	}
	o.buffer, o.serviceBuffer = c.Int("buffer"), c.Int("service-buffer")
	for _, b := range []struct {
		flag string
		n    int
	}{{"buffer", o.buffer}, {"service-buffer", o.serviceBuffer}} {
		if b.n < 1 || b.n > maxServeBuffer {
			return o, usagef("--%s %d: want 1 to %d bytes", b.flag, b.n, maxServeBuffer)
		}
	}
	if err := readTCP(c, &o.tcp); err != nil {
		return o, err
	}
	if err := o.readOffload(c); err != nil {
		return o, err
	}
	if o.mac, err = dissect.ParseMAC(c.String("hardware-addr")); err != nil {
		return o, usagef("--hardware-addr %s: %w", c.String("hardware-addr"), err)
	}
	if !o.mac.IsUnicast() {
		return o, usagef("--hardware-addr %s: not the address of one station", o.mac)
	}
	if o.addrs, err = readPrefixes("addr", c.StringSlice("addr")); err != nil {
		return o, err
	}
	if o.device.HostAddrs, err = readPrefixes("host-addr", c.StringSlice("host-addr")); err != nil {
		return o, err
	}
	if o.slaac, o.privacy = c.Bool("slaac"), c.Bool("temporary"); o.privacy && !o.slaac {
		return o, usagef("--temporary: goes with --slaac")
	}
	switch {
	case c.IsSet("addr"):
	case o.slaac:
		o.addrs = o.addrs[:1]
	default:
		o.addrs, o.maybe = o.addrs[:1], o.addrs[1:]
	}
	if err := o.readDHCP(c); err != nil {
		return o, err
	}
	if err := o.readLink(c); err != nil {
		return o, err
	}
	if !c.IsSet("host-addr") {
		o.device.HostAddrs, o.device.TryAddrs = o.device.HostAddrs[:1], o.device.HostAddrs[1:]
	}
	for _, a := range slices.Concat(o.addrs, o.maybe) {
		if slices.ContainsFunc(slices.Concat(o.device.HostAddrs, o.device.TryAddrs), func(h netip.Prefix) bool { return h.Addr() == a.Addr() }) {
			return o, usagef("--addr %s: the kernel's side has that address (--host-addr)", a)
		}
	}
	gateways := c.StringSlice("gateway")
	if len(gateways) == 0 && !c.IsSet("addr") {
		if !o.dhcp && !o.link.linkLocal {
			gateways = append(gateways, defaultGateway)
		}
		if !o.slaac {
			gateways = append(gateways, defaultGateway6)
		}
	}
	if err := o.readMTU(c); err != nil {
		return o, err
	}
	o.device.Name, o.device.TUN = c.Args().First(), c.Bool("tun")
	if err := o.readAlso(c); err != nil {
		return o, err
	}
	networks := slices.Concat(o.addrs, o.maybe)
	for _, a := range o.also {
		networks = append(networks, a.addrs...)
	}
	if o.gateway, err = readGateways(gateways, networks); err != nil {
		return o, err
	}
	if err := readFaults(c, &o.fault); err != nil {
		return o, err
	}
	if err := o.readNames(c); err != nil {
		return o, err
	}
	if err := readHTTP(c, &o); err != nil {
		return o, err
	}
	if o.seeded = c.IsSet("seed"); o.seeded {
		o.seed = c.Uint64("seed")
	} else {
		var b [8]byte
		rand.Read(b[:])
		o.seed = uint64(binary.BigEndian.Uint32(b[:])) // short enough to be typed
	}
	o.fault.Seed = o.seed
	return o, nil
}

// readMTU reads --mtu, for the host and for an interface that is made for it.
func (o *serveOptions) readMTU(c *cli.Context) error {
	if o.mtu = c.Int("mtu"); c.IsSet("mtu") && (o.mtu < 68 || o.mtu > 65535) {
		return usagef("--mtu %d: want 68 to 65535 bytes", o.mtu)
	}
	o.device.MTU = o.mtu
	return nil
}

// readTCP reads how the services' connections behave.
func readTCP(c *cli.Context, cfg *tcp.Config) error {
	name := c.String("congestion")
	if name == "reno" {
		name = tcp.NewReno.String()
	}
	var ok bool
	if cfg.Congestion, ok = tcp.ParseAlgorithm(name); !ok {
		return usagef("--congestion %s: want cubic, reno or bbr", c.String("congestion"))
	}
	switch mode := c.String("ecn"); mode {
	case "off":
		cfg.ECN = tcp.ECNOff
	case "on":
	case "accurate":
		cfg.AccurateECN, cfg.AccurateECNOption = true, true
	default:
		return usagef("--ecn %s: want off, on or accurate", mode)
	}
	if alive := c.String("keepalive"); alive != "" {
		d, err := readDuration(alive)
		if err != nil || d < time.Second || d > maxKeepAlive {
			return usagef("--keepalive %s: want a time like 30s, 1s to %v", alive, maxKeepAlive)
		}
		cfg.KeepAlive = tcp.KeepAlive{Enabled: true, Idle: d, Interval: min(d, tcp.DefaultKeepAliveInterval)}
	}
	cfg.FastOpen, cfg.Pacing = c.Bool("fast-open"), c.Bool("pacing")
	return nil
}

// maxKeepAlive is more patience than anybody has.
const maxKeepAlive = 24 * time.Hour

func readPrefixes(flag string, list []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, s := range list {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, usagef("--%s %s: want an address with the length of its network, like %s or %s", flag, s, defaultAddr, defaultAddr6)
		}
		out = append(out, p)
	}
	return out, nil
}

func readFaults(c *cli.Context, f *capture.FaultConfig) error {
	for _, p := range []struct {
		flag string
		v    *float64
	}{
		{"drop-chance", &f.DropChance}, {"corrupt-chance", &f.CorruptChance},
		{"duplicate-chance", &f.DuplicateChance}, {"reorder-chance", &f.ReorderChance},
	} {
		if *p.v = c.Float64(p.flag); !(*p.v >= 0 && *p.v <= 100) {
			return usagef("--%s %v: want a percentage from 0 to 100", p.flag, *p.v)
		}
	}
	for _, p := range []struct {
		flag string
		v    *int
	}{{"size-limit", &f.SizeLimit}, {"tx-rate-limit", &f.TxRateLimit}, {"rx-rate-limit", &f.RxRateLimit}} {
		if *p.v = c.Int(p.flag); *p.v < 0 {
			return usagef("--%s %d: want 0 or more", p.flag, *p.v)
		}
	}
	var err error
	if delay := c.String("delay"); delay != "" {
		if f.Delay, err = readDuration(delay); err != nil || f.Delay < 0 || f.Delay > time.Minute {
			return usagef("--delay %s: want a time like 20ms, 0 to 1m", delay)
		}
	}
	interval := c.String("shaping-interval")
	if f.ShapingInterval, err = readDuration(interval); err != nil || f.ShapingInterval <= 0 || f.ShapingInterval > time.Hour {
		return usagef("--shaping-interval %s: want a time like 50ms, above 0 and up to 1h", interval)
	}
	return nil
}

// readDuration reads a time; a bare number is milliseconds.
func readDuration(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil {
		d, err = time.ParseDuration(s + "ms")
	}
	return d, err
}

// shutdownGrace is how long peers have, after Ctrl-C, to agree that a connection has ended.
const shutdownGrace = time.Second

func serve(ctx context.Context, env Env, o serveOptions) error {
	o.device.Offload = o.offloads()
	dev, err := capture.OpenDevice(o.device)
	if err != nil {
		return err
	}
	also, err := o.openAlso()
	if err != nil {
		dev.Close()
		return err
	}
	return serveOn(ctx, env, o, append([]capture.Device{dev}, also...))
}

// serveOn serves on devices, those of o.also behind the first, until ctx is done or something fails. It closes them.
func serveOn(ctx context.Context, env Env, o serveOptions, devs []capture.Device) error {
	log, startNaming := slog.New(slog.DiscardHandler), func(*host.Host) func() { return func() {} }
	if o.verbose {
		log, startNaming = withPeerNames(slog.New(slog.NewTextHandler(env.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug})))
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	privileges, err := env.relinquish(o.needs)
	if err != nil {
		closeAll(devs)
		return err
	}
	watch, err := newWatcher(ctx, stop, env, o, devs, log)
	if err != nil {
		closeAll(devs)
		return err
	}
	defer watch.close()
	o.fit(devs[0].MTU())
	cfg := host.Config{
		Stack:     stack.Config{Events: watch.events(), Backlog: serveBacklog, MaxConns: maxServeConns},
		Interface: stack.InterfaceConfig{Name: o.device.Name, HardwareAddr: o.mac, Addrs: o.addrs, MTU: o.mtu, Autoconf: o.slaac, Temporary: o.privacy},

		Information: information(log, o.verbose),
		DNS:         o.names.config(),
		Lost: func(ifc *stack.Interface, err error) {
			fmt.Fprintf(env.Stderr, "smoltcp: serve: %v; the others are served on\n", err)
		},
	}
	o.link.configure(&cfg.Interface)
	if o.seeded {
		var key [32]byte
		binary.BigEndian.PutUint64(key[:], o.seed)
		cfg.Stack.Rand = mrand.NewChaCha8(key)
	}
	own, others := o.splitGateways()
	cfg.Routes = routesBy(own)
	h, err := host.New(watch.devs[0], cfg)
	if err != nil {
		closeAll(devs)
		return hostError(err)
	}
	if err := o.attach(h, watch.devs[1:], others); err != nil {
		h.Close()
		return hostError(err)
	}
	sites, err := o.furnish(h, privileges, env.Stderr, log)
	defer sites.close()
	if err != nil {
		h.Close()
		return err
	}
	fmt.Fprintln(env.Stderr, o.banner(devs[0]))

	defer startNaming(h)()
	ended := make(chan error, 1)
	go func() { ended <- h.Run(context.Background()) }()
	select {
	case err = <-ended:
	case <-ctx.Done():
		grace, cancel := context.WithTimeout(context.Background(), shutdownGrace)
		h.Shutdown(grace)
		cancel()
		err = <-ended
	}
	h.Do(func(s *stack.Stack) { reportCounters(env.Stderr, s.Counters(), watch.faults) })
	if werr := watch.close(); err == nil {
		err = werr
	}
	return err
}

// furnish gives the host all that it has beside its interfaces: first what needs the privileges, which end here, then what asks the network.
// What comes of it later is said on w. The caller closes the sites, also after an error.
func (o *serveOptions) furnish(h *host.Host, privileges privileges, w io.Writer, log *slog.Logger) (*httpServers, error) {
	if err := o.link.start(h, w); err != nil {
		return nil, hostError(err)
	}
	var err error
	h.Do(func(s *stack.Stack) { err = startServices(s, o.tcp, o.buffer, o.serviceBuffer, log) })
	if err != nil {
		return nil, err
	}
	sites, err := o.openHTTP(log)
	if err != nil {
		return nil, err
	}
	if err := privileges.finish(); err != nil {
		return sites, err
	}
	if _, err := o.startDHCP(h, w, log, false); err != nil {
		return sites, err
	}
	if err := o.startName(h, w); err != nil {
		return sites, err
	}
	return sites, sites.start(o, h, log)
}

// hostError makes what is wrong with an address or a gateway a fault of the command line.
func hostError(err error) error {
	if errors.Is(err, stack.ErrBadAddr) || errors.Is(err, stack.ErrBadRoute) {
		return usageError{err}
	}
	return err
}

// fit decides, with the MTU of the device, whether the host has the addresses of IPv6 that nobody asked for.
func (o *serveOptions) fit(mtu int) {
	if o.mtu != 0 {
		mtu = min(mtu, o.mtu)
	}
	if mtu >= dissect.IPv6MinMTU {
		o.addrs = append(slices.Clone(o.addrs), o.maybe...)
	} else if len(o.maybe) > 0 {
		o.gateway = slices.DeleteFunc(slices.Clone(o.gateway), func(g netip.Addr) bool { return !g.Is4() })
	}
	o.maybe = nil
}

// serveBacklog is how many connections to each service may be half open.
const serveBacklog = 1024

// prefixTexts are addresses as people write them.
func prefixTexts(list []netip.Prefix) (texts []string) {
	for _, p := range list {
		texts = append(texts, p.String())
	}
	return texts
}

// banner says what is being served.
func (o *serveOptions) banner(dev capture.Device) string {
	addrs := prefixTexts(o.addrs)
	if o.dhcp {
		addrs = append(addrs, "an address from DHCP")
	}
	if o.link.linkLocal {
		addrs = append(addrs, "a link-local address")
	}
	if o.slaac {
		addrs = append(addrs, "addresses from routers")
	}
	as := ""
	if dev.Ethernet() {
		as = " as " + o.mac.String()
	}
	s := fmt.Sprintf("serving %s%s on %s: ping, %s", strings.Join(addrs, ", "), as, o.device.Name+o.link.text(o.device.Name)+o.alsoText(), servicePorts()+o.httpText())
	if o.fault.Active() {
		s += fmt.Sprintf("; faults from seed %d", o.seed)
	}
	return s
}

// reportCounters prints every counter that is not zero, and what the faults did.
func reportCounters(w io.Writer, c *stack.Counters, faults []*capture.Fault) {
	fmt.Fprint(w, c)
	for _, d := range []struct {
		name string
		dir  capture.Direction
	}{{"rx", capture.DirIn}, {"tx", capture.DirOut}} {
		for k := capture.FaultTooLarge; k <= capture.FaultReorder; k++ {
			var n uint64
			for _, f := range faults {
				n += f.Count(d.dir, k)
			}
			if n > 0 {
				fmt.Fprintf(w, "%-40s %12d\n", d.name+": "+k.String(), n)
			}
		}
	}
}

// maxServeConns bounds the connections of all services together, and so, with --service-buffer, what peers that do not read can
// make the host hold.
const maxServeConns = 8192

// maxServeBuffer keeps one connection from being given gigabytes by a slip of the finger.
const maxServeBuffer = 64 << 20
