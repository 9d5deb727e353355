package commands

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"
)

// fetchOutput is where a reply goes. The file is made when there is something to write, so that a reply that never comes leaves
// the old one alone.
type fetchOutput struct {
	name  string
	env   Env
	w     io.Writer
	file  *os.File
	bytes atomic.Int64 // of the reply without its header
}

func (o *fetchOutput) open() error {
	switch {
	case o.w != nil:
	case o.name == "-":
		o.w = o.env.Stdout
	case o.name != "":
		f, err := os.Create(o.name)
		if err != nil {
			return failf(fetchWriteError, "%w", err)
		}
		o.w, o.file = f, f
	case isTerminal(o.env.Stdout):
		o.w = &terminalWriter{w: o.env.Stdout}
	default:
		o.w = o.env.Stdout
	}
	return nil
}

func (o *fetchOutput) write(p []byte) error {
	if err := o.open(); err != nil {
		return err
	}
	if _, err := o.w.Write(p); err != nil {
		return o.failed(err)
	}
	return nil
}

func (o *fetchOutput) failed(err error) error {
	if o.file == nil {
		return failf(fetchWriteError, "%w", outputError(err))
	}
	return failf(fetchWriteError, "%w", err)
}

// copy writes all of r.
func (o *fetchOutput) copy(r io.Reader) error {
	if err := o.open(); err != nil {
		return err
	}
	buf := make([]byte, 64<<10)
	for {
		n, err := r.Read(buf)
		if n > 0 {
			o.bytes.Add(int64(n))
			if _, ok := o.w.(*terminalWriter); ok && bytes.IndexByte(buf[:n], 0) >= 0 {
				return failf(fetchWriteError, "the reply is not text: -o FILE keeps it, -o - writes it to the terminal all the same")
			}
			if err := o.write(buf[:n]); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (o *fetchOutput) close() error {
	if o.file == nil {
		return nil
	}
	f := o.file
	o.file = nil
	if err := f.Close(); err != nil {
		return failf(fetchWriteError, "%w", err)
	}
	return nil
}

// terminalWriter shows text on a terminal, which must not obey it: control characters are written as \x1b.
type terminalWriter struct {
	w    io.Writer
	rest []byte // the beginning of a character that is not whole yet
	buf  []byte
}

func (t *terminalWriter) Write(p []byte) (int, error) {
	in := append(t.rest, p...)
	t.buf = t.buf[:0]
	for len(in) > 0 {
		if in[0] >= utf8.RuneSelf && !utf8.FullRune(in) {
			break
		}
		r, n := utf8.DecodeRune(in)
		switch {
		case in[0] == '\n', in[0] == '\t', in[0] == '\r' && len(in) > 1 && in[1] == '\n':
			t.buf = append(t.buf, in[0])
		case r == utf8.RuneError && n == 1 || !unicode.IsPrint(r) && !unicode.IsSpace(r) || r < ' ' || r == 0x85:
			for _, c := range in[:n] {
				t.buf = fmt.Appendf(t.buf, `\x%02x`, c)
			}
		default:
			t.buf = append(t.buf, in[:n]...)
		}
		in = in[n:]
	}
	t.rest = append([]byte(nil), in...)
	_, err := t.w.Write(t.buf)
	return len(p), err
}

// note tells what is done, with -v.
func (f *fetcher) note(format string, args ...any) { f.verboseLine("*", format, args...) }

// verboseLine prints a line of -v. What is in it may be from the wire.
func (f *fetcher) verboseLine(mark, format string, args ...any) {
	if !f.verbose {
		return
	}
	var b bytes.Buffer
	t := terminalWriter{w: &b}
	fmt.Fprintf(&t, format, args...)
	f.telling.Lock()
	defer f.telling.Unlock()
	fmt.Fprintf(f.env.Stderr, "%s\n", strings.TrimRight(mark+" "+strings.ReplaceAll(b.String(), "\n", `\n`), " "))
}

// progressPace is how often progress is shown.
const progressPace = 250 * time.Millisecond

// showProgress shows on a terminal how much of total bytes, if that is not negative, has come. The function that it gives ends that.
func (f *fetcher) showProgress(total int64) (stop func()) {
	if f.silent || !isTerminal(f.env.Stderr) || f.output == "" && isTerminal(f.env.Stdout) {
		return func() {}
	}
	begun := time.Now()
	show := func() {
		fmt.Fprintf(f.env.Stderr, "\r\x1b[K%s", progressText(f.out.bytes.Load(), total, time.Since(begun)))
	}
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(progressPace)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				show()
			case <-end:
				show()
				fmt.Fprintln(f.env.Stderr)
				return
			}
		}
	}()
	return func() {
		close(end)
		<-ended
	}
}

// progressText says how far a transfer is that has brought n of total bytes in a time.
func progressText(n, total int64, d time.Duration) string {
	s := sizeText(n)
	if total > 0 {
		s = fmt.Sprintf("%3d%%  %s of %s", min(100, n*100/max(1, total)), s, sizeText(total))
	}
	if seconds := d.Seconds(); seconds > 0 {
		speed := float64(n) / seconds
		s += fmt.Sprintf("  %s/s", sizeText(int64(speed)))
		if left := total - n; left > 0 && speed > 0 && float64(left)/speed < 1e6 {
			s += fmt.Sprintf("  %v left", time.Duration(float64(left)/speed*float64(time.Second)).Round(time.Second))
		}
	}
	return s
}

// sizeText is a number of bytes for people.
func sizeText(n int64) string {
	f, unit := float64(n), 0
	for ; f >= 1000 && unit < 4; unit++ {
		f /= 1024
	}
	if unit == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %ciB", f, "KMGT"[unit-1])
}

// printResult prints what -w asks for.
func (f *fetcher) printResult(result error) error {
	text := f.writeOut
	var b []byte
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '%' && strings.HasPrefix(text[i+1:], "%"):
			b = append(b, '%')
			i++
		case text[i] == '%' && strings.HasPrefix(text[i+1:], "{"):
			name, _, ok := strings.Cut(text[i+2:], "}")
			if !ok {
				b = append(b, text[i])
				continue
			}
			v, known := f.variable(name, result)
			if !known {
				fmt.Fprintf(f.env.Stderr, "smoltcp: fetch: -w: no such variable: %%{%s}\n", name)
			}
			b = append(b, v...)
			i += len(name) + 2
		case text[i] == '\\' && i+1 < len(text):
			i++
			switch text[i] {
			case 'n':
				b = append(b, '\n')
			case 'r':
				b = append(b, '\r')
			case 't':
				b = append(b, '\t')
			default:
				b = append(b, '\\', text[i])
			}
		default:
			b = append(b, text[i])
		}
	}
	if isTerminal(f.env.Stdout) {
		_, err := (&terminalWriter{w: f.env.Stdout}).Write(b)
		return f.outError(err)
	}
	_, err := f.env.Stdout.Write(b)
	return f.outError(err)
}

func (f *fetcher) outError(err error) error {
	if err != nil {
		return failf(fetchWriteError, "%w", outputError(err))
	}
	return nil
}

// variable gives the value of one of curl's variables.
func (f *fetcher) variable(name string, result error) (value string, known bool) {
	seconds := func(d time.Duration) string { return fmt.Sprintf("%.6f", d.Seconds()) }
	end := func(a net.Addr) (ip, port string) {
		if a == nil {
			return "", "0"
		}
		ip, port, _ = net.SplitHostPort(a.String())
		return ip, port
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	n := f.out.bytes.Load()
	status, proto, header := 0, "0", func(string) string { return "" }
	if f.reply != nil {
		status, header = f.reply.StatusCode, f.reply.Header.Get
		proto = strings.TrimSuffix(strings.TrimPrefix(f.reply.Proto, "HTTP/"), ".0")
		if f.reply.Proto == "HTTP/1.0" {
			proto = "1.0"
		}
	}
	switch name {
	case "http_code", "response_code":
		return fmt.Sprintf("%03d", status), true
	case "http_version":
		return proto, true
	case "content_type":
		return header("Content-Type"), true
	case "redirect_url":
		if u, err := f.last.Parse(header("Location")); err == nil && header("Location") != "" {
			return u.String(), true
		}
		return "", true
	case "num_redirects":
		return fmt.Sprint(f.hops), true
	case "num_connects":
		return fmt.Sprint(f.conns), true
	case "size_download":
		return fmt.Sprint(n), true
	case "size_upload":
		return fmt.Sprint(f.sent), true
	case "size_header":
		return fmt.Sprint(f.headSize), true
	case "speed_download":
		return fmt.Sprintf("%.0f", float64(n)/max(f.times.total.Seconds(), 1e-6)), true
	case "time_namelookup":
		return seconds(f.times.name), true
	case "time_connect":
		return seconds(f.times.connect), true
	case "time_appconnect":
		return seconds(f.times.tls), true
	case "time_pretransfer":
		return seconds(max(f.times.connect, f.times.tls)), true
	case "time_starttransfer":
		return seconds(f.times.reply), true
	case "time_total":
		return seconds(f.times.total), true
	case "remote_ip":
		ip, _ := end(f.remote)
		return ip, true
	case "remote_port":
		_, port := end(f.remote)
		return port, true
	case "local_ip":
		ip, _ := end(f.local)
		return ip, true
	case "local_port":
		_, port := end(f.local)
		return port, true
	case "url":
		return f.url.String(), true
	case "url_effective":
		return f.last.String(), true
	case "scheme":
		return f.last.Scheme, true
	case "method":
		if f.reply != nil {
			return f.reply.Request.Method, true
		}
		return f.firstMethod(), true
	case "filename_effective":
		return f.output, true
	case "exitcode":
		return fmt.Sprint(ExitCode(result)), true
	case "errormsg":
		if result == nil || errors.Is(result, errSilent) {
			return "", true
		}
		return result.Error(), true
	}
	return "", false
}
