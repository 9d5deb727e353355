//go:build linux

package main

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"text/tabwriter"
)

// growthCurve shows how cost grows with one thing: `make growth` prints a table of it.
type growthCurve struct {
	name    string // short, for -rows
	work    string // what is done
	of      string // what grows
	points  []int
	columns []string // what is measured

	// measure measures once at a point and gives a figure for each column; NaN for what was not measured.
	measure func(t *testing.T, point int) []float64
}

// growthCurves are all curves.
func growthCurves() []growthCurve { return slices.Concat(decodeCurves(), stackCurves()) }

func TestGrowth(t *testing.T) {
	if !*growthFlag {
		t.Skip("it takes minutes and gigabytes: make growth")
	}
	wanted := regexp.MustCompile(*rowsFlag)
	openWorkshop(t)
	for _, c := range growthCurves() {
		if wanted.MatchString(c.name) {
			t.Run(c.name, c.run)
		}
	}
}

// run prints the curve, the median of several measurements at each point.
func (c growthCurve) run(t *testing.T) {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s\t%s\t\n", c.of, strings.Join(c.columns, "\t"))
	for _, point := range c.points {
		figures := make([][]float64, len(c.columns))
		for range *roundsFlag {
			for i, v := range c.measure(t, point) {
				figures[i] = append(figures[i], v)
			}
		}
		fmt.Fprintf(w, "%s\t", figure(float64(point)))
		for _, f := range figures {
			if v := median(f); math.IsNaN(v) {
				fmt.Fprint(w, "-\t")
			} else {
				fmt.Fprintf(w, "%s\t", figure(v))
			}
		}
		fmt.Fprintln(w)
	}
	w.Flush()
	fmt.Printf("\n%s\n\n%s\n", c.work, text.String())
}

// decodeCurves are the curves about reading packets.
func decodeCurves() []growthCurve {
	return []growthCurve{
		{
			name: "size", work: "decode --format line: the size of the file", of: "bytes", points: []int{1e6, 10e6, 100e6, 1e9, 10e9},
			columns: []string{"packets/s", "packets/s, nothing matches", "MiB"}, measure: sizeCurve(),
		}, {
			name: "expression", work: "decode with a filter that matches nothing: how many hosts it names", of: "hosts", points: []int{1, 3, 10, 30, 100, 300},
			columns: []string{"packets/s", "packets/s of tcpdump"}, measure: filterCurve,
		}, {
			name: "flows", work: "decode --format line: how many connections and conversations a capture has", of: "flows",
			points: []int{1, 10, 100, 1000, 10_000, 100_000, 1_000_000}, columns: []string{"packets/s", "MiB", "packets/s of tcpdump"}, measure: flowsCurve,
		}, {
			name: "cores", work: "decode: how many processors it may use", of: "processors", points: []int{1, 2, 4},
			columns: []string{"packets/s, line", "packets/s, nothing matches", "packets/s, JSON"}, measure: coresCurve,
		},
	}
}

// noFigure stands where nothing was measured.
var noFigure = math.NaN()

// sizeCurve keeps one file at a time.
func sizeCurve() func(t *testing.T, point int) []float64 {
	name, of, packets := "", 0, 0
	return func(t *testing.T, point int) []float64 {
		if of != point {
			os.Remove(name)
			var disk syscall.Statfs_t
			if err := syscall.Statfs(shared.dir, &disk); err != nil || disk.Bavail*uint64(disk.Bsize) < 2*uint64(point) {
				t.Logf("no room for %d bytes in %s", point, shared.dir)
				return []float64{noFigure, noFigure, noFigure}
			}
			name, of = filepath.Join(shared.dir, "size.pcap"), point
			packets = writeTraffic(t, name, 1000, math.MaxInt, int64(point))
			t.Cleanup(func() { os.Remove(name) })
		}
		line := []string{shared.program, "decode", "--format", "line", name}
		return []float64{
			speed(line, packets)(t),
			speed(append(slices.Clone(line), "tcp", "port", "9"), packets)(t),
			float64(peak(t, line...)) / 1024,
		}
	}
}

func filterCurve(t *testing.T, hosts int) []float64 {
	var expr []string
	for i := range hosts {
		expr = append(expr, fmt.Sprintf("host 203.0.%d.%d", 112+i/250, i%250+1))
	}
	name, filter := captureOf(1000)(t), strings.Join(expr, " or ")
	return []float64{
		speed([]string{shared.program, "decode", "--format", "line", name, filter}, *packetsFlag)(t),
		ofTcpdump(t, *packetsFlag, name, filter),
	}
}

func flowsCurve(t *testing.T, flows int) []float64 {
	name := captureOf(flows)(t)
	line := []string{shared.program, "decode", "--format", "line", name}
	f := []float64{speed(line, *packetsFlag)(t), float64(peak(t, line...)) / 1024, noFigure}
	if flows <= 100_000 { // it looks through a list of them for each packet
		f[2] = ofTcpdump(t, *packetsFlag, name)
	}
	return f
}

// ofTcpdump is the speed of tcpdump -n -r, if there is one.
func ofTcpdump(t *testing.T, packets int, args ...string) float64 {
	if _, err := exec.LookPath("tcpdump"); err != nil {
		return noFigure
	}
	return speed(append([]string{"tcpdump", "-n", "-r"}, args...), packets)(t)
}

func coresCurve(t *testing.T, cores int) []float64 {
	var f []float64
	for _, args := range [][]string{{"--format", "line"}, {"--format", "line", "tcp", "port", "9"}, {"--format", "json"}} {
		// The processors are those that the process may run on; what the Go runtime takes of them is set in the environment.
		line := []string{"env", fmt.Sprintf("GOMAXPROCS=%d", cores), shared.program, "decode", captureOf(1000)(t)}
		f = append(f, speed(append(line, args...), *packetsFlag)(t))
	}
	return f
}
