# TMK. "make" alone prints what there is.

SHELL       := /bin/bash -eu -o pipefail
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
VERSION     ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
FUZZTIME    ?= 2000x
CALL        ?= 20
KILLS       ?= 200
export CGO_ENABLED ?= 0

# What tests need beside Go and Node (.ci/need installs it). Tests that cannot find one of them fail instead of being skipped.
REQUIRE := TEST_REQUIRE_POSTGRES=1 TEST_REQUIRE_FFMPEG=1

WEB_SOURCES := $(shell find web -path web/node_modules -prune -o -path web/dist -prune -o -path web/e2e -prune -o -type f -print)
GENERATED    = $(shell git ls-files '*.gen.go' '*.gen.ts' docs/protocol.md docs/access.md docs/access-socket.md docs/tmk.postman_collection.json docs/configure.md deploy/tmk.example.yaml)

.NOTPARALLEL:
.DELETE_ON_ERROR:
.PHONY: help run build web generate check format vet law fresh web-check test tools go-test race-test web-test e2e pictures fuzz bench bench-api kill-test soak docker clean

help: ## Print this help
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: build ## Build all and run the demo on http://localhost:8080/demo
	exec bin/tmk serve --demo

build: web ## Build the pages and the server: bin/tmk
	go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/tmk ./cmd/tmk

web: web/dist/.built ## Build the pages into web/dist

web/dist/.built: web/node_modules/.installed $(WEB_SOURCES)
	cd web && npm run --silent build
	touch $@

web/node_modules/.installed: web/package-lock.json
	cd web && npm ci --no-audit --no-fund --loglevel=error
	touch $@

generate: web/node_modules/.installed ## Write again all that is generated (wire types, REST types, docs)
	go generate ./...
	cd web && npm run --silent --if-present generate

check: format vet law web-check fresh ## All that can be checked without running it

format:
	@bad=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$bad" ]; then echo "not formatted (gofmt -w):"; echo "$$bad"; exit 1; fi

vet:
	go vet ./...
	go run $(STATICCHECK) ./...

law:
	go test -count=1 .

# The budgets of the pages are checked by their build.
web-check: web
	cd web && npm run --silent lint && npm run --silent typecheck

# What is generated must be what generating gives now.
fresh: web/node_modules/.installed
	@before=$$(sha256sum $(GENERATED)); $(MAKE) --no-print-directory generate; \
	if ! sha256sum --quiet --check <<< "$$before"; then echo "generated files were stale: commit what make generate wrote"; exit 1; fi

test: tools check go-test race-test web-test e2e ## Everything: checks, Go tests on both databases, pages, two browsers in a call

tools:
	@.ci/need gcc chromium ffmpeg postgresql fonts curl jq openssl

# The database driver is a C library translated to Go: the race detector makes it ten times slower and finds nothing of ours in it.
go-test:
	$(REQUIRE) go test -count=1 ./store/... ./web/...

race-test:
	CGO_ENABLED=1 $(REQUIRE) go test -count=1 -race $$(go list ./... | grep -v -e '^tmk/store' -e '^tmk/web' -e '^tmk$$')

web-test: web/node_modules/.installed
	cd web && npm run --silent test

e2e: build ## Two real Chromium pages hold a consultation; screenshots go to artifacts/
	TEST_CALL_SECONDS=$(CALL) node --test --test-reporter=spec --test-concurrency=1 web/e2e/*.test.mjs

pictures: e2e ## Take the pictures of the documentation anew
	cp artifacts/room-chat-1280-light.png docs/img/room-doctor.png
	cp artifacts/room-patient-360-light.png docs/img/room-phone.png
	cp artifacts/demo-current-1280-light.png docs/img/demo.png
	cp artifacts/recordings-1280-light.png docs/img/recordings.png

fuzz: ## Fuzz every parser: FUZZTIME=100000x or FUZZTIME=10m for a long run
	@for pkg in $$(go list ./...); do \
	  for target in $$(go test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
	    echo "$$pkg $$target"; go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$pkg; \
	  done; \
	done

bench: ## Measure what runs for each packet, with allocations
	go test -run '^$$' -bench . -benchmem ./sfu/... ./recorder/...

kill-test: ## Kill what writes and what delivers at random moments: KILLS=500 on both databases
	$(REQUIRE) TEST_KILLS=$(KILLS) go test -count=1 -v -timeout 1h -run Kill ./notify ./store

bench-api: ## Measure the REST interface under load, on SQLite and a PostgreSQL of its own
	go build -trimpath -o bin/tmk ./cmd/tmk
	bin/tmk bench api --self
	.ci/with-postgres bin/tmk bench api --self --database

soak: ## A long consultation in two browsers: CALL=3600 seconds (short form: CALL=60)
	$(MAKE) e2e CALL=$(if $(filter 20,$(CALL)),3600,$(CALL))

docker: ## Build the container image
	docker build -f deploy/Dockerfile -t tmk:$(VERSION) --build-arg VERSION=$(VERSION) .

clean: ## Remove what was built (not data/)
	rm -rf bin artifacts web/node_modules
	find web/dist -mindepth 1 ! -name .gitkeep -delete
