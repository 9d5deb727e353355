package stack

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"time"

	"smoltcp/dissect"
)

// searchOption is a DNS Search List option.
func searchOption(seconds uint32, names ...string) []byte {
	b := binary.BigEndian.AppendUint32([]byte{31, 0, 0, 0}, seconds)
	for _, name := range names {
		for _, label := range strings.Split(name, ".") {
			b = append(append(b, byte(len(label))), label...)
		}
		b = append(b, 0)
	}
	for len(b)%8 != 0 {
		b = append(b, 0)
	}
	b[1] = byte(len(b) / 8)
	return b
}

// What routers say to programs, and that these are woken whenever it changes.
func TestRouterNews(t *testing.T) {
	h := newAutoBench(t, Config{}, InterfaceConfig{})
	woken := 0
	h.ifc.SetRouterHandler(func() { woken++ })
	h.poll()
	ra := dissect.RouterAdvertisementHeader{Lifetime: 1800}
	other, managed := ra, ra
	other.Other, managed.Managed = true, true
	long := strings.Repeat("a", 64)
	for i, c := range []struct {
		frame  []byte
		want   string
		config bool
	}{
		{raFrame(ra, searchOption(600, "lan", "example.com")), "lan example.com", false},
		{raFrame(other, searchOption(100, "lan", "corp_1.example")), "lan example.com corp_1.example", true},
		{raFrame(ra), "lan example.com corp_1.example", false},
		{raFrame(managed, searchOption(0, "example.com")), "lan corp_1.example", true},
		{raFrame(ra, searchOption(600, "\x1b[2J", "a b", "é", "y")), "lan corp_1.example y", false},
		{raFrame(ra, searchOption(600, long)), "lan corp_1.example y", false},
		{raFrame(ra, []byte{31, 1, 0, 0, 0, 0, 1, 0}), "lan corp_1.example y", false},
		{raFrame(ra, []byte{31, 2, 0, 0, 0, 0, 1, 0, 9, 'o', 'u', 't', 0, 0, 0, 0}), "lan corp_1.example y", false},
		{raFrame(ra, searchOption(600, "c", "d", "e", "f", "g", "h", "i", "j")), "lan corp_1.example y c d e f g", false}, // no more than maxDomains
	} {
		woken = 0
		h.rx(c.frame)
		if got := strings.Join(h.ifc.SearchDomains(), " "); got != c.want || h.ifc.OtherConfig() != c.config {
			t.Errorf("%d: %q, other configuration %v; want %q, %v", i, got, h.ifc.OtherConfig(), c.want, c.config)
		}
		if woken != 1 {
			t.Errorf("%d: woken %d times", i, woken)
		}
	}
	woken = 0
	h.wait(100 * time.Second)
	if got := h.ifc.SearchDomains(); slices.Contains(got, "lan") || len(got) != 6 || woken == 0 {
		t.Errorf("after 100 s: %v, woken %d times", got, woken)
	}
	h.wait(time.Hour)
	if got := h.ifc.SearchDomains(); len(got) != 0 {
		t.Errorf("in the end: %v", got)
	}
	if n := len(h.ifc.auto.news.domains); n != 0 {
		t.Errorf("%d are remembered", n)
	}
}
