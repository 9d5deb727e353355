package packetdrill

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// The code between %{ and }% is Python upstream. What scripts do there are assertions over the numbers of TCP_INFO,
// and that is what is understood here: assert, assignments and print, with the operators of numbers.

// errUnknown says that code uses something that is not known here, so that it was not checked.
type errUnknown struct{ what string }

func (e errUnknown) Error() string { return e.what }

// errAssert says that an assertion does not hold.
type errAssert struct{ what string }

func (e errAssert) Error() string { return e.what }

// pyValue is an int64, a float64, a string or a bool.
type pyValue any

// variables gives the value of a name.
type variables interface {
	lookup(name string) (pyValue, bool)
	assign(name string, v pyValue)
}

// exec runs code. The errors are errUnknown and errAssert.
func exec(code string, vars variables) (err error) {
	defer func() {
		switch e := recover().(type) {
		case nil:
		case errUnknown:
			err = e
		case errAssert:
			err = e
		default:
			panic(e)
		}
	}()
	for _, line := range statements(code) {
		x := &evaluator{vars: vars, tokens: tokenize(line)}
		x.statement(line)
	}
	return nil
}

// statements splits code at line ends and semicolons, outside of strings and parentheses.
func statements(code string) []string {
	var list []string
	var quote byte
	depth, from := 0, 0
	flush := func(to int) {
		if s := strings.TrimSpace(code[from:to]); s != "" {
			list = append(list, s)
		}
	}
	for i := 0; i < len(code); i++ {
		switch c := code[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '#':
			flush(i)
			for i < len(code) && code[i] != '\n' {
				i++
			}
			from = i
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == '\\' && i+1 < len(code) && code[i+1] == '\n':
			code = code[:i] + "  " + code[i+2:]
		case (c == '\n' || c == ';') && depth <= 0:
			flush(i)
			from = i + 1
		}
	}
	flush(len(code))
	return list
}

func tokenize(s string) []string {
	var list []string
	for i := 0; i < len(s); {
		c := s[i]
		j := i + 1
		switch {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n':
			i++
			continue
		case isLetter(c):
			for j < len(s) && (isLetter(s[j]) || isDigit(s[j]) || s[j] == '.') {
				j++
			}
		case isDigit(c) || c == '.':
			for j < len(s) && (isLetter(s[j]) || isDigit(s[j]) || s[j] == '.') {
				j++
			}
		case c == '"' || c == '\'':
			for j < len(s) && s[j] != c {
				j++
			}
			if j == len(s) {
				panic(errUnknown{"string without end"})
			}
			j++
		default:
			for _, op := range []string{"**", "//", "<<", ">>", "<=", ">=", "==", "!=", "+=", "-="} {
				if strings.HasPrefix(s[i:], op) {
					j = i + 2
				}
			}
		}
		list = append(list, s[i:j])
		i = j
	}
	return list
}

type evaluator struct {
	vars   variables
	tokens []string
	depth  int
}

func (x *evaluator) peek() string {
	if len(x.tokens) == 0 {
		return ""
	}
	return x.tokens[0]
}

func (x *evaluator) next() string {
	t := x.peek()
	if t != "" {
		x.tokens = x.tokens[1:]
	}
	return t
}

func (x *evaluator) accept(t string) bool {
	if x.peek() != t {
		return false
	}
	x.next()
	return true
}

func (x *evaluator) unknown(format string, args ...any) {
	panic(errUnknown{fmt.Sprintf(format, args...)})
}

func (x *evaluator) statement(text string) {
	switch {
	case x.accept("pass"):
	case x.accept("print"): // for people
		x.tokens = nil
	case x.accept("assert"):
		before := len(x.tokens)
		said := x.tokens
		v := x.expression()
		said = said[:before-len(x.tokens)]
		if x.accept(",") {
			x.tokens = nil // a message for people
		}
		if !truth(v) {
			panic(errAssert{"assert " + strings.Join(said, " ") + x.values(said)})
		}
	case len(x.tokens) > 1 && isLetter(x.peek()[0]) && x.tokens[1] == "=":
		name := x.next()
		x.next()
		x.vars.assign(name, x.expression())
	default:
		x.unknown("statement %q", text)
	}
	if len(x.tokens) > 0 {
		x.unknown("%q in %q", x.peek(), text)
	}
}

// values lists what the names in an assertion stand for.
func (x *evaluator) values(tokens []string) string {
	s, seen := "", map[string]bool{}
	for _, t := range tokens {
		if !isLetter(t[0]) || seen[t] {
			continue
		}
		seen[t] = true
		if v, ok := x.vars.lookup(t); ok {
			s += fmt.Sprintf(", %s is %v", t, v)
		}
	}
	return s
}

func (x *evaluator) expression() pyValue {
	if x.depth++; x.depth > maxDepth {
		x.unknown("expression nested too deep")
	}
	defer func() { x.depth-- }()
	v := x.and()
	for x.accept("or") {
		r := x.and()
		if !truth(v) {
			v = r
		}
	}
	return v
}

func (x *evaluator) and() pyValue {
	v := x.not()
	for x.accept("and") {
		r := x.not()
		if truth(v) {
			v = r
		}
	}
	return v
}

func (x *evaluator) not() pyValue {
	if x.accept("not") {
		if x.depth++; x.depth > maxDepth {
			x.unknown("expression nested too deep")
		}
		v := !truth(x.not())
		x.depth--
		return v
	}
	return x.comparison()
}

// comparison is a chain: a <= b < c means both.
func (x *evaluator) comparison() pyValue {
	v := x.binary(0)
	var result pyValue
	for {
		op := x.peek()
		switch op {
		case "<", "<=", ">", ">=", "==", "!=":
		default:
			if result == nil {
				return v
			}
			return result
		}
		x.next()
		r := x.binary(0)
		holds := x.compare(op, v, r)
		if result == nil {
			result = holds
		} else {
			result = truth(result) && holds
		}
		v = r
	}
}

func (x *evaluator) compare(op string, a, b pyValue) bool {
	if s, ok := a.(string); ok {
		t, ok := b.(string)
		if !ok || op != "==" && op != "!=" {
			x.unknown("comparison of a string")
		}
		return (s == t) == (op == "==")
	}
	p, q := x.float(a), x.float(b)
	switch op {
	case "<":
		return p < q
	case "<=":
		return p <= q
	case ">":
		return p > q
	case ">=":
		return p >= q
	case "==":
		return p == q
	}
	return p != q
}

// operators by precedence, weakest first.
var operators = [][]string{{"|"}, {"^"}, {"&"}, {"<<", ">>"}, {"+", "-"}, {"*", "/", "//", "%"}}

func (x *evaluator) binary(level int) pyValue {
	if level == len(operators) {
		return x.unary()
	}
	v := x.binary(level + 1)
next:
	for {
		for _, op := range operators[level] {
			if x.accept(op) {
				v = x.arithmetic(op, v, x.binary(level+1))
				continue next
			}
		}
		return v
	}
}

func (x *evaluator) unary() pyValue {
	if x.depth++; x.depth > maxDepth {
		x.unknown("expression nested too deep")
	}
	defer func() { x.depth-- }()
	switch {
	case x.accept("-"):
		return x.arithmetic("-", int64(0), x.unary())
	case x.accept("+"):
		return x.unary()
	case x.accept("~"):
		return ^x.int(x.unary())
	}
	v := x.atom()
	if x.accept("**") {
		return math.Pow(x.float(v), x.float(x.unary()))
	}
	return v
}

func (x *evaluator) atom() pyValue {
	t := x.next()
	switch {
	case t == "":
		x.unknown("expression expected")
	case t == "(":
		v := x.expression()
		for x.accept(",") && x.peek() != ")" {
			x.expression() // a tuple is only ever printed
		}
		if !x.accept(")") {
			x.unknown("parenthesis without end")
		}
		return v
	case t[0] == '"' || t[0] == '\'':
		return t[1 : len(t)-1]
	case isDigit(t[0]) || t[0] == '.':
		if v, err := strconv.ParseInt(trimZeros(t), 0, 64); err == nil {
			return v
		}
		v, err := strconv.ParseFloat(t, 64)
		if err != nil {
			x.unknown("number %q", t)
		}
		return v
	case t == "True":
		return true
	case t == "False" || t == "None":
		return false
	case !isLetter(t[0]):
		x.unknown("%q", t)
	}
	if x.peek() == "(" {
		return x.function(t)
	}
	v, ok := x.vars.lookup(t)
	if !ok {
		x.unknown("name %s", t)
	}
	return v
}

func (x *evaluator) function(name string) pyValue {
	x.next()
	var args []float64
	var last pyValue
	for !x.accept(")") {
		last = x.expression()
		args = append(args, x.float(last))
		if !x.accept(",") && x.peek() != ")" {
			x.unknown("arguments of %s", name)
		}
	}
	if len(args) == 0 {
		x.unknown("%s without arguments", name)
	}
	v := args[0]
	switch name {
	case "abs":
		v = math.Abs(v)
	case "int", "float", "round":
		if name == "int" {
			v = math.Trunc(v)
		} else if name == "round" {
			v = math.RoundToEven(v)
		}
	case "min", "max":
		for _, a := range args[1:] {
			if name == "min" {
				v = min(v, a)
			} else {
				v = max(v, a)
			}
		}
	default:
		x.unknown("function %s", name)
	}
	return v
}

func (x *evaluator) arithmetic(op string, a, b pyValue) pyValue {
	p, pok := a.(int64)
	q, qok := b.(int64)
	if pok && qok {
		switch op {
		case "+":
			return p + q
		case "-":
			return p - q
		case "*":
			return p * q
		case "|":
			return p | q
		case "^":
			return p ^ q
		case "&":
			return p & q
		case "<<":
			return p << (uint64(q) & 63)
		case ">>":
			return p >> (uint64(q) & 63)
		}
	}
	f, g := x.float(a), x.float(b)
	switch op {
	case "+":
		return f + g
	case "-":
		return f - g
	case "*":
		return f * g
	case "/", "//", "%":
		if g == 0 {
			x.unknown("division by zero")
		}
		switch op {
		case "/":
			return f / g
		case "//":
			return math.Floor(f / g)
		}
		return f - g*math.Floor(f/g)
	}
	return x.arithmetic(op, x.int(a), x.int(b))
}

func (x *evaluator) float(v pyValue) float64 {
	switch v := v.(type) {
	case int64:
		return float64(v)
	case float64:
		return v
	case bool:
		if v {
			return 1
		}
		return 0
	}
	x.unknown("a string as a number")
	return 0
}

func (x *evaluator) int(v pyValue) int64 {
	f := x.float(v)
	if i, ok := v.(int64); ok {
		return i
	}
	if f != math.Trunc(f) || math.Abs(f) > 1<<53 {
		x.unknown("%v as an integer", v)
	}
	return int64(f)
}

func truth(v pyValue) bool {
	switch v := v.(type) {
	case int64:
		return v != 0
	case float64:
		return v != 0
	case bool:
		return v
	case string:
		return v != ""
	}
	return false
}

// isUnknown reports whether err says that code was not understood.
func isUnknown(err error) bool {
	var u errUnknown
	return errors.As(err, &u)
}
