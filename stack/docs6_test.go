package stack

import (
	"os"
	"regexp"
	"testing"
)

// Each test that docs/ipv6.md names exists.
func TestDocumentedIPv6(t *testing.T) { testDocument(t, "../docs/ipv6.md", 40) }

// Each test that docs/names.md names exists.
func TestDocumentedNames(t *testing.T) { testDocument(t, "../docs/names.md", 30) }

// testDocument looks for the tests that a document names, at least so many.
func testDocument(t *testing.T, file string, least int) {
	t.Helper()
	exists := make(map[string]bool)
	for _, dir := range []string{".", "host", "dns", "..", "../capture"} {
		found, err := testFunctions(dir)
		if err != nil {
			t.Fatal(err)
		}
		for name := range found {
			exists[name] = true
		}
	}
	doc, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`(Test\\w\\w+)`").FindAllSubmatch(doc, -1)
	if len(named) < least {
		t.Errorf("%s names %d tests", file, len(named))
	}
	for _, m := range named {
		if name := string(m[1]); name != "TestServe" && !exists[name] {
			t.Errorf("%s names %s, which does not exist", file, name)
		}
	}
}
