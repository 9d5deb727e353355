package commands

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"
)

// fetch is curl over the stack's own connections: the same flags, the same exit codes.

// fetchOptions is what a fetch command line asks for.
type fetchOptions struct {
	host clientOptions
	url  *url.URL

	method  string // -X; "" for what the other flags mean
	header  []headerLine
	agent   string
	referer string
	user    *url.Userinfo
	body    []byte
	hasBody bool
	head    bool // -I
	gzip    bool // --compressed

	follow    bool
	redirects int // at most; negative for any number
	failEarly bool
	insecure  bool
	roots     *x509.CertPool
	http1     bool
	version   int                     // 4, 6, or 0 for either
	resolve   map[string][]netip.Addr // "host:port": what --resolve says

	output    string // "" is standard output
	include   bool
	verbose   bool
	silent    bool
	showError bool
	writeOut  string

	connectTimeout, maxTime time.Duration // 0: none
}

// headerLine is one of -H: a field to send, or to send no more.
type headerLine struct {
	name, value string
	remove      bool
}

// The exit codes of curl that fetch has.
const (
	fetchUnsupported  = 1  // another protocol
	fetchUsage        = 2  // as everywhere
	fetchBadURL       = 3  //
	fetchNoName       = 6  // the name could not be resolved
	fetchNoConnection = 7  //
	fetchBadReply     = 8  // not HTTP as it should be
	fetchPartial      = 18 // the end came too early
	fetchHTTPError    = 22 // -f, and a status of 400 or more
	fetchWriteError   = 23 //
	fetchReadError    = 26 // of what was to be sent
	fetchTimeout      = 28 //
	fetchTLS          = 35 //
	fetchInterface    = 45 // --via
	fetchRedirects    = 47 // too many
	fetchEmpty        = 52 // no reply at all
	fetchSendError    = 55 //
	fetchReceiveError = 56 //
	fetchCertificate  = 60 //
	fetchEncoding     = 61 //
	fetchNoRoots      = 77 // --cacert
	fetchInterrupted  = 130
)

// failf is an error with an exit code of curl's, which its text begins with, as curl's does.
func failf(code int, format string, args ...any) error {
	return statusError{fmt.Errorf("(%d) "+format, append([]any{code}, args...)...), code}
}

func fetchCommand(env Env) *cli.Command {
	const (
		request = "Request:"
		reply   = "Reply:"
		conn    = "Connection:"
	)
	return &cli.Command{
		Name:      "fetch",
		Usage:     "get a URL, as a host on an interface",
		ArgsUsage: "url",
		Description: "Talks HTTP or HTTPS from a host of its own on the interface of --via, not from the kernel's. Flags, what it prints and its exit codes\n" +
			"are those of curl: 0 for a transfer that is complete, 3 for a bad URL, 6 for a name that is not found, 7 for no connection, 18 for a\n" +
			"reply that is cut off, 22 with -f for a status of 400 or more, 23 if the file cannot be written, 28 for a timeout, 35 for TLS, 45 for the\n" +
			"interface, 47 for too many redirections, 52 for no reply, 56 for a connection that broke, 60 for a certificate, 2 for a wrong command line.\n" +
			"Control characters in what goes to a terminal are shown as \\x1b; -o - writes all as it comes.",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Category: request, Name: "X", Aliases: []string{"request"}, Usage: "the method is `METHOD`"},
			&cli.StringSliceFlag{Category: request, Name: "H", Aliases: []string{"header"}, Usage: "send the header `LINE`, like 'Name: value'; 'Name:' sends none of that name, 'Name;' an empty one; may be repeated"},
			&cli.StringSliceFlag{Category: request, Name: "d", Aliases: []string{"data"}, Usage: "POST `DATA`; @FILE reads it from a file, without its line ends, @- from standard input; more of them are joined by &"},
			&cli.StringSliceFlag{Category: request, Name: "data-binary", Usage: "as -d, with line ends (`DATA`)"},
			&cli.BoolFlag{Category: request, Name: "I", Aliases: []string{"head"}, Usage: "ask for the header alone, and print it"},
			&cli.StringFlag{Category: request, Name: "u", Aliases: []string{"user"}, Usage: "say who asks: `USER:PASSWORD`"},
			&cli.StringFlag{Category: request, Name: "A", Aliases: []string{"user-agent"}, Value: "smoltcp", Usage: "call the program `NAME`"},
			&cli.StringFlag{Category: request, Name: "e", Aliases: []string{"referer"}, Usage: "say that the link is from `URL`"},
			&cli.StringFlag{Category: request, Name: "r", Aliases: []string{"range"}, Usage: "ask for the bytes `FROM-TO`, FROM- or -LAST"},
			&cli.BoolFlag{Category: request, Name: "compressed", Usage: "ask for a compressed reply, and decompress it (gzip)"},
			&cli.BoolFlag{Category: request, Name: "L", Aliases: []string{"location"}, Usage: "follow redirections"},
			&cli.IntFlag{Category: request, Name: "max-redirs", Value: 50, Usage: "follow at most `COUNT` of them; -1 for any number"},

			&cli.StringFlag{Category: reply, Name: "o", Aliases: []string{"output"}, Usage: "write to `FILE`"},
			&cli.BoolFlag{Category: reply, Name: "O", Aliases: []string{"remote-name"}, Usage: "write to a file that is called as the last part of the URL"},
			&cli.BoolFlag{Category: reply, Name: "i", Aliases: []string{"include"}, Usage: "print the header too"},
			&cli.BoolFlag{Category: reply, Name: "v", Aliases: []string{"verbose"}, Usage: "tell on standard error what is sent, received and otherwise done"},
			&cli.BoolFlag{Category: reply, Name: "f", Aliases: []string{"fail"}, Usage: "a status of 400 or more is a failure, and its text is not printed"},
			&cli.BoolFlag{Category: reply, Name: "s", Aliases: []string{"silent"}, Usage: "print neither progress nor errors"},
			&cli.BoolFlag{Category: reply, Name: "S", Aliases: []string{"show-error"}, Usage: "print errors in spite of -s"},
			&cli.StringFlag{Category: reply, Name: "w", Aliases: []string{"write-out"}, Usage: "print `FORMAT` in the end; in it %{http_code}, %{size_download}, %{time_total}, %{remote_ip} and others stand for what they say"},

			&cli.BoolFlag{Category: conn, Name: "4", Aliases: []string{"ipv4"}, Usage: "use IPv4"},
			&cli.BoolFlag{Category: conn, Name: "6", Aliases: []string{"ipv6"}, Usage: "use IPv6"},
			&cli.StringSliceFlag{Category: conn, Name: "resolve", Usage: "`HOST:PORT:ADDR`: HOST has the address ADDR, or several with commas between; may be repeated"},
			&cli.Float64Flag{Category: conn, Name: "connect-timeout", Usage: "give up a connection that takes longer than `SECONDS`"},
			&cli.Float64Flag{Category: conn, Name: "m", Aliases: []string{"max-time"}, Usage: "give up after `SECONDS` in all"},
			&cli.BoolFlag{Category: conn, Name: "http1.1", Usage: "do not offer HTTP/2"},
			&cli.BoolFlag{Category: conn, Name: "k", Aliases: []string{"insecure"}, Usage: "accept any certificate"},
			&cli.StringFlag{Category: conn, Name: "cacert", Usage: "accept certificates that those in `FILE` vouch for, not the machine's"},
		}, clientFlags()...),
		Action: func(c *cli.Context) error {
			o, err := readFetch(c, env)
			if err != nil {
				return o.hush(err)
			}
			return o.hush(fetch(c.Context, env, o))
		},
	}
}

// hush takes the text from an error that -s keeps to itself. Those of the command line are always told.
func (o *fetchOptions) hush(err error) error {
	if err == nil || !o.silent || o.showError || ExitCode(err) == fetchUsage {
		return err
	}
	return statusError{errSilent, ExitCode(err)}
}

func readFetch(c *cli.Context, env Env) (o fetchOptions, err error) {
	o.silent, o.showError = c.Bool("s"), c.Bool("S")
	if c.Args().Len() != 1 || c.Args().First() == "" {
		return o, usagef("which URL? (smoltcp fetch --via tap0 http://192.168.69.100/)")
	}
	if o.host, err = readClient(c); err != nil {
		return o, err
	}
	o.include, o.verbose, o.head, o.failEarly = c.Bool("i"), c.Bool("v"), c.Bool("I"), c.Bool("f")
	o.follow, o.redirects, o.insecure, o.http1, o.gzip = c.Bool("L"), c.Int("max-redirs"), c.Bool("k"), c.Bool("http1.1"), c.Bool("compressed")
	o.method, o.agent, o.referer, o.writeOut = c.String("X"), c.String("A"), c.String("e"), c.String("w")
	if o.version, err = readVersion(c); err != nil {
		return o, err
	}
	if c.IsSet("X") && !isToken(o.method) {
		return o, usagef("-X %q: not a method", o.method)
	}
	for _, f := range []struct {
		flag string
		v    *time.Duration
	}{{"connect-timeout", &o.connectTimeout}, {"m", &o.maxTime}} {
		s := c.Float64(f.flag)
		if c.IsSet(f.flag) && !(s >= 0 && s <= maxPingTime) {
			return o, usagef("%s %v: want a number of seconds", dashed(f.flag), s)
		}
		*f.v = time.Duration(s * float64(time.Second))
	}
	for _, text := range c.StringSlice("H") {
		h, err := readHeaderLine(text)
		if err != nil {
			return o, err
		}
		o.header = append(o.header, h)
	}
	if r := c.String("r"); r != "" {
		if strings.Trim(r, "0123456789-,") != "" || !strings.Contains(r, "-") {
			return o, usagef("-r %s: want bytes like 0-499, 500- or -500", r)
		}
		o.header = append([]headerLine{{name: "Range", value: "bytes=" + r}}, o.header...)
	}
	if u := c.String("u"); c.IsSet("u") {
		name, password, ok := strings.Cut(u, ":")
		if !ok {
			return o, usagef("-u %s: want USER:PASSWORD; USER: for an empty one", u)
		}
		o.user = url.UserPassword(name, password)
	}
	if o.resolve, err = readResolve(c.StringSlice("resolve")); err != nil {
		return o, err
	}
	if o.url, err = readURL(c.Args().First()); err != nil {
		return o, err
	}
	if err := o.readOutput(c); err != nil {
		return o, err
	}
	if err := o.readBody(c, env); err != nil {
		return o, err
	}
	if o.head && o.hasBody {
		return o, usagef("-I -d: a request for the header alone has no data")
	}
	return o, o.readRoots(c.String("cacert"))
}

// isToken reports whether s can be a method or a field's name (RFC 9110 section 5.6.2).
func isToken(s string) bool {
	for _, c := range []byte(s) {
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]{}`, c) >= 0 {
			return false
		}
	}
	return s != ""
}

func readHeaderLine(text string) (h headerLine, err error) {
	var ok bool
	if h.name, h.value, ok = strings.Cut(text, ":"); ok {
		h.value = strings.TrimSpace(h.value)
		h.remove = h.value == ""
	} else if h.name, ok = strings.CutSuffix(text, ";"); !ok {
		return h, usagef("-H %q: want 'Name: value'", text)
	}
	if !isToken(h.name) || strings.ContainsAny(h.value, "\r\n\x00") {
		return h, usagef("-H %q: not a header line", text)
	}
	return h, nil
}

// readURL reads a URL as people type it: http is the scheme if there is none.
func readURL(text string) (*url.URL, error) {
	if scheme, _, ok := strings.Cut(text, "://"); !ok || strings.ContainsAny(scheme, "/?#") {
		text = "http://" + text
	}
	// A zone is written without the escape that it should have (RFC 6874).
	if open, end := strings.IndexByte(text, '['), strings.IndexByte(text, ']'); open >= 0 && end > open {
		if host := text[open:end]; strings.Contains(host, "%") && !strings.Contains(host, "%25") {
			text = text[:open] + strings.Replace(host, "%", "%25", 1) + text[end:]
		}
	}
	u, err := url.Parse(text)
	if err != nil {
		var parse *url.Error
		if errors.As(err, &parse) {
			err = parse.Err
		}
		return nil, failf(fetchBadURL, "%q is no URL: %w", text, err)
	}
	return u, checkURL(u)
}

// checkURL reports what cannot be fetched, also what a redirection leads to.
func checkURL(u *url.URL) error {
	if u.Scheme != "http" && u.Scheme != "https" {
		return failf(fetchUnsupported, "protocol %q is not supported: want http or https", u.Scheme)
	}
	if u.Hostname() == "" {
		return failf(fetchBadURL, "no host in the URL %q", u)
	}
	if p := u.Port(); p != "" {
		if n, err := strconv.ParseUint(p, 10, 16); err != nil || n == 0 {
			return failf(fetchBadURL, "port %s of the URL: want 1 to 65535", p)
		}
	}
	return nil
}

// readResolve reads HOST:PORT:ADDR,...; addresses of IPv6 may have brackets.
func readResolve(list []string) (map[string][]netip.Addr, error) {
	m := make(map[string][]netip.Addr)
	for _, text := range list {
		host, rest, _ := strings.Cut(strings.TrimLeft(text, "+-"), ":")
		port, addrs, ok := strings.Cut(rest, ":")
		if n, err := strconv.ParseUint(port, 10, 16); !ok || host == "" || err != nil || n == 0 {
			return nil, usagef("--resolve %s: want HOST:PORT:ADDR", text)
		}
		key := net.JoinHostPort(strings.ToLower(host), port)
		for _, s := range strings.Split(addrs, ",") {
			a, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"))
			if err != nil {
				return nil, usagef("--resolve %s: %q is not an IP address", text, s)
			}
			m[key] = append(m[key], a.Unmap())
		}
	}
	return m, nil
}

// readOutput decides where the reply goes.
func (o *fetchOptions) readOutput(c *cli.Context) error {
	o.output = c.String("o")
	if c.Bool("O") {
		if o.output != "" {
			return usagef("-o -O: which file?")
		}
		path := o.url.EscapedPath()
		o.output = path[strings.LastIndexByte(path, '/')+1:]
		if o.output == "" || o.output == "." || o.output == ".." {
			return failf(fetchWriteError, "-O: the URL names no file: give it a name with -o")
		}
	}
	if o.output != "" && o.output != "-" {
		dir := filepath.Dir(o.output)
		if _, err := os.Stat(dir); err != nil {
			return failf(fetchWriteError, "-o %s: %w", o.output, err)
		}
		o.host.needs.dir, o.host.needs.dirFlag = dir, "-o"
	}
	return nil
}

// readBody reads what is to be sent, in the order of the command line but for the two flags.
func (o *fetchOptions) readBody(c *cli.Context, env Env) error {
	for _, flag := range []string{"d", "data-binary"} {
		for _, text := range c.StringSlice(flag) {
			data := []byte(text)
			if name, ok := strings.CutPrefix(text, "@"); ok {
				var err error
				if name == "-" {
					data, err = io.ReadAll(env.Stdin)
				} else {
					data, err = os.ReadFile(name)
				}
				if err != nil {
					return failf(fetchReadError, "%s: %w", dashed(flag), err)
				}
				if flag == "d" {
					data = slices.DeleteFunc(data, func(b byte) bool { return b == '\n' || b == '\r' || b == 0 })
				}
			}
			if o.hasBody {
				o.body = append(o.body, '&')
			}
			o.body, o.hasBody = append(o.body, data...), true
		}
	}
	return nil
}

// readRoots reads the certificates to trust, while files can still be opened.
func (o *fetchOptions) readRoots(file string) error {
	switch {
	case file != "":
		text, err := os.ReadFile(file)
		if err != nil {
			return failf(fetchNoRoots, "--cacert: %w", err)
		}
		if o.roots = x509.NewCertPool(); !o.roots.AppendCertsFromPEM(text) {
			return failf(fetchNoRoots, "--cacert %s: no certificates in it", file)
		}
	case !o.insecure && (o.url.Scheme == "https" || o.follow):
		o.roots, _ = x509.SystemCertPool() // without it no certificate is good, and the error says so
	}
	return nil
}

// newRequest makes the request for u. same is false if a redirection led to another server, which must not learn who asks.
func (o *fetchOptions) newRequest(ctx context.Context, u *url.URL, method string, body bool, same bool) (*http.Request, error) {
	var reader io.Reader
	if body {
		reader = bytes.NewReader(o.body)
	}
	r, err := http.NewRequestWithContext(ctx, method, u.String(), reader)
	if err != nil {
		return nil, failf(fetchBadURL, "%w", err)
	}
	r.Header["User-Agent"] = nil // none at all
	if o.agent != "" {
		r.Header.Set("User-Agent", o.agent)
	}
	r.Header.Set("Accept", "*/*")
	if body {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if o.referer != "" {
		r.Header.Set("Referer", o.referer)
	}
	user := o.user
	if user == nil {
		user = u.User
	}
	if user != nil && same {
		password, _ := user.Password()
		r.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(user.Username()+":"+password)))
	}
	given := make(map[string]bool)
	for _, h := range o.header {
		name := http.CanonicalHeaderKey(h.name)
		switch {
		case !same && (name == "Authorization" || name == "Cookie"):
		case name == "Host":
			r.Host = h.value
		case name == "User-Agent" && (h.remove || h.value == ""):
			r.Header[name] = nil
		case h.remove:
			r.Header.Del(name)
		default:
			if !given[name] { // it replaces ours, and others of the command line come beside it
				r.Header.Del(name)
			}
			given[name] = true
			r.Header[name] = append(r.Header[name], h.value)
		}
	}
	return r, nil
}

// method gives the method of the first request.
func (o *fetchOptions) firstMethod() string {
	switch {
	case o.method != "":
		return o.method
	case o.head:
		return http.MethodHead
	case o.hasBody:
		return http.MethodPost
	}
	return http.MethodGet
}
