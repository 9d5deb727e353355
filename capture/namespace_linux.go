package capture

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// namespaceDirs are where "ip netns" keeps its names.
var namespaceDirs = [...]string{"/run/netns", "/var/run/netns"}

// Namespaces lists the network namespaces that "ip netns" has given names, sorted.
func Namespaces() []string {
	var names []string
	for _, dir := range namespaceDirs {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue // nobody has made any
		}
		for _, e := range entries {
			names = append(names, e.Name())
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// InNamespace calls f in a network namespace: sockets that f opens belong to it for as long as they live, and interfaces that
// f asks for are its own. name is one of Namespaces, or a path such as /proc/PID/ns/net; empty stands for the namespace of
// the process. f must not leave its work to other goroutines, which stay where they are.
func InNamespace(name string, f func() error) error {
	if name == "" {
		return f()
	}
	there, err := openNamespace(name)
	if err != nil {
		return err
	}
	defer there.Close()
	// The namespace is the thread's. A goroutine of its own takes the thread with it should there be no way back.
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		here, err := os.Open("/proc/thread-self/ns/net")
		if err != nil {
			done <- fmt.Errorf("network namespace %s: %w", name, err)
			return
		}
		defer here.Close()
		if err := unix.Setns(int(there.Fd()), unix.CLONE_NEWNET); err != nil {
			done <- namespaceError(name, err)
			return
		}
		err = f()
		if unix.Setns(int(here.Fd()), unix.CLONE_NEWNET) == nil {
			runtime.UnlockOSThread()
		}
		done <- err
	}()
	return <-done
}

func openNamespace(name string) (*os.File, error) {
	if strings.Contains(name, "/") {
		f, err := os.Open(name)
		if err != nil {
			return nil, namespaceError(name, errors.Unwrap(err))
		}
		return f, nil
	}
	err := error(unix.ENOENT)
	for _, dir := range namespaceDirs {
		if name == "" || name == "." || name == ".." {
			break
		}
		f, e := os.Open(filepath.Join(dir, name))
		if e == nil {
			return f, nil
		}
		if !errors.Is(e, fs.ErrNotExist) {
			err = errors.Unwrap(e)
		}
	}
	return nil, namespaceError(name, err)
}

// namespaceError says what to do about the errors that people meet.
func namespaceError(name string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		have := "none that ip netns has named"
		if all := Namespaces(); len(all) > 0 {
			have = strings.Join(all, ", ")
		}
		return fmt.Errorf("network namespace %s: no such namespace (have: %s)", name, have)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("network namespace %s: entering it needs CAP_SYS_ADMIN: run as root: %w", name, unix.EPERM)
	case errors.Is(err, unix.EINVAL):
		return fmt.Errorf("network namespace %s: the file is not a network namespace", name)
	}
	return fmt.Errorf("network namespace %s: %w", name, err)
}
