# Needs Node with npm and make; Bun of the pinned version is brought by npm where it is missing.
BUN := sh scripts/bun.sh
# What make bench and make bench-check take besides: SHORT=1, AGAINST=other/grantd, OUT=file.json
BENCH_OPTIONS = $(if $(SCENARIOS),--scenarios "$(SCENARIOS)") $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(SECONDS),--seconds $(SECONDS)) \
	$(if $(SHORT),--short) $(if $(AGAINST),--against $(AGAINST)) $(if $(OUT),--out $(OUT))
# Many tests wait for a process or a clock, so one more than there are cores.
TEST_PROCESSES := $(shell expr $$(nproc 2>/dev/null || sysctl -n hw.ncpu) + 1)
SOURCES := $(shell find src scripts -name '*.ts' 2>/dev/null) scripts/start-order.txt package.json bun.lock

.DEFAULT_GOAL := help
# Every target with a description, none of which is a file.
.PHONY: $(shell sed -n 's/^\([a-z-]*\):.*##.*/\1/p' $(firstword $(MAKEFILE_LIST)))

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-22s %s\n", $$1, $$2 }'

run: node_modules/.installed ## Start the server on config.yaml
	@exec $(BUN) src/main.ts serve --config config.yaml

dev: node_modules/.installed ## Start the server and reload on change
	@exec $(BUN) --watch src/main.ts serve --config config.yaml

dev-deno: node_modules/.installed ## Start the server under Deno
	@exec node_modules/.bin/deno run --allow-net --allow-read --allow-write --allow-env --allow-sys --allow-ffi src/main.ts serve --config config.yaml

test: node_modules/.installed dist/grantd ## Run the tests; they need nothing but what npm brings
	$(BUN) test --timeout 60000 --parallel=$(TEST_PROCESSES) --no-isolate

crash-test: node_modules/.installed dist/grantd ## Kill the server a hundred times under load, on SQLite and on Postgres
	GRANTD_CRASH_ROUNDS=100 $(BUN) test --timeout 900000 test/crash

reload-storm: node_modules/.installed dist/grantd ## Reload a thousand times in a minute under load, a third of them bad files
	GRANTD_RELOADS=1000 GRANTD_RELOAD_EVERY=60 $(BUN) test --timeout 600000 test/flows/reload-storm.test.ts

test-system: node_modules/.installed dist/grantd ## Run the tests that need Debian's packages
	sh scripts/test-system.sh

interop: node_modules/.installed dist/grantd ## Run other people's clients against the executable: LANGUAGES="node go" WRITE=1
	@$(BUN) test/interop/clients/main.ts $(LANGUAGES) $(if $(WRITE),--write)

test-tls: node_modules/.installed dist/grantd ## Judge TLS by testssl.sh and replace the certificate 100 times under load (20 minutes, Debian): TIMES=100
	sh scripts/test-tls.sh

test-failover: node_modules/.installed dist/grantd ## Fail over a Postgres under load: by hand, behind pgbouncer, under Patroni (four minutes, Debian, root)
	sh scripts/test-failover.sh

test-kubernetes: node_modules/.installed dist/grantd ## Check the chart and the manifests of Kubernetes (Python; Go or helm)
	sh scripts/test-kubernetes.sh

docker-test: ## Build the container image and use it, on a Docker engine that answers or on one of its own
	sh scripts/docker-test.sh

bench: node_modules/.installed bench/peers/node_modules/.installed dist/grantd ## Measure against others: SCENARIOS="rs256 es256" ROUNDS=3 SECONDS=4 SHORT=1
	@sh bench/need-programs.sh
	@$(BUN) bench/main.ts $(BENCH_OPTIONS)

bench-check: node_modules/.installed bench/peers/node_modules/.installed dist/grantd ## Measure shortly, and fail where a ratio is below its floor
	@sh bench/need-programs.sh
	@$(BUN) bench/main.ts --check $(BENCH_OPTIONS)

faults: node_modules/.installed dist/grantd ## Run three replicas behind HAProxy and Patroni through every fault, on hosts of their own (10 to 25 minutes, Debian, root): OLDER=older/grantd ONLY=clock
	@OLDER="$(OLDER)" ONLY="$(ONLY)" sh scripts/faults.sh

soak: node_modules/.installed dist/grantd ## Every kind of request for 40 minutes, with clean-up, rotation and reloads: MINUTES=40
	@$(BUN) bench/soak/main.ts --minutes $(or $(MINUTES),40)

hostile: node_modules/.installed dist/grantd ## Attack the port in two minutes, and fail where good clients notice
	@$(BUN) bench/hostile/main.ts dist/grantd

timing: node_modules/.installed dist/grantd ## Measure whether clients can be told by the time of a failure: SAMPLES=5000
	@$(BUN) bench/timing.ts $(if $(SAMPLES),--samples $(SAMPLES))

check: node_modules/.installed ## Check format, lint, types, architecture, dependencies and secrets
	$(BUN) x biome ci --error-on-warnings
	$(BUN) x tsc --noEmit -p .
	$(BUN) test test/architecture.test.ts test/habits.test.ts
	$(BUN) scripts/audit/main.ts

format: node_modules/.installed ## Format the code
	$(BUN) x biome check --write

build: dist/grantd ## Build the executable dist/grantd

dist/grantd: node_modules/.installed $(SOURCES)
	$(BUN) scripts/build.ts --outfile $@

release: node_modules/.installed ## Build the executables of all platforms, their checksums and what is inside, in dist/release
	$(BUN) scripts/release.ts

node_modules/.installed: package.json bun.lock
	$(BUN) install --frozen-lockfile
	@touch $@

bench/peers/node_modules/.installed: bench/peers/package.json bench/peers/bun.lock
	cd bench/peers && sh ../../scripts/bun.sh install --frozen-lockfile
	@touch $@

bench-report: node_modules/.installed ## Draw the plots and fill the tables of docs/performance.md from bench/results/latest.json
	$(BUN) bench/report.ts

clean: ## Remove what was built and installed
	rm -rf dist node_modules .tools bench/peers/node_modules bench/.cache
