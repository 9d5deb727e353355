package filter

import "strings"

// CanBegin reports whether a word may be the first of an expression, as far as that can be told without the rest: it is a word
// of the language, a number, or has a character that only the language uses. A bare name of a host or a port cannot.
func CanBegin(word string) bool {
	if _, ok := keywords[word]; ok {
		return true
	}
	if _, ok := constants[word]; ok {
		return true
	}
	return word != "" && (word[0] >= '0' && word[0] <= '9' || strings.ContainsAny(word, "![(=<>&|\\ \t\n"))
}
