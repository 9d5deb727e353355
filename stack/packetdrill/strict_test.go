package packetdrill

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestStrictly runs the scripts in testdata once more, strictly: the semantic comparison passes over ACKs that are
// late or too many, and so cannot see that nothing may be sent. Where an RFC leaves open what strictness would fix the
// script is listed in testdata/not-strict.txt, with what is left open.
func TestStrictly(t *testing.T) {
	open, failing := readKnown(t, "not-strict.txt"), readKnown(t, "known-failures.txt")
	err := filepath.WalkDir("testdata", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".pkt" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(filepath.ToSlash(path), "testdata/")
		_, listed := open[name]
		delete(open, name)
		if _, fails := failing[name]; fails {
			return nil
		}
		switch result := Run(path, text, Options{Level: Strict}); {
		case listed && result.Outcome == Pass:
			t.Errorf("%s passes, but not-strict.txt has it", name)
		case !listed && result.Outcome != Pass:
			t.Errorf("%s: %v %v", name, result.Outcome, result)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range open {
		t.Errorf("not-strict.txt has %s, which is not there", name)
	}
}
