package format

import "bytes"

// Process is who has the socket that a packet came from or went to. The zero Process is not known.
type Process struct {
	PID  int
	Name string

	Container string // the id or name of its container; "" for none
	Unit      string // systemd's unit, of a process in no container; "" for none
}

// shownID is how much of a container's id people are shown and type.
const shownID = 12

// AppendProcess appends a process in the form that the tree and comments in files have: "process=curl/1234 container=0123456789ab". A
// container's id is cut short if brief is true.
func AppendProcess(b []byte, p *Process, brief bool) []byte {
	b = append(b, "process="...)
	b = append(appendEscaped(b, p.Name), '/')
	b = appendInt(b, p.PID)
	return p.appendPlace(b, brief)
}

// appendPlace appends the container or the unit that the process is in.
func (p *Process) appendPlace(b []byte, brief bool) []byte {
	switch {
	case p.Container != "":
		id := p.Container
		if brief && len(id) == 64 {
			id = id[:shownID]
		}
		return appendEscaped(append(b, " container="...), id)
	case p.Unit != "":
		return appendEscaped(append(b, " unit="...), p.Unit)
	}
	return b
}

// insertProcess puts " [curl:1234 container=0123456789ab]" at the end of the first line of what b has from start on.
func (p *Line) insertProcess(b []byte, start int, who *Process) []byte {
	end := len(b)
	if i := bytes.IndexByte(b[start:], '\n'); i >= 0 {
		end = start + i
	}
	rest := append(p.moved[:0], b[end:]...)
	b = append(p.on(b[:end], RoleDim), " ["...)
	b = append(appendEscaped(b, who.Name), ':')
	b = appendInt(b, who.PID)
	b = p.off(append(who.appendPlace(b, true), ']'), RoleDim)
	p.moved = rest
	return append(b, rest...)
}

// process appends the process to a tree, in the way of a comment.
func (t *Tree) process(b []byte, who *Process) []byte {
	if who.PID == 0 {
		return b
	}
	b = append(b, '\n', ' ')
	b = append(t.theme.paint(b, RoleDim, "#"), ' ')
	b = t.theme.on(b, RoleText)
	return t.theme.off(AppendProcess(b, who, true), RoleText)
}

// process appends a member of the packet's object.
func (j *JSON) process(b []byte, who *Process) []byte {
	if who.PID == 0 {
		return b
	}
	b = appendInt(append(b, `,"process":{"pid":`...), who.PID)
	b = j.appendString(b, `,"name":`, who.Name)
	b = j.appendString(b, `,"container":`, who.Container)
	b = j.appendString(b, `,"unit":`, who.Unit)
	return append(b, '}')
}
