package format

import (
	"strconv"

	"github.com/fatih/color"
)

// DefaultTheme colours with the sixteen colours that a terminal's user has chosen, and leaves plain text in the
// user's own, so that it can be read on dark and on light ground: white, black and yellow are not used.
// Labels and numbers, which is most of the text, stay as they are.
func DefaultTheme() *Theme {
	t := &Theme{Off: sgr(color.Reset)}
	t.On[RoleTime] = sgr(color.Faint)
	t.On[RoleProto] = sgr(color.Bold)
	t.On[RoleAddress] = sgr(color.FgCyan)
	t.On[RolePort] = sgr(color.FgMagenta)
	t.On[RoleName] = sgr(color.FgGreen)
	t.On[RoleFlag] = sgr(color.FgBlue, color.Bold)
	t.On[RoleText] = sgr(color.FgGreen)
	t.On[RoleError] = sgr(color.FgRed, color.Bold)
	t.On[RoleDim] = sgr(color.Faint)
	return t
}

// sgr is the sequence that switches attributes on (ECMA-48 section 8.3.117). The color package decides for the whole
// process whether its own printers colour; a theme belongs to one printer, so only its constants serve here.
func sgr(attributes ...color.Attribute) string {
	b := []byte("\x1b[")
	for i, a := range attributes {
		if i > 0 {
			b = append(b, ';')
		}
		b = strconv.AppendInt(b, int64(a), 10)
	}
	return string(append(b, 'm'))
}

// on and off append what begins and ends text of a role: nothing, if there is no theme or none for the role.
func (t *Theme) on(b []byte, r Role) []byte {
	if t == nil {
		return b
	}
	return append(b, t.On[r]...)
}

func (t *Theme) off(b []byte, r Role) []byte {
	if t == nil || t.On[r] == "" {
		return b
	}
	return append(b, t.Off...)
}

// paint appends s in the colour of r.
func (t *Theme) paint(b []byte, r Role, s string) []byte {
	return t.off(append(t.on(b, r), s...), r)
}

// painted is how many bytes on and off append for a role: they have no width on a terminal.
func (t *Theme) painted(r Role) int {
	if t == nil || t.On[r] == "" {
		return 0
	}
	return len(t.On[r]) + len(t.Off)
}
