package host_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"time"

	"golang.org/x/crypto/ssh"

	"smoltcp/capture"
	"smoltcp/dissect"
	"smoltcp/stack"
	"smoltcp/stack/host"
)

// exampleHost runs a host on a device. A real program has a TAP interface for a device, by capture.OpenDevice.
func exampleHost(dev host.Device, last byte) *host.Host {
	h, err := host.New(dev, host.Config{Interface: stack.InterfaceConfig{
		Name:         "eth0",
		HardwareAddr: dissect.MAC{2, 0, 0, 0, 0, last},
		Addrs:        []netip.Prefix{netip.PrefixFrom(netip.AddrFrom4([4]byte{192, 168, 69, last}), 24)},
	}})
	if err != nil {
		log.Fatal(err)
	}
	go h.Run(context.Background())
	return h
}

// exampleHosts runs two hosts, 192.168.69.1 and 192.168.69.2, with a wire between them.
func exampleHosts() (server, client *host.Host) {
	x, y := capture.Pipe(1500)
	return exampleHost(x, 1), exampleHost(y, 2)
}

// An HTTP server and a client of package net/http, each on a host of its own.
func Example_http() {
	one, two := exampleHosts()
	defer one.Close()
	defer two.Close()

	l, err := one.Listen("tcp", ":80")
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s of %s by %s\n", r.Method, r.URL.Path, r.Host)
	})}
	go server.Serve(l)
	defer server.Close()

	client := &http.Client{Transport: &http.Transport{DialContext: two.Dial}}
	r, err := client.Get("http://192.168.69.1/index.html")
	if err != nil {
		log.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n%s", r.Status, text)
	// Output:
	// 200 OK
	// GET of /index.html by 192.168.69.1
}

// Package crypto/tls at both ends, with a certificate made for the occasion.
func Example_tls() {
	one, two := exampleHosts()
	defer one.Close()
	defer two.Close()

	certificate, roots := exampleCertificate("server.example")
	l, err := one.Listen("tcp", ":443")
	if err != nil {
		log.Fatal(err)
	}
	secure := tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{certificate}})
	go func() {
		c, err := secure.Accept()
		if err != nil {
			log.Fatal(err)
		}
		defer c.Close()
		line, err := bufio.NewReader(c).ReadString('\n')
		if err != nil {
			log.Fatal(err)
		}
		fmt.Fprintf(c, "you said %s", line)
	}()

	plain, err := two.Dial(context.Background(), "tcp", "192.168.69.1:443")
	if err != nil {
		log.Fatal(err)
	}
	c := tls.Client(plain, &tls.Config{ServerName: "server.example", RootCAs: roots})
	defer c.Close()
	fmt.Fprintln(c, "nobody else hears this")
	text, err := io.ReadAll(c)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(tls.VersionName(c.ConnectionState().Version), ": ", string(text))
	// Output:
	// TLS 1.3: you said nobody else hears this
}

// exampleCertificate makes a certificate for a host, and a pool of roots with it alone.
func exampleCertificate(name string) (tls.Certificate, *x509.CertPool) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		log.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		log.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

// An SSH server, which answers each command with the command, and a client.
func Example_ssh() {
	one, two := exampleHosts()
	defer one.Close()
	defer two.Close()

	l, err := one.Listen("tcp", ":22")
	if err != nil {
		log.Fatal(err)
	}
	key := exampleHostKey()
	go serveSSH(l, key)

	c, err := two.Dial(context.Background(), "tcp", "192.168.69.1:22")
	if err != nil {
		log.Fatal(err)
	}
	conn, channels, requests, err := ssh.NewClientConn(c, "192.168.69.1:22", &ssh.ClientConfig{
		User: "guest", Auth: []ssh.AuthMethod{ssh.Password("guest")}, HostKeyCallback: ssh.FixedHostKey(key.PublicKey()),
	})
	if err != nil {
		log.Fatal(err)
	}
	client := ssh.NewClient(conn, channels, requests)
	defer client.Close()
	session, err := client.NewSession()
	if err != nil {
		log.Fatal(err)
	}
	session.Stdin = bytes.NewReader([]byte("and what it is given\n"))
	text, err := session.Output("uptime")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(string(text))
	// Output:
	// guest runs uptime
	// and what it is given
}

// exampleHostKey makes the key that an SSH server is known by.
func exampleHostKey() ssh.Signer {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	key, err := ssh.NewSignerFromKey(private)
	if err != nil {
		log.Fatal(err)
	}
	return key
}

// serveSSH lets the user guest in, who may run one command in each session: it is told, and gives back what it is given.
func serveSSH(l net.Listener, key ssh.Signer) {
	config := &ssh.ServerConfig{PasswordCallback: func(c ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
		if c.User() == "guest" && string(password) == "guest" {
			return nil, nil
		}
		return nil, fmt.Errorf("%s is not let in", c.User())
	}}
	config.AddHostKey(key)
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			conn, channels, requests, err := ssh.NewServerConn(c, config)
			if err != nil {
				c.Close()
				return
			}
			go ssh.DiscardRequests(requests)
			for offer := range channels {
				if offer.ChannelType() != "session" {
					offer.Reject(ssh.UnknownChannelType, "sessions are all there is")
					continue
				}
				channel, asks, err := offer.Accept()
				if err != nil {
					continue
				}
				go func() {
					for ask := range asks {
						ask.Reply(ask.Type == "exec", nil)
						if ask.Type != "exec" {
							continue
						}
						var command struct{ Line string }
						ssh.Unmarshal(ask.Payload, &command)
						fmt.Fprintf(channel, "%s runs %s\n", conn.User(), command.Line)
						io.Copy(channel, channel)
						channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{0}))
						channel.Close()
					}
				}()
			}
		}()
	}
}
