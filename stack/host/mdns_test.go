package host_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"smoltcp/capture"
	"smoltcp/stack"
	"smoltcp/stack/dns"
	"smoltcp/stack/host"
)

// responding has a host answer for a name, and gives what becomes of that.
func responding(t *testing.T, h *host.Host, name string) (*host.Responder, chan string) {
	t.Helper()
	events := make(chan string, 16)
	r, err := h.Respond(host.MulticastDNS{Name: name, Event: func(on *stack.Interface, e dns.ResponderEvent, name string) {
		events <- fmt.Sprintf("%s %v %s", on.Name(), e, name)
	}})
	if err != nil {
		t.Fatal(err)
	}
	return r, events
}

func next[T any](t *testing.T, c chan T) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(10 * time.Second):
		t.Fatal("nothing came")
	}
	return v
}

// groupListener hears what is said to the groups on a host's link: the answers, as text.
func groupListener(t *testing.T, h *host.Host) chan string {
	t.Helper()
	heard := make(chan string, 256)
	var err error
	h.Do(func(s *stack.Stack) {
		var u *stack.UDPSocket
		if u, err = s.ListenUDP(netip.MustParseAddrPort("0.0.0.0:5353"), stack.UDPOptions{Shared: true, V6Only: true}); err != nil {
			return
		}
		if err = u.JoinGroup(dns.Group4.Addr(), h.Interface()); err != nil {
			return
		}
		buf := make([]byte, 1<<16)
		u.SetHandler(func() {
			for {
				n, m, err := u.Recv(buf)
				if err != nil {
					return
				}
				if msg, err := dns.ParseMessage(buf[:n]); err == nil && m.TTL == 255 {
					for _, r := range msg.Answer {
						select {
						case heard <- strings.Join(strings.Fields(r.String()), " "):
						default:
						}
					}
				}
			}
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return heard
}

// await waits until a text is heard.
func await(t *testing.T, heard chan string, want string) {
	t.Helper()
	for {
		if next(t, heard) == want {
			return
		}
	}
}

// TestMulticastDNS: a host answers for its name to others and to itself, takes another name if that one is taken, tells of new addresses and of its
// end.
func TestMulticastDNS(t *testing.T) {
	t.Parallel()
	a, b := namePair(t, dns.Config{})
	ctx := context.Background()
	heard := groupListener(t, a)
	printer, events := responding(t, b, "Printer")
	if got := next(t, events); got != "if1 claimed Printer.local." {
		t.Fatalf("event %s", got)
	}
	if got := printer.Name(b.Interface()); got != "Printer.local." {
		t.Errorf("name %s", got)
	}
	for _, h := range []*host.Host{a, b} {
		list, err := h.Resolver().LookupNetIP(ctx, "ip", "printer.LOCAL")
		var texts []string
		for _, a := range list {
			texts = append(texts, a.String())
		}
		slices.Sort(texts)
		if err != nil || !slices.Equal(texts, []string{"10.0.0.2", "2001:db8::2", "fe80::2%if1"}) {
			t.Errorf("addresses of printer.local: %v, %v", texts, err)
		}
	}
	if names, err := a.Resolver().LookupAddr(ctx, "fe80::2%if1"); err != nil || !slices.Equal(names, []string{"Printer.local."}) {
		t.Errorf("name of fe80::2: %v, %v", names, err)
	}
	// Another host wants the name.
	second, events2 := responding(t, a, "printer.local")
	for _, want := range []string{"if1 renamed printer-2.local.", "if1 claimed printer-2.local."} {
		if got := next(t, events2); got != want {
			t.Errorf("event %s, want %s", got, want)
		}
	}
	if list, err := b.Resolver().LookupNetIP(ctx, "ip4", "printer-2.local"); err != nil || len(list) != 1 || list[0].String() != addrA {
		t.Errorf("addresses of printer-2.local: %v, %v", list, err)
	}
	second.Close()
	if _, err := a.Dial(ctx, "tcp", "Printer.local:99"); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("dial by the name: %v", err)
	}
	// What changes is announced, and at the end all is taken back.
	b.Do(func(*stack.Stack) {
		if err := b.Interface().AddAddr(netip.MustParsePrefix("10.0.0.22/24")); err != nil {
			t.Error(err)
		}
	})
	await(t, heard, "Printer.local. 120 CLASS32769 A 10.0.0.22")
	short, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	if err := b.Shutdown(short); err != nil {
		t.Error(err)
	}
	await(t, heard, "Printer.local. 0 CLASS32769 A 10.0.0.22")
	await(t, heard, "22.0.0.10.in-addr.arpa. 0 CLASS32769 PTR Printer.local.")
}

// TestMulticastDNSLinkUp: on another link the name may be another's.
func TestMulticastDNSLinkUp(t *testing.T) {
	t.Parallel()
	a, b := namePair(t, dns.Config{})
	r, events := responding(t, b, "x")
	if got := next(t, events); got != "if1 claimed x.local." {
		t.Fatalf("event %s", got)
	}
	b.Do(func(*stack.Stack) {
		b.Interface().SetLink(false)
		b.Interface().SetLink(true)
	})
	if got := next(t, events); got != "if1 claimed x.local." {
		t.Errorf("event %s", got)
	}
	heard := groupListener(t, a)
	r.Close()
	await(t, heard, "x.local. 0 CLASS32769 A 10.0.0.2")
	r.Close() // once more does nothing
}

func TestMulticastDNSErrors(t *testing.T) {
	x, _ := capture.Pipe(1000) // too small for IPv6
	h := newHostWith(t, x, 1, host.Config{}, addrA+"/24")
	for _, name := range []string{"", "a.b", "a..local", strings.Repeat("x", 64)} {
		if _, err := h.Respond(host.MulticastDNS{Name: name}); !errors.Is(err, dns.ErrBadName) {
			t.Errorf("name %q: %v", name, err)
		}
	}
	r, events := responding(t, h, "small")
	if got := next(t, events); got != "if1 claimed small.local." {
		t.Errorf("event %s", got)
	}
	h.Close()
	if name := r.Name(h.Interface()); name != "" {
		t.Errorf("name %q after the end", name)
	}
	if _, err := h.Respond(host.MulticastDNS{Name: "late"}); err == nil {
		t.Error("a name for a host that has ended")
	}
}
