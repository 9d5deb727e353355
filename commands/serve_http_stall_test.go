//go:build unix && go1.25

package commands

import (
	"io"
	"log/slog"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

// pipeListener gives the connections that it is sent.
type pipeListener chan net.Conn

func (l pipeListener) Accept() (net.Conn, error) {
	c, ok := <-l
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}
func (l pipeListener) Close() error   { return nil }
func (l pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

// TestHTTPStalledRequest: a client that announces more of a request than it sends does not keep its place.
func TestHTTPStalledRequest(t *testing.T) {
	dir := webDir(t)
	for _, request := range []string{
		"GET /a.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n",
		"GET /a.txt HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
		"POST /a.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n123",
		"GET /a.txt HTTP/1.1\r\nHost: x\r\n\r\nGET",
	} {
		synctest.Test(t, func(t *testing.T) {
			o := serveOptions{http: []httpSite{{":80", dir}}}
			s, err := o.openHTTP(slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			defer s.close()
			l := make(pipeListener)
			go s.servers[0].Serve(l)
			defer close(l)
			client, server := net.Pipe()
			defer client.Close()
			l <- server
			begun := time.Now()
			go client.Write([]byte(request))
			if _, err := io.Copy(io.Discard, client); err != nil {
				t.Errorf("%q: %v", request, err)
			}
			if d := time.Since(begun); d > httpAskTime+httpIdleTime {
				t.Errorf("%q: kept for %v", request, d)
			}
		})
	}
}
