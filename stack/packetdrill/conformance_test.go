package packetdrill

import (
	"cmp"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var updateTable = flag.Bool("update", false, "write the table of scripts in docs/conformance.md")

// The table stands in the document between these lines; what is around it is written by hand.
const (
	conformanceDoc = "../../docs/conformance.md"
	tableBegin     = "<!-- The table below is written by: go test ./stack/packetdrill -run TestConformanceTable -args -update -->\n"
	tableEnd       = "<!-- The end of the table. -->\n"
)

// rfcTitles are the headings of the table.
var rfcTitles = map[int]string{
	896:  "Congestion Control in IP/TCP Internetworks: the Nagle algorithm",
	1122: "Requirements for Internet Hosts",
	1191: "Path MTU Discovery",
	1337: "TIME-WAIT Assassination Hazards",
	2018: "Selective Acknowledgment Options",
	2525: "Known TCP Implementation Problems",
	2883: "Duplicate SACK",
	3042: "Limited Transmit",
	3168: "Explicit Congestion Notification",
	3465: "Appropriate Byte Counting",
	3522: "Eifel Detection",
	3708: "Detection of Spurious Retransmissions by D-SACK",
	4015: "Eifel Response",
	4821: "Packetization Layer Path MTU Discovery",
	4987: "SYN Flooding Attacks and Countermeasures",
	5482: "User Timeout Option",
	5681: "Congestion Control",
	5682: "Forward RTO-Recovery",
	5927: "ICMP Attacks against TCP",
	5961: "Robustness to Blind In-Window Attacks",
	6093: "Urgent Mechanism",
	6191: "Reducing the TIME-WAIT State Using Timestamps",
	6298: "Retransmission Timer",
	6528: "Defending against Sequence Number Attacks",
	6582: "NewReno",
	6633: "Deprecation of ICMP Source Quench",
	6675: "Loss Recovery Based on SACK",
	6928: "Initial Window",
	6937: "Proportional Rate Reduction",
	7323: "Window Scale, Timestamps, PAWS",
	7413: "Fast Open",
	7661: "Congestion Window Validation",
	8201: "Path MTU Discovery for IPv6",
	8311: "Relaxed Restrictions on ECN Experimentation",
	8511: "TCP Alternative Backoff with ECN (ABE)",
	8985: "RACK-TLP",
	9293: "Transmission Control Protocol",
	9406: "HyStart++",
	9438: "CUBIC",
	9768: "Accurate ECN",
}

// tableRow is a script of ours, as its path and its first comment describe it.
type tableRow struct {
	rfc          int
	name         string // below the RFC's folder
	clause, what string // the comment, before and behind its colon
}

// The first comment names the clause, and says in a sentence what has to happen.
var firstComment = regexp.MustCompile(`^// (RFC \d[^:]*): (\S.*[.])\n`)

// TestConformanceTable compares the table in docs/conformance.md with the scripts in testdata; -update writes it.
func TestConformanceTable(t *testing.T) {
	rows := readRows(t)
	known := readKnown(t, "known-failures.txt")
	var b strings.Builder
	documents := 0
	for i, row := range rows {
		if i == 0 || row.rfc != rows[i-1].rfc {
			documents++
			title := rfcTitles[row.rfc]
			if title == "" {
				t.Errorf("RFC %d has no title in rfcTitles", row.rfc)
			}
			fmt.Fprintf(&b, "\n### RFC %d: %s\n\n| clause | what has to happen | script |\n|---|---|---|\n", row.rfc, title)
		}
		what := strings.ReplaceAll(row.what, "|", `\|`)
		if why, fails := known[fmt.Sprintf("rfc%d/%s", row.rfc, row.name)]; fails {
			what += " **Not met:** " + why + "."
		}
		fmt.Fprintf(&b, "| %s | %s | [%s](../stack/packetdrill/testdata/rfc%d/%s) |\n",
			shortClause(row), what, strings.TrimSuffix(row.name, ".pkt"), row.rfc, row.name)
	}
	table := fmt.Sprintf("\n%d scripts on %d documents.\n%s\n", len(rows), documents, b.String())

	text, err := os.ReadFile(conformanceDoc)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), tableBegin)
	old, after, ok2 := strings.Cut(rest, tableEnd)
	switch {
	case !ok || !ok2:
		t.Fatalf("%s has no table", conformanceDoc)
	case old == table:
	case *updateTable:
		if err := os.WriteFile(conformanceDoc, []byte(before+tableBegin+table+tableEnd+after), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("the table in docs/conformance.md is not what the scripts say: %s", firstDifference(old, table))
		t.Error("go test ./stack/packetdrill -run TestConformanceTable -args -update writes it")
	}
}

// shortClause is the clause without the name of the RFC under whose heading it stands.
func shortClause(r tableRow) string {
	c := strings.TrimPrefix(r.clause, fmt.Sprintf("RFC %d ", r.rfc))
	return strings.TrimPrefix(strings.TrimPrefix(c, "sections "), "section ")
}

func firstDifference(old, table string) string {
	a, b := strings.Split(old, "\n"), strings.Split(table, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("%q instead of %q", a[i], b[i])
		}
	}
	return "its length"
}

// readRows lists the scripts in testdata in the order of RFC, section and name.
func readRows(t *testing.T) (rows []tableRow) {
	err := filepath.WalkDir("testdata", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".pkt" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		dir, name := filepath.Split(strings.TrimPrefix(filepath.ToSlash(path), "testdata/"))
		rfc, err := strconv.Atoi(strings.TrimSuffix(strings.TrimPrefix(dir, "rfc"), "/"))
		if err != nil {
			t.Errorf("%s is not in the folder of an RFC", path)
			return nil
		}
		m := firstComment.FindSubmatch(text)
		if m == nil {
			line, _, _ := strings.Cut(string(text), "\n")
			t.Errorf("%s begins with %q, not with the clause and what has to happen", path, line)
			return nil
		}
		rows = append(rows, tableRow{rfc: rfc, name: name, clause: string(m[1]), what: string(m[2])})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(rows, func(a, b tableRow) int {
		return cmp.Or(cmp.Compare(a.rfc, b.rfc), compareSections(a.name, b.name), cmp.Compare(a.name, b.name))
	})
	return rows
}

// compareSections orders names by the section that they begin with: 3.9 is before 3.10.
func compareSections(a, b string) int {
	section := func(name string) []string {
		head, _, _ := strings.Cut(name, "-")
		return strings.Split(head, ".")
	}
	return slices.CompareFunc(section(a), section(b), func(a, b string) int {
		m, err1 := strconv.Atoi(a)
		n, err2 := strconv.Atoi(b)
		if err1 != nil || err2 != nil {
			return cmp.Compare(a, b)
		}
		return cmp.Compare(m, n)
	})
}
