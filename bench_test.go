//go:build linux

package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

// `make bench` prints how fast and how small we are beside programs that do the same work: TestBench runs both sides of each row in
// turn, on the same machine in the same minutes, and compares medians. Ratios mean something, absolute numbers do not.
// The rows are in the files bench_*_test.go.
var (
	benchFlag   = flag.Bool("table", false, "run the comparison with other programs, see make bench")
	growthFlag  = flag.Bool("growth", false, "show how cost grows, see make growth")
	rowsFlag    = flag.String("rows", "", "of the comparison or of the growth, only the rows whose name matches this regular expression")
	roundsFlag  = flag.Int("rounds", 5, "how often each side of a row of the comparison is measured")
	packetsFlag = flag.Int("packets", 1_000_000, "how many packets the capture of the comparison has")
)

// benchRow is a row of the table: the same work, done by us and by a reference.
type benchRow struct {
	name      string // short, for -rows
	work      string // what is done
	reference string // who does it too; "" if the goal is about our figure alone
	unit      string // of the figures; more is better, unless goal.most is set
	goal      goal

	// prepare makes ready and gives the measurements. It may use t.TempDir and t.Cleanup, and t.Skip with the reason if we cannot be
	// measured here; a reference that is not there is a contest.missing.
	prepare func(t *testing.T) contest
}

// goal is what the ratio of our figure to the reference's has to reach, or our figure if there is no reference. One field is set, or
// none where there is no goal.
type goal struct {
	least   float64
	most    float64
	nothing bool // our figure has to be zero, whatever the reference's
}

func (g goal) verdict(ours, ratio float64) string {
	met := false
	switch {
	case g.nothing:
		met = ours == 0
	case g.most != 0:
		met = ratio <= g.most
	case g.least != 0:
		met = ratio >= g.least
	default:
		return ""
	}
	if met {
		return "met"
	}
	return "NOT MET"
}

func (g goal) String() string {
	switch {
	case g.nothing:
		return "0"
	case g.most != 0:
		return "≤ " + figure(g.most)
	case g.least != 0:
		return "≥ " + figure(g.least)
	}
	return ""
}

// contest is a row made ready. Each function measures once and gives the figure.
type contest struct {
	ours    func(t *testing.T) float64
	theirs  func(t *testing.T) float64
	missing string // why there is no theirs, although the row has a reference
	note    string // what a reader of the result has to know, perhaps
}

// benchRows are all rows, in the order of the table.
func benchRows() []benchRow { return slices.Concat(decodeRows(), stackRows()) }

func TestBench(t *testing.T) {
	if !*benchFlag {
		t.Skip("a comparison with other programs that takes minutes: make bench")
	}
	wanted := regexp.MustCompile(*rowsFlag)
	openWorkshop(t)
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "work\tours\treference\tratio\tgoal\t")
	for _, row := range benchRows() {
		if !wanted.MatchString(row.name) {
			continue
		}
		done := false
		t.Run(row.name, func(t *testing.T) {
			defer func() {
				if !done {
					fmt.Fprintf(w, "%s\t\t%s\t\t%v\tnot measured\n", row.work, row.reference, row.goal)
				}
			}()
			c := row.prepare(t)
			ours, theirs := c.measure(t, *roundsFlag)
			fmt.Fprintln(w, row.result(c, ours, theirs))
			done = true
		})
	}
	w.Flush()
	fmt.Println("\n" + table.String())
}

// measure lets the two sides take turns and gives the median of each. Each has a round before that does not count.
func (c contest) measure(t *testing.T, rounds int) (ours, theirs float64) {
	var figures [2][]float64
	for round := range rounds + 1 {
		for side, f := range []func(*testing.T) float64{c.ours, c.theirs} {
			if f == nil {
				continue
			}
			if v := f(t); round > 0 {
				figures[side] = append(figures[side], v)
			}
		}
	}
	return median(figures[0]), median(figures[1])
}

// median gives zero for no figures.
func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	slices.Sort(v)
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

// result is the row as it is printed.
func (r benchRow) result(c contest, ours, theirs float64) string {
	reference, ratio, judged := r.reference, "", ""
	switch {
	case r.reference == "":
		judged = r.goal.verdict(ours, ours)
	case c.theirs == nil:
		reference, judged = r.reference+": missing: "+c.missing, "reference missing"
	default:
		reference = fmt.Sprintf("%s: %s %s", r.reference, figure(theirs), r.unit)
		if theirs != 0 {
			ratio = figure(ours / theirs)
		}
		judged = r.goal.verdict(ours, ours/theirs)
	}
	if c.note != "" {
		judged += " (" + c.note + ")"
	}
	return fmt.Sprintf("%s\t%s %s\t%s\t%s\t%v\t%s", r.work, figure(ours), r.unit, reference, ratio, r.goal, judged)
}

// figure prints three digits of v, and all that stand before the point.
func figure(v float64) string {
	switch {
	case v >= 1e9:
		return fmt.Sprintf("%.3gG", v/1e9)
	case v >= 1e6:
		return fmt.Sprintf("%.3gM", v/1e6)
	case v >= 1e4:
		return fmt.Sprintf("%.3gk", v/1e3)
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

// workshop is what the rows share: a directory that goes when the test ends, and the program as users have it.
type workshop struct {
	dir     string
	program string
}

// shared is the workshop of the test that runs.
var shared workshop

// openWorkshop builds the program. t is the test that all rows are part of.
func openWorkshop(t *testing.T) {
	t.Helper()
	shared.dir = t.TempDir()
	shared.program = filepath.Join(shared.dir, "smoltcp")
	cmd := exec.Command("go", "build", "-trimpath", "-o", shared.program, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v: %s", err, out)
	}
}

// timed runs a command to its end, in the environment of a user who has not set TZ, what it prints going to w (nil: to /dev/null), and
// tells how long it took.
func timed(t *testing.T, w io.Writer, args ...string) time.Duration {
	t.Helper()
	cmd := exec.Command(args[0], args[1:]...)
	var errors strings.Builder
	cmd.Stdout, cmd.Stderr = w, &errors
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "TZ=") })
	start := time.Now()
	if err := cmd.Run(); err != nil {
		t.Fatalf("%q: %v: %s", args, err, errors.String())
	}
	return time.Since(start)
}

// missingTool says that a program is not installed, or "".
func missingTool(name string) string {
	if _, err := exec.LookPath(name); err != nil {
		return name + " is not installed"
	}
	return ""
}
