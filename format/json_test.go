package format

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"unicode/utf8"

	"smoltcp/dissect"
)

func jsonOf(f *Frame) string { return string(NewJSON(Options{}).Append(nil, f)) }

const (
	jsonEth = `"eth":{"eth.dst":"02:00:00:00:00:01","eth.src":"aa:64:47:35:a4:bd","eth.type":2048}`
	jsonIP  = `"ip":{"ip.version":4,"ip.hdr_len":20,"ip.dsfield":0,"ip.dsfield.dscp":0,"ip.dsfield.ecn":0,"ip.len":60,` +
		`"ip.id":7238,"ip.flags":2,"ip.flags.rb":false,"ip.flags.df":true,"ip.flags.mf":false,"ip.frag_offset":0,"ip.ttl":64,` +
		`"ip.proto":6,"ip.checksum":4800,"ip.src":"192.168.69.100","ip.dst":"192.168.69.1"}`
	jsonTCP = `"tcp":{"tcp.srcport":35692,"tcp.dstport":6969,"tcp.len":0,"tcp.seq_raw":3677930454,"tcp.ack_raw":0,` +
		`"tcp.hdr_len":40,"tcp.flags":2,"tcp.flags.res":false,"tcp.flags.ae":false,"tcp.flags.cwr":false,"tcp.flags.ece":false,` +
		`"tcp.flags.urg":false,"tcp.flags.ack":false,"tcp.flags.push":false,"tcp.flags.reset":false,"tcp.flags.syn":true,` +
		`"tcp.flags.fin":false,"tcp.window_size_value":64240,"tcp.checksum":63218,"tcp.urgent_pointer":0,` +
		`"tcp.option_kind":[2,4,8,1,3],"tcp.option_len":[4,2,10,3],"tcp.options.mss_val":1460,"tcp.options.sack_perm":"0402",` +
		`"tcp.options.timestamp.tsval":1201,"tcp.options.timestamp.tsecr":0,"tcp.options.wscale.shift":7}`
	jsonHead = `{"num":1,"time":"2026-01-02T12:00:00.000000000Z",`
)

func TestJSON(t *testing.T) {
	full := *ethernet(frameSYN, 80)
	full.Interface, full.Direction, full.Comment, full.Time = `e"0`, "Out", []byte("a\xff\n"), noon+6
	timeless := *ethernet(nil, 0)
	timeless.Time = NoTime
	badSum := changed(changed(frameSYN, 50, 0), 51, 0)
	for _, c := range []struct {
		name  string
		frame *Frame
		want  string
	}{
		{"syn", ethernet(frameSYN, len(frameSYN)),
			jsonHead + `"len":74,"caplen":74,"layers":["eth","ip","tcp"],` + jsonEth + "," + jsonIP + "," + jsonTCP + "}\n"},
		{"all that may be known", &full, `{"num":1,"time":"2026-01-02T12:00:00.000000006Z","interface":"e\"0","direction":"Out",` +
			"\"comment\":\"a\uFFFD\\n\",\"len\":80,\"caplen\":74," +
			`"layers":["eth","ip","tcp"],` + jsonEth + "," + jsonIP + "," + jsonTCP + "}\n"},
		{"nothing", &timeless, `{"num":1,"len":0,"caplen":0,"layers":["eth"],"eth":{"error":"truncated"}}` + "\n"},
		{"bad checksum", ethernet(badSum, len(badSum)), jsonHead + `"len":74,"caplen":74,"layers":["eth","ip","tcp"],` + jsonEth + "," +
			jsonIP + "," + strings.Replace(jsonTCP, `:63218,`, `:0,"tcp.checksum_bad.expert":true,`, 1) + "}\n"},
		{"cut", ethernet(frameSYN[:40], len(frameSYN)), jsonHead + `"len":74,"caplen":40,"layers":["eth","ip","tcp"],` + jsonEth + "," +
			jsonIP + `,"tcp":{"error":"truncated"}}` + "\n"},
		{"tunnel", ethernet(frameIPIP, len(frameIPIP)), jsonHead + `"len":94,"caplen":94,"layers":["eth","ip"],` + jsonEth +
			`,"ip":{"ip.version":4,"ip.hdr_len":20,"ip.dsfield":0,"ip.dsfield.dscp":0,"ip.dsfield.ecn":0,"ip.len":80,"ip.id":1,` +
			`"ip.flags":0,"ip.flags.rb":false,"ip.flags.df":false,"ip.flags.mf":false,"ip.frag_offset":0,"ip.ttl":64,"ip.proto":4,` +
			`"ip.checksum":46758,"ip.checksum_bad.expert":true,"ip.src":"10.0.0.1","ip.dst":"10.0.0.2"},` +
			`"inner":{"layers":["ip","tcp"],` + jsonIP + "," + jsonTCP + "}}\n"},
		{"payload", ethernet(frame("020000000001 aa644735a4bd 88b5 00ff80"), 17), jsonHead + `"len":17,"caplen":17,"layers":["eth","data"],` +
			strings.Replace(jsonEth, "2048", "34997", 1) + `,"data":{"data.data":"00ff80","data.len":3}}` + "\n"},
	} {
		if got := jsonOf(c.frame); got != c.want {
			t.Errorf("%s:\ngot\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
}

// TestJSONTunnels: each repetition of a name is one object deeper, and each object lists its own layers.
func TestJSONTunnels(t *testing.T) {
	data := frame(hexEthIPv4)
	for n := 40; n > 0; n-- {
		packet := frame(hexIPIP)
		binary.BigEndian.PutUint16(packet[2:], uint16(20*n))
		data = append(data, packet...)
	}
	var top map[string]any
	if err := json.Unmarshal([]byte(jsonOf(ethernet(data, len(data)))), &top); err != nil {
		t.Fatal(err)
	}
	depth := 0
	for o := top; o != nil; depth++ {
		want := []any{"ip"}
		if depth == 0 {
			want = []any{"eth", "ip"}
		}
		if got := fmt.Sprint(o["layers"]); got != fmt.Sprint(want) {
			t.Errorf("depth %d: layers %v, want %v", depth, got, want)
		}
		o, _ = o["inner"].(map[string]any)
	}
	if depth != dissect.MaxLayers-1 {
		t.Errorf("%d objects, want %d", depth, dissect.MaxLayers-1)
	}
}

// TestJSONFields pushes random fields and compares the object with what a map of slices makes of them.
func TestJSONFields(t *testing.T) {
	fields := []*dissect.Field{{Label: "nameless"}}
	for i := range 300 {
		fields = append(fields, &dissect.Field{Name: fmt.Sprintf("proto.field%d", i)})
	}
	fields = append(fields, &dissect.Field{Name: "x"}, &dissect.Field{Name: "proto.field1"}, // short, and a second of that name
		&dissect.Field{Name: "proto.sum", Bad: "proto.sum_bad"})
	r := rand.New(rand.NewPCG(5, 6))
	j := NewJSON(Options{})
	for round := range 300 {
		type pair struct {
			key    string
			values []string
		}
		var want []pair
		addKey := func(key, value string) {
			for i := range want {
				if want[i].key == key {
					want[i].values = append(want[i].values, value)
					return
				}
			}
			want = append(want, pair{key, []string{value}})
		}
		add := func(f *dissect.Field, value string) {
			if f.Name != "" {
				addKey(f.Name, value)
			}
		}
		j.b = j.b[:0]
		j.open(dissect.LayerTCP)
		few := 1 + r.IntN(len(fields))
		for range r.IntN(40) * (1 + round%10) {
			f := fields[r.IntN(few)]
			switch r.IntN(8) {
			case 0:
				v := r.Uint64()
				j.Uint(f, 0, 8, v)
				add(f, fmt.Sprint(v))
			case 1:
				v := r.IntN(2) == 0
				j.Bool(f, 0, 1, v)
				add(f, fmt.Sprint(v))
			case 2:
				j.Enum(f, 0, 1, 7, "seven")
				add(f, "7")
			case 3:
				state := dissect.ChecksumState(r.IntN(5))
				j.Checksum(f, 0, 2, 99, dissect.ChecksumResult{State: state, Want: 98})
				add(f, "99")
				if state == dissect.ChecksumBad {
					switch {
					case f.Bad != "":
						addKey(f.Bad, "true")
					case f.Name != "":
						addKey(f.Name+".status", "0")
					}
				}
			case 4:
				j.Addr(f, 0, 16, netip.MustParseAddr("2001:db8::1"))
				add(f, `"2001:db8::1"`)
			case 5:
				j.MAC(f, 0, 6, dissect.MAC{2, 0, 0, 0, 0, 0xff})
				add(f, `"02:00:00:00:00:ff"`)
			case 6:
				j.Begin(f, 0, 2)
				j.Bytes(f, 0, 2, []byte{0, 0xfe})
				j.End()
				add(f, `"00fe"`)
			case 7:
				j.Text(f, 0, 4, []byte("\"\x01\x00x"))
				add(f, `"\"\u0001"`)
			}
		}
		j.close()
		var text []string
		for _, p := range want {
			v := strings.Join(p.values, ",")
			if len(p.values) > 1 {
				v = "[" + v + "]"
			}
			text = append(text, `"`+p.key+`":`+v)
		}
		if got, want := string(j.b), `"tcp":{`+strings.Join(text, ",")+"}"; got != want {
			t.Fatalf("round %d:\ngot  %s\nwant %s", round, got, want)
		}
	}
}

// TestJSONPaths: what is kept of the orders of fields is bounded, and forgetting changes nothing.
func TestJSONPaths(t *testing.T) {
	var fields [20]dissect.Field
	for i := range fields {
		fields[i].Name = fmt.Sprintf("x.y%d", i)
	}
	r := rand.New(rand.NewPCG(7, 8))
	j := NewJSON(Options{})
	for round := range 2000 {
		order := r.Perm(len(fields))
		j.b = j.b[:0]
		j.open(dissect.LayerType(1 + round%3))
		for _, i := range order {
			j.Uint(&fields[i], 0, 1, uint64(i))
		}
		j.Uint(&fields[order[3]], 0, 1, 99)
		j.close()
		want := fmt.Sprintf(`"x.y%d":[%d,99],"x.y%d":%d`, order[3], order[3], order[4], order[4])
		if !strings.Contains(string(j.b), want) {
			t.Fatalf("round %d: no %s in %s", round, want, j.b)
		}
		if n := len(j.paths.steps); n > maxJSONSteps+len(fields)+2 {
			t.Fatalf("round %d: %d steps", round, n)
		}
	}
}

func TestJSONAllocs(t *testing.T) {
	j, b := NewJSON(Options{}), []byte(nil)
	for _, data := range samples() {
		f := ethernet(data, len(data))
		f.Interface, f.Direction, f.Comment = "eth0", "In", []byte("comment")
		b = j.Append(b[:0], f)
		if n := testing.AllocsPerRun(100, func() { b = j.Append(b[:0], f) }); n != 0 {
			t.Errorf("%d bytes: %v allocations", len(data), n)
		}
	}
}

// uniqueKeys reads one JSON value and fails if an object in it has a key twice.
func uniqueKeys(d *json.Decoder) error {
	token, err := d.Token()
	if err != nil {
		return err
	}
	switch token {
	case json.Delim('{'):
		seen := map[string]bool{}
		for d.More() {
			key, err := d.Token()
			if err != nil {
				return err
			}
			if seen[key.(string)] {
				return fmt.Errorf("key %s occurs twice", key)
			}
			seen[key.(string)] = true
			if err := uniqueKeys(d); err != nil {
				return err
			}
		}
		_, err = d.Token()
	case json.Delim('['):
		for d.More() {
			if err := uniqueKeys(d); err != nil {
				return err
			}
		}
		_, err = d.Token()
	}
	return err
}

func FuzzJSON(f *testing.F) {
	addSamples(f)
	f.Fuzz(func(t *testing.T, link byte, missing uint8, data []byte) {
		var p dissect.Packet
		p.Decode(fuzzLinks[int(link)%len(fuzzLinks)], data, len(data)+int(missing))
		line := NewJSON(Options{}).Append(nil, &Frame{Num: 1, Time: noon, Interface: string(data), Comment: data, Packet: &p})
		if !json.Valid(line) || !utf8.Valid(line) || bytes.IndexByte(line, '\n') != len(line)-1 {
			t.Fatalf("not one line of JSON: %q", line)
		}
		if err := uniqueKeys(json.NewDecoder(bytes.NewReader(line))); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
	})
}

func BenchmarkJSON(b *testing.B) { benchmarkPrinter(b, NewJSON(Options{})) }
