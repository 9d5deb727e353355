package commands

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"

	"smoltcp/dissect"
	"smoltcp/stack/dns"
)

// lookup is dig over the stack's own sockets: what it prints and its exit codes are those that people know from there.

// lookupOptions is what a lookup command line asks for.
type lookupOptions struct {
	host    clientOptions
	asked   string // the command line, as far as it says what is asked
	name    string
	typ     dns.Type
	short   bool
	hidden  digPart    // what is not printed
	machine dns.Config // how to ask
}

// The exit codes of dig.
const (
	lookupUsage    = 1
	lookupSilence  = 9
	lookupInternal = 10
)

func lookupCommand(env Env) *cli.Command {
	const how = "Question:"
	return &cli.Command{
		Name:      "lookup",
		Usage:     "ask a name server, as a host on an interface",
		ArgsUsage: "name [type]",
		Description: "Asks for the records of a name from a host of its own on the interface of --via, not from the kernel's. What it prints, and its exit\n" +
			"codes, are those of dig: 0 if a server answered, if only to say that there is no such name, 1 for a wrong command line, 9 if no server\n" +
			"answered, 10 for everything else. The type is A unless it is given. Names in .local are asked for on the link, by multicast DNS. The\n" +
			"words @server, +short, +tcp, +noedns, +norecurse, +search, +time=T, +tries=N and +retry=N mean what they mean to dig, and so do\n" +
			"+noall, +noanswer and the like, which leave parts out of what is printed (+noall +answer: the records alone).",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Category: how, Name: "t", Usage: "ask for records of `TYPE`, by its name or as TYPE65"},
			&cli.StringFlag{Category: how, Name: "x", Usage: "ask for the names of the address `ADDR`"},
			&cli.UintFlag{Category: how, Name: "p", Usage: "ask at `PORT` of the servers that are named without one", DefaultText: "53"},
			&cli.BoolFlag{Category: how, Name: "short", Usage: "print the data of the answer alone, a line for each record"},
			&cli.BoolFlag{Category: how, Name: "tcp", Usage: "ask over TCP"},
			&cli.BoolFlag{Category: how, Name: "no-edns", Usage: "ask without EDNS"},
			&cli.BoolFlag{Category: how, Name: "no-recurse", Usage: "ask a server for what it knows itself"},
			&cli.BoolFlag{Category: how, Name: "mixed-case", Usage: "write the name in random case, which the answer has to repeat"},
			&cli.Float64Flag{Category: how, Name: "timeout", Value: 2, Usage: "wait `SECONDS` for each server, and twice as long each time that it is asked again"},
			&cli.IntFlag{Category: how, Name: "retries", Value: 2, Usage: "ask servers that did not answer `N` times again"},
		}, clientFlags()...),
		Action: func(c *cli.Context) error {
			o, err := readLookup(c)
			if err != nil {
				return err
			}
			return withStatus(lookupInternal, lookup(c.Context, env, o))
		},
	}
}

// lookupTypes are those that people ask for.
var lookupTypes = []string{
	"A", "AAAA", "ANY", "CAA", "CNAME", "DNSKEY", "DS", "HTTPS", "MX", "NAPTR", "NS", "PTR", "SOA", "SRV", "SSHFP", "SVCB", "TLSA", "TXT",
}

// maxLookupTime and maxRetries are more than anybody waits for.
const (
	maxLookupTime = 3600
	maxRetries    = 100
)

func readLookup(c *cli.Context) (o lookupOptions, err error) {
	o.typ = dissect.DNSTypeA
	o.short = c.Bool("short")
	o.machine = dns.Config{TCP: c.Bool("tcp"), NoRecursion: c.Bool("no-recurse"), MixedCase: c.Bool("mixed-case"), NoFollow: true, CacheSize: -1}
	if c.Bool("no-edns") {
		o.machine.UDPSize = 512
	}
	seconds, retries := c.Float64("timeout"), c.Int("retries")
	var words, servers []string
	for _, w := range c.Args().Slice() {
		switch w[:min(len(w), 1)] {
		case "@":
			servers = append(servers, w[1:])
		case "+":
			if err := o.readWord(w, &seconds, &retries); err != nil {
				return o, err
			}
		default:
			words = append(words, w)
		}
	}
	if o.host, err = readClient(c); err != nil {
		return o, err
	}
	for _, w := range servers {
		server, ok := readServer(w)
		if !ok {
			return o, usagef("@%s: want the IP address of a name server", w)
		}
		o.host.names.servers = append(o.host.names.servers, server)
	}
	if port := c.Uint("p"); c.IsSet("p") {
		if port == 0 || port > 1<<16-1 {
			return o, usagef("-p %d: want 1 to 65535", port)
		}
		for i, s := range o.host.names.servers {
			if s.Port() == dns.Port {
				o.host.names.servers[i] = netip.AddrPortFrom(s.Addr(), uint16(port))
			}
		}
	}
	if err := o.readQuestion(c, words); err != nil {
		return o, err
	}
	if !(seconds > 0 && seconds <= maxLookupTime) {
		return o, usagef("--timeout %v: want up to %d seconds", seconds, maxLookupTime)
	}
	if retries < 0 || retries > maxRetries {
		return o, usagef("--retries %d: want 0 to %d", retries, maxRetries)
	}
	o.machine.Timeout = max(time.Duration(seconds*float64(time.Second)), time.Millisecond)
	o.machine.TCPTimeout = max(o.machine.Timeout, 5*time.Second)
	o.machine.MulticastTimeout = max(o.machine.Timeout, 3*time.Second)
	if c.IsSet("timeout") {
		o.machine.TCPTimeout, o.machine.MulticastTimeout = o.machine.Timeout, o.machine.Timeout
	}
	o.machine.Attempts = 1 + retries
	return o, nil
}

// readWord reads an option as dig writes it.
func (o *lookupOptions) readWord(w string, seconds *float64, retries *int) (err error) {
	word, value, valued := strings.Cut(w[1:], "=")
	on := !strings.HasPrefix(word, "no")
	switch {
	case valued && (word == "time" || word == "timeout"):
		*seconds, err = strconv.ParseFloat(value, 64)
	case valued && word == "tries":
		if *retries, err = strconv.Atoi(value); err == nil {
			*retries--
		}
	case valued && word == "retry":
		*retries, err = strconv.Atoi(value)
	case valued:
		err = strconv.ErrSyntax
	default:
		word = strings.TrimPrefix(word, "no")
		if part := digParts[word]; part != 0 {
			if o.hidden |= part; on {
				o.hidden &^= part
			}
			return nil
		}
		switch word {
		case "short":
			o.short = on
		case "tcp", "vc":
			o.machine.TCP = on
		case "rec", "recurse":
			o.machine.NoRecursion = !on
		case "edns":
			if o.machine.UDPSize = 0; !on {
				o.machine.UDPSize = 512
			}
		case "search":
			// With --search DOMAIN names are searched for anyway.
		default:
			err = strconv.ErrSyntax
		}
	}
	if err != nil {
		return usagef("%s: no such option (have: +short +tcp +[no]edns +[no]recurse +search +time=T +tries=N +retry=N, "+
			"+[no]all +[no]cmd +[no]comments +[no]question +[no]answer +[no]authority +[no]additional +[no]stats)", w)
	}
	return nil
}

// readQuestion reads name and type.
func (o *lookupOptions) readQuestion(c *cli.Context, words []string) error {
	o.asked = strings.Join(c.Args().Slice(), " ")
	typed := c.String("t")
	if x := c.String("x"); c.IsSet("x") {
		a, err := netip.ParseAddr(x)
		if err != nil || len(words) > 0 {
			return usagef("-x %s: want an IP address, and no name beside it", x)
		}
		o.asked = strings.TrimSpace("-x " + x + " " + o.asked)
		o.name, o.typ = dns.Reverse(a).String(), dissect.DNSTypePTR
	} else {
		if len(words) > 1 && typed == "" {
			// The type may stand before the name, as for dig.
			if _, ok := dns.ParseType(words[1]); !ok {
				if _, ok := dns.ParseType(words[0]); ok {
					words[0], words[1] = words[1], words[0]
				}
			}
			typed, words = words[1], append(words[:1:1], words[2:]...)
		}
		if len(words) == 2 && strings.EqualFold(words[1], "IN") {
			words = words[:1]
		}
		if len(words) != 1 {
			return usagef("which name, and which type? (smoltcp lookup --via tap0 --server 192.168.69.100 example.org MX)")
		}
		o.name = words[0]
		if n, err := dns.ParseName(o.name); err != nil {
			return statusError{usagef("%q: %w", o.name, err), lookupInternal}
		} else if len(o.host.names.search) == 0 {
			o.name = n.String() // with a dot at its end, so that it is what it says, as for dig
		}
	}
	if typed != "" {
		var ok bool
		if o.typ, ok = dns.ParseType(typed); !ok || o.typ == dissect.DNSTypeOPT {
			return usagef("%s: not a type of record", typed)
		}
	}
	return nil
}

func lookup(ctx context.Context, env Env, o lookupOptions) error {
	c, err := o.host.open(env)
	if err != nil {
		return err
	}
	return lookupBy(ctx, env, o, c)
}

// lookupBy asks by a client, which it closes.
func lookupBy(ctx context.Context, env Env, o lookupOptions, c *client) error {
	err := o.run(ctx, env, c)
	if cerr := c.close(); cerr != nil {
		err = cerr
	}
	return err
}

func (o *lookupOptions) run(ctx context.Context, env Env, c *client) error {
	if err := c.awaitLease(ctx); err != nil {
		return err
	}
	if err := c.awaitServers(ctx); err != nil {
		return err
	}
	r := c.NewResolver(o.machine)
	defer r.Close()
	type outcome struct {
		results []dns.Result
		err     error
	}
	done := make(chan outcome, 1)
	go func() {
		results, err := r.Query(ctx, o.name, o.typ)
		done <- outcome{results, err}
	}()
	var out outcome
	select {
	case out = <-done:
	case err := <-c.ended:
		c.ended <- err // for close, which says it
		return err
	}
	switch {
	case ctx.Err() != nil:
		return statusError{errSilent, lookupSilence}
	case out.err != nil:
		return out.err
	}
	res := &out.results[0]
	if errors.Is(res.Err, dns.ErrNoServers) {
		return statusError{usageError{errors.New("which name server? (--server 192.168.69.100, or --dhcp)")}, lookupUsage}
	}
	text, answered := o.text(res, len(c.NameServers().Servers), r.Counters().Truncation > 0)
	if _, err := io.WriteString(env.Stdout, text); err != nil {
		return outputError(err)
	}
	if !answered {
		return statusError{errSilent, lookupSilence}
	}
	return nil
}

// text is what is printed. It reports whether there was an answer.
func (o *lookupOptions) text(res *dns.Result, servers int, truncated bool) (text string, answered bool) {
	p := digPrinter{hidden: o.hidden}
	if truncated && !o.short && p.shows(digComments) {
		p.printf(";; Truncated, retrying in TCP mode.\n")
	}
	for _, f := range res.Failures {
		if !errors.Is(f.Err, dns.ErrServer) {
			p.printf(";; communications error to %s#%d: %s\n", f.Server.Addr(), f.Server.Port(), failureText(f.Err))
		}
	}
	m := o.message(res)
	if m != nil && o.short {
		for _, rec := range m.Answer {
			p.printf("%s\n", rec.DataString())
		}
		return p.String(), true
	}
	if p.shows(digCmd) {
		p.printf("\n; <<>> smoltcp lookup <<>> %s\n", quoted(o.asked))
		if servers > 0 && !res.Multicast {
			p.printf("; (%d server%s found)\n", servers, map[bool]string{true: "s"}[servers > 1])
		}
		p.printf(";; global options: +cmd\n")
	}
	if m == nil {
		if res.Multicast {
			p.printf(";; no host on the link answered\n")
		} else {
			p.printf(";; no servers could be reached\n")
		}
		return p.String(), false
	}
	p.message(m)
	if !p.shows(digStats) {
		return p.String(), true
	}
	over := "UDP"
	switch {
	case res.Multicast:
		over = "mDNS"
	case res.TCP:
		over = "TCP"
	}
	a := res.Server
	p.printf(";; Query time: %d msec\n;; SERVER: %s#%d(%s) (%s)\n;; WHEN: %s\n;; MSG SIZE  rcvd: %d\n\n",
		res.Elapsed.Milliseconds(), a.Addr(), a.Port(), a.Addr(), over, time.Now().Format("Mon Jan 02 15:04:05 MST 2006"), len(res.Message))
	return p.String(), true
}

// message is the answer to be shown: the last one that came, or one made of what the host knows without asking.
func (o *lookupOptions) message(res *dns.Result) *dns.Message {
	if res.Message != nil {
		if m, err := dns.ParseMessage(res.Message); m != nil && (err == nil || len(m.Questions) > 0) {
			return m
		}
	}
	switch {
	case res.Err != nil && !errors.Is(res.Err, dns.ErrNoName) && !errors.Is(res.Err, dns.ErrNoData):
		return nil
	}
	m := &dns.Message{Header: dissect.DNSHeader{Response: true, Authoritative: true, RecursionDesired: true, RecursionAvailable: true}}
	m.Header.Rcode = dissect.DNSRcode(res.Rcode)
	m.Questions = []dns.Question{{Name: res.Name, Type: res.Type, Class: dissect.DNSClassIN}}
	m.Answer = res.Records
	return m
}

// quoted is what the user typed, without what could move a cursor.
func quoted(s string) string {
	q := strconv.Quote(s)
	return strings.ReplaceAll(q[1:len(q)-1], `\"`, `"`)
}

// failureText says in dig's words why a server could not be asked.
func failureText(err error) string {
	var no syscall.Errno
	switch {
	case errors.Is(err, dns.ErrTimeout), errors.Is(err, syscall.ETIMEDOUT):
		return "timed out"
	case errors.Is(err, io.EOF):
		return "end of file"
	case errors.As(err, &no):
		return no.Error()
	}
	return err.Error()
}

// digPart is a set of the parts of what dig prints.
type digPart uint8

const (
	digCmd digPart = 1 << iota
	digComments
	digQuestion
	digAnswer
	digAuthority
	digAdditional
	digStats
	digAll = 1<<iota - 1
)

// digParts are the words that show them, and with "no" before them hide them.
var digParts = map[string]digPart{
	"all": digAll, "cmd": digCmd, "comments": digComments, "question": digQuestion, "answer": digAnswer, "authority": digAuthority,
	"additional": digAdditional, "stats": digStats,
}

// digPrinter writes messages as dig does, but for the parts that are hidden.
type digPrinter struct {
	strings.Builder
	hidden digPart
}

func (p *digPrinter) shows(part digPart) bool { return p.hidden&part == 0 }

func (p *digPrinter) printf(format string, args ...any) { fmt.Fprintf(p, format, args...) }

// rcodeNames are the codes as dig writes them.
var rcodeNames = [...]string{
	"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE",
	"RESERVED11", "RESERVED12", "RESERVED13", "RESERVED14", "RESERVED15", "BADVERS",
}

func rcodeText(c dns.Rcode) string {
	switch {
	case int(c) < len(rcodeNames):
		return rcodeNames[c]
	case c == 23:
		return "BADCOOKIE"
	}
	return strconv.Itoa(int(c))
}

var digOpcodes = [...]string{"QUERY", "IQUERY", "STATUS", "RESERVED3", "NOTIFY", "UPDATE"}

// header writes the header of a message, and what EDNS adds to it.
func (p *digPrinter) header(m *dns.Message) {
	h := m.Header
	opcode := "RESERVED" + strconv.Itoa(int(h.Opcode))
	if int(h.Opcode) < len(digOpcodes) {
		opcode = digOpcodes[h.Opcode]
	}
	p.printf(";; Got answer:\n;; ->>HEADER<<- opcode: %s, status: %s, id: %d\n;; flags:", opcode, rcodeText(m.Rcode()), h.ID)
	for _, f := range []struct {
		on   bool
		name string
	}{
		{h.Response, "qr"}, {h.Authoritative, "aa"}, {h.Truncation, "tc"}, {h.RecursionDesired, "rd"}, {h.RecursionAvailable, "ra"},
		{h.AuthenticData, "ad"}, {h.CheckingDisabled, "cd"},
	} {
		if f.on {
			p.printf(" %s", f.name)
		}
	}
	p.printf("; QUERY: %d, ANSWER: %d, AUTHORITY: %d, ADDITIONAL: %d\n", len(m.Questions), len(m.Answer), len(m.Authority), len(m.Additional))
	if h.RecursionDesired && !h.RecursionAvailable {
		p.printf(";; WARNING: recursion requested but not available\n")
	}
	p.printf("\n")
	if opt, ok := m.EDNS(); ok {
		p.edns(opt)
	}
}

// message writes a message.
func (p *digPrinter) message(m *dns.Message) {
	comments := p.shows(digComments)
	if comments {
		p.header(m)
	}
	if len(m.Questions) > 0 && p.shows(digQuestion) {
		if comments {
			p.printf(";; QUESTION SECTION:\n")
		}
		for _, q := range m.Questions {
			p.printf(";")
			line := digLine{p: p}
			line.add(q.Name.String(), 0)
			line.add(dns.ClassText(q.Class&^dissect.DNSTopBit), 32)
			line.add(dns.TypeText(q.Type), 40)
			p.printf("\n")
		}
		if comments {
			p.printf("\n")
		}
	}
	for _, section := range []struct {
		part digPart
		name string
		list []dns.Record
	}{{digAnswer, "ANSWER", m.Answer}, {digAuthority, "AUTHORITY", m.Authority}, {digAdditional, "ADDITIONAL", m.Additional}} {
		if !p.shows(section.part) {
			continue
		}
		first := true
		for _, rec := range section.list {
			if rec.Type == dissect.DNSTypeOPT {
				continue
			}
			if first && comments {
				p.printf(";; %s SECTION:\n", section.name)
			}
			first = false
			line := digLine{p: p}
			line.add(rec.Name.String(), 0)
			line.add(strconv.FormatUint(uint64(rec.TTL), 10), 24)
			line.add(dns.ClassText(rec.Class&^dissect.DNSTopBit), 32)
			line.add(dns.TypeText(rec.Type), 40)
			line.add(rec.DataString(), 48)
			p.printf("\n")
		}
		if !first && comments {
			p.printf("\n")
		}
	}
}

// digLine is a line whose columns stand where dig has them, filled up by tabs of eight.
type digLine struct {
	p  *digPrinter
	at int
}

// add writes text in a column, or a blank further if that is over.
func (l *digLine) add(text string, column int) {
	if l.at > 0 {
		const tab = 8
		column = max(column, l.at+1)
		if tabs := column/tab - l.at/tab; tabs > 0 {
			l.p.WriteString(strings.Repeat("\t", tabs))
			l.at = column / tab * tab
		}
		l.p.WriteString(strings.Repeat(" ", column-l.at))
		l.at = column
	}
	l.p.WriteString(text)
	l.at += len(text)
}

// Options of EDNS that dig names.
const (
	ednsNSID   = 3
	ednsCookie = 10
	ednsError  = 15
)

// ednsErrors are the extended errors (RFC 8914 section 5.2).
var ednsErrors = [...]string{
	"Other", "Unsupported DNSKEY Algorithm", "Unsupported DS Digest Type", "Stale Answer", "Forged Answer", "DNSSEC Indeterminate",
	"DNSSEC Bogus", "Signature Expired", "Signature Not Yet Valid", "DNSKEY Missing", "RRSIGs Missing", "No Zone Key Bit Set",
	"NSEC Missing", "Cached Error", "Not Ready", "Blocked", "Censored", "Filtered", "Prohibited", "Stale NXDOMAIN Answer",
	"Not Authoritative", "Not Supported", "No Reachable Authority", "Network Error", "Invalid Data",
}

// edns writes the OPT record (RFC 6891 section 6.1.3).
func (p *digPrinter) edns(opt dns.Record) {
	flags := ""
	if opt.TTL&(1<<15) != 0 {
		flags = " do"
	}
	p.printf(";; OPT PSEUDOSECTION:\n; EDNS: version: %d, flags:%s; udp: %d\n", opt.TTL>>16&0xff, flags, opt.Class)
	for d := opt.Data; len(d) >= 4; {
		code, n := int(d[0])<<8|int(d[1]), int(d[2])<<8|int(d[3])
		data := d[4:min(4+n, len(d))]
		d = d[min(4+n, len(d)):]
		switch {
		case code == ednsError && len(data) >= 2:
			info := int(data[0])<<8 | int(data[1])
			p.printf("; EDE: %d", info)
			if info < len(ednsErrors) {
				p.printf(" (%s)", ednsErrors[info])
			}
			if len(data) > 2 {
				p.printf(": (%s)", printable(data[2:]))
			}
			p.printf("\n")
		case code == ednsCookie:
			p.printf("; COOKIE: %x\n", data)
		case code == ednsNSID:
			p.printf("; NSID: % x (\"%s\")\n", data, printable(data))
		default:
			p.printf("; OPT=%d: % x (\"%s\")\n", code, data, printable(data))
		}
	}
}

// printable is text from the wire with dots for what could move a cursor.
func printable(b []byte) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '.'
		}
		return r
	}, string(b))
}
