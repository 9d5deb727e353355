package tcp

import (
	"math"
	"time"
)

// Constants of draft-ietf-ccwg-bbr-05 section 2. Gains are hundredths.
const (
	bbrStartupPacing = 277
	bbrDrainPacing   = 50
	bbrDownPacing    = 90
	bbrCruisePacing  = 100
	bbrUpPacing      = 125
	bbrCwndGain      = 200
	bbrUpCwndGain    = 225
	bbrProbeRTTGain  = 50
	bbrPacingMargin  = 1  // below the estimate
	bbrLossThresh    = 2  // of what was in flight
	bbrBeta          = 70 // left of a bound after a round with loss
	bbrHeadroom      = 15 // of inflightLong, left to others
	bbrFullGrowth    = 125
	bbrFullRounds    = 3
	bbrFullLosses    = 6
	bbrMinPipe       = 4 // segments
	bbrRenoRounds    = 63
	bbrDrainRounds   = 3
	bbrMaxUpRounds   = 30
	bbrExtraRounds   = 5 // in each of two slots: ten together

	bbrMinRTTFilter     = 10 * time.Second
	bbrProbeRTTInterval = 5 * time.Second
	bbrProbeRTTDuration = 200 * time.Millisecond
)

// bbrNone is a bound or a time that is not there: infinity.
const bbrNone = math.MaxUint32

type bbrPhase uint8

const (
	bbrStartup bbrPhase = iota
	bbrDrain
	bbrDown // the four of ProbeBW
	bbrCruise
	bbrRefill
	bbrUp
	bbrProbeRTT
)

type bbrAcks uint8 // what the ACKs tell about that come now

const (
	acksOther bbrAcks = iota
	acksProbeStarting
	acksProbeFeedback
	acksProbeStopping
	acksRefilling
)

// bbr is BBR version 3 (draft-ietf-ccwg-bbr-05): a model of the path, made of the rate at which it delivers and its
// round-trip time without a queue, says how fast to send and how much may be in flight. Rates are bytes a second.
//
// The draft remembers a few numbers with each segment. Here they are in a log by time, see sendLog.
type bbr struct {
	sampler
	rate0 uint64 // the pacing rate

	// The model (section 2.4 to 2.9).
	maxBW    [2]uint64 // of the cycle before, and of this one
	bw       uint64
	bwShort  uint64        // bound, bbrNone if there is none; as the two that follow
	minRTT   time.Duration // 0: none
	probeMin time.Duration // smallest since probeMinAt; 0: none
	minAt,
	probeMinAt Time
	inflightShort uint32
	inflightLong  uint32

	// Congestion signals (section 5.5.10).
	bwLatest           uint64
	lossRoundDelivered uint64
	inflightLatest     uint32
	lossEvents         uint8
	lossInRound,
	lossRoundStart bool

	// Rounds, and whether the pipe is full.
	nextRound  uint64 // delivered when the round ends
	fullBW     uint64
	rounds     uint32
	drainRound uint32
	priorCwnd  uint32
	fullCount  uint8
	fullNow, fullReached,
	roundStart, begun,
	recovering, idleRestart bool

	// The cycle of ProbeBW, and ProbeRTT.
	phase       bbrPhase
	acks        bbrAcks
	upRounds    uint8
	sampling    bool // bw_probe_samples: losses of what a probe sent are still to be judged
	probeDone   bool // probe_rtt_round_done
	sinceProbe  uint32
	probeWait   time.Duration
	cycleAt     Time
	probeDoneAt Time // 0: not yet
	upCount     uint32
	upAcks      uint32

	// Aggregation (section 5.5.9).
	extraAt    Time
	extraDone  uint64
	extra      [2]uint32
	extraRound uint32

	// What a spurious loss takes back (section 5.5.11).
	undoBW    uint64
	undoShort uint32
	undoLong  uint32
	undoPhase bbrPhase

	random uint32
}

func newBBR(seed uint32) congestionControl {
	b := bbrPool.Get().(*bbr)
	*b = bbr{random: seed | 1, bwShort: bbrNone, inflightShort: bbrNone, inflightLong: bbrNone, upCount: bbrNone}
	b.appLimited = 1 // the program is the limit until it has sent something
	return b
}

// begin is BBROnInit (section 5.2.1).
func (b *bbr) begin(w *congestionWindow, s *ccState) {
	if b.begun {
		return
	}
	b.begun = true
	b.minRTT, b.probeMin, b.minAt, b.probeMinAt = s.srtt, s.srtt, s.now, s.now
	b.extraAt = s.now
	srtt := s.srtt
	if srtt == 0 {
		srtt = time.Millisecond
	}
	b.rate0 = max(mulDiv(uint64(w.cwnd)*bbrStartupPacing/100, uint64(time.Second), uint64(srtt)), 1)
}

func (b *bbr) rate() uint64 { return b.rate0 }

func (b *bbr) sent(w *congestionWindow, s ccState, n uint32) {
	b.begin(w, &s)
	b.note(&s, n, b.minRTT)
}

// exhausted marks the rate samples to come as those of the program (section 4.1.2.4).
func (b *bbr) exhausted(s ccState) {
	if s.flight == 0 {
		b.log.reset()
	}
	b.appLimited = max(b.delivered+uint64(s.pipe), 1)
}

// acked is BBRUpdateOnACK (section 5.2.3), after BBRHandleLostPacket.
func (b *bbr) acked(w *congestionWindow, a ccAck) {
	b.begin(w, &a.ccState)
	if a.lost > 0 {
		b.lostSome(w, &a)
	}
	if a.delivered == 0 {
		return
	}
	var rs rateSample
	b.sample(&a, &rs, b.minRTT)

	b.latest(&rs)
	b.updateRound(&rs)
	b.updateMaxBW(&rs)
	b.adaptShort(w, &a)
	b.aggregation(w, &a)
	b.checkFull(&rs)
	b.checkStartup(&a, &rs)
	if b.phase == bbrDrain && (a.pipe <= b.inflight(b.bw, 100, &a.ccState) || b.rounds > b.drainRound+bbrDrainRounds) {
		b.startDown(&a.ccState)
	}
	b.cycle(w, &a, &rs)
	b.checkProbeRTT(w, &a, b.updateMinRTT(&a))
	if b.lossRoundStart {
		b.bwLatest, b.inflightLatest = rs.rate, rs.delivered
	}
	b.bound()
	b.setRate(b.pacingGain())
	b.setCwnd(w, &a)
}

// bound is BBRBoundBWForModel.
func (b *bbr) bound() {
	b.bw = max(b.maxBW[0], b.maxBW[1])
	if b.bwShort != bbrNone {
		b.bw = min(b.bw, b.bwShort)
	}
}

func (b *bbr) pacingGain() uint64 {
	return [...]uint64{bbrStartupPacing, bbrDrainPacing, bbrDownPacing, bbrCruisePacing, bbrCruisePacing, bbrUpPacing, bbrCruisePacing}[b.phase]
}

func (b *bbr) cwndGain() uint64 {
	switch b.phase {
	case bbrUp:
		return bbrUpCwndGain
	case bbrProbeRTT:
		return bbrProbeRTTGain
	}
	return bbrCwndGain
}

// setRate is section 5.6.2.
func (b *bbr) setRate(gain uint64) {
	rate := mulDiv(b.bw, gain*(100-bbrPacingMargin), 100*100)
	if rate > 0 && (b.fullReached || rate > b.rate0) {
		b.rate0 = rate
	}
}

// bdp is gain hundredths of what the path holds.
func (b *bbr) bdp(bw, gain uint64, s *ccState) uint32 {
	if b.minRTT == 0 || bw == 0 {
		return initialWindow(s.smss, false)
	}
	return uint32(min(mulDiv(mulDiv(bw, uint64(b.minRTT), uint64(time.Second)), gain, 100), cwndLimit))
}

// quantize is BBRQuantizationBudget.
func (b *bbr) quantize(n uint32, s *ccState) uint32 {
	n = max(n, 3*uint32(paceQuantum(b.rate0, int(s.smss))), bbrMinPipe*s.smss)
	if b.phase == bbrUp {
		n += 2 * s.smss
	}
	return min(n, cwndLimit)
}

func (b *bbr) inflight(bw, gain uint64, s *ccState) uint32 { return b.quantize(b.bdp(bw, gain, s), s) }

// setCwnd is section 5.6.4.6 and what follows it.
func (b *bbr) setCwnd(w *congestionWindow, a *ccAck) {
	most := b.quantize(b.bdp(b.bw, b.cwndGain(), &a.ccState)+max(b.extra[0], b.extra[1]), &a.ccState)
	if b.fullReached {
		w.cwnd = min(w.cwnd+a.delivered, most)
	} else if w.cwnd < most || b.delivered < uint64(initialWindow(a.smss, false)) {
		w.grow(a.delivered)
	}
	b.limit(w, &a.ccState)
}

// limit is BBRBoundCwndForProbeRTT and BBRBoundCwndForModel.
func (b *bbr) limit(w *congestionWindow, s *ccState) {
	least := bbrMinPipe * s.smss
	w.cwnd = max(w.cwnd, least)
	if b.phase == bbrProbeRTT {
		w.cwnd = min(w.cwnd, b.probeRTTCwnd(s))
	}
	limit := uint32(bbrNone)
	switch b.phase {
	case bbrDown, bbrRefill, bbrUp:
		limit = b.inflightLong
	case bbrProbeRTT, bbrCruise:
		limit = b.withHeadroom(s.smss)
	}
	w.cwnd = min(w.cwnd, max(min(limit, b.inflightShort), least), cwndLimit)
}

func (b *bbr) probeRTTCwnd(s *ccState) uint32 {
	return max(b.bdp(b.bw, bbrProbeRTTGain, s), bbrMinPipe*s.smss)
}

// withHeadroom is BBRInflightWithHeadroom.
func (b *bbr) withHeadroom(smss uint32) uint32 {
	if b.inflightLong == bbrNone {
		return bbrNone
	}
	room := max(smss, uint32(uint64(b.inflightLong)*bbrHeadroom/100))
	return max(b.inflightLong-min(room, b.inflightLong), bbrMinPipe*smss)
}

// latest is BBRUpdateLatestDeliverySignals.
func (b *bbr) latest(rs *rateSample) {
	b.bwLatest, b.inflightLatest = max(b.bwLatest, rs.rate), max(b.inflightLatest, rs.delivered)
	if b.lossRoundStart = rs.known && rs.prior >= b.lossRoundDelivered; b.lossRoundStart {
		b.lossRoundDelivered = b.delivered
	}
}

// updateRound is section 5.5.1.
func (b *bbr) updateRound(rs *rateSample) {
	if b.roundStart = rs.known && rs.prior >= b.nextRound; b.roundStart {
		b.startRound()
		b.rounds++
		b.sinceProbe++
	}
}

func (b *bbr) startRound() { b.nextRound = b.delivered }

// updateMaxBW is section 5.5.5.
func (b *bbr) updateMaxBW(rs *rateSample) {
	if rs.rate > 0 && (rs.rate >= max(b.maxBW[0], b.maxBW[1]) || !rs.appLimited) {
		b.maxBW[1] = max(b.maxBW[1], rs.rate)
	}
}

// adaptShort is BBRUpdateCongestionSignals without its beginning: once in a round with loss, unless bandwidth is being
// probed for, the bounds come down to what was delivered, or by Beta.
func (b *bbr) adaptShort(w *congestionWindow, a *ccAck) {
	if !b.lossRoundStart {
		return
	}
	if b.lossInRound && b.phase != bbrStartup && b.phase != bbrRefill && b.phase != bbrUp {
		if b.bwShort == bbrNone {
			b.bwShort = max(b.maxBW[0], b.maxBW[1])
		}
		if b.inflightShort == bbrNone {
			b.inflightShort = w.cwnd
		}
		b.bwShort = max(b.bwLatest, mulDiv(b.bwShort, bbrBeta, 100))
		b.inflightShort = max(b.inflightLatest, uint32(uint64(b.inflightShort)*bbrBeta/100))
	}
	b.lossInRound = false
}

// aggregation is section 5.5.9.
func (b *bbr) aggregation(w *congestionWindow, a *ccAck) {
	expected := mulDiv(b.bw, uint64(a.now.Sub(b.extraAt)), uint64(time.Second))
	if b.extraDone <= expected {
		b.extraDone, b.extraAt, expected = 0, a.now, 0
	}
	b.extraDone += uint64(a.delivered)
	extra := uint32(min(b.extraDone-expected, uint64(w.cwnd)))
	if b.roundStart {
		if !b.fullReached {
			b.extra = [2]uint32{}
		} else if b.rounds-b.extraRound >= bbrExtraRounds {
			b.extra[0], b.extra[1], b.extraRound = b.extra[1], 0, b.rounds
		}
	}
	b.extra[1] = max(b.extra[1], extra)
}

func (b *bbr) resetFull() { b.fullBW, b.fullCount, b.fullNow = 0, 0, false }

// checkFull is section 5.3.1.2: three rounds in which the rate did not grow by a quarter.
func (b *bbr) checkFull(rs *rateSample) {
	if b.fullNow || !b.roundStart || rs.appLimited || rs.rate == 0 {
		return
	}
	if rs.rate >= mulDiv(b.fullBW, bbrFullGrowth, 100) {
		b.resetFull()
		b.fullBW = rs.rate
		return
	}
	b.fullCount++
	if b.fullNow = b.fullCount >= bbrFullRounds; b.fullNow {
		b.fullReached = true
	}
}

// checkStartup is BBRCheckStartupDone with section 5.3.1.3.
func (b *bbr) checkStartup(a *ccAck, rs *rateSample) {
	if b.lossRoundStart {
		enough := b.lossEvents >= bbrFullLosses || !a.sack && b.lossEvents > 0
		if b.phase == bbrStartup && !b.fullReached && b.recovering && enough && rs.tooHigh(a.sack) {
			b.fullReached = true
			b.inflightLong = max(b.bdp(max(b.maxBW[0], b.maxBW[1]), 100, &a.ccState), b.inflightLatest)
		}
		b.lossEvents = 0
	}
	if b.phase == bbrStartup && b.fullReached {
		b.phase, b.drainRound = bbrDrain, b.rounds
	}
}

func (b *bbr) probingBW() bool { return b.phase >= bbrDown && b.phase <= bbrUp }

func (b *bbr) startDown(s *ccState) {
	b.lossInRound, b.bwLatest, b.inflightLatest = false, 0, 0
	b.upCount = bbrNone
	b.sinceProbe = b.chance() & 1
	b.probeWait = 2*time.Second + time.Duration(b.chance()%1024)*time.Second/1024
	b.cycleAt, b.acks = s.now, acksProbeStopping
	b.startRound()
	b.phase = bbrDown
}

func (b *bbr) startUp(w *congestionWindow, s *ccState, rate uint64) {
	b.acks = acksProbeStarting
	b.startRound()
	b.resetFull()
	b.fullBW = rate
	b.phase = bbrUp
	b.raiseSlope(w, s)
}

func (b *bbr) resetShort() { b.bwShort, b.inflightShort = bbrNone, bbrNone }

// cycle is BBRUpdateProbeBWCyclePhase (section 5.3.3.6).
func (b *bbr) cycle(w *congestionWindow, a *ccAck, rs *rateSample) {
	if !b.fullReached {
		return
	}
	b.adaptLong(w, a, rs)
	switch b.phase {
	case bbrDown, bbrCruise:
		if b.timeToProbe(w, a) {
			b.resetShort()
			b.upRounds, b.upAcks, b.acks = 0, 0, acksRefilling
			b.startRound()
			b.phase = bbrRefill
		} else if b.phase == bbrDown && a.pipe <= b.withHeadroom(a.smss) &&
			a.pipe <= b.inflight(max(b.maxBW[0], b.maxBW[1]), 100, &a.ccState) {
			b.phase = bbrCruise
		}
	case bbrRefill:
		if b.roundStart {
			b.sampling = true
			b.startUp(w, &a.ccState, rs.rate)
		}
	case bbrUp:
		if a.limited && w.cwnd >= b.inflightLong {
			b.resetFull() // inflightLong holds the rate down
			b.fullBW = rs.rate
		} else if b.fullNow {
			b.startDown(&a.ccState)
		}
	}
}

// timeToProbe is section 5.3.3.5: after 2 to 3 s, or sooner where Reno would have found the bandwidth sooner.
func (b *bbr) timeToProbe(w *congestionWindow, a *ccAck) bool {
	if a.now.Sub(b.cycleAt) > b.probeWait {
		return true
	}
	reno := min(b.bdp(b.bw, 100, &a.ccState), w.cwnd) / a.smss
	return b.sinceProbe >= min(reno, bbrRenoRounds)
}

func (b *bbr) raiseSlope(w *congestionWindow, s *ccState) {
	growth := uint64(s.smss) << b.upRounds
	b.upRounds = min(b.upRounds+1, bbrMaxUpRounds)
	b.upCount = uint32(max(uint64(w.cwnd)/growth, 1))
}

// adaptLong is BBRAdaptLongTermModel.
func (b *bbr) adaptLong(w *congestionWindow, a *ccAck, rs *rateSample) {
	if b.acks == acksProbeStarting && b.roundStart {
		b.acks = acksProbeFeedback
	}
	if b.acks == acksProbeStopping && b.roundStart {
		b.acks, b.sampling = acksOther, false
		if b.probingBW() && !rs.appLimited && b.maxBW[1] != 0 {
			b.maxBW[0], b.maxBW[1] = b.maxBW[1], 0
		}
	}
	if rs.tooHigh(a.sack) || b.inflightLong == bbrNone {
		return
	}
	if rs.inFlight > b.inflightLong {
		b.inflightLong = rs.inFlight
	}
	if b.phase == bbrUp && a.limited && w.cwnd >= b.inflightLong {
		b.upAcks += a.delivered
		if delta := b.upAcks / b.upCount; delta > 0 {
			b.upAcks -= delta * b.upCount
			b.inflightLong = min(b.inflightLong+min(delta, cwndLimit), cwndLimit)
		}
		if b.roundStart {
			b.raiseSlope(w, &a.ccState)
		}
	}
}

// updateMinRTT is section 5.3.4.3. It reports whether it is time for ProbeRTT.
func (b *bbr) updateMinRTT(a *ccAck) (expired bool) {
	expired = a.now.Sub(b.probeMinAt) > bbrProbeRTTInterval
	if rtt := max(a.rtt, 1); a.rtt >= 0 && (b.probeMin == 0 || rtt < b.probeMin || expired) {
		b.probeMin, b.probeMinAt = rtt, a.now
	}
	if b.probeMin > 0 && (b.minRTT == 0 || b.probeMin < b.minRTT || a.now.Sub(b.minAt) > bbrMinRTTFilter) {
		b.minRTT, b.minAt = b.probeMin, b.probeMinAt
	}
	return expired
}

// checkProbeRTT is the rest of section 5.3.4.3.
func (b *bbr) checkProbeRTT(w *congestionWindow, a *ccAck, expired bool) {
	if b.phase != bbrProbeRTT && expired && !b.idleRestart {
		b.saveCwnd(w)
		b.phase, b.probeDoneAt, b.acks = bbrProbeRTT, 0, acksProbeStopping
		b.startRound()
	}
	if b.phase == bbrProbeRTT {
		b.appLimited = max(b.delivered+uint64(a.pipe), 1) // low samples do not count
		if b.probeDoneAt == 0 && a.pipe <= b.probeRTTCwnd(&a.ccState) {
			b.probeDoneAt, b.probeDone = a.now.Add(bbrProbeRTTDuration), false
			b.startRound()
		} else if b.probeDoneAt != 0 {
			b.probeDone = b.probeDone || b.roundStart
			if b.probeDone {
				b.checkProbeDone(w, &a.ccState)
			}
		}
	}
	b.idleRestart = false
}

func (b *bbr) checkProbeDone(w *congestionWindow, s *ccState) {
	if b.probeDoneAt == 0 || s.now <= b.probeDoneAt {
		return
	}
	b.probeMinAt = s.now
	w.cwnd = max(w.cwnd, b.priorCwnd)
	b.resetShort() // section 5.3.4.4
	if b.fullReached {
		b.startDown(s)
		b.phase = bbrCruise
	} else {
		b.phase = bbrStartup
	}
}

// saveCwnd keeps the last cwnd that neither a loss nor ProbeRTT had made small.
func (b *bbr) saveCwnd(w *congestionWindow) {
	if b.recovering || b.phase == bbrProbeRTT {
		b.priorCwnd = max(b.priorCwnd, w.cwnd)
	} else {
		b.priorCwnd = w.cwnd
	}
}

// noteLoss is BBRNoteLoss.
func (b *bbr) noteLoss() {
	if !b.lossInRound {
		b.lossRoundDelivered = b.delivered
		b.saveState()
	}
	b.lossInRound = true
}

func (b *bbr) saveState() {
	b.undoPhase, b.undoBW, b.undoShort, b.undoLong = b.phase, b.bwShort, b.inflightShort, b.inflightLong
}

// lostSome is BBRHandleLostPacket, for all that an ACK declared lost.
func (b *bbr) lostSome(w *congestionWindow, a *ccAck) {
	b.lostBytes += uint64(a.lost)
	b.lossEvents = uint8(min(uint32(b.lossEvents)+(a.lost+a.smss-1)/a.smss, math.MaxUint8))
	b.noteLoss()
	n := b.log.find(a.lostAt)
	if !b.sampling || n == nil {
		return
	}
	rs := rateSample{inFlight: n.inFlight, lost: b.lostBytes - n.lost, appLimited: n.appLimited}
	if rs.tooHigh(a.sack) {
		b.tooHigh(w, &a.ccState, &rs, a.lost)
	}
}

// tooHigh is BBRInflightAtLoss and BBRHandleInflightTooHigh: a probe found out how much is too much. size is what
// was lost last.
func (b *bbr) tooHigh(w *congestionWindow, s *ccState, rs *rateSample, size uint32) {
	b.sampling = false
	if !rs.appLimited {
		// What was in flight, and lost of it, before that; and how much of it makes the share of losses too large.
		before := int64(rs.inFlight) - int64(size)
		prefix := (before*bbrLossThresh - (int64(rs.lost)-int64(size))*100) / (100 - bbrLossThresh)
		at := uint32(min(max(before+max(prefix, 0), 0), cwndLimit))
		target := min(b.bdp(b.bw, 100, s), w.cwnd)
		b.inflightLong = max(at, uint32(uint64(target)*bbrBeta/100), bbrMinPipe*s.smss)
	}
	if b.phase == bbrUp {
		b.startDown(s)
	}
}

func (b *bbr) lostFirst(w *congestionWindow) {
	b.saveCwnd(w)
	b.saveState()
	b.recovering = true
}

// In recovery cwnd follows the model (section 5.6.4.4).

func (b *bbr) lost(w *congestionWindow, s ccState, _ *ccSaved) {
	b.begin(w, &s)
	b.lostFirst(w)
}

// marked takes a mark for a loss: of one segment, sent just now as far as is known (RFC 3168 section 5).
func (b *bbr) marked(w *congestionWindow, s ccState) {
	b.begin(w, &s)
	b.noteLoss()
	if b.sampling {
		b.tooHigh(w, &s, &rateSample{inFlight: s.flight}, s.smss)
	}
}

func (b *bbr) recovered(w *congestionWindow, s ccState, _ CongestionPhase) {
	b.recovering = false
	w.cwnd = max(w.cwnd, b.priorCwnd)
	b.limit(w, &s)
}

func (b *bbr) timeout(w *congestionWindow, s ccState, again bool, _ *ccSaved) {
	b.begin(w, &s)
	if !again {
		b.lostFirst(w)
	}
	w.cwnd = min(s.pipe+s.smss, cwndLimit) // section 5.6.4.4: what was sent lately is still in flight
}

// undo is section 5.5.11.2.
func (b *bbr) undo(w *congestionWindow, s ccState, _ *ccSaved) {
	b.recovering, b.lossInRound = false, false
	b.resetFull()
	b.bwShort, b.inflightShort = max(b.bwShort, b.undoBW), max(b.inflightShort, b.undoShort)
	b.inflightLong = max(b.inflightLong, b.undoLong)
	if b.phase != bbrProbeRTT && b.phase != b.undoPhase {
		switch b.undoPhase {
		case bbrStartup:
			b.phase, b.fullReached = bbrStartup, false
		case bbrUp:
			b.startUp(w, &s, b.bwLatest)
		}
	}
	w.cwnd = max(w.cwnd, b.priorCwnd)
	b.limit(w, &s)
}

// resumed is section 5.4.
func (b *bbr) resumed(w *congestionWindow, s ccState) {
	b.begin(w, &s)
	if b.appLimited == 0 {
		return
	}
	b.idleRestart = true
	b.extraAt, b.extraDone = s.now, 0
	if b.probingBW() {
		b.setRate(bbrCruisePacing)
	} else if b.phase == bbrProbeRTT {
		b.checkProbeDone(w, &s)
	}
}

// chance is what is decided by chance: xorshift.
func (b *bbr) chance() uint32 {
	b.random ^= b.random << 13
	b.random ^= b.random >> 17
	b.random ^= b.random << 5
	return b.random
}
