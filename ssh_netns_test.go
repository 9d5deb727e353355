//go:build linux

package main

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"golang.org/x/crypto/ssh"

	"smoltcp/capture"
	"smoltcp/dissect"
	"smoltcp/stack"
	"smoltcp/stack/host"
)

// TestSSH has OpenSSH's client log in to an SSH server of golang.org/x/crypto/ssh on the stack, run commands, and send much through one.
func TestSSH(t *testing.T) {
	t.Parallel()
	n := newNamespace(t, "ssh")
	var dev capture.Device
	var err error
	n.within(n.a, func() {
		dev, err = capture.OpenDevice(capture.DeviceOptions{Name: "tap0", HostAddrs: []netip.Prefix{netip.MustParsePrefix("192.168.69.100/24")}})
	})
	if err != nil {
		t.Fatal(err)
	}
	h, err := host.New(dev, host.Config{Interface: stack.InterfaceConfig{
		Name: "tap0", HardwareAddr: dissect.MAC{2, 0, 0, 0, 0, 1}, Addrs: []netip.Prefix{netip.MustParsePrefix(serveIP + "/24")},
	}})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- h.Run(context.Background()) }()
	defer func() {
		h.Close()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	l, err := h.Listen("tcp", ":22")
	if err != nil {
		t.Fatal(err)
	}

	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	identity := filepath.Join(t.TempDir(), "id")
	if err := os.WriteFile(identity, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	guest, err := ssh.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	go sshServer(t, l, guest)

	login := func(stdin io.Reader, command string) (string, error) {
		c := exec.Command("ip", "netns", "exec", n.a, "ssh", "-F", "/dev/null", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
			"-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-i", identity, "guest@"+serveIP, command)
		c.Stdin = stdin
		var errs bytes.Buffer
		c.Stderr = &errs
		out, err := c.Output()
		if err != nil {
			err = fmt.Errorf("%w: %s", err, errs.Bytes())
		}
		return string(out), err
	}
	if out, err := login(nil, "echo hello"); err != nil || out != "echo hello\n" {
		t.Errorf("%q, %v", out, err)
	}
	const size = 4 << 20
	sum := sha256.New()
	if out, err := login(io.TeeReader(io.LimitReader(noise(3), size), sum), "cat"); err != nil || len(out) != size || sha256.Sum256([]byte(out)) != [32]byte(sum.Sum(nil)) {
		t.Errorf("%d bytes came back of %d, or others: %v", len(out), size, err)
	}
}

// sshServer lets the owner of a key in. The command cat gives back what it gets, any other prints its name.
func sshServer(t *testing.T, l net.Listener, guest ssh.PublicKey) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Error(err)
		return
	}
	key, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Error(err)
		return
	}
	config := &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, offered ssh.PublicKey) (*ssh.Permissions, error) {
		if bytes.Equal(offered.Marshal(), guest.Marshal()) {
			return nil, nil
		}
		return nil, fmt.Errorf("another key")
	}}
	config.AddHostKey(key)
	session := func(c ssh.Channel, asks <-chan *ssh.Request) {
		for ask := range asks {
			ask.Reply(ask.Type == "exec", nil)
			if ask.Type != "exec" {
				continue
			}
			var command struct{ Line string }
			ssh.Unmarshal(ask.Payload, &command)
			if command.Line == "cat" {
				io.Copy(c, c)
			} else {
				fmt.Fprintln(c, command.Line)
			}
			c.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{0}))
			c.Close()
		}
	}
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			_, channels, asks, err := ssh.NewServerConn(c, config)
			if err != nil {
				c.Close()
				return
			}
			go ssh.DiscardRequests(asks)
			for offer := range channels {
				if c, asks, err := offer.Accept(); err == nil {
					go session(c, asks)
				}
			}
		}()
	}
}
