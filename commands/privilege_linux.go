package commands

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"strconv"
	"time"

	"github.com/landlock-lsm/go-landlock/landlock"
	llsyscall "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"
	"kernel.org/pub/linux/libs/security/libcap/cap"
)

// privileges are what the process gives up in two steps. Capturing needs them for the moment in which its socket is opened;
// what is left after that are bytes that a stranger chose, and a program that reads them.
//
//	sockets, input files opened ─▶ relinquish: become the user of -Z ─▶ output files made ─▶ finish: everything else
//
// Between the steps the process may still write where root might, as tcpdump may: the savefile belongs to the user of -Z and
// can be anywhere. Files that are made later, by rotation, cannot; so then it may not between the steps either, and what would fail in
// an hour fails at once.
//
// All of it is for every thread of the process. The steps happen once, for one command; a second time there is nothing to give up.
type privileges struct {
	needs
	keep   bool // all of them
	became bool // the user of -Z
}

// relinquish is the first step. It does nothing in an Env that lends the process for one command among others.
func (env Env) relinquish(n needs) (p privileges, err error) {
	p = privileges{needs: n, keep: !env.Confine || n.user == "root"}
	if n.user != "" && !p.keep {
		if os.Geteuid() != 0 {
			fmt.Fprintf(env.Stderr, "smoltcp: -Z %s: only root can become another user\n", n.user)
		} else if err := p.become(env.Stderr); err != nil {
			return p, err
		}
	}
	if p.keep {
		return p, nil
	}
	for _, name := range p.read {
		if err := unix.Faccessat(unix.AT_FDCWD, name, unix.R_OK, unix.AT_EACCESS); err == unix.EACCES {
			return p, fmt.Errorf("open %s as %s: %w", name, whoami(p.user), err)
		}
	}
	if p.dir != "" {
		if err := unix.Faccessat(unix.AT_FDCWD, p.dir, unix.W_OK|unix.X_OK, unix.AT_EACCESS); err != nil {
			return p, fmt.Errorf("%s: no file can be made in %s as %s: %w", cmp.Or(p.dirFlag, "-w"), p.dir, whoami(p.user), err)
		}
	}
	return p, nil
}

// whoami names the user that the process is, for errors.
func whoami(name string) string {
	if name == "" {
		return "uid " + strconv.Itoa(os.Geteuid())
	}
	return "user " + name
}

// become makes the process one of the user of -Z and of that user's groups.
func (p *privileges) become(stderr io.Writer) error {
	u, err := user.Lookup(p.user)
	if err != nil {
		return usagef("-Z %s: no such user", p.user)
	}
	uid, uerr := strconv.Atoi(u.Uid)
	gid, gerr := strconv.Atoi(u.Gid)
	if uerr != nil || gerr != nil {
		return fmt.Errorf("-Z %s: not a user of Unix: uid %q, gid %q", p.user, u.Uid, u.Gid)
	}
	if uid == 0 {
		p.keep = true
		return nil
	}
	var groups []int
	ids, err := u.GroupIds()
	if err != nil {
		fmt.Fprintf(stderr, "smoltcp: -Z %s: its further groups are not to be had: %v\n", p.user, err)
	}
	for _, id := range ids {
		if g, err := strconv.Atoi(id); err == nil {
			groups = append(groups, g)
		}
	}
	if err := cap.SetGroups(gid, groups...); err != nil {
		return fmt.Errorf("-Z %s: set its groups: %w", p.user, err)
	}
	if err := cap.SetUID(uid); err != nil {
		return fmt.Errorf("-Z %s: set its user id: %w", p.user, err)
	}
	p.became = true
	between := p.capabilities()
	if p.dir == "" {
		between = append(between, cap.DAC_OVERRIDE)
	}
	return p.limit(between)
}

// capabilities lists those that the rest of the work needs, if the process has them.
func (p *privileges) capabilities() (list []cap.Value) {
	if p.procs {
		list = append(list, cap.SYS_PTRACE, cap.DAC_READ_SEARCH)
	}
	if len(p.read) > 0 && !p.became {
		list = append(list, cap.DAC_READ_SEARCH)
	}
	if p.dir != "" && !p.became {
		// Root that is not the directory's owner writes to it by this alone.
		var st unix.Stat_t
		if err := unix.Stat(p.dir, &st); err != nil || int(st.Uid) != os.Geteuid() || st.Mode&0o300 != 0o300 {
			list = append(list, cap.DAC_OVERRIDE)
		}
	}
	return list
}

// limit takes all capabilities from the process but those listed.
func (p *privileges) limit(list []cap.Value) error {
	have, err := cap.GetPID(0)
	if err != nil {
		return nil // a kernel without capabilities
	}
	set := cap.NewSet()
	for _, c := range list {
		if ok, err := have.GetFlag(cap.Permitted, c); err != nil || !ok {
			continue
		}
		if err := errors.Join(set.SetFlag(cap.Permitted, true, c), set.SetFlag(cap.Effective, true, c)); err != nil {
			return fmt.Errorf("drop capabilities: %w", err)
		}
	}
	if same, err := have.Cf(set); err == nil && same == 0 {
		return nil
	}
	if err := set.SetProc(); err != nil {
		return fmt.Errorf("drop capabilities: %w", err)
	}
	return nil
}

// finish is the second step. From then on the process opens no sockets of privileged kinds and no files but those that were
// announced.
func (p *privileges) finish() error {
	if p.keep {
		return nil
	}
	if err := p.limit(p.capabilities()); err != nil {
		return err
	}
	if p.run {
		return nil // the command is the user's own: it may be sudo, and write where it likes
	}
	if !p.procs { // a process under Landlock cannot look into one that is not
		if err := p.landlock(); err != nil {
			return err
		}
	}
	// Landlock has done this already, where there is Landlock; and to stop all threads for it takes a while.
	if set, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0); err == nil && set == 1 {
		return nil
	}
	if _, err := cap.Prctlw(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("set no_new_privs: %w", err)
	}
	return nil
}

// resolverFiles is what looking up a name may read.
var resolverFiles = []string{"/etc", "/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager", "/run/connman", "/lib", "/lib64", "/usr/lib", "/usr/lib64"}

// landlock confines the process to the files that it has open and to those that were announced, as far as the kernel can.
func (p *privileges) landlock() error {
	_, _ = time.Now().Zone() // reads the time zone's file, which later it could not

	var rules []landlock.Rule
	if p.dir != "" {
		const rights = llsyscall.AccessFSReadFile | llsyscall.AccessFSReadDir | llsyscall.AccessFSWriteFile |
			llsyscall.AccessFSTruncate | llsyscall.AccessFSMakeReg | llsyscall.AccessFSRemoveFile
		rules = append(rules, landlock.PathAccess(rights, p.dir))
	}
	for _, name := range p.read {
		rules = append(rules, landlock.PathAccess(llsyscall.AccessFSReadFile, name).IgnoreIfMissing())
	}
	for _, dir := range p.trees {
		rules = append(rules, landlock.PathAccess(llsyscall.AccessFSReadFile|llsyscall.AccessFSReadDir, dir))
	}
	if p.names {
		rules = append(rules, landlock.PathAccess(llsyscall.AccessFSReadFile|llsyscall.AccessFSReadDir, resolverFiles...).IgnoreIfMissing(), landlock.ConnectTCP(53))
	}
	cfg := landlock.V7.BestEffort()
	cfg.Scoped = 0 // on some kernels it keeps threads from signalling each other
	if err := cfg.Restrict(rules...); err != nil {
		return fmt.Errorf("landlock: %w", err)
	}
	return nil
}
