package stack

import "testing"

// Each test that docs/ipv4.md names exists.
func TestDocumentedIPv4(t *testing.T) { testDocument(t, "../docs/ipv4.md", 60) }
