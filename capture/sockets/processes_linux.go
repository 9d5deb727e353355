package sockets

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// listProcesses lists the processes, oldest first as far as their numbers tell.
func listProcesses(proc string) (pids []int) {
	for _, name := range names(proc) {
		if pid, err := strconv.Atoi(name); err == nil {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	return pids
}

// names lists a directory, as far as it can be read.
func names(dir string) []string {
	d, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer d.Close()
	list, _ := d.Readdirnames(-1)
	return list
}

// otherNamespaces gives one process of each network namespace but own that can be seen.
func otherNamespaces(proc string, pids []int, own string) (one []int) {
	seen := map[string]bool{own: true}
	for _, pid := range pids {
		name, err := os.Readlink(proc + "/" + strconv.Itoa(pid) + "/ns/net")
		if err == nil && !seen[name] {
			seen[name] = true
			one = append(one, pid)
		}
	}
	return one
}

// findInodes looks through the files that processes have open for the sockets that are wanted, moves what it finds to found, and
// counts the processes that it may not look into. A socket that several processes share is the oldest one's, but rather anyone's
// than that of init, which opens sockets for others.
func findInodes(proc string, pids []int, wanted map[uint32]bool, found map[uint32]*Process) (denied int) {
	var initial []uint32
	buf := make([]byte, 64)
	for _, pid := range pids {
		if len(wanted) == 0 {
			break
		}
		dir, err := os.Open(proc + "/" + strconv.Itoa(pid) + "/fd")
		if err != nil {
			if errors.Is(err, fs.ErrPermission) {
				denied++
			}
			continue
		}
		var who *Process
		list, _ := dir.Readdirnames(-1)
		for _, name := range list {
			n, err := unix.Readlinkat(int(dir.Fd()), name, buf)
			if err == unix.EACCES || err == unix.EPERM {
				denied++
				break
			}
			if err != nil {
				continue
			}
			inode, ok := socketInode(buf[:n])
			if !ok || !wanted[inode] {
				continue
			}
			if who == nil {
				who = describe(proc, pid)
			}
			found[inode] = who
			if pid == 1 {
				initial = append(initial, inode)
				continue
			}
			delete(wanted, inode)
		}
		dir.Close()
	}
	for _, inode := range initial {
		delete(wanted, inode)
	}
	return denied
}

// socketInode reads "socket:[12345]", as a socket's descriptor is linked to.
func socketInode(link []byte) (uint32, bool) {
	digits, ok := bytes.CutPrefix(link, []byte("socket:["))
	if !ok || len(digits) == 0 || digits[len(digits)-1] != ']' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(digits[:len(digits)-1]), 10, 32)
	return uint32(n), err == nil
}

// describe reads what is to be said of a process. One that is gone by now has a number only.
func describe(proc string, pid int) *Process {
	dir := proc + "/" + strconv.Itoa(pid)
	who := &Process{PID: pid, Name: "?"}
	if name, err := os.ReadFile(dir + "/comm"); err == nil {
		who.Name = sanitize(bytes.TrimSuffix(name, []byte("\n")))
	}
	if cgroup, err := os.ReadFile(dir + "/cgroup"); err == nil {
		who.Container, who.Unit = containerOf(string(cgroup))
	}
	return who
}
