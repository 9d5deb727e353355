package sockets

import "strings"

// containerOf finds in /proc/PID/cgroup which container a process is in, or else which unit of systemd's. What runtimes call their
// cgroups is a convention of each:
//
//	/docker/ID  /system.slice/docker-ID.scope                                    Docker
//	/libpod_parent/libpod-ID  /machine.slice/libpod-ID.scope/container            Podman
//	/kubepods/.../ID  /kubepods.slice/.../cri-containerd-ID.scope  .../crio-ID.scope  Kubernetes
//	/default/ID  /system.slice/nerdctl-ID.scope                                   containerd
//	/lxc/NAME  /lxc.payload.NAME                                                  LXC
//	/machine.slice/systemd-nspawn@NAME.service  /machine.slice/machine-NAME.scope systemd-nspawn
//
// A process that sees a cgroup namespace of its own, as inside a container, sees none of it.
func containerOf(cgroup string) (container, unit string) {
	for line := range strings.Lines(cgroup) {
		_, rest, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		if !ok {
			continue
		}
		_, path, ok := strings.Cut(rest, ":")
		if !ok {
			continue
		}
		c, u := containerOfPath(path)
		if c != "" {
			return c, ""
		}
		if unit == "" {
			unit = u
		}
	}
	return "", unit
}

func containerOfPath(path string) (container, unit string) {
	before := ""
	for part := range strings.SplitSeq(path, "/") {
		name, isScope := strings.CutSuffix(part, ".scope")
		service, isService := strings.CutSuffix(part, ".service")
		id := name[strings.LastIndexByte(name, '-')+1:]
		payload, isPayload := strings.CutPrefix(part, "lxc.payload.")
		machine, isMachine := strings.CutPrefix(name, "machine-")
		nspawn, isNspawn := strings.CutPrefix(service, "systemd-nspawn@")
		switch {
		case isContainerID(id) && !strings.Contains(name, "conmon"):
			container = id
		case isPayload:
			container = payload
		case before == "lxc" && part != "":
			container = part
		case isScope && isMachine:
			container = unescapeUnit(machine)
		case isService && isNspawn:
			container = unescapeUnit(nspawn)
		case isService:
			unit = part
		}
		before = part
	}
	if container != "" {
		unit = ""
	}
	return sanitize([]byte(container)), sanitize([]byte(unit))
}

// isContainerID reports whether s is what all runtimes but LXC name containers by: 64 hexadecimal digits.
func isContainerID(s string) bool {
	if len(s) != 64 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// unescapeUnit undoes the commonest of systemd's escapes.
func unescapeUnit(s string) string { return strings.ReplaceAll(s, `\x2d`, "-") }
