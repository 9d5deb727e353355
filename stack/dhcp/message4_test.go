package dhcp

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/gopacket"
	"github.com/google/gopacket/layers"

	"smoltcp/dissect"
)

// unhex reads hexadecimal digits in any spacing, comments from # to the end of the line excluded.
func unhex(t *testing.T, text string) []byte {
	t.Helper()
	var digits strings.Builder
	for _, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "#")
		digits.WriteString(strings.Join(strings.Fields(line), ""))
	}
	b, err := hex.DecodeString(digits.String())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// answerHex builds a server's message out of its parts. file and sname may hold options.
func answerHex(t *testing.T, options, file, sname string) []byte {
	t.Helper()
	b := unhex(t, `02 01 06 00 11223344 0000 0000 00000000 0a000039 0a000001 00000000 020000000001 0000 0000000000000000`)
	for _, area := range []struct {
		text string
		size int
	}{{sname, 64}, {file, 128}} {
		v := unhex(t, area.text)
		if len(v) > area.size {
			t.Fatalf("%d bytes in %d", len(v), area.size)
		}
		b = append(append(b, v...), make([]byte, area.size-len(v))...)
	}
	return append(append(b, 0x63, 0x82, 0x53, 0x63), unhex(t, options)...)
}

// usual is an ACK's message type, server and lease time.
const usual = "35 01 05 36 04 0a000001 33 04 00000e10 "

// TestReadMessage reads what servers write. dhcp.14: overload is followed into file and sname, and options of one type are joined.
func TestReadMessage(t *testing.T) {
	cfg := Config4{HardwareAddr: testMAC, Rand: rand.NewChaCha8([32]byte{})}
	if err := cfg.prepare(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		options, file, sname string
		want                 string // the lease; "!" for an error
	}{
		"all": {usual + `01 04 ffffff00 03 08 0a000001 0a000002 06 08 0a000001 08080808 0f 0b 6578616d706c652e636f6d 1a 02 0578 2a 04 0a000003
			77 0e 03 636f6d 00 01 61 c0 00 01 62 c0 05 ff`, "", "",
			"10.0.0.57/24 from 10.0.0.1; 0.0.0.0/0 via 10.0.0.1; 0.0.0.0/0 via 10.0.0.2; DNS 10.0.0.1 8.8.8.8; NTP 10.0.0.3; " +
				"domain example.com; search com a.com b.a.com; MTU 1400"},
		"without an end":    {usual + "01 04 ffffff00", "", "", "10.0.0.57/24 from 10.0.0.1"},
		"pads":              {"00 00" + usual + "00 01 04 ffffff00 ff 06 04 0a000001", "", "", "10.0.0.57/24 from 10.0.0.1"},
		"leaves it":         {usual + "01 05 ffffff00", "", "", "!"},
		"cut in its length": {usual + "01", "", "", "!"},
		"no type":           {"36 04 0a000001 33 04 00000e10 ff", "", "", "!"},
		"type of two":       {"35 02 05 05 36 04 0a000001 ff", "", "", "!"},
		"type twice":        {usual + "35 01 05 ff", "", "", "!"}, // joined, it is none

		// Overload.
		"file":               {usual + "34 01 01 ff", "06 04 0a000009 ff", "06 04 0a000008 ff", "10.0.0.57/8 from 10.0.0.1; DNS 10.0.0.9"},
		"sname":              {usual + "34 01 02 ff", "06 04 0a000009 ff", "06 04 0a000008 ff", "10.0.0.57/8 from 10.0.0.1; DNS 10.0.0.8"},
		"both":               {usual + "34 01 03 06 04 0a000007 ff", "06 04 0a000009 ff", "06 04 0a000008 ff", "10.0.0.57/8 from 10.0.0.1; DNS 10.0.0.7 10.0.0.9 10.0.0.8"},
		"neither":            {usual + "ff", "06 04 0a000009 ff", "06 04 0a000008 ff", "10.0.0.57/8 from 10.0.0.1"},
		"overload of 0":      {usual + "34 01 00 ff", "", "", "!"},
		"overload of 4":      {usual + "34 01 04 ff", "", "", "!"},
		"overload of two":    {usual + "34 02 01 01 ff", "", "", "!"},
		"overload in file":   {usual + "34 01 01 ff", "34 01 02 06 04 0a000009 ff", "06 04 0a000008 ff", "10.0.0.57/8 from 10.0.0.1; DNS 10.0.0.9"},
		"name in file":       {usual + "34 01 01 ff", hex.EncodeToString([]byte("pxelinux.0")) + strings.Repeat("41", 118), "", "!"},
		"one joined over it": {usual + "34 01 03 06 02 0a00 ff", "06 01 00 ff", "06 05 07 08080808 ff", "10.0.0.57/8 from 10.0.0.1; DNS 10.0.0.7 8.8.8.8"},

		// RFC 3396.
		"joined addresses": {usual + "06 03 0a0000 01 04 ffffff00 06 05 01 08080808 ff", "", "", "10.0.0.57/24 from 10.0.0.1; DNS 10.0.0.1 8.8.8.8"},
		"joined names":     {usual + "77 06 03 636f6d 00 01 77 07 61 c000 01 62 c005 ff", "", "", "10.0.0.57/8 from 10.0.0.1; search com a.com b.a.com"},
		"joined with none": {usual + "06 00 06 04 0a000001 06 00 ff", "", "", "10.0.0.57/8 from 10.0.0.1; DNS 10.0.0.1"},

		// Classless routes (RFC 3442).
		"routes": {usual + "03 04 0a000001 01 04 ffffff00 79 1d 00 0a000002 18 c0a801 0a000003 20 09090909 00000000 0c ac1f 0a000004 ff", "", "",
			"10.0.0.57/24 from 10.0.0.1; 0.0.0.0/0 via 10.0.0.2; 192.168.1.0/24 via 10.0.0.3; 9.9.9.9/32; 172.16.0.0/12 via 10.0.0.4"},
		"routes that are cut": {usual + "03 04 0a000001 79 07 00 0a000002 18 c0 ff", "", "", "10.0.0.57/8 from 10.0.0.1; 0.0.0.0/0 via 10.0.0.1"},
		"a prefix of 33":      {usual + "03 04 0a000001 79 0a 21 0102030405 0a000002 ff", "", "", "10.0.0.57/8 from 10.0.0.1; 0.0.0.0/0 via 10.0.0.1"},
		"a route via a group": {usual + "79 0d 00 e0000001 18 0a0101 0a000003 ff", "", "", "10.0.0.57/8 from 10.0.0.1; 10.1.1.0/24 via 10.0.0.3"},

		// What makes no sense is as if it were not there.
		"no mask":          {usual + "ff", "", "", "10.0.0.57/8 from 10.0.0.1"},
		"mask of holes":    {usual + "01 04 ffff00ff ff", "", "", "10.0.0.57/8 from 10.0.0.1"},
		"mask of nothing":  {usual + "01 04 00000000 ff", "", "", "10.0.0.57/8 from 10.0.0.1"},
		"mask of 32":       {usual + "01 04 ffffffff ff", "", "", "10.0.0.57/32 from 10.0.0.1"},
		"mask of three":    {usual + "01 03 ffffff ff", "", "", "10.0.0.57/8 from 10.0.0.1"},
		"groups as hosts":  {usual + "03 04 e0000001 06 0c ffffffff 00000000 7f000001 2a 04 f0000001 ff", "", "", "10.0.0.57/8 from 10.0.0.1"},
		"the same again":   {usual + "06 0c 0a000001 0a000001 0a000001 ff", "", "", "10.0.0.57/8 from 10.0.0.1; DNS 10.0.0.1"},
		"a byte too many":  {usual + "06 05 0a000001 0a ff", "", "", "10.0.0.57/8 from 10.0.0.1; DNS 10.0.0.1"},
		"small MTU":        {usual + "1a 02 0044 ff", "", "", "10.0.0.57/8 from 10.0.0.1"},
		"MTU of 576":       {usual + "1a 02 0240 ff", "", "", "10.0.0.57/8 from 10.0.0.1; MTU 576"},
		"escape in domain": {usual + "0f 05 611b5b316d ff", "", "", "10.0.0.57/8 from 10.0.0.1"},
		"domain with dot":  {usual + "0f 04 612e6200 0f 00 ff", "", "", "10.0.0.57/8 from 10.0.0.1; domain a.b"},
		"search with loop": {usual + "77 08 01 61 00 01 62 c003 ff ff", "", "", "10.0.0.57/8 from 10.0.0.1; search a"},
		"search: escape":   {usual + "77 06 01 1b 00 01 61 00 ff", "", "", "10.0.0.57/8 from 10.0.0.1; search a"},
		"our identifier":   {usual + "3d 07 01 020000000001 ff", "", "", "10.0.0.57/8 from 10.0.0.1"},
		"another's":        {usual + "3d 07 01 020000000002 ff", "", "", "!"},
	} {
		a, err := cfg.read(answerHex(t, c.options, c.file, c.sname), 0x11223344)
		if (err != nil) != (c.want == "!") {
			t.Errorf("%s: error %v", name, err)
		}
		if err != nil || c.want == "!" {
			continue
		}
		a.lease.Expires = Never
		if got := a.lease.String(); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", name, got, c.want)
		}
		if a.kind != ack || a.server != server1 || a.leaseTime != 3600 {
			t.Errorf("%s: %+v", name, a)
		}
	}
	// Every prefix of a message is refused or read, and an infinite one is bounded.
	b := answerHex(t, usual+"06 04 0a000001 79 05 00 0a000002 77 03 01 61 00 ff", "", "")
	for n := range b {
		if a, err := cfg.read(b[:n:n], 0x11223344); err == nil && n < dissect.DHCPHeaderLen+3 {
			t.Errorf("%d bytes: %+v", n, a)
		}
	}
	many := answerHex(t, usual, "", "")
	for i := range 4000 {
		many = dissect.AppendDHCPOption(many, dissect.DHCPOptDNSServer, 10, 1, byte(i>>8), byte(i))
		many = dissect.AppendDHCPOption(many, dissect.DHCPOptClasslessRoute, 32, 10, 1, byte(i>>8), byte(i), 10, 0, 0, 1)
		many = dissect.AppendDHCPOption(many, dissect.DHCPOptDomainSearch, 1, 'a'+byte(i%26), 0)
	}
	a, err := cfg.read(many, 0x11223344)
	if err != nil {
		t.Fatal(err)
	}
	if l := a.lease; len(l.DNS) != MaxServers || len(l.Routes) != MaxRoutes || len(l.Search) != MaxSearch {
		t.Errorf("%d servers, %d routes, %d names", len(l.DNS), len(l.Routes), len(l.Search))
	}
}

// Without a mask the class of the address says how long its prefix is.
func TestClassOfAddress(t *testing.T) {
	for addr, want := range map[string]int{"10.1.2.3": 8, "127.255.255.255": 8, "128.0.0.1": 16, "191.255.0.1": 16, "192.168.1.1": 24} {
		if got := new(options4).prefixLen(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s: %d, want %d", addr, got, want)
		}
	}
}

func TestUsable(t *testing.T) {
	for _, c := range []struct {
		addr, server string
		lease        uint32
		want         bool
	}{
		{"10.0.0.57/24", "10.0.0.1", 3600, true},
		{"10.0.0.57/24", "192.168.1.1", 3600, true},
		{"10.0.0.57/24", "10.0.0.1", 10, true},
		{"10.0.0.57/24", "10.0.0.1", 9, false},
		{"10.0.0.57/24", "10.0.0.1", infinite, true},
		{"10.0.0.57/24", "10.0.0.57", 3600, false},
		{"10.0.0.57/24", "", 3600, false},
		{"10.0.0.0/24", "10.0.0.1", 3600, false},
		{"10.0.0.255/24", "10.0.0.1", 3600, false},
		{"10.0.0.255/16", "10.0.0.1", 3600, true},
		{"10.0.0.0/31", "10.0.0.1", 3600, true},
		{"10.0.0.0/32", "10.0.0.1", 3600, true},
		{"0.0.0.0/8", "10.0.0.1", 3600, false},
		{"127.0.0.2/8", "10.0.0.1", 3600, false},
		{"224.0.0.2/24", "10.0.0.1", 3600, false},
		{"255.255.255.255/32", "10.0.0.1", 3600, false},
	} {
		a := answer4{leaseTime: c.lease}
		a.lease.Addr = netip.MustParsePrefix(c.addr)
		if c.server != "" {
			a.server = netip.MustParseAddr(c.server)
		}
		if got := a.usable(); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// dhcp.12, dhcp.13: messages are padded to 300 bytes, fit into what every server takes, and announce at least 576 bytes. Another
// reader of DHCP finds in them what was meant.
func TestMessageSize(t *testing.T) {
	for _, c := range []struct {
		mtu  int
		want []byte
	}{{0, []byte{0x05, 0xdc}}, {68, []byte{0x02, 0x40}}, {576, []byte{0x02, 0x40}}, {600, []byte{0x02, 0x58}}, {9000, []byte{0x23, 0x28}}, {65535, []byte{0xff, 0xff}}} {
		r := newRig4(t, 1, func(cfg *Config4) {
			cfg.MTU, cfg.HostName, cfg.LeaseTime = c.mtu, "host", 2*time.Hour
			cfg.ClientID = ClientID(7, DUID(testMAC))
			cfg.Requested = testAddr
			cfg.Options = []dissect.DHCPOptionType{150, dissect.DHCPOptRouter}
		})
		r.c.Start(0)
		r.output()
		m := r.last()
		if len(m.Data) < 300 || len(m.Data) > 548 {
			t.Errorf("MTU %d: %d bytes", c.mtu, len(m.Data))
		}
		p := gopacket.NewPacket(m.Data, layers.LayerTypeDHCPv4, gopacket.Default)
		d, ok := p.Layer(layers.LayerTypeDHCPv4).(*layers.DHCPv4)
		if !ok {
			t.Fatalf("gopacket: %v", p.ErrorLayer())
		}
		if d.Operation != layers.DHCPOpRequest || !bytes.Equal(d.ClientHWAddr, testMAC[:]) || d.Flags != 0 {
			t.Errorf("gopacket: %+v", d)
		}
		got := map[layers.DHCPOpt][]byte{}
		for _, o := range d.Options {
			got[o.Type] = o.Data
		}
		for want, data := range map[layers.DHCPOpt][]byte{
			layers.DHCPOptMessageType:    {1},
			layers.DHCPOptMaxMessageSize: c.want,
			layers.DHCPOptHostname:       []byte("host"),
			layers.DHCPOptLeaseTime:      {0, 0, 0x1c, 0x20},
			layers.DHCPOptRequestIP:      {10, 0, 0, 57},
			layers.DHCPOptClientID:       unhex(t, "ff 00000007 0003 0001 020000000001"),
			layers.DHCPOptParamsRequest:  {1, 121, 3, 6, 15, 119, 26, 42, 51, 58, 59, 150},
		} {
			if !bytes.Equal(got[want], data) {
				t.Errorf("MTU %d: option %s is %x, want %x", c.mtu, want, got[want], data)
			}
		}
	}
	// The shortest one, without a name or anything.
	r := boundRig4(t, 1, time.Hour, nil)
	var m Message4
	r.c.Release(r.now, &m)
	if len(m.Data) != 300 || !bytes.Equal(dissect.DHCP(m.Data).Option(dissect.DHCPOptClientID), unhex(t, "01 020000000001")) {
		t.Errorf("%d bytes: %x", len(m.Data), m.Data)
	}
}

// dhcp.15: what cannot be sent is refused when it is configured.
func TestConfig4(t *testing.T) {
	all := make([]dissect.DHCPOptionType, 0, 254)
	for o := 1; o < 255; o++ {
		all = append(all, dissect.DHCPOptionType(o))
	}
	for name, c := range map[string]struct {
		change func(*Config4)
		want   string // in the error; "" if there is none
	}{
		"usual":                {func(c *Config4) {}, ""},
		"no hardware address":  {func(c *Config4) { c.HardwareAddr = dissect.MAC{} }, "hardware address"},
		"group":                {func(c *Config4) { c.HardwareAddr = dissect.BroadcastMAC }, "hardware address"},
		"short identifier":     {func(c *Config4) { c.ClientID = []byte{1} }, "client identifier"},
		"empty identifier":     {func(c *Config4) { c.ClientID = []byte{} }, "client identifier"},
		"long identifier":      {func(c *Config4) { c.ClientID = make([]byte, 256) }, "client identifier"},
		"largest identifier":   {func(c *Config4) { c.ClientID = make([]byte, 255) }, ""},
		"host name":            {func(c *Config4) { c.HostName = "my-host.example_1.com" }, ""},
		"with a space":         {func(c *Config4) { c.HostName = "my host" }, "host name"},
		"dot at its end":       {func(c *Config4) { c.HostName = "host." }, "host name"},
		"hyphen first":         {func(c *Config4) { c.HostName = "-host" }, "host name"},
		"no ASCII":             {func(c *Config4) { c.HostName = "höst" }, "host name"},
		"long label":           {func(c *Config4) { c.HostName = strings.Repeat("a", 64) }, "host name"},
		"long name":            {func(c *Config4) { c.HostName = strings.Repeat("a.", 127) + "a" }, "host name"},
		"longest name":         {func(c *Config4) { c.HostName = strings.Repeat("a.", 126) + "a" }, ""},
		"both long":            {func(c *Config4) { c.HostName, c.ClientID = strings.Repeat("a.", 40)+"a", make([]byte, 255) }, "message of"},
		"all options":          {func(c *Config4) { c.Options = all }, ""},
		"all options and name": {func(c *Config4) { c.Options, c.HostName = all, strings.Repeat("a", 63) }, "message of"},
		"the end":              {func(c *Config4) { c.Options = []dissect.DHCPOptionType{255} }, "option 255"},
		"MTU":                  {func(c *Config4) { c.MTU = 67 }, "MTU"},
		"large MTU":            {func(c *Config4) { c.MTU = 65536 }, "MTU"},
		"lease time":           {func(c *Config4) { c.LeaseTime = -time.Second }, "lease time"},
		"requested":            {func(c *Config4) { c.Requested = netip.MustParseAddr("::1") }, "address of a host"},
		"requested group":      {func(c *Config4) { c.Requested = netip.MustParseAddr("224.0.0.1") }, "address of a host"},
	} {
		cfg := Config4{HardwareAddr: testMAC}
		c.change(&cfg)
		client, err := New4(cfg)
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.want != "" && (!errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %q", name, err, c.want)
		case err == nil:
			client.Start(0)
			var m Message4
			if !client.Output(Time(10*time.Second), &m) || len(m.Data) > maxMessage {
				t.Errorf("%s: %d bytes", name, len(m.Data))
			}
		}
	}
}

// Transaction IDs are what the source gives and nothing else, so that with a cryptographic one no output tells another.
func TestTransactionIDs(t *testing.T) {
	seen := map[uint32]bool{}
	for seed := range byte(100) {
		r := newRig4(t, seed, nil)
		r.c.Start(0)
		r.output()
		seen[r.last().dhcp().XID()] = true
	}
	if len(seen) != 100 {
		t.Errorf("%d of 100 are different", len(seen))
	}
	a, b := newRig4(t, 5, nil), newRig4(t, 5, nil)
	for _, r := range []*rig4{a, b} {
		r.answer = serve(time.Minute)
		r.c.Start(0)
		r.run(10 * time.Minute)
	}
	if !reflect.DeepEqual(a.sent, b.sent) || len(a.sent) < 10 {
		t.Error("the same calls do not give the same output")
	}
	if c, err := New4(Config4{HardwareAddr: testMAC}); err != nil || c.cfg.Rand == nil || slices.Contains(c.cfg.ClientID, 0xff) {
		t.Errorf("%+v, %v", c, err)
	}
}
