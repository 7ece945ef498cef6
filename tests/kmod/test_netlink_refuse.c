// SPDX-License-Identifier: BSD-2-Clause
/*
 * What the netlink family refuses: for each attribute of each command a case, of which the error,
 * the kernel's sentence, and the attribute that it points at or misses have to be right.
 */
#include <sys/utsname.h>

#include "rig.h"

/* One attribute: a number, bytes, text, or the begin and the end of a nest. */
struct value {
	enum { END, NUMBER, BYTES, TEXT, NEST, NEST_END } kind;
	int type;
	__u32 number;
	const char *text;
};

#define U32(t, v)	{ NUMBER, t, v, NULL }
#define RAW(t, n)	{ BYTES, t, n, NULL }	/* n zeros */
#define STR(t, s)	{ TEXT, t, 0, s }
#define CLASS		{ NEST, TLML_A_POLICY_CLASS, 0, NULL }
#define CLASS_END	{ NEST_END, 0, 0, NULL }
#define IF		U32(1, MINE)

/* Stand for what is known only later. */
#define MINE		0xfffffff0u
#define CTL		0xfffffff1u
#define WEIGHTS		0xfffffff2u
#define STATS		0xfffffff3u
#define ALLOW		0xfffffff4u
#define OTHER_CTL	0xfffffff5u	/* of another interface */
#define READ_ONLY	0xfffffff6u
#define A_FILE		0xfffffff7u
#define LONG_ARRAY	0xfffffff8u	/* as the weights, but of a slot more */
#define OTHER_FLAGS	0xfffffff9u
#define OLD_CTL		0xfffffffau	/* of another ABI */
#define FROZEN		0xfffffffbu
#define SHORT		0xfffffffcu	/* an array of small values */

#define POLICY(what, err, said, at, ...)						\
	{ what, TLML_CMD_POLICY_SET, 0, { IF, __VA_ARGS__ }, err, said, at, 0 }
#define RANGE(what, type, over)								\
	POLICY(what " out of range", -ERANGE, "integer out of range", type, U32(type, over))
#define CLASS_RANGE(what, type, over)							\
	POLICY("class: " what " out of range", -ERANGE, "integer out of range", type,	\
	       CLASS, STR(TLML_A_CLASS_NAME, "c0"), U32(type, over), CLASS_END)
#define BIND(what, err, said, at, c, w, s, a)						\
	{ "bind: " what, TLML_CMD_BIND, 0, { IF, U32(TLML_A_BIND_CTL, c),		\
	  U32(TLML_A_BIND_WEIGHTS, w), U32(TLML_A_BIND_STATS, s), U32(TLML_A_BIND_ALLOW, a) },	\
	  err, said, at, 0 }
#define MISSING(what, cmd, type, ...)							\
	{ what, cmd, 0, { __VA_ARGS__ }, -EINVAL, "attribute is missing", 0, type }
#define UNBOUND(what, cmd, flags)							\
	{ what ": an interface that is not bound", cmd, flags, { U32(1, 9999) }, -ENOENT,	\
	  "no maps are bound", 1, 0 },							\
	{ what ": number 0", cmd, flags, { U32(1, 0) }, -ERANGE, "integer out of range", 1, 0 },	\
	{ what ": a short number", cmd, flags, { RAW(1, 2) }, -EINVAL, "invalid", 1, 0 },	\
	{ what ": an unknown attribute", cmd, flags, { IF, U32(99, 1) }, -EINVAL, "Unknown", 99, 0 }, \
	{ what ": no interface", cmd, flags, { { END } }, -EINVAL, "attribute is missing", 0, 1 }

static const struct {
	const char *what;
	int cmd, flags;
	struct value values[10];
	int err;
	const char *said;
	int at, missing;
} refused[] = {
#include "refused.h"
};

#define REFUSED	(sizeof(refused) / sizeof(refused[0]))

static struct rig r, other, old;
static int dumps_point;		/* this kernel tells of attributes also when a dump fails */
static int read_only, a_file, long_array, other_flags, frozen, small;

static __u32 meant(__u32 v)
{
	switch (v) {
	case MINE: return r.ifindex;
	case CTL: return r.ctl_fd;
	case WEIGHTS: return r.weights_fd;
	case STATS: return r.stats_fd;
	case ALLOW: return r.allow_fd;
	case OTHER_CTL: return other.ctl_fd;
	case READ_ONLY: return read_only;
	case A_FILE: return a_file;
	case LONG_ARRAY: return long_array;
	case OTHER_FLAGS: return other_flags;
	case OLD_CTL: return old.ctl_fd;
	case FROZEN: return frozen;
	case SHORT: return small;
	}
	return v;
}

static void one(void)
{
	const struct value *v = refused[tap_number].values;
	struct nl_msg *m = rig_msg(refused[tap_number].cmd, refused[tap_number].flags);
	struct nlattr *nest = NULL;
	struct rig_answer a;
	struct tlml_ctl was = *r.ctl;

	for (unsigned int i = 0; i < 10 && v[i].kind != END; i++)
		switch (v[i].kind) {
		case NUMBER: nla_put_u32(m, v[i].type, meant(v[i].number)); break;
		case BYTES: nla_put(m, v[i].type, v[i].number, (char[16]){ 0 }); break;
		case TEXT: nla_put_string(m, v[i].type, v[i].text); break;
		case NEST: nest = nla_nest_start(m, v[i].type); break;
		case NEST_END: nla_nest_end(m, nest); break;
		case END: break;
		}
	a = rig_ask(m);
	CHECK_EQ(a.err, refused[tap_number].err);
	CHECK(strstr(a.said, refused[tap_number].said), "it says '%s'", a.said);
	if (!(refused[tap_number].flags & NLM_F_DUMP) || dumps_point) {
		CHECK_EQ(a.at, refused[tap_number].at);
		CHECK_EQ(a.missing, refused[tap_number].missing);
	}
	CHECK(!memcmp(&was, r.ctl, sizeof(was)), "the control map is as it was");
}

static void prepare(void)
{
	struct utsname u;
	int minor = 0;

	uname(&u);
	dumps_point = sscanf(u.release, "6.%d.", &minor) != 1 || minor >= 12;
	rig_run("ip link add tlml0 type dummy");
	rig_maps(&r, if_nametoindex("tlml0"));
	rig_maps(&other, r.ifindex + 1);
	rig_maps(&old, r.ifindex);
	old.ctl->abi = TLML_ABI + 1;
	rig_run("mkdir -p /sys/fs/bpf/t");
	bpf_obj_pin(r.ctl_fd, "/sys/fs/bpf/t/ctl");
	LIBBPF_OPTS(bpf_obj_get_opts, opts, .file_flags = BPF_F_RDONLY);
	read_only = bpf_obj_get_opts("/sys/fs/bpf/t/ctl", &opts);
	a_file = open("/dev/null", O_RDWR);
	long_array = rig_map(BPF_MAP_TYPE_ARRAY, "long", 4, sizeof(struct tlml_weights),
			     TLML_SLOTS + 1, BPF_F_MMAPABLE);
	other_flags = rig_map(BPF_MAP_TYPE_ARRAY, "flags", 4, sizeof(struct tlml_ctl), 1, 0);
	frozen = rig_map(BPF_MAP_TYPE_ARRAY, "frozen", 4, sizeof(struct tlml_ctl), 1, BPF_F_MMAPABLE);
	bpf_map_freeze(frozen);
	small = rig_map(BPF_MAP_TYPE_ARRAY, "small", 4, 8, 1, BPF_F_MMAPABLE);
}

int main(int argc, char **argv)
{
	static struct tap_test tests[REFUSED];

	rig_begin(argv[0]);
	prepare();
	if (read_only < 0 || rig_bind(&r)) {
		printf("Bail out! nothing can be bound\n");
		return 1;
	}
	for (unsigned int i = 0; i < REFUSED; i++)
		tests[i] = (struct tap_test){ refused[i].what, one };
	argc = tap_main(tests, REFUSED);
	rig_run("rm -rf /sys/fs/bpf/t; ip link del tlml0");
	rig_remove();
	return argc;
}
