package format

import (
	"encoding/json"
	"strconv"
	"testing"
	"unicode/utf8"
)

func TestEscaped(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", ""},
		{"plain text, \"quoted\"", "plain text, \"quoted\""},
		{"\x1b]0;title\x07", `\x1b]0;title\x07`},
		{"\x9b2J", `\x9b2J`},
		{"a\tb\r\nc\x00\x7f", `a\tb\r\nc\x00\x7f`},
		{`back\slash`, `back\\slash`},
		{"é\u202e", `\xc3\xa9\xe2\x80\xae`},
	} {
		if got := string(appendEscaped([]byte("<"), []byte(c.in))); got != "<"+c.want {
			t.Errorf("%q: got %s, want <%s", c.in, got, c.want)
		}
		if got := string(appendEscaped([]byte("<"), c.in)); got != "<"+c.want {
			t.Errorf("string %q: got %s, want <%s", c.in, got, c.want)
		}
	}
}

// TestEscapedIsReversible reads every byte back with Go's own rules for strings.
func TestEscapedIsReversible(t *testing.T) {
	var all []byte
	for i := range 256 {
		all = append(all, byte(i))
	}
	word := string(appendWord(nil, all))
	got, err := strconv.Unquote(word)
	if err != nil || got != string(all) {
		t.Errorf("%s reads as %q, %v", word, got, err)
	}
	for _, c := range []byte(word) {
		if c < ' ' || c >= 0x7f {
			t.Errorf("byte %#x in %s", c, word)
		}
	}
}

func TestWord(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"www.example.com", `www.example.com`},
		{"/index.html", `/index.html`},
		{"", `""`},
		{"a b", `"a b"`},
		{"x src=1.2.3.4", `"x src=1.2.3.4"`},
		{"a=b", `"a=b"`},
		{`"`, `"\""`},
		{"\x1b[2J", `"\x1b[2J"`},
		{"(checksum", `"(checksum"`},
	} {
		if got := string(appendWord(nil, []byte(c.in))); got != c.want {
			t.Errorf("%q: got %s, want %s", c.in, got, c.want)
		}
	}
}

func TestJSONString(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", `""`},
		{"plain", `"plain"`},
		{`"\/`, `"\"\\/"`},
		{"\b\f\n\r\t\x00\x1f\x7f", `"\b\f\n\r\t\u0000\u001f\u007f"`},
		{"é€😀", `"é€😀"`},
		{"\u009b2J", `"\u009b2J"`},
		{"\u202egpj", `"\u202egpj"`},
		{"\U000e0001", `"\udb40\udc01"`},
		{"\xff\xfe", "\"\uFFFD\uFFFD\""},
		{"a\xc3", "\"a\uFFFD\""},
		{"\xed\xa0\x80", "\"\uFFFD\uFFFD\uFFFD\""}, // a surrogate is no character
		{"\uFFFD", "\"\uFFFD\""},
	} {
		if got := string(appendJSONString(nil, []byte(c.in))); got != c.want {
			t.Errorf("%q: got %s, want %s", c.in, got, c.want)
		}
	}
}

func FuzzText(f *testing.F) {
	f.Add([]byte("plain\x1b\x00\xffé\u202e\U000e0001\"\\"))
	f.Fuzz(func(t *testing.T, in []byte) {
		text := appendJSONString(nil, in)
		var back string
		if err := json.Unmarshal(text, &back); err != nil || !utf8.Valid(text) {
			t.Fatalf("%q: %v", text, err)
		}
		if back != string([]rune(string(in))) { // which replaces what is no UTF-8 byte by byte
			t.Fatalf("%q reads as %q", in, back)
		}
		for _, c := range appendEscaped(nil, in) {
			if c < ' ' || c >= 0x7f {
				t.Fatalf("%q: byte %#x", in, c)
			}
		}
	})
}
