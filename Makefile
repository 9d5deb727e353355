# The targets that people type. Each says what it does: make help.

GO          ?= go
FUZZTIME    ?= 10s
STATICCHECK ?= honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: help build man test race vet fmt lint fuzz bench scale soak golden clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z]+:.*## / { printf "  %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## one static binary, ./smoltcp
	CGO_ENABLED=0 $(GO) build -trimpath -o smoltcp .

man: build ## the manual page, ./smoltcp.1
	./smoltcp man >smoltcp.1

test: ## every test, under two minutes; as root also those that need namespaces
	$(GO) test ./...

race: ## the tests of the packages with goroutines, under the race detector
	$(GO) test -race ./stack/host ./capture ./commands
	$(GO) test -race -run TestParallel .

vet: ## go vet, also for a system that is not Linux
	$(GO) vet ./...
	GOOS=darwin $(GO) vet ./dissect ./format ./capture ./commands .

fmt: ## fail if a file is not gofmt-ed
	@bad=$$(gofmt -l .); test -z "$$bad" || { echo "not gofmt-ed: $$bad"; exit 1; }

lint: ## the static analyser
	$(GO) run $(STATICCHECK) ./...

fuzz: ## every fuzz target for FUZZTIME (10s)
	@.ci/fuzz $(FUZZTIME)

bench: ## the benchmarks, ours beside gopacket's
	$(GO) test -run '^$$' -bench . -benchmem ./dissect ./format ./capture ./stack/...

scale: ## size and cost with a million idle connections (takes 3 GB)
	$(GO) test ./stack -count=1 -v -run 'TestIdleConnectionSize|TestCostOfASegment' -args -conns 1000000

soak: ## long simulations of the stack over bad networks
	$(GO) test ./stack/netsim -count=1 -timeout 30m -args -soak

golden: ## regenerate testdata/pcaps and the outputs recorded beside them (needs tcpdump)
	$(GO) generate ./testdata

clean: ## remove what build leaves
	rm -f smoltcp smoltcp.1
