package tcp

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

func TestZZ(t *testing.T) {
	for seed := range 3000 {
		rnd := rand.New(rand.NewPCG(uint64(seed), 99))
		b := make([]byte, 20)
		for i := range b {
			b[i] = byte(rnd.Uint32())
		}
		in := &fuzzInput{b}
		ca, cb := in.config(), in.config()
		for _, g := range []*Config{ca, cb} {
			g.TimeWait, g.UserTimeout, g.SynTimeout, g.SynAckTimeout = time.Hour, 5*time.Hour, 5*time.Hour, 5*time.Hour
			g.KeepAlive.Idle = time.Hour
		}
		w := &wire{t: t, rnd: rnd, delay: time.Duration(in.byte()) * time.Millisecond, jitter: time.Duration(in.byte()) * time.Millisecond}
		if seed%2 == 0 {
			w.delay = 0
		}
		w.loss, w.dup, w.reorder = float64(in.byte())/1000, float64(in.byte())/600, float64(in.byte())/300
		small := min(ca.SndBuf, cb.SndBuf, ca.RcvBuf, cb.RcvBuf, 500)
		n := 0
		var last []string
		w.trace = func(s string) {
			n++
			last = append(last, s)
			if n > 300000 {
				fmt.Printf("seed %d cfg %+v %+v\n", seed, *ca, *cb)
				for _, l := range last[len(last)-30:] {
					fmt.Println(l)
				}
				fmt.Printf("%+v\n%+v\n", w.a.Info(), w.b.Info())
				panic("x")
			}
		}
		t0 := time.Now()
		w.transfer(ca, cb, int(in.byte())*small, int(in.byte())*small/4)
		if d := time.Since(t0); d > 300*time.Millisecond {
			fmt.Println(seed, d, n, len(w.flying), w.now.Seconds(), w.loss, w.dup)
		}
	}
}
