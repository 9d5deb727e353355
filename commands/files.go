package commands

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/urfave/cli/v2"

	"smoltcp/capture"
)

// filesFlag names a list of capture files.
func filesFlag(category string) cli.Flag {
	return &cli.StringFlag{Category: category, Name: "V", Usage: "read packets from the files that `FILE` lists, a line each, one after the other; - is standard input. -c counts over all of them"}
}

// readFileList reads the list of -V.
func readFileList(env Env, name string) ([]string, error) {
	var r io.Reader = env.Stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, usagef("-V: %w", err)
		}
		defer f.Close()
		r = f
	}
	var files []string
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if line := strings.TrimRight(lines.Text(), "\r"); line != "" {
			files = append(files, line)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, usagef("-V %s: not a list of file names: %w", name, err)
	}
	if len(files) == 0 {
		return nil, usagef("-V %s: no file is listed", name)
	}
	return files, nil
}

// fileSequence is a source of the packets of several files, one after the other. All of them are open from the beginning, so
// that a name that is wrong is found before anything is printed, and none has to be opened when the right to do that is gone.
type fileSequence struct {
	ctx   context.Context
	env   Env
	names []string // of those to come
	files []*os.File

	// begin is told of each file before its first packet. Its error ends the reading.
	begin func(r *capture.Reader, name string) error

	now      *capture.Reader
	mu       sync.Mutex // guards file and files
	file     *os.File
	before   int // interfaces of the files before
	all      []capture.Interface
	damaged  bool // something could not be read, and has been told
	finished error
}

// openFiles opens the files called names.
func openFiles(ctx context.Context, env Env, names []string) (*fileSequence, error) {
	s := &fileSequence{ctx: ctx, env: env, names: names}
	for _, name := range names {
		if name == "-" {
			s.files = append(s.files, nil)
			continue
		}
		f, err := os.Open(name)
		if err != nil {
			s.Close()
			return nil, err
		}
		s.files = append(s.files, f)
	}
	return s, nil
}

// Next gives the next packet. A file that is damaged is told of, and the next one is read.
func (s *fileSequence) Next() (capture.Packet, error) {
	for s.finished == nil {
		if s.now == nil {
			if err := s.open(); err != nil {
				s.finished = err
				break
			}
		}
		p, err := s.now.Next()
		switch {
		case err == nil:
			p.Interface += s.before
			return p, nil
		case s.ctx.Err() != nil:
			s.finished = err
		case len(s.names) == 0 && err != io.EOF:
			s.finished = err
		default:
			if err != io.EOF {
				s.tell(err)
			}
			s.next()
		}
	}
	return capture.Packet{}, s.finished
}

func (s *fileSequence) tell(err error) {
	fmt.Fprintf(s.env.Stderr, "smoltcp: decode: %v\n", err)
	s.damaged = true
}

// open begins the next file that is a capture.
func (s *fileSequence) open() error {
	for len(s.names) > 0 {
		name := s.names[0]
		s.mu.Lock()
		f := s.files[0]
		s.names, s.files, s.file = s.names[1:], s.files[1:], f
		s.mu.Unlock()
		r, err := s.reader(name, f)
		if err != nil {
			if len(s.names) == 0 {
				return err
			}
			s.tell(err)
			continue
		}
		s.now = r
		if s.begin != nil {
			return s.begin(r, name)
		}
		return nil
	}
	if s.damaged {
		return errSilent
	}
	return io.EOF
}

func (s *fileSequence) reader(name string, f *os.File) (*capture.Reader, error) {
	if f == nil {
		return capture.NewReader(newInterruptible(s.ctx, s.env.Stdin), "standard input")
	}
	return capture.NewReader(f, name)
}

// next leaves the current file.
func (s *fileSequence) next() {
	s.all = slices.Clip(s.Interfaces())
	s.before = len(s.all)
	s.now.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file != nil {
		s.file.Close()
	}
	s.now, s.file = nil, nil
}

// Info describes the current file.
func (s *fileSequence) Info() capture.FileInfo { return s.now.Info() }

// Interfaces lists the interfaces of all files so far.
func (s *fileSequence) Interfaces() []capture.Interface {
	if s.now == nil {
		return s.all
	}
	now := s.now.Interfaces()
	if s.before == 0 {
		return now
	}
	if len(s.all) < s.before+len(now) {
		s.all = append(s.all, now[len(s.all)-s.before:]...)
	}
	return s.all
}

// Close closes what is open. It may be called while Next waits in another goroutine.
func (s *fileSequence) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, f := range append(s.files, s.file) {
		if f != nil {
			errs = append(errs, f.Close())
		}
	}
	return errors.Join(errs...)
}
