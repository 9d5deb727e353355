// Package testdata makes the files of testdata/pcaps anew: go generate ./testdata. Captures of real traffic stay as they
// are; record.sh records others.
package testdata

//go:generate go run ./generate -dir pcaps -record
//go:generate go test .. -run ^TestGolden -update
