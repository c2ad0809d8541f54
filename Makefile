# A thin front for Meson and Ninja. `make demo` and `make check` need nothing but git, make and a
# compiler on a fresh Debian 12: they install the rest (tools/packages).

BUILD ?= build

.DEFAULT_GOAL := all
.PHONY: all packages packages-check demo check check-slow lint fuzz matrix matrix-lab coverage footprint throughput install clean help

help: ## what there is to make
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 24

packages:
	@sh tools/install-packages tools/packages

packages-check: packages
	@sh tools/install-packages tools/packages.check

$(BUILD)/build.ninja: | packages
	@meson setup $(BUILD) >/dev/null || { cat $(BUILD)/meson-logs/meson-log.txt; rm -rf $(BUILD); exit 1; }

all: $(BUILD)/build.ninja ## build everything
	@ninja -C $(BUILD) -n | grep -q 'no work to do' || ninja -C $(BUILD)

demo: packages all ## two machines behind NATs find each other, on this machine
	@python3 lab/demo.py --build $(BUILD) $(DEMO)

check: packages-check ## everything that must hold; what CI runs
	@tools/check

check-slow: packages-check all ## what takes minutes: rekeying with stock peers, thousands of seeds
	@meson test -C $(BUILD) --suite slow --print-errorlogs --timeout-multiplier 10

matrix: packages $(BUILD)/build.ninja ## every pair of places in the simulator: docs/matrix.md, SEEDS=100
	@ninja -C $(BUILD) --quiet warren-matrix
	@python3 tools/matrix.py --build $(BUILD) --seeds $(or $(SEEDS),100)

matrix-lab: packages-check all ## every pair of places once, with the real programs: docs/matrix-lab.json
	@python3 lab/pairs.py --build $(BUILD) --out docs/matrix-lab.json; status=$$?; python3 tools/matrix.py --render; exit $$status

lint: packages-check all ## format, clang-tidy, cppcheck, the rules of the house
	@tools/lint $(BUILD)

fuzz: packages-check ## each fuzz target for SECONDS=60
	@tools/fuzz $(or $(SECONDS),60)

coverage: packages-check ## line coverage of the floors below io/
	@tools/coverage

footprint: packages ## size of the programs, and memory of an idle node
	@tools/footprint

throughput: packages-check all ## TCP through our tunnel beside wireguard-go's, in turn (root)
	@python3 tools/throughput.py $(BUILD)

install: all ## DESTDIR= and the usual Meson options
	@meson install -C $(BUILD)

clean:
	rm -rf build build-* demo-out
