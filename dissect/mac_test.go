package dissect

import "testing"

func TestParseMAC(t *testing.T) {
	want := MAC{0xaa, 0x64, 0x47, 0x35, 0xa4, 0xbd}
	for _, s := range []string{"aa-64-47-35-a4-bd", "aa:64:47:35:a4:bd", "AA-64-47-35-A4-BD", "Aa:64:47:35:a4:bD"} {
		if got, err := ParseMAC(s); err != nil || got != want {
			t.Errorf("ParseMAC(%q) = %v, %v", s, got, err)
		}
	}
	for _, s := range []string{
		"", "aa", "aa-64-47-35-a4", "aa-64-47-35-a4-b", "aa-64-47-35-a4-bd-", "aa-64-47-35-a4-bd-00", "aa-64-47:35-a4-bd",
		"aa.64.47.35.a4.bd", "aa64.4735.a4bd", "aa644735a4bd", "ga-64-47-35-a4-bd", "aa-64-47-35-a4-bg", "aa 64 47 35 a4 bd",
		"-a-64-47-35-a4-bd", "+a-64-47-35-a4-bd", "aa--4-47-35-a4-bd", "aa-64-47-35-a4-\x00d", "ää-64-47-35-a4-b",
	} {
		if got, err := ParseMAC(s); err == nil || got != (MAC{}) {
			t.Errorf("ParseMAC(%q) = %v, %v, want an error", s, got, err)
		}
	}
}

func TestMACString(t *testing.T) {
	m := MAC{0x02, 0, 0, 0, 0, 0x01}
	if got := m.String(); got != "02-00-00-00-00-01" {
		t.Errorf("String gives %q", got)
	}
	if got := string(m.AppendTo([]byte("x "), ':')); got != "x 02:00:00:00:00:01" {
		t.Errorf("AppendTo gives %q", got)
	}
}

func TestMACKinds(t *testing.T) {
	for _, c := range []struct {
		m                             MAC
		broadcast, multicast, unicast bool
	}{
		{MAC{}, false, false, false},
		{BroadcastMAC, true, true, false},
		{MAC{0x33, 0x33, 0, 0, 0, 1}, false, true, false},
		{MAC{0x02, 0, 0, 0, 0, 1}, false, false, true},
		{MAC{0, 0, 0, 0, 0, 1}, false, false, true},
	} {
		if c.m.IsBroadcast() != c.broadcast || c.m.IsMulticast() != c.multicast || c.m.IsUnicast() != c.unicast {
			t.Errorf("%v: broadcast %v, multicast %v, unicast %v", c.m, c.m.IsBroadcast(), c.m.IsMulticast(), c.m.IsUnicast())
		}
	}
}

// FuzzParseMAC: what is accepted is what String writes, apart from case and separator.
func FuzzParseMAC(f *testing.F) {
	f.Add("aa-64-47-35-a4-bd")
	f.Add("AA:64:47:35:A4:BD")
	f.Fuzz(func(t *testing.T, s string) {
		m, err := ParseMAC(s)
		if err != nil {
			return
		}
		if again, err := ParseMAC(m.String()); err != nil || again != m {
			t.Errorf("%q gives %v, which gives %v, %v", s, m, again, err)
		}
	})
}
