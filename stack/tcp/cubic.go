package tcp

import (
	"math"
	"time"
)

// Constants of RFC 9438 section 4 and 5. Floating point products are converted where they are added to, so that no
// machine fuses them: the same on all.
const (
	cubicC     = 0.4
	cubicBeta  = 70 // hundredths; section 4.6
	cubicABE   = 85 // upon a mark (RFC 8511 section 3)
	cubicAlpha = 3 * (1 - cubicBeta/100.0) / (1 + cubicBeta/100.0)
)

// cubic is RFC 9438. Windows are bytes; W_cubic is computed in segments and seconds, as there.
type cubic struct {
	cubicState
	last    Time // the ACK before
	hystart hystart
	frac    float32 // of a byte that cwnd has grown
	abe     bool
}

type cubicState struct {
	epoch    Time    // when it began, later by the time in which cwnd was not the limit (section 5.8)
	wEst     float64 // what Reno would have (section 4.3)
	k        float32 // seconds from epoch until W_max is reached
	wMax     uint32  // 0: cwnd when congestion avoidance begins
	prior    uint32  // cwnd before the reduction
	avoiding bool    // congestion avoidance has begun: epoch, k and wEst count
}

func (c *cubic) acked(w *congestionWindow, a ccAck) {
	if c.avoiding && !a.limited {
		c.epoch = c.epoch.Add(a.now.Sub(c.last))
	}
	c.last = a.now
	if w.cwnd < w.ssthresh {
		c.avoiding = false
		if w.ssthresh != cwndLimit { // slow start that has been here before (RFC 9406 section 4.3)
			if a.grow {
				w.grow(slowStart(&a, 2))
			}
			return
		}
		c.hystart.acked(w, &a)
		return
	}
	if !a.grow {
		return
	}
	if !c.avoiding {
		c.avoid(w, &a)
	}
	whole, frac := math.Modf(min(float64(c.frac)+c.increase(float64(w.cwnd), &a), cwndLimit))
	c.frac = float32(frac)
	w.grow(uint32(whole))
}

// avoid begins congestion avoidance (section 4.2): K from the window that there is now.
func (c *cubic) avoid(w *congestionWindow, a *ccAck) {
	c.avoiding, c.epoch, c.wEst, c.k, c.frac = true, a.now, float64(w.cwnd), 0, 0
	if c.wMax > w.cwnd {
		c.k = float32(math.Cbrt(float64(c.wMax-w.cwnd) / float64(a.smss) / cubicC))
	} else {
		c.wMax = w.cwnd
	}
}

// increase is by how many bytes an ACK makes cwnd grow (sections 4.3 to 4.5).
func (c *cubic) increase(cwnd float64, a *ccAck) float64 {
	bytes, smss := float64(a.bytes), float64(a.smss)
	alpha := cubicAlpha
	if c.wEst >= float64(c.prior) {
		alpha = 1
	}
	c.wEst = min(c.wEst+float64(alpha*smss*bytes/cwnd), cwndLimit)
	t := a.now.Sub(c.epoch)
	if c.curve(t, smss) < c.wEst {
		return max(c.wEst-cwnd, 0) // Reno would be faster
	}
	target := min(max(c.curve(t+a.srtt, smss), cwnd), 1.5*cwnd)
	return (target - cwnd) * bytes / cwnd
}

// curve is W_cubic(t) of section 4.2, in bytes.
func (c *cubic) curve(t time.Duration, smss float64) float64 {
	d := t.Seconds() - float64(c.k)
	return float64(cubicC*d*d*d*smss) + float64(c.wMax)
}

// leave is section 4.7, and notes cwnd before a reduction.
func (c *cubic) leave(w *congestionWindow) {
	if w.cwnd < c.wMax {
		c.wMax = uint32(uint64(w.cwnd) * (100 + cubicBeta) / 200) // fast convergence: make room for newcomers
	} else {
		c.wMax = w.cwnd
	}
	c.prior, c.avoiding = w.cwnd, false
}

func (c *cubic) lost(w *congestionWindow, s ccState, saved *ccSaved) {
	*saved = ccSaved{*w, c.cubicState}
	c.leave(w)
	w.reduce(&s, cubicBeta)
}

func (c *cubic) marked(w *congestionWindow, s ccState) {
	c.leave(w)
	if c.abe {
		w.reduceMarked(&s, cubicABE)
	} else {
		w.reduceMarked(&s, cubicBeta)
	}
}

func (c *cubic) recovered(w *congestionWindow, _ ccState, from CongestionPhase) { w.settle(from) }

// timeout is section 4.8: congestion avoidance begins with K = 0 and W_max the window of that time.
func (c *cubic) timeout(w *congestionWindow, s ccState, again bool, saved *ccSaved) {
	if !again {
		*saved = ccSaved{*w, c.cubicState}
		c.prior = w.cwnd
		w.reduce(&s, cubicBeta)
	}
	c.wMax, c.avoiding = 0, false
	w.cwnd = s.smss
}

// undo is section 4.9.
func (c *cubic) undo(w *congestionWindow, _ ccState, saved *ccSaved) {
	if w.cwnd < saved.cwnd {
		c.cubicState = saved.cubic
	}
	w.restore(saved.congestionWindow)
}

func (c *cubic) resumed(w *congestionWindow, s ccState) {
	if c.avoiding { // section 5.8: what was idle does not count
		c.epoch, c.last = c.epoch.Add(s.now.Sub(c.last)), s.now
	}
}

func (c *cubic) rate() uint64                            { return 0 }
func (c *cubic) sent(*congestionWindow, ccState, uint32) {}
func (c *cubic) exhausted(ccState)                       {}
