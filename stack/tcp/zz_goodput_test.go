package tcp
import ("testing";"math/rand/v2";"time";"fmt")
func TestGoodput(t *testing.T) {
	for _, buf := range []int{1024,8192,32768, 1<<20} {
	for _, loss := range []float64{0, .01, .05, .1} {
	for _, nosack := range []bool{false,true} {
		var sum float64
		for seed := range 3 {
		w := &wire{t:t, rnd: rand.New(rand.NewPCG(uint64(seed),1)), delay: 50*time.Millisecond, loss: loss}
		c := &Config{RcvBuf: buf, SndBuf: buf, TimeWait: time.Hour, UserTimeout: time.Hour, NoSACK: nosack}
		n := 4<<20
		if buf < 8192 { n = 1<<20 }
		var done Time
		w.a = nil
		_ = done
		d := *c
		ev := func(cc *Conn, e Event){ if e.Kind==StateChange && e.To==CloseWait {done = e.Time}}
		d.Events = ev
		w.transfer(c,&d,n,0)
		sum += float64(n)/done.Seconds()
		}
		fmt.Printf("buf %d loss %v nosack %v: %.0f B/s\n", buf, loss, nosack, sum/3)
	}}}
}
