package sockets

import (
	"errors"
	"io"
	"reflect"
	"testing"
	"time"

	"smoltcp/dissect"
)

// TestMessage sends a snapshot there and back.
func TestMessage(t *testing.T) {
	want := testSnapshot(12345)
	want.denied = 7
	want.spaces[0].sockets[bound(tcp, "192.168.69.1:9", "")] = socket{inode: 99}
	got, err := want.message().snapshot()
	if err != nil {
		t.Fatal(err)
	}
	got.superseded = want.superseded
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	for _, bad := range []*message{
		{},
		{Error: "no"},
		{Spaces: []messageSpace{{Sockets: append(make([]byte, socketRecord-1), 1)}}},
	} {
		if s, err := bad.snapshot(); err == nil {
			t.Errorf("%+v is taken for %+v", bad, s)
		}
	}
}

// TestRemote looks up packets with a source at the other end of two pipes.
func TestRemote(t *testing.T) {
	requests, ask := io.Pipe()
	answers, answer := io.Pipe()
	at := int64(100)
	served := make(chan error, 1)
	go func() {
		served <- serve(func() *snapshot {
			at += 100
			s := testSnapshot(at)
			if at > 200 {
				s.spaces[0].sockets[bound(tcp, "192.168.69.1:60000", "192.0.2.1:443")] = socket{inode: 9, who: &Process{PID: 9, Name: "wget", Container: "web"}}
			}
			return s
		}, requests, answer)
	}()
	ended := make(chan struct{})
	table, err := Connect(answers, ask, nil, func() {
		ask.Close()
		close(ended)
	})
	if err != nil {
		t.Fatal(err)
	}
	if who := table.Lookup(packet(dissect.ProtoTCP, dissect.ACK, "192.168.69.1:50000", "192.0.2.1:443"), 150); who == nil || who.Name != "curl" {
		t.Errorf("of the first scan: %+v", who)
	}
	p := packet(dissect.ProtoTCP, dissect.ACK, "192.168.69.1:60000", "192.0.2.1:443")
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		if who := table.Lookup(p, 250); who != nil {
			if *who != (Process{PID: 9, Name: "wget", Container: "web"}) {
				t.Errorf("of the second scan: %+v", who)
			}
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("a second scan brings nothing")
		}
	}
	table.Close()
	if err := <-served; err != nil {
		t.Errorf("the other side ends with %v", err)
	}
	<-ended
}

// TestRemoteFails checks a source that cannot be opened, and one that dies.
func TestRemoteFails(t *testing.T) {
	answers, answer := io.Pipe()
	go Fail(answer, errors.New("not allowed"))
	ends := 0
	if _, err := Connect(answers, io.Discard, nil, func() { ends++ }); err == nil || err.Error() != "not allowed" || ends != 1 {
		t.Errorf("%v, ended %d times", err, ends)
	}

	answers, answer = io.Pipe()
	go serve(func() *snapshot { return testSnapshot(100) }, &dying{answer}, answer)
	ended := make(chan struct{})
	table, err := Connect(answers, io.Discard, nil, func() { close(ended) })
	if err != nil {
		t.Fatal(err)
	}
	p := packet(dissect.ProtoTCP, dissect.SYN, "192.168.69.1:60000", "192.0.2.1:443")
	table.Lookup(p, 250)
	<-ended
	start := time.Now()
	for i := range 1000 {
		table.Lookup(p, 300+int64(i))
	}
	if d := time.Since(start); d > time.Second {
		t.Errorf("without the other side 1000 packets take %v", d)
	}
}

// dying ends an answer in the middle when it is asked for more.
type dying struct{ answer *io.PipeWriter }

func (d *dying) Read([]byte) (int, error) {
	d.answer.Close()
	return 0, io.ErrUnexpectedEOF
}
