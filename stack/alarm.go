package stack

// Alarm calls a program back at a time of the stack's clock, for a protocol that runs in the loop: DHCP, DNS.
type Alarm struct {
	socket
	timer timer
}

// NewAlarm makes an alarm that calls f as [Stack.Poll] calls the handlers of sockets: f may do what those may. It is off.
func (s *Stack) NewAlarm(f func()) *Alarm {
	a := &Alarm{socket: socket{stack: s, handler: f}}
	a.timer = makeTimer(a)
	return a
}

// Set has f called once, in the first Poll at or after at, instead of when it was set to before. With [Never] the alarm is off.
func (a *Alarm) Set(at Time) { a.stack.timers.set(&a.timer, at) }

// Close turns the alarm off for good: f is not called any more.
func (a *Alarm) Close() {
	a.stack.timers.stop(&a.timer)
	a.handler = nil
}

// expire has f called. Part of expirer.
func (a *Alarm) expire(Time) { a.wake() }
