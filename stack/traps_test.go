package stack

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// trapSection is a section of testdata/traps.txt: what its header says and the lines that it has.
type trapSection struct {
	name  string
	count int
	later bool
	tests map[int][]string // of each trap
}

// parseTraps reads the list. An error names the line.
func parseTraps(text string) (sections []*trapSection, err error) {
	byName := map[string]*trapSection{}
	for i, line := range strings.Split(text, "\n") {
		fail := func(format string, args ...any) ([]*trapSection, error) {
			return nil, fmt.Errorf("line %d: %s", i+1, fmt.Sprintf(format, args...))
		}
		switch f := strings.Fields(line); {
		case len(f) == 0 || f[0] == "#" || strings.HasPrefix(line, "#\t"):
		case f[0] == "##":
			if len(f) != 3 && (len(f) != 4 || f[3] != "later") {
				return fail("want ## name number [later]")
			}
			n, err := strconv.Atoi(f[2])
			if err != nil || n < 1 {
				return fail("%q is no number of traps", f[2])
			}
			if byName[f[1]] != nil {
				return fail("there are two sections %s", f[1])
			}
			s := &trapSection{name: f[1], count: n, later: len(f) == 4, tests: map[int][]string{}}
			byName[s.name] = s
			sections = append(sections, s)
		default:
			name, number, _ := strings.Cut(f[0], ".")
			n, err := strconv.Atoi(number)
			if len(sections) == 0 || sections[len(sections)-1].name != name || err != nil {
				return fail("%s is not in its section", f[0])
			}
			s := sections[len(sections)-1]
			words, tests, _ := strings.Cut(line, " | ")
			switch {
			case n < 1 || n > s.count:
				return fail("section %s has traps 1 to %d", name, s.count)
			case s.tests[n] != nil:
				return fail("%s is there twice", f[0])
			case len(strings.Fields(words)) < 4 || strings.TrimSpace(tests) == "":
				return fail("want a behaviour, and tests behind a bar")
			}
			s.tests[n] = strings.Fields(tests)
		}
	}
	return sections, nil
}

// missing gives the traps of a section that have no line.
func (s *trapSection) missing() (list []string) {
	for n := 1; n <= s.count; n++ {
		if s.tests[n] == nil {
			list = append(list, strconv.Itoa(n))
		}
	}
	return list
}

// testFunctions are the test functions and fuzz targets of the package in a folder, without reading their bodies for sense.
func testFunctions(dir string) (map[string]bool, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		return nil, err
	}
	found := map[string]bool{}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if ok && fn.Recv == nil && len(fn.Type.Params.List) == 1 && fn.Body != nil && len(fn.Body.List) > 0 {
				found[fn.Name.Name] = strings.HasPrefix(fn.Name.Name, "Test") || strings.HasPrefix(fn.Name.Name, "Fuzz")
			}
		}
	}
	return found, nil
}

// Every trap of testdata/traps.txt has a line, and every line names tests that exist. What is left for later is listed by -v.
func TestTraps(t *testing.T) {
	text, err := os.ReadFile("testdata/traps.txt")
	if err != nil {
		t.Fatal(err)
	}
	sections, err := parseTraps(string(text))
	if err != nil {
		t.Fatalf("testdata/traps.txt: %v", err)
	}
	packages := map[string]string{
		"stack": ".", "tcp": "tcp", "host": "host", "dns": "dns", "dhcp": "dhcp", "netsim": "netsim", "packetdrill": "packetdrill", "dissect": "../dissect", "capture": "../capture",
	}
	functions := map[string]map[string]bool{}
	exists := func(test string) bool {
		if strings.HasSuffix(test, ".pkt") {
			_, err := os.Stat(filepath.Join("packetdrill", "testdata", filepath.FromSlash(test)))
			return err == nil
		}
		name, function, _ := strings.Cut(test, ".")
		if functions[name] == nil && packages[name] != "" {
			if functions[name], err = testFunctions(packages[name]); err != nil {
				t.Fatal(err)
			}
		}
		return functions[name][function]
	}
	traps, later := 0, 0
	for _, s := range sections {
		for n, tests := range s.tests {
			for _, test := range tests {
				if !exists(test) {
					t.Errorf("%s.%d names %s, which does not exist", s.name, n, test)
				}
			}
		}
		missing := s.missing()
		switch {
		case s.later && len(missing) == 0:
			t.Errorf("section %s is whole: it is not for later any more", s.name)
		case s.later:
			t.Logf("later: %s, %d of %d: %s", s.name, len(missing), s.count, strings.Join(missing, " "))
			later += len(missing)
		case len(missing) > 0:
			t.Errorf("section %s has no line for %s", s.name, strings.Join(missing, " "))
		}
		traps += len(s.tests)
	}
	t.Logf("%d traps have tests, %d are for later", traps, later)
	// What TCP promises is not taken back by calling it later.
	whole := "segment handshake closing send receive timers recovery congestion options security pmtu features asks rules defects time"
	for _, name := range strings.Fields(whole) {
		i := 0
		for i < len(sections) && (sections[i].name != name || sections[i].later) {
			i++
		}
		if i == len(sections) {
			t.Errorf("section %s is not there, or for later", name)
		}
	}
}

func TestParseTraps(t *testing.T) {
	for text, want := range map[string]string{
		"## a 2\na.1 what it does | p.TestX\na.2 what it does | p.TestX q.TestY": "",
		"# words\n#\tmore\n## a 1 later\n":                                       "",
		"a.1 what it does | p.TestX":                                             "line 1: a.1 is not in its section",
		"## a 1\nb.1 what it does | p.TestX":                                     "line 2: b.1 is not in its section",
		"## a 1\na.x what it does | p.TestX":                                     "line 2: a.x is not in its section",
		"## a 1\na.2 what it does | p.TestX":                                     "line 2: section a has traps 1 to 1",
		"## a 1\na.1 what it does | p.TestX\na.1 what it does | p.TestX":         "line 3: a.1 is there twice",
		"## a 1\na.1 what it does":                                               "line 2: want a behaviour, and tests behind a bar",
		"## a 1\na.1 what it does | ":                                            "line 2: want a behaviour, and tests behind a bar",
		"## a 1\na.1 | p.TestX":                                                  "line 2: want a behaviour, and tests behind a bar",
		"## a 1\n## a 1":                                                         "line 2: there are two sections a",
		"## a none":                                                              `line 1: "none" is no number of traps`,
		"## a 1 soon":                                                            "line 1: want ## name number [later]",
	} {
		_, err := parseTraps(text)
		if got := fmt.Sprint(err); err == nil && want != "" || err != nil && got != want {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
