package tcp

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// Each test that docs/tcp.md names exists.
func TestDocumentedTests(t *testing.T) {
	const root = "../.."
	exists := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	for _, dir := range []string{"stack", "stack/tcp", "stack/netsim", "stack/host", "dissect"} {
		files, err := filepath.Glob(filepath.Join(root, dir, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range declared.FindAllSubmatch(b, -1) {
				exists[string(m[1])] = true
			}
		}
	}
	doc, err := os.ReadFile(filepath.Join(root, "docs", "tcp.md"))
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`(Test\\w+)`").FindAllSubmatch(doc, -1)
	if len(named) < 100 {
		t.Errorf("docs/tcp.md names %d tests", len(named))
	}
	for _, m := range named {
		if !exists[string(m[1])] {
			t.Errorf("docs/tcp.md names %s, which does not exist", m[1])
		}
	}
}
