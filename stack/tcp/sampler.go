package tcp

import "time"

// sampler measures the rate at which the network delivers (draft-ietf-ccwg-bbr-05 section 4.1), in bytes.
type sampler struct {
	log         sendLog
	delivered   uint64
	deliveredAt Time
	firstSent   Time // when what was delivered last was sent: a sample's interval begins there
	lostBytes   uint64
	appLimited  uint64 // samples are the program's until so much is delivered; 0: they are the network's
}

// sendNote is what held at some time, and for what was sent then: the draft's state per packet.
type sendNote struct {
	from        Time
	deliveredAt Time
	firstSent   Time
	delivered   uint64
	lost        uint64
	inFlight    uint32 // with what was sent
	appLimited  bool
}

// sendLog keeps notes by the time from which they hold, in a circle. The scoreboard knows when each segment was
// sent, so a note for each of them is not needed: those of a small part of a round trip share one. Rates come out the
// same, over an interval that is longer by that part.
type sendLog struct {
	mem     *block[sendNote]
	head, n int
}

const (
	minNoteClass = 4
	maxNoteClass = 10 // several round trips of notesPerTrip
	notesPerTrip = 128
)

var notePool pool[sendNote]

func (l *sendLog) at(i int) *sendNote { return &l.mem.s[(l.head+i)&(len(l.mem.s)-1)] }

func (l *sendLog) push(n sendNote) {
	switch {
	case l.mem == nil:
		l.mem, l.head, l.n = notePool.get(minNoteClass), 0, 0
	case l.n == len(l.mem.s) && l.n == 1<<maxNoteClass:
		l.head = (l.head + 1) & (l.n - 1)
		l.n--
	case l.n == len(l.mem.s):
		grown := notePool.get(classFor(2 * l.n))
		k := copy(grown.s, l.mem.s[l.head:])
		copy(grown.s[k:], l.mem.s[:l.head])
		notePool.put(l.mem)
		l.mem, l.head = grown, 0
	}
	l.n++
	*l.at(l.n - 1) = n
}

// find gives what held for a segment that was sent at t, nil if that is forgotten.
func (l *sendLog) find(t Time) *sendNote {
	lo, hi := 0, l.n
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if l.at(mid).from <= t {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == 0 {
		return nil
	}
	return l.at(lo - 1)
}

// reset forgets everything and gives the memory back.
func (l *sendLog) reset() {
	if l.mem != nil {
		notePool.put(l.mem)
	}
	*l = sendLog{}
}

// note is OnPacketSent (section 4.1.2.2): n bytes went out.
func (p *sampler) note(s *ccState, n uint32, minRTT time.Duration) {
	idle := s.pipe <= n
	if idle {
		p.firstSent, p.deliveredAt = s.now, s.now
	}
	limited := p.appLimited != 0
	if p.log.n > 0 && !idle {
		last := p.log.at(p.log.n - 1)
		if last.appLimited == limited && s.now.Sub(last.from) <= minRTT/notesPerTrip {
			last.inFlight = max(last.inFlight, s.pipe)
			return
		}
	}
	p.log.push(sendNote{
		from: s.now, deliveredAt: p.deliveredAt, firstSent: p.firstSent, delivered: p.delivered, lost: p.lostBytes,
		inFlight: s.pipe, appLimited: limited,
	})
}

// rateSample is what one ACK tells.
type rateSample struct {
	known      bool // it was found in the log
	appLimited bool
	rate       uint64 // bytes a second; 0: no reliable sample
	prior      uint64 // delivered when what this ACK reports was sent
	lost       uint64 // since then
	delivered  uint32 // since then
	inFlight   uint32 // at that time
}

// tooHigh is IsInflightTooHigh: more was lost than a queue at its end would excuse.
func (rs *rateSample) tooHigh(sack bool) bool {
	return rs.lost*100 > uint64(rs.inFlight)*bbrLossThresh || rs.lost > 0 && !sack
}

// sample is section 4.1.2.3.
func (p *sampler) sample(a *ccAck, rs *rateSample, minRTT time.Duration) {
	p.delivered += uint64(a.delivered)
	p.deliveredAt = a.now
	if p.appLimited != 0 && p.delivered > p.appLimited {
		p.appLimited = 0
	}
	n := p.log.find(a.newest)
	if n == nil || a.rtt < 0 && a.now.Sub(a.newest) < minRTT {
		return // it was sent again, and this is about the time before
	}
	rs.known, rs.appLimited, rs.prior, rs.inFlight = true, n.appLimited, n.delivered, n.inFlight
	rs.delivered, rs.lost = uint32(p.delivered-n.delivered), p.lostBytes-n.lost
	interval := max(a.newest.Sub(n.firstSent), a.now.Sub(n.deliveredAt))
	p.firstSent = max(p.firstSent, a.newest)
	if interval > 0 && interval >= minRTT {
		rs.rate = mulDiv(uint64(rs.delivered), uint64(time.Second), uint64(interval))
	}
}
