package commands

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"
	"golang.org/x/net/netutil"

	"smoltcp/stack/host"
)

// serve --http gives files to web browsers, by net/http over the stack's connections.

// httpSite is one of --http.
type httpSite struct {
	at  string // "192.168.69.1:80", ":80"
	dir string
}

func httpFlags(category string) []cli.Flag {
	return []cli.Flag{
		&cli.StringSliceFlag{Category: category, Name: "http", Usage: "serve the files in a directory to web browsers, `ADDR=DIR` like :80=public or [fdaa::1]:8080=/srv/www; files whose names begin with a dot, and what links lead to outside of DIR, are not there; may be repeated"},
	}
}

// readHTTP reads --http.
func readHTTP(c *cli.Context, o *serveOptions) error {
	for _, text := range c.StringSlice("http") {
		at, dir, ok := strings.Cut(text, "=")
		addr, port, err := net.SplitHostPort(at)
		if n, perr := strconv.ParseUint(port, 10, 16); !ok || err != nil || perr != nil || n == 0 || dir == "" {
			return usagef("--http %s: want ADDR=DIR, like :80=public or 192.168.69.1:80=/srv/www", text)
		}
		if addr != "" {
			if _, err := netip.ParseAddr(addr); err != nil {
				return usagef("--http %s: %s is not an IP address", text, addr)
			}
		}
		if st, err := os.Stat(dir); err != nil {
			return usagef("--http %s: %w", text, err)
		} else if !st.IsDir() {
			return usagef("--http %s: %s is not a directory", text, dir)
		}
		for _, o := range o.http {
			if o.at == at {
				return usagef("--http %s: another --http is at %s already", text, at)
			}
		}
		o.http = append(o.http, httpSite{at, dir})
		o.needs.trees = append(o.needs.trees, dir)
	}
	return nil
}

// What a client of --http may take.
const (
	httpConns      = 1024             // at once, of each --http; others wait
	httpHeader     = 16 << 10         // bytes of a request
	httpAskTime    = 10 * time.Second // for a request to be here
	httpIdleTime   = 15 * time.Second // between requests
	httpStallTime  = 30 * time.Second // for a part of the reply, at most httpPart bytes, to be taken
	httpPart       = 64 << 10
	httpListenPace = 50 * time.Millisecond
)

// httpServers are the servers of --http while they run.
type httpServers struct {
	servers []*http.Server
	roots   []*os.Root
	running sync.WaitGroup
	stop    context.CancelFunc
}

// openHTTP opens what --http will serve, while that is allowed.
func (o *serveOptions) openHTTP(log *slog.Logger) (*httpServers, error) {
	s := &httpServers{stop: func() {}}
	if len(o.http) > 0 {
		mime.TypeByExtension(".html") // reads the machine's tables
	}
	for _, site := range o.http {
		root, err := os.OpenRoot(site.dir)
		if err != nil {
			s.close()
			return nil, fmt.Errorf("--http %s=%s: %w", site.at, site.dir, err)
		}
		s.roots = append(s.roots, root)
		s.servers = append(s.servers, &http.Server{
			Handler:           logRequests(log.With("http", site.at), http.FileServerFS(publicFS{root.FS()})),
			ReadHeaderTimeout: httpAskTime,
			IdleTimeout:       httpIdleTime,
			MaxHeaderBytes:    httpHeader,
			ErrorLog:          slog.NewLogLogger(log.With("http", site.at).Handler(), slog.LevelDebug),
		})
	}
	return s, nil
}

// start listens. Where a server is to be at an address that the host does not have yet, it waits for that: IPv6 addresses are tried out
// first, and others may be leased.
func (s *httpServers) start(o *serveOptions, h *host.Host, log *slog.Logger) error {
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	cfg := o.tcp
	cfg.RcvBuf, cfg.SndBuf = min(o.serviceBuffer, httpHeader), o.serviceBuffer
	for i, server := range s.servers {
		site := o.http[i]
		if d, err := s.roots[i].Open("."); err != nil {
			return fmt.Errorf("--http %s=%s: %w: smoltcp has given up root's rights: -Z USER makes it a user who may read that", site.at, site.dir, errors.Unwrap(err))
		} else {
			d.Close()
		}
		lc := host.ListenConfig{Host: h, Config: &cfg, Backlog: serveBacklog}
		l, err := lc.Listen("tcp", site.at)
		if err != nil && !(errors.Is(err, syscall.EADDRNOTAVAIL) && o.mayGet(site.at)) {
			return fmt.Errorf("--http %s: %w", site.at, errno(err))
		}
		s.running.Add(1)
		go func() {
			defer s.running.Done()
			for ; err != nil; l, err = lc.Listen("tcp", site.at) {
				select {
				case <-ctx.Done():
					return
				case <-time.After(httpListenPace):
				}
			}
			log.Info("serving files", "http", site.at, "dir", site.dir)
			_ = server.Serve(netutil.LimitListener(patientListener{l}, httpConns)) // it ends with the host
		}()
	}
	return nil
}

// mayGet reports whether the address of "addr:port" can become the host's.
func (o *serveOptions) mayGet(at string) bool {
	addr, _, _ := net.SplitHostPort(at)
	a, err := netip.ParseAddr(addr)
	if err != nil {
		return false
	}
	if o.slaac && a.Is6() {
		return true
	}
	for _, p := range o.addrs {
		if p.Addr() == a.WithZone("") {
			return true
		}
	}
	return false
}

// close ends the servers. Those of a host end with it.
func (s *httpServers) close() {
	if s == nil { // there were none yet
		return
	}
	s.stop()
	for _, server := range s.servers {
		server.Close()
	}
	s.running.Wait()
	for _, r := range s.roots {
		r.Close()
	}
}

// errno takes from an error of package net all but the reason.
func errno(err error) error {
	var no syscall.Errno
	if errors.As(err, &no) {
		return no
	}
	return err
}

// httpText says for people where files are served.
func (o *serveOptions) httpText() (s string) {
	for _, site := range o.http {
		s += fmt.Sprintf(", http %s", site.at)
	}
	return s
}

// patientListener gives connections that bear a slow client, but not one that stands still.
type patientListener struct{ net.Listener }

func (l patientListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return patientConn{c}, nil
}

type patientConn struct{ net.Conn }

func (c patientConn) Write(p []byte) (n int, err error) {
	for first := true; first || len(p) > 0; first = false {
		if err := c.SetWriteDeadline(time.Now().Add(httpStallTime)); err != nil {
			return n, err
		}
		part := p[:min(len(p), httpPart)]
		m, err := c.Conn.Write(part)
		if n += m; err != nil {
			return n, err
		}
		p = p[m:]
	}
	return n, nil
}

// publicFS is what of a directory is for strangers: regular files and directories whose names do not begin with a dot. The well-known
// ones of RFC 8615 are the exception. What cannot be opened, by a link that leads out of the directory for example, is not there.
type publicFS struct{ fs fs.FS }

// isPublic reports whether a part of a path is for strangers.
func isPublic(part string) bool {
	return !strings.HasPrefix(part, ".") || part == ".well-known" || part == "."
}

func (p publicFS) Open(name string) (fs.File, error) {
	missing := &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	for part := range strings.SplitSeq(name, "/") {
		if !isPublic(part) {
			return nil, missing
		}
	}
	// Before it is opened: that of a FIFO would take for ever.
	st, err := fs.Stat(p.fs, name)
	if err == nil && !st.Mode().IsRegular() && !st.IsDir() {
		return nil, missing
	}
	var f fs.File
	if err == nil {
		f, err = p.fs.Open(name)
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		return nil, err
	case err != nil:
		return nil, missing
	}
	if d, ok := f.(fs.ReadDirFile); ok && st.IsDir() {
		return publicDir{d, p, name}, nil
	}
	return f, nil
}

// publicDir lists what publicFS has.
type publicDir struct {
	fs.ReadDirFile
	fs   publicFS
	name string
}

func (d publicDir) ReadDir(n int) ([]fs.DirEntry, error) {
	list, err := d.ReadDirFile.ReadDir(n)
	kept := list[:0]
	for _, e := range list {
		st, serr := fs.Stat(d.fs.fs, path.Join(d.name, e.Name())) // of what a link leads to
		if isPublic(e.Name()) && serr == nil && (st.Mode().IsRegular() || st.IsDir()) {
			kept = append(kept, fs.FileInfoToDirEntry(st))
		}
	}
	return kept, err
}

// logRequests tells of every request, with --verbose.
func logRequests(log *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body != http.NoBody {
			// Nobody wants it, but net/http waits for it, without a limit of its own.
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(httpAskTime))
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "files can be read here, and that is all", http.StatusMethodNotAllowed)
			log.Info("request", "peer", r.RemoteAddr, "method", r.Method, "path", r.URL.Path, "status", http.StatusMethodNotAllowed)
			return
		}
		begun := time.Now()
		l := &replyLog{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(l, r)
		log.Info("request", "peer", r.RemoteAddr, "method", r.Method, "path", r.URL.Path, "status", l.status, "bytes", l.bytes, "took", time.Since(begun))
	})
}

// replyLog takes note of what is replied.
type replyLog struct {
	http.ResponseWriter
	status int
	bytes  int64
}

func (l *replyLog) WriteHeader(status int) {
	l.status = status
	l.ResponseWriter.WriteHeader(status)
}

func (l *replyLog) Write(p []byte) (int, error) {
	n, err := l.ResponseWriter.Write(p)
	l.bytes += int64(n)
	return n, err
}

// Unwrap is for http.ResponseController.
func (l *replyLog) Unwrap() http.ResponseWriter { return l.ResponseWriter }
