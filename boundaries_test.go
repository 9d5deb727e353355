package main_test

import (
	"go/build"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// forbidden says what packages must not import, by the prefix of their import paths. Knowledge points one way: commands know
// everything, everything knows dissect, dissect knows nothing but bytes.
var forbidden = []struct {
	pkg     string
	imports []string
	except  []string
}{
	{pkg: "smoltcp/dissect", imports: []string{"smoltcp/", "github.com/", "golang.org/"}},
	{pkg: "smoltcp/format", imports: []string{"smoltcp/"}, except: []string{"smoltcp/dissect"}},
	{pkg: "smoltcp/capture", imports: []string{"smoltcp/"}, except: []string{"smoltcp/dissect", "smoltcp/capture/"}},
	{pkg: "smoltcp/stack", imports: []string{"smoltcp/", "github.com/", "golang.org/"}, except: []string{"smoltcp/dissect", "smoltcp/stack"}},
	{pkg: "smoltcp/stack/tcp", imports: []string{"smoltcp/", "github.com/", "golang.org/"}, except: []string{"smoltcp/dissect"}},
	{pkg: "smoltcp", imports: []string{"github.com/google/gopacket"}},
}

func TestBoundaries(t *testing.T) {
	seen := 0
	err := filepath.WalkDir(".", func(dir string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() {
			return err
		}
		if name := d.Name(); dir != "." && (strings.HasPrefix(name, ".") || name == "testdata") {
			return fs.SkipDir
		}
		pkg, err := build.ImportDir(dir, 0)
		if err != nil {
			return nil // no Go files
		}
		seen++
		path := strings.TrimSuffix("smoltcp/"+filepath.ToSlash(dir), "/.")
		for _, rule := range forbidden {
			if path != rule.pkg && !strings.HasPrefix(path, rule.pkg+"/") {
				continue
			}
			for _, i := range pkg.Imports {
				bad := func(prefix string) bool { return strings.HasPrefix(i, prefix) }
				if slices.ContainsFunc(rule.imports, bad) && !slices.ContainsFunc(rule.except, bad) {
					t.Errorf("%s imports %s", path, i)
				}
			}
		}
		if path != "smoltcp" && slices.Contains(pkg.Imports, "smoltcp/commands") {
			t.Errorf("%s imports commands", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 8 {
		t.Errorf("only %d packages were looked at", seen)
	}
}
