package dissect

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
)

// checkPacket reports what must hold for the layers of any frame whatever.
func checkPacket(p *Packet) (problems []string) {
	complain := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	layers := p.Layers()
	if len(layers) == 0 || len(layers) > MaxLayers {
		complain("%d layers", len(layers))
	}
	for i := range layers {
		l := &layers[i]
		if l.Start < 0 || l.Start > l.Payload || l.Payload > l.End || l.End > len(p.Data) {
			complain("layer %d (%v): start %d, payload %d, end %d of %d bytes", i, l.Type, l.Start, l.Payload, l.End, len(p.Data))
		}
		if l.Wire < l.End-l.Start {
			complain("layer %d (%v): %d bytes on the wire, %d captured", i, l.Type, l.Wire, l.End-l.Start)
		}
		if l.Err != nil && i != len(layers)-1 {
			complain("layer %d (%v) has error %v and is not the last", i, l.Type, l.Err)
		}
		if l.Net != -1 && (int(l.Net) >= i || layers[l.Net].Type != LayerIPv4 && layers[l.Net].Type != LayerIPv6) {
			complain("layer %d (%v): Net is %d", i, l.Type, l.Net)
		}
		if i > 0 {
			if outer := &layers[i-1]; l.Start != outer.Payload || l.End > outer.End {
				complain("layer %d (%v) at %d to %d, outer payload is %d to %d", i, l.Type, l.Start, l.End, outer.Payload, outer.End)
			}
		}
		for _, problem := range tileProblems(p, i) {
			complain("layer %d (%v): %s", i, l.Type, problem)
		}
	}
	return problems
}

// view is what every protocol's view can do.
type view interface {
	Check() error
	CheckWhole() error
}

// views make a view of a layer's bytes. Options have no layer of their own.
var views = map[LayerType]func([]byte) view{
	LayerEthernet:   func(b []byte) view { return Ethernet(b) },
	Layer8023:       func(b []byte) view { return Ethernet(b) },
	LayerLLC:        func(b []byte) view { return LLC(b) },
	LayerSNAP:       func(b []byte) view { return SNAP(b) },
	LayerVLAN:       func(b []byte) view { return VLAN(b) },
	LayerQinQ:       func(b []byte) view { return VLAN(b) },
	LayerSLL:        func(b []byte) view { return SLL(b) },
	LayerSLL2:       func(b []byte) view { return SLL2(b) },
	LayerNull:       func(b []byte) view { return Null(b) },
	LayerARP:        func(b []byte) view { return ARP(b) },
	LayerIPv4:       func(b []byte) view { return IPv4(b) },
	LayerIPv6:       func(b []byte) view { return IPv6(b) },
	LayerHopByHop:   func(b []byte) view { return IPv6Options(b) },
	LayerRouting:    func(b []byte) view { return IPv6Routing(b) },
	LayerFragment:   func(b []byte) view { return IPv6Fragment(b) },
	LayerDestOpts:   func(b []byte) view { return IPv6Options(b) },
	LayerAH:         func(b []byte) view { return AH(b) },
	LayerICMPv4:     func(b []byte) view { return ICMPv4(b) },
	LayerICMPv6:     func(b []byte) view { return ICMPv6(b) },
	LayerUDP:        func(b []byte) view { return UDP(b) },
	LayerTCP:        func(b []byte) view { return TCP(b) },
	LayerGRE:        func(b []byte) view { return GRE(b) },
	LayerVXLAN:      func(b []byte) view { return VXLAN(b) },
	LayerVXLANGPE:   func(b []byte) view { return VXLAN(b) },
	LayerGeneve:     func(b []byte) view { return Geneve(b) },
	LayerMPLS:       func(b []byte) view { return MPLS(b) },
	LayerPPPoED:     func(b []byte) view { return PPPoE(b) },
	LayerPPPoES:     func(b []byte) view { return PPPoE(b) },
	LayerPPP:        func(b []byte) view { return PPP(b) },
	LayerLCP:        func(b []byte) view { return PPPControl(b) },
	LayerIPCP:       func(b []byte) view { return PPPControl(b) },
	LayerIPv6CP:     func(b []byte) view { return PPPControl(b) },
	LayerCCP:        func(b []byte) view { return PPPControl(b) },
	LayerPAP:        func(b []byte) view { return PPPControl(b) },
	LayerCHAP:       func(b []byte) view { return PPPControl(b) },
	LayerMACsec:     func(b []byte) view { return MACsec(b) },
	LayerSlow:       func(b []byte) view { return Slow(b) },
	LayerLACP:       func(b []byte) view { return LACP(b) },
	LayerMarker:     func(b []byte) view { return LACP(b) },
	LayerLoopback:   func(b []byte) view { return Loopback(b) },
	LayerERSPAN:     func(b []byte) view { return ERSPAN(b) },
	LayerEIGRP:      func(b []byte) view { return EIGRP(b) },
	LayerISIS:       func(b []byte) view { return ISIS(b) },
	LayerISISHello:  func(b []byte) view { return ISISHello(b) },
	LayerISISP2P:    func(b []byte) view { return ISISP2PHello(b) },
	LayerISISLSP:    func(b []byte) view { return ISISLSP(b) },
	LayerISISCSNP:   func(b []byte) view { return ISISCSNP(b) },
	LayerISISPSNP:   func(b []byte) view { return ISISPSNP(b) },
	LayerSTP:        func(b []byte) view { return STP(b) },
	LayerLLDP:       func(b []byte) view { return LLDP(b) },
	LayerCDP:        func(b []byte) view { return CDP(b) },
	LayerESP:        func(b []byte) view { return ESP(b) },
	LayerSCTP:       func(b []byte) view { return SCTP(b) },
	LayerEAPOL:      func(b []byte) view { return EAPOL(b) },
	LayerEAP:        func(b []byte) view { return EAP(b) },
	LayerDNS:        func(b []byte) view { return DNS(b) },
	LayerMDNS:       func(b []byte) view { return DNS(b) },
	LayerLLMNR:      func(b []byte) view { return DNS(b) },
	LayerDHCP:       func(b []byte) view { return DHCP(b) },
	LayerNTP:        func(b []byte) view { return NTP(b) },
	LayerTFTP:       func(b []byte) view { return TFTP(b) },
	LayerSyslog:     func(b []byte) view { return Syslog(b) },
	LayerRIP:        func(b []byte) view { return RIP(b) },
	LayerSNMP:       func(b []byte) view { return SNMP(b) },
	LayerRADIUS:     func(b []byte) view { return RADIUS(b) },
	LayerIGMP:       func(b []byte) view { return IGMP(b) },
	LayerVRRP:       func(b []byte) view { return VRRP(b) },
	LayerOSPF:       func(b []byte) view { return OSPF(b) },
	LayerPIM:        func(b []byte) view { return PIM(b) },
	LayerCHDLC:      func(b []byte) view { return CHDLC(b) },
	LayerSLARP:      func(b []byte) view { return SLARP(b) },
	LayerFrameRelay: func(b []byte) view { return FrameRelay(b) },
	LayerNFLOG:      func(b []byte) view { return NFLOG(b) },
	LayerRadiotap:   func(b []byte) view { return Radiotap(b) },
	LayerWLAN:       func(b []byte) view { return WLAN(b) },
}

// callGetters calls every method of v that takes nothing. They may not panic after Check, or CheckWhole for those
// that read what the header promises.
func callGetters(v view) {
	if v.Check() != nil {
		return
	}
	value := reflect.ValueOf(v)
	for i := range value.NumMethod() {
		if m := value.Method(i); m.Type().NumIn() == 0 {
			for _, result := range m.Call(nil) {
				_ = fmt.Sprint(result.Interface()) // String methods too
			}
		}
	}
}

// testBytes runs everything that reads over a frame.
func testBytes(t *testing.T, link LinkType, data []byte, wire int) {
	t.Helper()
	data = slices.Clip(slices.Clone(data)) // so that a read behind the end panics
	var p Packet
	p.Decode(link, data, wire)
	for _, problem := range checkPacket(&p) {
		t.Errorf("link %v, %x: %s", link, data, problem)
	}
	for i := range p.Layers() {
		l := &p.Layers()[i]
		if v := views[l.Type]; v != nil {
			callGetters(v(slices.Clone(p.Bytes(l))))
		}
		_ = l.Type.String() + l.Type.Name()
	}
}

// TestSamples: every sample has the layers that it says.
func TestSamples(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range samples {
		if seen[s.name] {
			t.Errorf("two samples are named %s", s.name)
		}
		seen[s.name] = true
		var p Packet
		p.Decode(s.link, s.data, len(s.data))
		if got := layerNames(p.Layers()); got != s.want {
			t.Errorf("%s: layers %q, want %q", s.name, got, s.want)
		}
	}
	if len(samples) < 100 {
		t.Errorf("%d samples", len(samples))
	}
}

// TestEveryType: there is a sample for every protocol that can be read.
func TestEveryType(t *testing.T) {
	seen := map[LayerType]bool{LayerNone: true}
	for _, s := range samples {
		var p Packet
		p.Decode(s.link, s.data, len(s.data))
		for _, l := range p.Layers() {
			if l.Err == nil {
				seen[l.Type] = true
			}
		}
	}
	for lt := range numLayerTypes {
		if !seen[lt] {
			t.Errorf("no sample has a layer %v", lt)
		}
		if lt.String() == "" || lt.Name() == "" {
			t.Errorf("layer type %d has no name", lt)
		}
	}
}

// TestPrefixes: every prefix of every sample is read without a panic and its layers nest, whether the
// capture was cut short or the frame was.
func TestPrefixes(t *testing.T) {
	for _, s := range samples {
		for n := range s.data {
			testBytes(t, s.link, s.data[:n], n)
			testBytes(t, s.link, s.data[:n], len(s.data))
		}
	}
}

// TestFlippedBits: so is every sample with one bit turned over, for a third of the bits.
func TestFlippedBits(t *testing.T) {
	for _, s := range samples {
		b := slices.Clone(s.data)
		for i := 0; i < min(8*len(b), 8*128); i += 3 {
			b[i/8] ^= 1 << (i % 8)
			testBytes(t, s.link, b, len(b))
			b[i/8] ^= 1 << (i % 8)
		}
	}
}

// looseBodies are the protocols of which Check asks for what all messages share: a body may be cut short.
var looseBodies = map[LayerType]bool{
	LayerICMPv4: true, LayerICMPv6: true, LayerDNS: true, LayerMDNS: true, LayerLLMNR: true,
	LayerIGMP: true, LayerVRRP: true, LayerOSPF: true, LayerPIM: true,
	LayerPPPoED: true, LayerLCP: true, LayerIPCP: true, LayerIPv6CP: true, LayerCCP: true, LayerPAP: true, LayerCHAP: true,
	LayerSTP: true, LayerLLDP: true, LayerCDP: true, LayerSCTP: true, LayerEAP: true,
	LayerLACP: true, LayerMarker: true, LayerLoopback: true, LayerMACsec: true, LayerEIGRP: true,
	LayerISISHello: true, LayerISISP2P: true, LayerISISLSP: true, LayerISISCSNP: true, LayerISISPSNP: true,
	LayerDHCP: true, LayerNTP: true, LayerTFTP: true, LayerSyslog: true, LayerRIP: true, LayerRADIUS: true,
	LayerWLAN: true, LayerSLARP: true, LayerNFLOG: true,
}

// TestCheckGrades: what CheckWhole accepts, Check does, and a prefix that loses bytes is never whole.
func TestCheckGrades(t *testing.T) {
	for _, s := range samples {
		var p Packet
		p.Decode(s.link, s.data, len(s.data))
		for i := range p.Layers() {
			l := &p.Layers()[i]
			make := views[l.Type]
			if make == nil {
				continue
			}
			if (make(p.Bytes(l)).Check() == nil) != (l.Err == nil || l.Err == ErrTooDeep) {
				t.Errorf("%s: %v: Check says %v, the layer %v", s.name, l.Type, make(p.Bytes(l)).Check(), l.Err)
			}
			for n := range l.End - l.Start {
				v := make(p.Bytes(l)[:n])
				if v.CheckWhole() == nil && v.Check() != nil {
					t.Errorf("%s: %v: %d bytes pass CheckWhole and fail Check", s.name, l.Type, n)
				}
				if l.Err == nil && n < l.Payload-l.Start && v.Check() == nil && !looseBodies[l.Type] {
					t.Errorf("%s: %v: Check passes with %d of the header's %d bytes", s.name, l.Type, n, l.Payload-l.Start)
				}
			}
		}
	}
}

// TestDecodeAgain: nothing of one frame shows in the next one's layers.
func TestDecodeAgain(t *testing.T) {
	var used Packet
	for _, s := range samples {
		var fresh Packet
		fresh.Decode(s.link, s.data, len(s.data))
		used.Decode(s.link, s.data, len(s.data))
		if !slices.Equal(fresh.Layers(), used.Layers()) {
			t.Errorf("%s: %v, after other frames %v", s.name, fresh.Layers(), used.Layers())
		}
	}
}

// TestWire: a capture that was cut short shows in Wire, and so does a wire length that is too small to be true.
func TestWire(t *testing.T) {
	s := findSample("udp/odd-payload")
	var p Packet
	p.Decode(s.link, s.data[:44], len(s.data))
	for _, l := range p.Layers() {
		if !l.Truncated() {
			t.Errorf("%v is cut short and not truncated", l.Type)
		}
	}
	if udp := p.Layers()[2]; udp.Wire != 13 || udp.End != 44 {
		t.Errorf("UDP: wire %d, end %d, want 13, 44", udp.Wire, udp.End)
	}
	p.Decode(s.link, s.data, 3)
	if p.Wire != len(s.data) || p.Layers()[0].Truncated() {
		t.Errorf("wire length 3 gave %d", p.Wire)
	}
	p.Decode(LinkEthernet, nil, 0)
	if got := layerNames(p.Layers()); got != "eth!" || p.Layers()[0].Err != ErrTruncated {
		t.Errorf("an empty frame has layers %s", got)
	}
}

// TestTooDeep: the layer that is one too many has its own place and error, and the ones before it stay.
func TestTooDeep(t *testing.T) {
	s := findSample("ipv4/too-deep")
	var p Packet
	p.Decode(s.link, s.data, len(s.data))
	layers := p.Layers()
	last := layers[len(layers)-1]
	if len(layers) != MaxLayers || last.Err != ErrTooDeep || last.Type != LayerUDP || last.Start != 23*20 {
		t.Errorf("%d layers, the last is %+v", len(layers), last)
	}
}

// TestDecodeAllocates: neither decoding nor describing any sample allocates.
func TestDecodeAllocates(t *testing.T) {
	for _, s := range samples {
		var p Packet
		if n := testing.AllocsPerRun(20, func() { p.Decode(s.link, s.data, len(s.data)) }); n != 0 {
			t.Errorf("%s: Decode allocates %v times", s.name, n)
		}
		n := testing.AllocsPerRun(20, func() {
			for i := range p.Layers() {
				p.Fields(&p.Layers()[i], nullSink{})
			}
		})
		if n != 0 {
			t.Errorf("%s: Fields allocates %v times", s.name, n)
		}
	}
}

// FuzzDecode: layers nest and fields tile, whatever the frame.
func FuzzDecode(f *testing.F) {
	for _, s := range samples {
		f.Add(uint16(s.link), s.data, uint16(len(s.data)))
	}
	f.Fuzz(func(t *testing.T, link uint16, data []byte, wire uint16) {
		testBytes(t, LinkType(link), data, int(wire))
	})
}

// fuzzView is the fuzz target of one protocol: getters do not panic after Check, the fields of a layer that
// starts with these bytes tile it.
func fuzzView(f *testing.F, lt LayerType) {
	for _, s := range samples {
		var p Packet
		p.Decode(s.link, s.data, len(s.data))
		for i := range p.Layers() {
			if l := &p.Layers()[i]; l.Type == lt {
				f.Add(slices.Clone(p.Bytes(l)))
			}
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		data = slices.Clip(data)
		var p Packet
		p.Data, p.Wire = data, len(data)
		p.layers[0] = Layer{Net: -1, End: len(data), Wire: len(data)}
		p.follow(lt)
		for _, problem := range checkPacket(&p) {
			t.Error(problem)
		}
		callGetters(views[lt](slices.Clone(data)))
	})
}

func FuzzEthernet(f *testing.F) { fuzzView(f, LayerEthernet) }
func FuzzLLC(f *testing.F)      { fuzzView(f, LayerLLC) }
func FuzzSNAP(f *testing.F)     { fuzzView(f, LayerSNAP) }
func FuzzVLAN(f *testing.F)     { fuzzView(f, LayerVLAN) }
func FuzzSLL(f *testing.F)      { fuzzView(f, LayerSLL) }
func FuzzSLL2(f *testing.F)     { fuzzView(f, LayerSLL2) }
func FuzzNull(f *testing.F)     { fuzzView(f, LayerNull) }
func FuzzARP(f *testing.F)      { fuzzView(f, LayerARP) }
func FuzzIPv4(f *testing.F)     { fuzzView(f, LayerIPv4) }
func FuzzUDP(f *testing.F)      { fuzzView(f, LayerUDP) }
func FuzzTCP(f *testing.F)      { fuzzView(f, LayerTCP) }
