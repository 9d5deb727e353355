package tcp

import (
	"strings"
	"testing"
)

// What a connection tells while a segment is lost, in order.
func TestEvents(t *testing.T) {
	x := established(t, nil)
	x.write(0, 100)
	x.expect(0, "P. 1:101(100) ack 1")
	x.expect(200*ms, "P. 1:101(100) ack 1")
	x.input(250*ms, "R 1:1(0) win 0")
	var got []string
	for _, e := range x.events {
		got = append(got, e.String())
	}
	want := []string{
		"state CLOSED => SYN-RECEIVED",
		"state SYN-RECEIVED => ESTABLISHED",
		"retransmission timeout seq 4294967281 number 1",
		"cwnd 1000 ssthresh 2000 (timeout)",
		"retransmit seq 4294967281 len 100 (timeout)",
		"state ESTABLISHED => CLOSED",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if e := x.events[2]; e.Time != Time(200*ms) || e.Seq != traceISS+1 {
		t.Errorf("%+v", e)
	}
}

func TestNames(t *testing.T) {
	for k := range EventKind(len(eventNames)) {
		if s := (Event{Kind: k, Reason: Idle}).String(); !strings.HasPrefix(s, eventNames[k]) || eventNames[k] == "" {
			t.Errorf("event %d: %q", k, s)
		}
	}
	for r := NoReason + 1; r < numberOfReasons; r++ {
		if r.String() == "" {
			t.Errorf("reason %d has no name", r)
		}
	}
	for _, s := range []string{EventKind(200).String(), Reason(200).String(), State(200).String(), Algorithm(200).String(), CongestionPhase(200).String()} {
		if s != "?" {
			t.Errorf("%q", s)
		}
	}
	n := &Counters{}
	n.Dropped[NoRoom] = 3
	n.Each(func(r Reason, count uint64) {
		if r != NoRoom || count != 3 {
			t.Error(r, count)
		}
	})
}
