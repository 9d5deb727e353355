package host_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"

	"smoltcp/stack"
	"smoltcp/stack/dns"
	"smoltcp/stack/host"
)

// A host that is known as printer.local, and another that finds it without a name server.
func ExampleHost_Respond() {
	printer, user := exampleHosts()
	defer printer.Close()
	defer user.Close()

	claimed := make(chan string, 1)
	if _, err := printer.Respond(host.MulticastDNS{Name: "printer", Event: func(_ *stack.Interface, e dns.ResponderEvent, name string) {
		if e == dns.Claimed {
			claimed <- name
		}
	}}); err != nil {
		log.Fatal(err)
	}
	fmt.Println(<-claimed)

	l, err := printer.Listen("tcp", ":631")
	if err != nil {
		log.Fatal(err)
	}
	defer l.Close()
	c, err := user.Dial(context.Background(), "tcp", "printer.local:631")
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	fmt.Println(c.RemoteAddr())

	_, err = user.Resolver().LookupHost(context.Background(), "scanner.local")
	var e *net.DNSError
	fmt.Println(errors.As(err, &e) && e.IsNotFound)
	// Output:
	// printer.local.
	// 192.168.69.1:631
	// true
}
