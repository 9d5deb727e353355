package stack_test

import (
	"fmt"
	"net/netip"

	"smoltcp/dissect"
	"smoltcp/stack"
)

// A tap feeds the parsers: what the loopback carries, a line a frame.
func ExampleStack_OpenTap() {
	s := stack.New(stack.Config{})
	tap := s.OpenTap(nil, stack.TapOptions{Filter: func(f stack.TapFrame) bool { return f.Out }})
	tap.SetHandler(func() {
		var p dissect.Packet
		for {
			f, err := tap.Next()
			if err != nil {
				return
			}
			p.Decode(f.Link(), f.Data, f.Len)
			for _, l := range p.Layers() {
				fmt.Print(l.Type, " ")
			}
			ip := dissect.IPv4(f.Data)
			fmt.Printf("%s to %s, %d bytes\n", ip.Src(), ip.Dst(), f.Len)
		}
	})
	server, _ := s.ListenUDP(netip.MustParseAddrPort("127.0.0.1:7"), stack.UDPOptions{})
	client, _ := s.DialUDP(server.LocalAddr(), stack.UDPOptions{})
	_ = client.Write([]byte("hello"))
	for s.Poll(1) {
	}
	// Output:
	// Raw IPv4 UDP Data 127.0.0.1 to 127.0.0.1, 33 bytes
}
