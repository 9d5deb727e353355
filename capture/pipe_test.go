package capture

import (
	"bytes"
	"errors"
	"net"
	"testing"
	"time"
)

// TestPipe: what one end sends the other receives, in order, until it is full.
func TestPipe(t *testing.T) {
	a, b := Pipe(1500)
	if !a.Ethernet() || a.MTU() != 1500 {
		t.Error("medium or MTU")
	}
	head := []byte("head")
	for i := range pipeFrames {
		if ok, err := a.Send([][]byte{head, {byte(i)}}); !ok || err != nil {
			t.Fatalf("frame %d: %v, %v", i, ok, err)
		}
	}
	head[0] = 'x' // Send does not keep it
	if ok, err := a.Send([][]byte{head}); ok || err != nil {
		t.Errorf("full pipe: %v, %v", ok, err)
	}
	for i := range pipeFrames {
		if err := b.Wait(-1, false); err != nil {
			t.Fatal(err)
		}
		frame, err := b.Recv()
		if want := append([]byte("head"), byte(i)); !bytes.Equal(frame, want) || err != nil {
			t.Fatalf("frame %d: %q, %v", i, frame, err)
		}
		if err := a.Wait(-1, true); err != nil { // there is room again
			t.Fatal(err)
		}
	}
	if frame, err := b.Recv(); frame != nil || err != nil {
		t.Errorf("empty pipe: %q, %v", frame, err)
	}
	if ok, err := a.Send([][]byte{make([]byte, 1519)}); ok || err == nil {
		t.Errorf("frame above the MTU: %v, %v", ok, err)
	}
}

// TestPipeWait: Wait ends by what it waits for, and by Wake before or while it waits.
func TestPipeWait(t *testing.T) {
	a, b := Pipe(1500)
	if err := a.Wait(0, false); err != nil {
		t.Error(err)
	}
	if err := a.Wait(time.Millisecond, false); err != nil {
		t.Error(err)
	}
	a.Wake()
	if err := a.Wait(-1, false); err != nil {
		t.Error(err)
	}
	for _, event := range []func(){
		a.Wake,
		func() { b.Send([][]byte{{1}}) },
		func() { a.Close() },
	} {
		done := make(chan error)
		go func() { done <- a.Wait(-1, false) }()
		event()
		err := <-done
		if err != nil && !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
		if frame, err := a.Recv(); frame == nil && err != nil && !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	}
	a.Wake() // after Close
}

// TestPipeClose: the other end reads what was sent and then learns that nobody is there.
func TestPipeClose(t *testing.T) {
	a, b := Pipe(1500)
	a.Send([][]byte{{1}})
	a.Close()
	if frame, err := b.Recv(); len(frame) != 1 || err != nil {
		t.Errorf("%v, %v", frame, err)
	}
	if _, err := b.Recv(); !errors.Is(err, ErrGone) {
		t.Errorf("Recv gives %v", err)
	}
	if _, err := b.Send([][]byte{{1}}); !errors.Is(err, ErrGone) {
		t.Errorf("Send gives %v", err)
	}
	if err := b.Wait(-1, false); !errors.Is(err, ErrGone) {
		t.Errorf("Wait gives %v", err)
	}
	if _, err := a.Recv(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Recv of the closed end gives %v", err)
	}
	if _, err := a.Send(nil); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Send of the closed end gives %v", err)
	}
}
