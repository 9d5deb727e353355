package filter

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"smoltcp/dissect"
)

// TestLinks compares programs for files of many link types with those that libpcap makes, which testdata/links.txt holds.
func TestLinks(t *testing.T) {
	file, err := os.Open("testdata/links.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	compared := 0
	for s := bufio.NewScanner(file); s.Scan(); {
		head := s.Text()
		if strings.HasPrefix(head, "#") {
			continue
		}
		if !s.Scan() {
			t.Fatalf("nothing behind %q", head)
		}
		number, text, _ := strings.Cut(head, " ")
		link, err := strconv.Atoi(number)
		if err != nil {
			t.Fatal(err)
		}
		compared++
		want := strings.TrimSpace(s.Text())
		p, err := Compile(text, Options{Link: dissect.LinkType(link), File: true, Resolver: noNames{}})
		switch {
		case want == "refused":
			if err == nil {
				t.Errorf("%s: not refused", head)
			}
		case err != nil:
			t.Errorf("%s: %v", head, err)
		case want == "nothing":
			if !p.MatchesNothing() {
				t.Errorf("%s: something may match:\n%s", head, p)
			}
		default:
			var got []string
			for _, i := range p.Raw() {
				got = append(got, fmt.Sprintf("%d,%d,%d,%d", i.Op, i.Jt, i.Jf, i.K))
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%s:\n got %s\nwant %s", head, strings.Join(got, " "), want)
			}
		}
	}
	if compared < 500 {
		t.Errorf("only %d expressions compared", compared)
	}
}
