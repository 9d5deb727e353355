// Package peertest joins the stack to another one written in Go, gVisor's netstack, by a wire in memory: each must understand the other, whatever the
// wire does to frames, and the two are compared in speed in one run. It has nothing but tests:
//
//	make gvisor
//
// It is a module of its own. Neither the program nor `go test ./...` at the top of the repository needs gVisor.
package peertest
