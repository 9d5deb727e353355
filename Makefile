# The targets that people type. Each says what it does: make help.

GO          ?= go
FUZZTIME    ?= 10s
ROUNDS      ?= 5
STATICCHECK ?= honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: help build man test race vet fmt lint fuzz bench growth microbench scale soak peers gvisor golden clean

help: ## list the targets
	@awk -F':.*## ' '/^[a-z]+:.*## / { printf "  %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## one static binary, ./smoltcp
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w" -o smoltcp .

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

bench: ## how fast and how small it is beside others: ROWS=REGEXP for some rows, ROUNDS=5 for more or fewer runs of each (root: all rows)
	$(GO) test . -run '^TestBench$$' -v -count=1 -timeout 2h -args -table -rows '$(ROWS)' -rounds $(ROUNDS)

growth: ## how cost grows with file size (writes 10 GB to TMPDIR), filter, flows, cores: ROWS=REGEXP for some of it
	$(GO) test . -run '^TestGrowth$$' -v -count=1 -timeout 2h -args -growth -rows '$(ROWS)' -rounds $(ROUNDS)

microbench: ## the benchmarks beside the code
	$(GO) test -run '^$$' -bench . -benchmem ./dissect ./format ./capture/... ./stack/...

scale: ## size and cost with a million idle connections (takes 3 GB)
	$(GO) test ./stack -count=1 -v -run 'TestIdleConnectionSize|TestCostOfASegment' -args -conns 1000000

soak: ## long simulations of the stack over bad networks
	$(GO) test ./stack/netsim -count=1 -timeout 30m -args -soak

peers: ## other people's programs against serve, the whole table, about a quarter of an hour (root)
	$(GO) test . -run '^TestPeers$$' -v -count=1 -timeout 1h -args -peers

gvisor: ## our stack and gVisor's against each other, in a module of its own
	cd stack/peertest && $(GO) test -count=1

golden: ## regenerate testdata/pcaps and the outputs recorded beside them (needs tcpdump)
	$(GO) generate ./testdata

clean: ## remove what build leaves
	rm -f smoltcp smoltcp.1
