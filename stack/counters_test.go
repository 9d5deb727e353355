package stack

import (
	"reflect"
	"strings"
	"testing"

	"smoltcp/stack/tcp"
)

// accounted is the sum of the counters in which a received frame can end.
func accounted(c *Counters) (n uint64) {
	v := reflect.ValueOf(c).Elem()
	for i := range v.NumField() {
		if v.Type().Field(i).Tag.Get("rx") == "end" {
			n += v.Field(i).Uint()
		}
	}
	return n
}

func TestCounters(t *testing.T) {
	c := Counters{RxFrames: 3, TCPResets: 5}
	c.TCPDrops.Dropped[tcp.OldTimestamp] = 7
	want := []string{"RxFrames 3", "TCPResets 5", "TCPDrop old timestamp 7"}
	var got []string
	for line := range strings.Lines(c.String()) {
		got = append(got, strings.Join(strings.Fields(line), " "))
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if name := c.name(&c.TCPResets); name != "TCPResets" {
		t.Errorf("name %q", name)
	}
	n := 0
	c.Each(func(string, uint64) { n++ })
	if n != reflect.TypeOf(c).NumField() { // one of the fields is the drops of connections, which has one that is not zero
		t.Errorf("Each gave %d counters", n)
	}
}
