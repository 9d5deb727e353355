package host

import (
	"errors"
	"net"
	"time"

	"smoltcp/stack"
)

// attachment is a device besides the first. A device can only be waited for by a call that blocks, so each of these has a
// goroutine that does nothing else: the loop starts all of them before it waits itself, and has ended their waits before it
// goes on. No two goroutines call a device at once.
type attachment struct {
	dev      Device
	ifc      *stack.Interface
	detached bool
	stalled  bool // what the loop saw before it began to wait

	wait chan bool // starts a wait: for room to send as well?
	done chan error
}

// Attach gives the host a further device, which it owns from then on, and an interface on it; routes without an Interface
// leave by it. It may be called at any time. A device that ends takes its interface with it, and Config.Lost is told; only the end of the
// first device is that of the host.
func (h *Host) Attach(dev Device, cfg stack.InterfaceConfig, routes ...stack.Route) (*stack.Interface, error) {
	h.lock()
	defer h.unlock()
	if h.err != nil {
		return nil, net.ErrClosed
	}
	ifc, err := h.stack.AddInterface(dev, cfg)
	if err != nil {
		return nil, err
	}
	for _, r := range routes {
		if r.Interface == nil {
			r.Interface = ifc
		}
		if err := h.stack.AddRoute(r); err != nil {
			h.stack.RemoveInterface(ifc)
			return nil, err
		}
	}
	if cfg.Autoconf {
		h.startDHCP6(ifc)
	}
	a := &attachment{dev: dev, ifc: ifc, wait: make(chan bool), done: make(chan error, 1)}
	h.attached = append(h.attached, a)
	go a.waiter(h.dev)
	h.dev.Wake() // which waits for the devices that it knew
	return ifc, nil
}

// Detach takes an interface of Attach away again: what uses it fails, and its device is closed.
func (h *Host) Detach(ifc *stack.Interface) error {
	h.lock()
	defer h.unlock()
	for _, a := range h.attached {
		if a.ifc == ifc && !a.detached {
			h.stack.RemoveInterface(ifc)
			a.detached = true
			if h.running {
				h.dev.Wake() // which may be waiting for it, and closes it
				return nil
			}
			return h.dropDetached()
		}
	}
	return errors.New("no interface that was attached")
}

// dropDetached closes the devices of interfaces that are gone. The lock is held and nobody waits.
func (h *Host) dropDetached() (err error) {
	kept := h.attached[:0]
	for _, a := range h.attached {
		if !a.detached {
			kept = append(kept, a)
		} else if cerr := a.close(); err == nil {
			err = cerr
		}
	}
	clear(h.attached[len(kept):])
	h.attached = kept
	return err
}

// waiter is the goroutine. first is the device that the loop waits for.
func (a *attachment) waiter(first Device) {
	for write := range a.wait {
		err := a.dev.Wait(-1, write)
		first.Wake()
		a.done <- err
	}
}

func (a *attachment) close() error {
	close(a.wait)
	return a.dev.Close()
}

// anyStalled reports whether a device is full, and notes which, for wait. The lock is held.
func (h *Host) anyStalled() bool {
	h.full = h.ifc.Stalled()
	any := h.full
	for _, a := range h.attached {
		a.stalled = a.ifc.Stalled()
		any = any || a.stalled
	}
	h.waits = append(h.waits[:0], h.attached...)
	return any
}

// wait waits for all devices.
func (h *Host) wait(timeout time.Duration) error {
	for _, a := range h.waits {
		a.wait <- a.stalled
	}
	err := h.dev.Wait(timeout, h.full)
	for _, a := range h.waits {
		var lost error
		select {
		case lost = <-a.done:
		default:
			a.dev.Wake()
			lost = <-a.done
		}
		if lost != nil {
			h.lose(a, lost)
		}
	}
	return err
}

// lose takes away an interface whose device has ended, unless somebody else has.
func (h *Host) lose(a *attachment, err error) {
	h.lock()
	defer h.mu.Unlock()
	if a.detached {
		return
	}
	h.stack.RemoveInterface(a.ifc)
	a.detached = true
	if h.lost != nil {
		h.lost(a.ifc, err)
	}
}
