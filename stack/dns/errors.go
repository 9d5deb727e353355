package dns

import "errors"

// What ends a lookup. Result.Err is one of them, or wraps one, or is the error of a socket.
var (
	ErrNoName    = errors.New("no such name")                    // NXDOMAIN: a server says that there is none, of any type
	ErrNoData    = errors.New("no record of this type")          // the name is there
	ErrTimeout   = errors.New("no server answered")              // or for multicast DNS no host
	ErrServer    = errors.New("no server could answer")          // Result.Rcode says why
	ErrTruncated = errors.New("the whole answer cannot be had")  // it was truncated, and TCP failed
	ErrMessage   = errors.New("the answer makes no sense")       // it was the right one, but its records cannot be read
	ErrChain     = errors.New("too many aliases")                // a chain of CNAME records without an end
	ErrNoServers = errors.New("no name server is known")         //
	ErrBadName   = errors.New("not a domain name")               // an empty or too long label, or more than 255 bytes
	ErrTooMany   = errors.New("too many lookups are under way")  // Config.Lookups
	ErrNoType    = errors.New("a lookup needs a type of record") // Lookup without types
)
