package stack

import "testing"

// Each test that docs/link.md names exists.
func TestDocumentedLink(t *testing.T) { testDocument(t, "../docs/link.md", 35) }
