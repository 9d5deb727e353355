package format

const (
	eigrpHeaderLen  = 20
	eigrpMetricLen  = 16
	eigrpGeneral    = 0x0001
	eigrpSoftware   = 0x0004
	eigrpIPInternal = 0x0102
	eigrpIPExternal = 0x0103
	eigrpATInternal = 0x0202
	eigrpATExternal = 0x0203
	eigrpATCable    = 0x0204
)

var eigrpOpcodes = map[int]string{1: "Update", 3: "Query", 4: "Reply", 5: "Hello", 6: "IPX SAP", 7: "Probe"}

var eigrpFlags = []bitName{{0x01, "Init"}, {0x02, "Conditionally Received"}, {0x04, "Restart"}, {0x08, "End-of-Table"}}

// eigrpKinds names the TLVs and says how long those that are understood must be, their header included.
var eigrpKinds = map[int]struct {
	name string
	min  int
}{
	eigrpGeneral: {"General Parameters", 12}, 2: {"Authentication", 0}, 3: {"Sequence", 0}, eigrpSoftware: {"Software Version", 8},
	5: {"Next Multicast Sequence", 0}, eigrpIPInternal: {"IP Internal routes", 26}, eigrpIPExternal: {"IP External routes", 46},
	eigrpATInternal: {"AppleTalk Internal routes", 28}, eigrpATExternal: {"AppleTalk External routes", 48},
	eigrpATCable: {"AppleTalk Cable setup", 12}, 0x0302: {"IPX Internal routes", 0}, 0x0303: {"IPX External routes", 0},
}

// eigrp prints Cisco's Enhanced Interior Gateway Routing Protocol (RFC 7868).
func (p *Line) eigrp(b, d []byte, length int) []byte {
	w := p.pen(b, "eigrp")
	if len(d) < eigrpHeaderLen {
		w.trunc()
		return w.b
	}
	if d[0] != 2 {
		w.title("EIGRP")
		w.put(" version %d packet not supported", int(d[0]))
		return w.b
	}
	op := int(d[1])
	if p.opts.Verbose == 0 {
		w.title("EIGRP")
		w.text(" ")
		w.named(eigrpOpcodes, "unknown (%d)", op)
		w.put(", length: %d", length)
		return w.b
	}
	n := length - eigrpHeaderLen
	if n < 0 {
		w.title("EIGRP")
		w.text(" ")
		w.named(eigrpOpcodes, "unknown, type: %d", op)
		w.put(", length: %d (too short, %d)", length, eigrpHeaderLen)
		return w.b
	}
	w.text("\n\t")
	w.title("EIGRP")
	w.put(" v%d, opcode: ", int(d[0]))
	w.named(eigrpOpcodes, "unknown, type: %d", op)
	w.put(" (%d), chksum: 0x%04x, Flags: [", op, w.u16(d, 2))
	w.bits(eigrpFlags, "none", w.u32(d, 4))
	w.put("]\n\tseq: 0x%08x, ack: 0x%08x, VRID: %d", w.u32(d, 8), w.u32(d, 12), w.u16(d, 16))
	w.put(", AS: %d, length: %d", w.u16(d, 18), n)
	w.eigrpTLVs(d[eigrpHeaderLen:], n)
	return w.b
}

func (w *pen) eigrpTLVs(d []byte, n int) {
	for n > 0 && !w.done {
		if n < 4 || len(d) < 4 {
			w.trunc()
			return
		}
		t, size := w.u16(d, 0), w.u16(d, 2)
		if size < 4 || size > n {
			w.hex("\n\t    ", d[4:], n-4)
			return
		}
		kind := eigrpKinds[t]
		if kind.name == "" {
			kind.name = "Unknown"
		}
		w.text("\n\t  ", kind.name)
		w.put(" TLV (0x%04x), length: %d", t, size)
		if !w.has(d, 4, size-4) {
			return
		}
		if size < kind.min {
			w.put(" (too short, < %d)", kind.min)
		}
		v := d[4:size]
		if kind.min > 0 && size >= kind.min && !w.eigrpValue(t, v) {
			return
		}
		if kind.min == 0 || w.p.opts.Verbose > 1 {
			w.hex("\n\t    ", v, len(v))
		}
		d, n = from(d, size), n-size
	}
}

// eigrpValue writes the value of a TLV that is understood, all of it captured. It reports false if nothing more can be said of
// the packet.
func (w *pen) eigrpValue(t int, v []byte) bool {
	switch t {
	case eigrpGeneral:
		w.put("\n\t    holdtime: %ds, k1 %d, k2 %d, k3 %d, k4 %d, k5 %d", w.u16(v, 6), int(v[0]), int(v[1]), int(v[2]), int(v[3]), int(v[4]))
	case eigrpSoftware:
		w.put("\n\t    IOS version: %d.%d, EIGRP version %d.%d", int(v[0]), int(v[1]), int(v[2]), int(v[3]))
	case eigrpIPInternal, eigrpIPExternal:
		origin := v[4:]
		metric := v[4:]
		if t == eigrpIPExternal {
			metric = v[24:]
		}
		bits := int(metric[eigrpMetricLen])
		dst := metric[eigrpMetricLen+1:]
		if bits > 32 {
			w.put("\n\t    illegal prefix length %d", bits)
			return true
		}
		size := (bits + 7) / 8
		if !w.has(dst, 0, size) {
			return false
		}
		var a [4]byte
		copy(a[:], dst[:size])
		w.text("\n\t    IPv4 prefix: ")
		w.b = w.p.rightAddr4(w.b, a[:])
		w.put("/%d, nexthop: ", bits)
		if be32(v, 0) == 0 {
			w.text("self")
		} else {
			w.addr4(v, 0)
		}
		if t == eigrpIPExternal {
			w.text("\n\t      origin-router ")
			w.addr4(origin, 0)
			w.put(", origin-as %d, origin-proto ", w.u32(origin, 4))
			w.named(eigrpProtocols, "unknown", int(origin[18]))
			w.put(", flags [0x%02x], tag 0x%08x, metric %d", int(origin[19]), w.u32(origin, 8), w.u32(origin, 12))
		}
		w.eigrpMetric(metric)
	case eigrpATInternal, eigrpATExternal:
		metric := v[4:]
		if t == eigrpATExternal {
			metric = v[20:]
		}
		w.put("\n\t     Cable-Range: %d-%d, nexthop: ", w.u16(metric, eigrpMetricLen), w.u16(metric, eigrpMetricLen+2))
		if be32(v, 0) == 0 {
			w.text("self")
		} else {
			w.put("%d.%d", w.u16(v, 0), w.u16(v, 2))
		}
		if t == eigrpATExternal {
			w.put("\n\t      origin-router %d, origin-as %d, origin-proto ", w.u32(v, 4), w.u32(v, 8))
			w.named(eigrpProtocols, "unknown", int(v[16]))
			w.put(", flags [0x%02x], tag 0x%08x, metric %d", int(v[17]), w.u32(v, 12), w.u16(v, 18))
		}
		w.eigrpMetric(metric)
	case eigrpATCable:
		w.put("\n\t    Cable-range: %d-%d, Router-ID %d", w.u16(v, 0), w.u16(v, 2), w.u32(v, 4))
	}
	return !w.done
}

// eigrpMetric writes the parts of a metric.
func (w *pen) eigrpMetric(v []byte) {
	w.put("\n\t      delay %d ms, bandwidth %d Kbps, mtu %d", int(uint(be32(v, 0)/100)), w.u32(v, 4), w.u24(v, 8))
	w.put(", hop %d, reliability %d, load %d", int(v[11]), int(v[12]), int(v[13]))
}

var eigrpProtocols = map[int]string{
	1: "IGRP", 2: "EIGRP", 3: "Static", 4: "RIP", 5: "Hello", 6: "OSPF", 7: "IS-IS", 8: "EGP", 9: "BGP", 10: "IDRP", 11: "Connected",
}
