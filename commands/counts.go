package commands

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"

	"smoltcp/capture"
)

// answerSignals prints the counts of a capture on one signal, flushes its savefile on another, and with perSecond tells every second how
// many packets there are, as tcpdump does. The function that it gives ends that. src is nil if the packets come from files.
func answerSignals(stderr io.Writer, v *viewer, src capture.Statser, perSecond bool) (end func()) {
	signals := make(chan os.Signal, 4)
	if signalCounts != nil {
		signal.Notify(signals, signalCounts, signalFlush)
	}
	save, tick, ticked := v.save, (<-chan time.Time)(nil), false
	if perSecond {
		tick = time.Tick(time.Second)
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case s := <-signals:
				if s == signalFlush {
					if save != nil {
						_ = save.Flush() // the next write gives the error
					}
					continue
				}
				if src == nil {
					fmt.Fprintf(stderr, "smoltcp: decode: %s so far\n", plural(uint64(v.counted.Load()), "packet"))
					continue
				}
				counts, err := countsOf(v.counted.Load(), src)
				if err != nil {
					fmt.Fprintln(stderr, err)
					continue
				}
				fmt.Fprintln(stderr, "smoltcp: dump: "+strings.Join(counts, ", "))
			case <-tick:
				fmt.Fprintf(stderr, "Got %d\r", v.counted.Load())
				ticked = true
			case <-done:
				if ticked {
					fmt.Fprintln(stderr)
				}
				return
			}
		}
	}()
	return func() {
		signal.Stop(signals)
		close(done)
		<-ended
	}
}

// reportCounts prints what tcpdump prints when a capture ends.
func reportCounts(w io.Writer, seen int, src capture.Statser) {
	counts, err := countsOf(int64(seen), src)
	for _, line := range counts {
		fmt.Fprintln(w, line)
	}
	if err != nil {
		fmt.Fprintln(w, err)
	}
}

// countsOf puts the counts of a capture into tcpdump's words. If the kernel does not tell its own there is an error, a whole line, and the
// rest.
func countsOf(seen int64, src capture.Statser) ([]string, error) {
	counts := []string{plural(uint64(seen), "packet") + " captured"}
	stats, err := src.Stats()
	if err != nil {
		return counts, fmt.Errorf("smoltcp: dump: the kernel's counts are not to be had: %w", err)
	}
	counts = append(counts, plural(stats.Received, "packet")+" received by filter", plural(stats.Dropped, "packet")+" dropped by kernel")
	if stats.Missed > 0 {
		counts = append(counts, plural(stats.Missed, "packet")+" dropped by interface")
	}
	return counts, nil
}
