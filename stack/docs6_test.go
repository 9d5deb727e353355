package stack

import (
	"os"
	"regexp"
	"testing"
)

// Each test that docs/ipv6.md names exists.
func TestDocumentedIPv6(t *testing.T) {
	exists := make(map[string]bool)
	for _, dir := range []string{".", "host", ".."} {
		found, err := testFunctions(dir)
		if err != nil {
			t.Fatal(err)
		}
		for name := range found {
			exists[name] = true
		}
	}
	doc, err := os.ReadFile("../docs/ipv6.md")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`(Test\\w\\w+)`").FindAllSubmatch(doc, -1)
	if len(named) < 40 {
		t.Errorf("docs/ipv6.md names %d tests", len(named))
	}
	for _, m := range named {
		if name := string(m[1]); name != "TestServe" && !exists[name] {
			t.Errorf("docs/ipv6.md names %s, which does not exist", name)
		}
	}
}
