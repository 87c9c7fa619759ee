# The commands people type. `make` alone lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
# Two Mavens at once would work on the same files.
.NOTPARALLEL:

# Maven itself runs on any JDK from 17; on 25 it checks the format of the code as well.
JDK := $(patsubst %/release,%,$(firstword $(shell grep -ls '^JAVA_VERSION="25' $(JAVA_HOME)/release /usr/lib/jvm/*/release)))
ifeq ($(JDK),)
$(warning no JDK 25 in /usr/lib/jvm or JAVA_HOME: building will fail)
else
export JAVA_HOME := $(JDK)
# Maven's own libraries use what this JDK warns about.
export MAVEN_OPTS += --sun-misc-unsafe-memory-access=allow
endif

MVN := mvn --batch-mode --no-transfer-progress -Dstyle.color=never
CLUSTER := e2e/local/cluster.sh
E2E_JAVA := $(JDK)/bin/java -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED \
  -cp e2e/target/classes:$$(cat e2e/target/demo.classpath)
IMAGE := target/osimage-operator.tar
JARS := target/.jars
FUZZ_SECONDS ?= 60
# The same inputs each time: what the tests of a change find, the change has brought.
FUZZ_RUNS ?= 10000
SOURCES := $(shell find . -name target -prune -o \( -name '*.java' -o -name pom.xml -o -path '*/src/main/resources/*' \) -print)
IMAGE_SOURCES := $(shell find src/container -name target -prune -o -type f -print)

# $(call timed,WHAT,COMMAND): says what is done, and for how long.
timed = @echo '$(1) ...'; start=$$SECONDS; $(2); echo "$(1): done in $$((SECONDS - start)) s"

.PHONY: help demo demo-down test unit fuzz e2e bench image cluster kubeconfig crds docs fmt clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: cluster $(IMAGE) ## from nothing to a machine that boots an OsImage; leaves the cluster running
	@OSIMAGE_CLUSTER=local $(E2E_JAVA) dev.osimage.e2e.Demo

demo-down: ## remove the cluster and everything in it
	@$(CLUSTER) down

test: unit e2e ## every test: units, then the proofs on a real cluster
	@echo 'all tests passed'

unit: ## unit tests, a few seconds of fuzzing, code style and static analysis
	$(call timed,unit tests,$(MVN) verify -DskipITs -Dfuzz.bound=-runs=$(FUZZ_RUNS))
	@mkdir -p target && touch $(JARS)

fuzz: ## fuzz every parser of foreign bytes for FUZZ_SECONDS (60), each time with other inputs; findings in src/oci/target/fuzz
	$(MVN) test -pl src/oci -Dtest='*FuzzTest' -Dfuzz.bound=-max_total_time=$(FUZZ_SECONDS) -Dfuzz.seed=0

# On the local cluster the proofs run inside its network namespace: their own servers are then
# reachable for pods, and for nobody else. What they need from elsewhere is fetched before.
e2e: unit $(IMAGE) ## proofs on a real cluster, real registries and a booting machine; which cluster: e2e/README.md
	@OSIMAGE_CLUSTER=$$($(E2E_JAVA) dev.osimage.e2e.ClusterKind); export OSIMAGE_CLUSTER; \
	e2e/setup.sh peers; e2e/local/tools.sh >/dev/null; e2e/local/tools.sh peers >/dev/null; \
	echo 'files of the machine that boots ...'; e2e/machine/make-files.sh target/machine >/dev/null; \
	inside=; \
	if [[ $$OSIMAGE_CLUSTER = local ]]; then \
	  inside='nsenter --net=/run/netns/osi'; \
	  was=$$($(CLUSTER) status >/dev/null 2>&1 && echo up || echo down); \
	  $(CLUSTER) up || { $(CLUSTER) down; exit 1; }; \
	  [[ $$was = up ]] || trap '$(CLUSTER) down' EXIT; \
	fi; \
	echo "proofs on the cluster ($$OSIMAGE_CLUSTER) ..."; start=$$SECONDS; status=0; \
	$$inside $(MVN) --offline verify -pl e2e -am -DskipUnitTests || status=$$?; \
	echo "proofs on the cluster: done in $$((SECONDS - start)) s"; \
	exit $$status

bench: $(JARS) ## measure against oras, skopeo and curl on a quiet machine; see bench/README.md
	@bench/bench.sh $(if $(BENCH_FORCE),--force)

image: $(IMAGE) ## the container image as an OCI archive, without Docker

$(JARS): $(SOURCES)
	$(call timed,build,$(MVN) --quiet package -Dmaven.test.skip=true)
	@mkdir -p target && touch $@

$(IMAGE): $(JARS) $(IMAGE_SOURCES)
	@src/container/image.sh $@

cluster: ## the local Kubernetes with its registries
	@e2e/setup.sh
	@e2e/local/tools.sh >/dev/null
	@$(CLUSTER) up

kubeconfig: ## print the path of the local cluster's kubeconfig
	@. <($(CLUSTER) env) && echo "$$KUBECONFIG"

crds: ## bring crds/ up to date with the records in src/api
	$(MVN) --quiet test -pl src/api -Dtest=CrdTest -Dcrds.write=true

docs: ## bring docs/reasons.md up to date with the enum Reason
	$(MVN) --quiet test -pl src/api -Dtest=ReasonDocumentTest -Dreasons.write=true

fmt: ## format the code
	$(MVN) --quiet spotless:apply

clean: ## remove what was built; caches and cluster stay
	$(MVN) --quiet clean
	rm -rf target
