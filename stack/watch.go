package stack

import "slices"

// Watch calls a program back after something changed that the stack's owner may depend on: see [Stack.Watch].
type Watch struct{ socket }

// Watch has f called, as Poll calls the handlers of sockets, after addresses, routes or links of interfaces have changed; once for all that
// changed since it ran last. It finds out by itself what.
func (s *Stack) Watch(f func()) *Watch {
	w := &Watch{socket{stack: s, handler: f}}
	s.watches = append(s.watches, w)
	return w
}

// Close ends the watch: f is not called any more.
func (w *Watch) Close() {
	w.handler = nil
	w.stack.watches = slices.DeleteFunc(w.stack.watches, func(o *Watch) bool { return o == w })
}

// changed has the watches called.
func (s *Stack) changed() {
	for _, w := range s.watches {
		w.wake()
	}
}
