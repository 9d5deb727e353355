package commands

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"smoltcp/stack/host"
)

func fetch(ctx context.Context, env Env, o fetchOptions) error {
	c, err := o.host.open(env)
	if err != nil {
		return withStatus(fetchInterface, err)
	}
	if err := c.awaitLease(ctx); err != nil {
		c.close()
		return withStatus(fetchInterface, err)
	}
	return fetchBy(ctx, env, o, c)
}

// fetchBy fetches by a client, which it closes.
func fetchBy(ctx context.Context, env Env, o fetchOptions, c *client) error {
	f := &fetcher{fetchOptions: o, env: env, client: c, began: time.Now(), interrupted: ctx.Done()}
	if o.maxTime > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.maxTime)
		defer cancel()
	}
	transport := &http.Transport{
		DialContext: f.dial, DialTLSContext: f.dialTLS, ForceAttemptHTTP2: !o.http1, DisableCompression: !o.gzip,
		MaxResponseHeaderBytes: maxReplyHeader, ExpectContinueTimeout: time.Second,
	}
	err := f.classify(f.run(ctx, transport))
	f.times.total = time.Since(f.began)
	if f.writeOut != "" {
		if werr := f.printResult(err); werr != nil && err == nil {
			err = werr
		}
	}
	transport.CloseIdleConnections()
	grace, cancel := context.WithTimeout(context.Background(), fetchGrace)
	c.Shutdown(grace)
	cancel()
	if cerr := c.close(); cerr != nil {
		err = statusError{cerr, fetchInterface}
	}
	return err
}

const (
	maxReplyHeader = 300 << 10              // as curl has it
	fetchGrace     = 250 * time.Millisecond // for the peer to agree that the connection has ended
)

// fetcher is a fetch while it runs.
type fetcher struct {
	fetchOptions
	env         Env
	client      *client
	interrupted <-chan struct{}
	out         *fetchOutput

	// What -w tells.
	began    time.Time
	times    struct{ name, connect, tls, request, reply, total time.Duration } // since began
	hops     int
	conns    int
	last     *url.URL // of the last request
	reply    *http.Response
	headSize int
	sent     int
	remote   net.Addr
	local    net.Addr

	mu      sync.Mutex
	tap     headTap
	telling sync.Mutex // on standard error
}

// run asks for the URL and for those that it leads to, and writes the reply.
func (f *fetcher) run(ctx context.Context, transport *http.Transport) error {
	f.out = &fetchOutput{name: f.output, env: f.env}
	u, method, body := f.url, f.firstMethod(), f.hasBody
	for {
		f.last = u
		r, err := f.request(ctx, transport, u, method, body)
		if err != nil {
			return err
		}
		next, err := f.redirected(r, u)
		if err != nil {
			r.Body.Close()
			return err
		}
		if next == nil {
			return f.receive(r)
		}
		if f.redirects >= 0 && f.hops >= f.redirects {
			r.Body.Close()
			return failf(fetchRedirects, "more than %d redirections (--max-redirs)", f.redirects)
		}
		if f.include || f.head {
			if err := f.out.write(f.header(r)); err != nil {
				return err
			}
		}
		_, _ = io.CopyN(io.Discard, r.Body, maxReplyHeader) // so that the connection can be used again
		r.Body.Close()
		f.hops++
		f.note("Following the redirection to %s", next)
		// RFC 9110 section 15.4: what was posted is not posted again, unless the reply asks for that.
		switch again := r.StatusCode == http.StatusTemporaryRedirect || r.StatusCode == http.StatusPermanentRedirect; {
		case again:
		case f.method != "":
			body = false
		case r.StatusCode == http.StatusSeeOther && method != http.MethodHead, method == http.MethodPost:
			method, body = http.MethodGet, false
		}
		u = next
	}
}

// redirected gives the URL that the reply sends us to, nil if that is the end.
func (f *fetcher) redirected(r *http.Response, from *url.URL) (*url.URL, error) {
	where := r.Header.Get("Location")
	if !f.follow || where == "" || r.StatusCode < 300 || r.StatusCode > 399 || r.StatusCode == http.StatusNotModified {
		return nil, nil
	}
	u, err := from.Parse(where)
	if err != nil {
		return nil, failf(fetchBadURL, "redirection to %q: not a URL", where)
	}
	if u.Fragment == "" {
		u.Fragment = from.Fragment
	}
	return u, checkURL(u)
}

// request sends one request and gives the reply, its header read.
func (f *fetcher) request(ctx context.Context, transport *http.Transport, u *url.URL, method string, body bool) (*http.Response, error) {
	same := u.Scheme == f.url.Scheme && u.Host == f.url.Host
	proto := "HTTP/1.1"
	trace := &httptrace.ClientTrace{
		GotConn: func(i httptrace.GotConnInfo) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.remote, f.local = i.Conn.RemoteAddr(), i.Conn.LocalAddr()
			if i.Reused {
				f.note("Using the connection to %s again", i.Conn.RemoteAddr())
			}
			if c, ok := i.Conn.(*tls.Conn); ok && c.ConnectionState().NegotiatedProtocol == "h2" {
				proto = "HTTP/2"
			}
			f.verboseLine(">", "%s %s %s", method, u.RequestURI(), proto)
		},
		WroteHeaderField: func(name string, values []string) {
			for _, v := range values {
				if !strings.HasPrefix(name, ":") { // those of HTTP/2 are told already
					f.verboseLine(">", "%s: %s", name, v)
				}
			}
		},
		WroteHeaders: func() { f.verboseLine(">", "") },
		WroteRequest: func(httptrace.WroteRequestInfo) {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.times.request = time.Since(f.began)
		},
		GotFirstResponseByte: func() {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.times.reply = time.Since(f.began)
		},
	}
	req, err := f.newRequest(httptrace.WithClientTrace(ctx, trace), u, method, body, same)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	f.tap.start()
	f.mu.Unlock()
	r, err := transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	f.reply = r
	if body {
		f.sent = len(f.body)
	}
	head := f.header(r)
	f.headSize += len(head)
	for line := range bytes.Lines(head) {
		f.verboseLine("<", "%s", bytes.TrimRight(line, "\r\n"))
	}
	return r, nil
}

// header gives the header of a reply as it came, where that can be had: in HTTP/1.
func (f *fetcher) header(r *http.Response) []byte {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.tap.head) > 0 {
		return f.tap.head
	}
	b := fmt.Appendf(nil, "%s %d \r\n", strings.TrimSuffix(r.Proto, ".0"), r.StatusCode)
	var names []string
	for name := range r.Header {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, v := range r.Header[name] {
			b = fmt.Appendf(b, "%s: %s\r\n", strings.ToLower(name), v)
		}
	}
	return append(b, "\r\n"...)
}

// receive writes the last reply.
func (f *fetcher) receive(r *http.Response) error {
	defer r.Body.Close()
	if f.failEarly && r.StatusCode >= 400 {
		return failf(fetchHTTPError, "the server says %d %s", r.StatusCode, http.StatusText(r.StatusCode))
	}
	if f.include || f.head {
		if err := f.out.write(f.header(r)); err != nil {
			return err
		}
	}
	if f.head {
		return f.out.close()
	}
	stop := f.showProgress(r.ContentLength)
	err := f.out.copy(r.Body)
	stop()
	if cerr := f.out.close(); err == nil {
		err = cerr
	}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF) && r.ContentLength >= 0 && !r.Uncompressed:
		return failf(fetchPartial, "the connection ended with %d bytes still to come", r.ContentLength-f.out.bytes.Load())
	case errors.Is(err, io.ErrUnexpectedEOF):
		return failf(fetchPartial, "the connection ended before the reply did")
	case err != nil && strings.HasPrefix(err.Error(), "gzip: "):
		return failf(fetchEncoding, "the reply is not what its Content-Encoding says: %w", err)
	}
	return err
}

// dial opens the connection for a request. Part of http.Transport.
func (f *fetcher) dial(ctx context.Context, _, address string) (net.Conn, error) {
	ctx, cancel := f.connectContext(ctx)
	defer cancel()
	c, err := f.connect(ctx, address)
	if err != nil {
		return nil, f.connectError(ctx, address, err)
	}
	return &tappedConn{c, f}, nil
}

// dialTLS is dial for https.
func (f *fetcher) dialTLS(ctx context.Context, _, address string) (net.Conn, error) {
	ctx, cancel := f.connectContext(ctx)
	defer cancel()
	c, err := f.connect(ctx, address)
	if err != nil {
		return nil, f.connectError(ctx, address, err)
	}
	name, _, _ := net.SplitHostPort(address)
	name, _, _ = strings.Cut(name, "%")
	cfg := &tls.Config{ServerName: strings.TrimSuffix(name, "."), InsecureSkipVerify: f.insecure, RootCAs: f.roots, NextProtos: []string{"h2", "http/1.1"}}
	if f.http1 {
		cfg.NextProtos = cfg.NextProtos[1:]
	}
	secure := tls.Client(c, cfg)
	if err := secure.HandshakeContext(ctx); err != nil {
		c.Close()
		var certificate *tls.CertificateVerificationError
		switch {
		case ctx.Err() != nil:
			return nil, f.connectError(ctx, address, ctx.Err())
		case errors.As(err, &certificate):
			hint := "-k accepts it all the same"
			if errors.As(err, new(x509.HostnameError)) {
				hint = "it is for another host; -k accepts it all the same"
			}
			return nil, failf(fetchCertificate, "the certificate of %s: %w (%s)", address, certificate.Err, hint)
		}
		return nil, failf(fetchTLS, "TLS with %s: %w", address, err)
	}
	f.mu.Lock()
	f.times.tls = time.Since(f.began)
	f.mu.Unlock()
	s := secure.ConnectionState()
	f.note("%s with %s, %s", tls.VersionName(s.Version), tls.CipherSuiteName(s.CipherSuite), cmp.Or(s.NegotiatedProtocol, "http/1.1"))
	for _, cert := range s.PeerCertificates[:min(1, len(s.PeerCertificates))] {
		f.note("certificate of %s by %s, until %s", cert.Subject, cert.Issuer, cert.NotAfter.Format(time.DateOnly))
	}
	if s.NegotiatedProtocol == "h2" {
		return secure, nil // which net/http has to see to speak HTTP/2
	}
	return &tappedConn{secure, f}, nil
}

func (f *fetcher) connectContext(ctx context.Context) (context.Context, context.CancelFunc) {
	if f.connectTimeout > 0 {
		return context.WithTimeout(ctx, f.connectTimeout)
	}
	return context.WithCancel(ctx)
}

// connect opens a TCP connection to "host:port".
func (f *fetcher) connect(ctx context.Context, address string) (c net.Conn, err error) {
	name, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, failf(fetchBadURL, "%w", err)
	}
	targets := []string{address}
	if list := f.resolve[strings.ToLower(address)]; len(list) > 0 {
		targets = nil
		for _, a := range list {
			targets = append(targets, net.JoinHostPort(a.String(), port))
		}
	} else if a, err := netip.ParseAddr(name); err == nil {
		targets[0] = net.JoinHostPort(a.Unmap().String(), port)
	}
	for _, target := range targets {
		if c, err = f.connectTo(ctx, target); err == nil {
			f.mu.Lock()
			f.conns++
			f.times.connect = time.Since(f.began)
			f.mu.Unlock()
			f.note("Connected to %s (%s)", name, c.RemoteAddr())
			return c, nil
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, err
}

// connectTo opens a TCP connection to an address, or to a name that the host looks up.
func (f *fetcher) connectTo(ctx context.Context, target string) (net.Conn, error) {
	version := ""
	if f.version != 0 {
		version = fmt.Sprint(f.version)
	}
	var six bool
	if to, err := netip.ParseAddrPort(target); err == nil {
		if six = to.Addr().Is6(); six && to.Addr().IsLinkLocalUnicast() && to.Addr().Zone() == "" {
			target = netip.AddrPortFrom(to.Addr().WithZone(f.host.device.Name), to.Port()).String()
		}
	} else {
		if err := f.client.awaitServers(ctx); err != nil {
			return nil, statusError{err, fetchInterface}
		}
		// The answers are in the cache when Dial asks again.
		name, _, _ := net.SplitHostPort(target)
		list, err := f.client.Resolver().LookupNetIP(ctx, "ip"+version, name)
		f.mu.Lock()
		f.times.name = time.Since(f.began)
		f.mu.Unlock()
		if err != nil && ctx.Err() == nil {
			return nil, failf(fetchNoName, "%w", nameError(name, err))
		} else if err != nil {
			return nil, ctx.Err()
		}
		f.note("%s has the addresses %v", name, list)
		six = !slices.ContainsFunc(list, netip.Addr.Is4)
	}
	if six { // from addresses of IPv6 we may not send at once
		if err := f.client.awaitAddr(ctx); err != nil {
			return nil, statusError{err, fetchInterface}
		}
	}
	f.note("Trying %s...", target)
	d := host.Dialer{Host: f.client.Host}
	return d.Dial(ctx, "tcp"+version, target)
}

// connectError gives the reason why there is no connection its exit code.
func (f *fetcher) connectError(ctx context.Context, address string, err error) error {
	var dns *net.DNSError
	var addr *net.AddrError
	switch {
	case errors.As(err, new(statusError)):
		return err
	case ctx.Err() == context.DeadlineExceeded, errors.Is(err, syscall.ETIMEDOUT), errors.Is(err, os.ErrDeadlineExceeded) && !errors.As(err, &dns):
		return failf(fetchTimeout, "connect to %s: timed out after %v", address, time.Since(f.began).Round(time.Millisecond))
	case errors.As(err, &dns):
		return failf(fetchNoName, "%s: %s", dns.Name, dns.Err)
	case errors.As(err, &addr):
		return failf(fetchNoName, "%s: %s", address, addr.Err)
	}
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	var sys *os.SyscallError
	if errors.As(err, &sys) {
		err = sys.Err
	}
	return failf(fetchNoConnection, "connect to %s: %w", address, err)
}

// classify gives an error its exit code.
func (f *fetcher) classify(err error) error {
	switch {
	case err == nil, errors.As(err, new(statusError)):
		return err
	case isDone(f.interrupted):
		return statusError{errors.New("interrupted"), fetchInterrupted}
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return failf(fetchTimeout, "timed out after %v with %d bytes received", time.Since(f.began).Round(time.Millisecond), f.out.bytes.Load())
	case errors.Is(err, syscall.ECONNRESET):
		return failf(fetchReceiveError, "the server reset the connection")
	case errors.Is(err, syscall.EPIPE):
		return failf(fetchSendError, "send: %w", err)
	case err == io.EOF || strings.HasSuffix(err.Error(), ": EOF"):
		return failf(fetchEmpty, "no reply from the server")
	case !f.isHTTP():
		return failf(fetchUnsupported, "what came is not HTTP: %w", err)
	case strings.Contains(err.Error(), "malformed") || strings.Contains(err.Error(), "Content-Length"):
		return failf(fetchBadReply, "what came is not as HTTP should be: %w", err)
	}
	return failf(fetchReceiveError, "receive: %w", err)
}

// isHTTP reports whether what came of the last reply begins as HTTP does, nothing included.
func (f *fetcher) isHTTP() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	const begin = "HTTP/"
	return strings.HasPrefix(string(f.tap.head), begin[:min(len(begin), len(f.tap.head))])
}

func isDone(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// headTap keeps the header of a reply from what is read.
type headTap struct {
	on   bool
	head []byte // with those of interim replies before it
	from int    // where the present one begins
}

func (t *headTap) start() { *t = headTap{on: true} }

// read takes note of bytes that were read.
func (t *headTap) read(p []byte) {
	if !t.on {
		return
	}
	scanned := max(len(t.head)-3, t.from)
	t.head = append(t.head, p...)
	for {
		i := bytes.Index(t.head[scanned:], []byte("\n\r\n"))
		end := scanned + i + 3
		if j := bytes.Index(t.head[scanned:], []byte("\n\n")); j >= 0 && (i < 0 || j < i) {
			i, end = j, scanned+j+2
		}
		if i < 0 {
			if t.on = len(t.head) <= maxReplyHeader; !t.on {
				t.head = nil // net/http refuses it too
			}
			return
		}
		status := t.head[t.from:end]
		_, code, _ := bytes.Cut(status, []byte(" "))
		if len(code) < 3 || code[0] != '1' || bytes.HasPrefix(code, []byte("101")) {
			t.head, t.on = t.head[:end:end], false
			return
		}
		t.from, scanned = end, end
	}
}

// tappedConn is a connection whose replies are looked at.
type tappedConn struct {
	net.Conn
	f *fetcher
}

func (c *tappedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.f.mu.Lock()
	c.f.tap.read(p[:n])
	c.f.mu.Unlock()
	return n, err
}
