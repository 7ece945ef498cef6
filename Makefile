# SPDX-License-Identifier: BSD-2-Clause
# tlml: what people run. `make help` lists it.

VERSION	:= 0.1
B	:= build

CC	:= gcc
CLANG	:= clang
BPFTOOL	:= $(firstword $(wildcard /usr/sbin/bpftool /usr/local/sbin/bpftool) bpftool)

# No fused multiply-add: training gives the same bits on every machine.
CFLAGS	:= -std=gnu11 -O2 -g -ffp-contract=off -Wall -Wextra -Wno-unused-parameter \
	   -Wno-missing-field-initializers \
	   -D_GNU_SOURCE -DTLML_VERSION='"$(VERSION)"' -I$(B) -isystem /usr/include/libnl3
# The trainer's inner loops: what keeps them from being vectorised is of no use to it. No sum is
# reordered, so that results stay the same.
$(B)/%/daemon/learn/net.o $(B)/%/daemon/learn/fc.o: CFLAGS += -O3 -fno-trapping-math -fno-math-errno
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
BPFFLAGS := -O2 -g -target bpf -mcpu=v3 -Wall -Wextra -Wno-unused-parameter \
	    -idirafter /usr/include/$(shell $(CC) -dumpmachine 2>/dev/null)
# Each program gets those it needs.
LIBS	:= -Wl,--as-needed -lxdp -lbpf -lelf -lz -lpcap -ljansson -lsodium -lcsv -linih -luring \
	   -lhttp_parser -lseccomp -lcap-ng -lsystemd -levent -levent_pthreads -lxgboost \
	   -lnl-genl-3 -lnl-3 -ldl -lm

PROGRAMS := tlml-load tlmlctl tlml-train tlml-replay
DAEMONS	:= tlmld tlml-large
TOOLS	:= $(PROGRAMS:%=$(B)/%) $(DAEMONS:%=$(B)/%)
UNITS	:= $(patsubst tests/unit/%.c,$(B)/tests/unit/%,$(wildcard tests/unit/*.c))
PROGS	:= $(patsubst tests/%.c,$(B)/tests/%,$(wildcard tests/golden/test_*.c tests/prog/test_*.c))
GUESTS	:= $(patsubst tests/%.c,$(B)/tests/%,$(wildcard tests/kmod/test_netlink*.c \
	   tests/kmod/test_kfunc.c))
FUZZERS	:= $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
REPLAYS	:= $(FUZZERS:%=$(B)/tests/fuzz/%)
BENCH_LEARN := $(patsubst %.c,$(B)/obj/%.o,$(wildcard tests/bench/learn/*.c))
BENCHES	:= $(patsubst tests/%.c,$(B)/tests/%,$(filter-out %.bpf.c,$(wildcard tests/bench/*.c)))
SHELLS	:= $(sort $(wildcard tests/prog/test_*.sh tests/net/test_*.sh tests/lab/test_*.sh))
LINTS	:= $(shell find tests/lint -name '*.sh' -perm -100 2>/dev/null | sort)

library	= $(patsubst %.c,$(B)/$1/%.o,$(filter-out %/main.c,$(sort $(wildcard \
	  daemon/*.c daemon/learn/*.c daemon/largeml/*.c tools/lib/*.c))))

Q	:= $(if $(V),,@)
say	= $(if $(V),,@printf '  %-7s %s\n' $1 $(patsubst $(B)/%,%,$@))

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all demo check fuzz tsan bench bench-learn train teach vm-payload install clean help deps \
	deps-onnx module module-newest vm vm-debug $(B)/vm/module kselftest install-module

all: $(TOOLS)

help:
	@echo 'make            build the programs into $(B)/'
	@echo 'make module     tlml.ko for Debian kernels 6.1 and 6.12, into $(B)/kmod/'
	@echo 'make module-newest compile it against the newest headers of the archive'
	@echo 'make vm         the tests of the module on four kernels, with one CPU and two'
	@echo 'make vm-debug   those tests on a kernel with KASAN, lockdep and kmemleak'
	@echo 'make kselftest  those tests into a kernel tree, as a target of its selftests'
	@echo 'make demo       a gateway with real clients and servers, classified live; it learns (root)'
	@echo 'make check      install what is missing and run every test (root)'
	@echo 'make fuzz       fuzz each parser for FUZZ_SECONDS (60)'
	@echo 'make tsan       the unit tests that have threads, by ThreadSanitizer'
	@echo 'make bench-learn what is learned from how few answers, on data of papers'
	@echo 'make bench      ns per packet against an empty and a conventional program (root)'
	@echo 'make train      record the lab and train the default model anew (root, 25 minutes)'
	@echo 'make teach      teach the large models anew from what make train recorded'
	@echo 'make install    into $$(DESTDIR)/usr/local'
	@echo 'make install-module the sources of tlml.ko into $$(DESTDIR)/usr/src, for DKMS'
	@echo 'make deps-onnx  get ONNX Runtime, for models in ONNX; make install takes it along'
	@echo 'make clean      remove what was built; $(B)/vm/cache and $(B)/deps stay'

# --- BPF ---

$(B)/tlml.bpf.o $(B)/tlml_kf.bpf.o $(B)/tlml_loops.bpf.o: bpf/tlml.bpf.c
$(B)/tlml_kf.bpf.o: BPFFLAGS += -DTLML_KFUNC
$(B)/tlml_loops.bpf.o: BPFFLAGS += -DTLML_LOOPS
$(B)/golden.bpf.o: tests/golden/golden.bpf.c
$(B)/bench.bpf.o: tests/bench/bench.bpf.c
$(B)/kfunc.bpf.o: tests/kmod/kfunc.bpf.c
$(B)/foreign.bpf.o: tests/net/foreign.bpf.c
$(B)/swap.bpf.o: tests/prog/swap.bpf.c
$(B)/%.bpf.o:
	$(call say,BPF)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(BPFFLAGS) -MMD -MP -c $< -o $@

$(B)/%.skel.h: $(B)/%.bpf.o
	$(call say,SKEL)
	$(Q)$(BPFTOOL) gen skeleton $< name $(subst -,_,$*)_bpf > $@ 2>$@.log || (cat $@.log; false)

# --- user space ---

$(B)/obj/%.o: %.c | $(B)/tlml.skel.h $(B)/tlml_kf.skel.h $(B)/tlml_loops.skel.h
	$(call say,CC)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) -MMD -MP -c $< -o $@

$(B)/san/%.o: %.c | $(B)/tlml.skel.h $(B)/tlml_kf.skel.h $(B)/tlml_loops.skel.h
	$(call say,CC)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(SANITIZE) -MMD -MP -c $< -o $@

$(B)/libtlml.a: $(call library,obj)
	$(call say,AR)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

$(B)/libtlml-san.a: $(call library,san)
	$(call say,AR)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# The default model is part of the programs: nothing is looked up when they run.
$(B)/default_model.o: tools/models/default.S tools/models/default.tlml
	$(call say,AS)
	$(Q)$(CC) -c $< -o $@

$(B)/default_anchor.o: tools/models/anchor.S tools/models/default.anchor
	$(call say,AS)
	$(Q)$(CC) -c $< -o $@

$(B)/large_model.o: daemon/largeml/models/default.S daemon/largeml/models/default.ubj \
		daemon/largeml/models/default.cases
	$(call say,AS)
	$(Q)$(CC) -c $< -o $@

$(B)/tlmlctl: $(patsubst %.c,$(B)/obj/%.o,$(wildcard tools/cmd_*.c))
$(PROGRAMS:%=$(B)/%): $(B)/%: $(B)/obj/tools/%.o $(B)/default_model.o
$(B)/tlmld: $(B)/obj/daemon/main.o $(B)/default_model.o $(B)/default_anchor.o
$(B)/tlml-large: $(B)/obj/daemon/largeml/main.o $(B)/large_model.o
$(TOOLS): $(B)/libtlml.a
	$(call say,LINK)
	$(Q)$(CC) $(CFLAGS) $(filter %.o,$^) $(B)/libtlml.a $(LIBS) -o $@

# With clang, because libFuzzer is its.
$(B)/fuzz/%.o: %.c | $(B)/tlml.skel.h $(B)/tlml_kf.skel.h $(B)/tlml_loops.skel.h
	$(call say,CC)
	$(Q)mkdir -p $(@D)
	$(Q)$(CLANG) $(CFLAGS) $(SANITIZE) -fsanitize=fuzzer-no-link -MMD -MP -c $< -o $@

$(B)/libtlml-fuzz.a: $(call library,fuzz)
	$(call say,AR)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# --- tests ---

$(B)/tests/unit/%: $(B)/san/tests/unit/%.o $(B)/libtlml-san.a
	$(call say,LINK)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) $^ $(LIBS) -o $@

$(B)/oip_client: $(B)/san/tests/net/oip_client.o $(B)/libtlml-san.a
	$(call say,LINK)
	$(Q)$(CC) $(SANITIZE) $^ $(LIBS) -o $@

$(REPLAYS): $(B)/tests/fuzz/%: $(B)/san/tests/fuzz/fuzz_%.o $(B)/san/tests/fuzz/replay.o \
		$(B)/libtlml-san.a
	$(call say,LINK)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(SANITIZE) $^ $(LIBS) -o $@

$(FUZZERS:%=$(B)/fuzz/%): $(B)/fuzz/%: $(B)/fuzz/tests/fuzz/fuzz_%.o $(B)/libtlml-fuzz.a
	$(call say,LINK)
	$(Q)$(CLANG) $(SANITIZE) -fsanitize=fuzzer $^ $(LIBS) -o $@

$(PROGS) $(GUESTS) $(B)/mkmodel $(B)/wide_watch $(BENCHES) $(B)/tests/bench/learn/bench_learn: $(B)/libtlml.a
	$(call say,LINK)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(CFLAGS) $(filter %.o,$^) $(B)/libtlml.a $(LIBS) -o $@
$(foreach p,$(PROGS) $(GUESTS),$(eval $(p): $(B)/obj/$(p:$(B)/%=%).o))
$(B)/mkmodel: $(B)/obj/tests/golden/mkmodel.o
$(B)/wide_watch: $(B)/obj/tests/kmod/wide_watch.o
$(B)/tests/golden/test_scalar: $(addprefix $(B)/,obj/tests/golden/wide_scalar.o dense/dense.o \
	dense/dense_scalar.o)
$(foreach p,$(BENCHES),$(eval $(p): $(B)/obj/$(p:$(B)/%=%).o))
$(B)/tests/bench/learn/bench_learn: $(BENCH_LEARN)
$(BENCHES:$(B)/%=$(B)/obj/%.o): | $(B)/bench.skel.h $(B)/swap.skel.h
$(B)/obj/tests/prog/test_swap.o: | $(B)/swap.skel.h
$(B)/obj/tests/golden/test_golden.o: | $(B)/golden.skel.h

deps:
	$(Q)tests/deps.sh build

# Unit tests with every thread there is but those that crash on purpose. What the sanitizer cannot
# follow: fences, and the choice between clones of a function, which comes before it begins.
TSAN	:= -fsanitize=thread -Wno-tsan '-Dtarget_clones(...)=unused'
# Sums of one thread's own, which would take it minutes.
$(B)/san/daemon/learn/net.o $(B)/san/daemon/learn/fc.o: \
	override SANITIZE := $(filter-out -fsanitize=thread,$(SANITIZE))
THREADED := $(patsubst %,$(B)/tsan/tests/unit/%,test_large test_largeml_queue test_learn_clock \
	    test_learner_trial)
tsan:
	$(Q)tests/deps.sh build check
	$(Q)$(MAKE) --no-print-directory -j2 B=$(B)/tsan SANITIZE="$(TSAN)" $(THREADED)
	$(Q)tests/run.sh $(THREADED)

# For models in ONNX; nothing that is built needs it.
deps-onnx:
	$(Q)command -v npm >/dev/null || tests/deps.sh onnx
	$(Q)daemon/largeml/onnxruntime.sh $(B)/deps

# --- module ---

# Its bodies in user space, compiled as the kernel's build does, and what is made of them.
DENSE	:= $(addprefix $(B)/dense/,dense.o dense_scalar.o selftest.o \
	   $(if $(findstring aarch64,$(shell $(CC) -dumpmachine)),dense_neon.o,dense_avx2.o dense_vnni.o))
$(B)/dense/dense_neon.o: DENSE_FLAGS :=
$(B)/dense/dense_avx2.o: DENSE_FLAGS := -mavx2
$(B)/dense/dense_vnni.o: DENSE_FLAGS := -mavx512f -mavx512bw -mavx512vl -mavx512vnni
$(B)/dense/%.o: DENSE_FLAGS := -mgeneral-regs-only
$(B)/dense/%.o: kmod/%.c
	$(call say,CC)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -O2 -g -Wall -Wextra $(DENSE_FLAGS) -MMD -MP -c $< -o $@

KMODS	:= $(B)/tests/kmod/test_args $(B)/tests/kmod/test_dense
$(KMODS): $(B)/%: $(B)/obj/%.o $(DENSE)
	$(call say,LINK)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $^ -o $@
$(B)/tests/bench/bench_dense $(B)/tests/kmod/test_kfunc: $(DENSE)
$(B)/obj/tests/kmod/test_kfunc.o: | $(B)/kfunc.skel.h

KERNELS	:= 6.1 6.12
module:
	$(Q)tests/deps.sh module
	$(Q)for series in $(KERNELS); do \
		kernel=$$(tests/vm/kernel.sh $$series) && echo "  MODULE  $${kernel##*/}" && \
		VMLINUZ=$$kernel/vmlinuz kmod/build.sh $$kernel/headers $(B)/kmod/$${kernel##*/} || exit 1; \
	done

LOOPS	:= $(filter %/test_loop %/test_loop_time,$(UNITS))
module-newest:
	$(Q)tests/deps.sh module
	$(Q)tests/kmod/newest.sh $(B)/kmod/newest

# What of the payload has to do with the module.
$(B)/vm/module: vm-payload
	$(Q)rm -rf $@ && mkdir -p $@
	$(Q)cp $(TOOLS) $(GUESTS) $(GUEST_TOOLS) tests/net/net.sh $(wildcard tests/kmod/test_*.sh) \
		$(BPFTOOL) $@/

# Its tests on all kernels that we have, and its way into other people's.
vm: $(B)/vm/module
	$(Q)tests/deps.sh build module vm
	$(Q)tests/run.sh tests/kmod/dkms.sh
	$(Q)tests/vm/matrix.sh $<

# The same on a kernel of our own that finds mistakes; building it takes half an hour, once.
vm-debug: $(B)/vm/module
	$(Q)tests/deps.sh build module vm debug
	$(Q)TLML_VM_KERNELS=debug TLML_VM_CPUS=2 VM_TIMEOUT=1800 VM_MEMORY=1536 \
		tests/vm/matrix.sh $<

# As the target tlml of the selftests of a kernel, for the running kernel or that of HEADERS:
#	make kselftest KSELFTEST=linux/tools/testing/selftests
HEADERS	= /lib/modules/$(shell uname -r)/build
kselftest: $(B)/vm/module
	$(Q)[ -f "$(KSELFTEST)/lib.mk" ] || \
		{ echo 'make kselftest: KSELFTEST has to name tools/testing/selftests of a kernel' >&2; exit 1; }
	$(Q)tests/kmod/modules.sh "$(HEADERS)" $(B)/kmod/kselftest
	$(Q)rm -rf "$(KSELFTEST)/tlml" && mkdir -p "$(KSELFTEST)/tlml/guest"
	$(Q)cp tests/kselftest/* "$(KSELFTEST)/tlml/"
	$(Q)cp tests/lib.sh "$(KSELFTEST)/tlml/guest/"
	$(Q)cp -r $< "$(KSELFTEST)/tlml/guest/t"
	$(Q)cp $(B)/kmod/kselftest/test/*.ko "$(KSELFTEST)/tlml/guest/t/"
	$(Q)for test in $(notdir $(wildcard tests/kmod/test_*.sh) $(GUESTS)); do \
		file="$(KSELFTEST)/tlml/$${test%.sh}.sh"; \
		printf '#!/bin/sh\nPATH=$$PWD/guest/t:$$PATH exec guest/t/%s\n' "$$test" >"$$file"; \
		chmod +x "$$file"; \
	done

# Has no vector instruction but its own.
$(B)/registers: tests/kmod/registers.c
	$(call say,CC)
	$(Q)$(CC) $(CFLAGS) $< -o $@

GUEST_TOOLS := $(B)/mkmodel $(B)/wide_watch $(B)/registers
vm-payload: all $(PROGS) $(GUESTS) $(LOOPS) $(GUEST_TOOLS) $(B)/foreign.bpf.o
	$(Q)rm -rf $(B)/vm/payload && mkdir -p $(B)/vm/payload
	$(Q)cp $(TOOLS) $(PROGS) $(GUESTS) $(LOOPS) $(GUEST_TOOLS) $(B)/foreign.bpf.o \
		tests/vm/test_gateway.sh tests/net/net.sh tests/net/test_load_share.sh \
		$(wildcard tests/kmod/test_*.sh) \
		$(B)/vm/payload/
	$(Q)cp $(BPFTOOL) $(wildcard /usr/sbin/xdp-loader /usr/lib/*/bpf/xdp-dispatcher.o) \
		$(B)/vm/payload/

check:
	$(Q)tests/deps.sh build check lab module vm
	$(Q)$(MAKE) --no-print-directory -j2 all $(UNITS) $(REPLAYS) $(PROGS) $(KMODS) \
		$(B)/mkmodel $(B)/oip_client vm-payload
	$(Q)PATH=$(abspath $(B)):$$PATH tests/run.sh $(LINTS) $(UNITS) $(REPLAYS) $(PROGS) \
		$(KMODS) tests/kmod/mutants.sh tests/kmod/module.sh $(SHELLS) tests/vm/test_vm.sh

# One after another: what is found lies in build/fuzz/NAME-*, what is new in build/fuzz/corpus.
FUZZ_SECONDS := 60
fuzz:
	$(Q)tests/deps.sh build fuzz
	$(Q)$(MAKE) --no-print-directory -j2 $(FUZZERS:%=$(B)/fuzz/%)
	$(Q)for name in $(FUZZERS); do \
		mkdir -p $(B)/fuzz/corpus/$$name && \
		$(B)/fuzz/$$name -max_total_time=$(FUZZ_SECONDS) -timeout=5 -rss_limit_mb=1024 \
			-artifact_prefix=$(B)/fuzz/$$name- -print_final_stats=1 \
			$(B)/fuzz/corpus/$$name tests/fuzz/corpus/$$name || exit 1; \
	done

bench:
	$(Q)tests/deps.sh build check
	$(Q)$(MAKE) --no-print-directory -j2 all $(BENCHES) $(B)/mkmodel
	$(Q)$(B)/tests/bench/bench $(B)/bench.json
	$(Q)$(B)/tests/bench/bench_ring $(B)/bench_ring.json
	$(Q)$(B)/tests/bench/bench_swap $(B)/bench_swap.json
	$(Q)$(B)/tests/bench/bench_dense $(B)/bench_dense.json
	$(Q)$(B)/tests/bench/bench_large $(B)/tlml-large $(B)/bench_large.json
	$(Q)PATH=$(abspath $(B)):$$PATH tests/bench/bench_daemon.sh $(B)/bench_daemon.json

# DATA: where the data sets of papers are; they are nobody's to pass on.
DATA	:= ../shared/data/papers
bench-learn:
	$(Q)tests/deps.sh build
	$(Q)$(MAKE) --no-print-directory -j2 $(B)/tests/bench/learn/bench_learn
	$(Q)nice -n 19 $(B)/tests/bench/learn/bench_learn $(DATA)

demo:
	$(Q)tests/deps.sh build lab
	$(Q)$(MAKE) --no-print-directory -j2 all
	$(Q)PATH=$(abspath $(B)):$$PATH tests/lab/demo.sh $(B)

train:
	$(Q)tests/deps.sh build lab
	$(Q)$(MAKE) --no-print-directory -j2 all
	$(Q)PATH=$(abspath $(B)):$$PATH tests/lab/train.sh $(B)/lab tools/models/default.tlml

teach:
	$(Q)tests/deps.sh build teach
	$(Q)$(MAKE) --no-print-directory -j2 all
	$(Q)PATH=$(abspath $(B)):$$PATH daemon/largeml/train/teach.sh lab $(B)/lab $(B)/teach

# For DKMS, which builds the module for each kernel: dkms install tlml/$(VERSION)
install-module:
	install -D -m 644 -t $(DESTDIR)/usr/src/tlml-$(VERSION) Kbuild kmod/dkms.conf
	install -D -m 644 -t $(DESTDIR)/usr/src/tlml-$(VERSION)/kmod $(wildcard kmod/*.[ch])
	install -D -m 755 -t $(DESTDIR)/usr/src/tlml-$(VERSION)/kmod $(wildcard kmod/*.sh)
	install -D -m 644 -t $(DESTDIR)/usr/src/tlml-$(VERSION)/uapi $(wildcard uapi/*.h)
	install -D -m 644 -t $(DESTDIR)/usr/local/share/man/man4 kmod/tlml.4

install: all
	install -D -t $(DESTDIR)/usr/local/sbin $(TOOLS)
	install -D -m 644 -t $(DESTDIR)/usr/local/share/man/man8 \
		$(wildcard tools/*.8 daemon/*.8 daemon/largeml/*.8)
	install -D -m 644 -t $(DESTDIR)/usr/local/lib/systemd/system $(wildcard daemon/*.service)
	install -D -m 644 daemon/tlml.sysusers $(DESTDIR)/usr/local/lib/sysusers.d/tlml.conf
	$(Q)find $(B)/deps -type f -name 'libonnxruntime.so.1' 2>/dev/null | \
		xargs -r install -D -m 644 -t $(DESTDIR)/usr/local/lib/tlml
	install -D -m 644 tools/tlmlctl.bash \
		$(DESTDIR)/usr/local/share/bash-completion/completions/tlmlctl
	[ -n "$(DESTDIR)" ] || ! command -v systemd-sysusers >/dev/null || systemd-sysusers tlml.conf

clean:
	$(Q)find $(B) -mindepth 1 -maxdepth 1 ! -name vm ! -name deps -exec rm -rf {} + 2>/dev/null || true
	$(Q)rm -rf $(B)/vm/payload

-include $(shell find $(B) -path $(B)/vm -prune -o -path $(B)/kmod -prune -o -name '*.d' -print 2>/dev/null)
