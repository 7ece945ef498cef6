// SPDX-License-Identifier: BSD-2-Clause
/*
 * The netlink family while things come and go: interfaces and namespaces that vanish while bound,
 * setters and dumpers at once, listeners that are too slow, and people without privileges.
 */
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "rig.h"

#define ROUNDS		200
#define PREFIXES	60

static struct rig r;

static void begin(const char *name)
{
	rig_run("ip link add %s type dummy", name);
	rig_maps(&r, if_nametoindex(name));
	CHECK_EQ(rig_bind(&r), 0);
}

static void end(const char *name)
{
	rig_drop(&r);
	rig_run("ip link del %s 2>/dev/null", name);
	CHECK_EQ(rig_alive(&r), 0);
}

/* Exit status of fn in a process of its own: 0 if all its checks held. */
static pid_t fork_of(int (*fn)(int), int arg)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(rig_sock);
		rig_sock = rig_connect();
		_exit(fn(arg));
	}
	return pid;
}

static int end_of(pid_t pid)
{
	int status;

	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static void device_goes(void)
{
	begin("tlml1");
	rig_drop(&r);
	CHECK_EQ(rig_alive(&r) != 0, 1);
	rig_run("ip link del tlml1");
	CHECK_EQ(rig_alive(&r), 0);
	CHECK_EQ(rig_simple(TLML_CMD_POLICY_GET, r.ifindex), -ENOENT);
}

/* Another namespace has it then, and has not bound it. */
static void device_moves(void)
{
	begin("tlml1");
	rig_run("ip netns add tlml-moved");
	rig_run("ip link set tlml1 netns tlml-moved");
	rig_drop(&r);
	CHECK_EQ(rig_alive(&r), 0);
	rig_run("ip netns del tlml-moved");
}

static int bind_in_ns(int unused)
{
	struct rig mine;

	if (unshare(CLONE_NEWNET))
		return 1;
	close(rig_sock);
	rig_sock = rig_connect();
	rig_run("ip link add tlml1 type dummy");
	rig_maps(&mine, if_nametoindex("tlml1"));
	mine.ctl->audit = 3;
	if (rig_bind(&mine) || rig_u32(rig_ask(rig_of(TLML_CMD_POLICY_GET, 0, mine.ifindex)).last,
				       TLML_A_POLICY_AUDIT) != 3)
		return 2;
	/* Of the other namespaces' nothing is seen. */
	if (rig_ask(rig_msg(TLML_CMD_POLICY_GET, NLM_F_DUMP)).replies != 1)
		return 3;
	r = mine;
	return write(unused, mine.ids, sizeof(mine.ids)) != sizeof(mine.ids);
}

static void namespace_goes(void)
{
	struct rig gone = { 0 };
	int p[2];

	begin("tlml1");
	CHECK(!pipe(p), "a pipe");
	CHECK_EQ(end_of(fork_of(bind_in_ns, p[1])), 0);
	CHECK_EQ(read(p[0], gone.ids, sizeof(gone.ids)), sizeof(gone.ids));
	CHECK_EQ(rig_alive(&gone), 0);		/* with the namespace, which no process is in now */
	CHECK_EQ(rig_simple(TLML_CMD_POLICY_GET, r.ifindex), 0);
	close(p[0]);
	close(p[1]);
	end("tlml1");
}

/* Audit and payload are set together: whoever reads has both of one setter, or the map was torn. */
static int set(int n)
{
	struct nl_msg *m = rig_of(TLML_CMD_POLICY_SET, 0, r.ifindex);

	nla_put_u32(m, TLML_A_POLICY_AUDIT, n);
	nla_put_u32(m, TLML_A_POLICY_PAYLOAD, n);
	return rig_ask(m).err;
}

static int setter(int n)
{
	for (int i = 0; i < ROUNDS; i++)
		if (set(n))
			return 1;
	return 0;
}

static int reader(int unused)
{
	for (int i = 0; i < ROUNDS; i++) {
		struct rig_answer a = rig_ask(rig_of(TLML_CMD_POLICY_GET, 0, r.ifindex));

		if (a.err || rig_u32(a.last, TLML_A_POLICY_AUDIT) !=
			     rig_u32(a.last, TLML_A_POLICY_PAYLOAD))
			return 2;
		if (rig_ask(rig_msg(TLML_CMD_POLICY_GET, NLM_F_DUMP)).err)
			return 3;
	}
	return 0;
}

static int binder(int unused)
{
	struct rig mine;

	for (int i = 0; i < ROUNDS / 10; i++) {
		rig_maps(&mine, r.ifindex + 1);
		if (rig_bind(&mine) || rig_simple(TLML_CMD_UNBIND, mine.ifindex))
			return 4;
		rig_drop(&mine);
	}
	return 0;
}

static void at_once(void)
{
	pid_t pids[6];

	begin("tlml1");
	rig_run("ip link add tlml2 type dummy");
	r.ctl->audit = r.ctl->payload = 1;
	for (int i = 0; i < 6; i++)
		pids[i] = fork_of(i < 3 ? setter : i < 5 ? reader : binder, i + 1);
	for (int i = 0; i < 6; i++)
		CHECK_EQ(end_of(pids[i]), 0);
	rig_run("ip link del tlml2");
	end("tlml1");
}

static int add_prefix(unsigned int i)
{
	struct nl_msg *m = rig_of(TLML_CMD_ALLOW_ADD, 0, r.ifindex);
	unsigned char addr[16] = { 0x20, 1, 0xd, 0xb8, i };

	nla_put(m, TLML_A_ALLOW_ADDR, 16, addr);
	nla_put_u32(m, TLML_A_ALLOW_LEN, 48);
	return rig_ask(m).err;
}

/* A dump in two parts, between which the list changes, says that it is torn. */
static void torn_dump(void)
{
	struct nl_msg *m;
	char part[512] __attribute__((aligned(8)));
	int fd = rig_connect(), torn = 0, ended = 0, small = 4096;
	ssize_t len;

	begin("tlml1");
	for (unsigned int i = 0; i < PREFIXES; i++)
		CHECK_EQ(add_prefix(i), 0);
	m = rig_of(TLML_CMD_ALLOW_GET, NLM_F_DUMP, r.ifindex);
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	send(fd, nlmsg_hdr(m), nlmsg_hdr(m)->nlmsg_len, 0);
	CHECK_EQ(add_prefix(PREFIXES), 0);
	while (!ended && (len = recv(fd, part, sizeof(part), MSG_TRUNC)) > 0) {
		struct nlmsghdr *h = (void *)part;
		int left = len < (ssize_t)sizeof(part) ? len : (ssize_t)sizeof(part);

		for (; nlmsg_ok(h, left); h = nlmsg_next(h, &left)) {
			torn |= h->nlmsg_flags & NLM_F_DUMP_INTR;
			ended |= h->nlmsg_type == NLMSG_DONE || h->nlmsg_type == NLMSG_ERROR;
		}
		if (len > (ssize_t)sizeof(part))	/* the rest of this part was cut off */
			ended |= torn;
	}
	CHECK(torn, "a dump over a change says so");
	nlmsg_free(m);
	close(fd);
	end("tlml1");
}

static int listen_at(const char *group)
{
	int fd = rig_connect(), n = rig_group(group);

	setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &n, sizeof(n));
	return fd;
}

/* The command of the next message, or -errno. */
static int heard(int fd, struct nlmsghdr **at)
{
	static char buffer[RIG_ANSWER] __attribute__((aligned(8)));
	ssize_t len = recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT);

	*at = (void *)buffer;
	return len < 0 ? -errno : ((struct genlmsghdr *)nlmsg_data(*at))->cmd;
}

static struct nl_msg *event(int ctl, unsigned int which, const char *text)
{
	struct nl_msg *m = rig_of(TLML_CMD_TELL, 0, r.ifindex);

	nla_put_u32(m, TLML_A_EVENT_CTL, ctl);
	nla_put_u32(m, TLML_A_EVENT_EVENT, which);
	nla_put_u32(m, TLML_A_EVENT_GENERATION, 12);
	nla_put_string(m, TLML_A_EVENT_TEXT, text);
	return m;
}

static void events(void)
{
	int policy = listen_at(TLML_MCGRP_POLICY), model = listen_at(TLML_MCGRP_MODEL);
	int alert = listen_at(TLML_MCGRP_ALERT), told = 0, refused = 0;
	struct nlmsghdr *h;

	begin("tlml1");
	CHECK_EQ(heard(policy, &h), TLML_CMD_POLICY_NTF);	/* bound */
	CHECK_EQ(set(2), 0);
	CHECK_EQ(heard(policy, &h), TLML_CMD_POLICY_NTF);
	CHECK_EQ(rig_u32(h, TLML_A_POLICY_AUDIT), 2);
	CHECK_EQ(rig_ask(event(r.ctl_fd, TLML_TOLD_ROLLBACK, "back\n\x1b[1m")).err, 0);
	CHECK_EQ(heard(model, &h), TLML_CMD_MODEL_NTF);
	CHECK_EQ(rig_u32(h, TLML_A_EVENT_EVENT), TLML_TOLD_ROLLBACK);
	CHECK_EQ(rig_u32(h, TLML_A_EVENT_GENERATION), 12);
	CHECK(!strcmp(nla_get_string(rig_attr(h, TLML_A_EVENT_TEXT)), "back??[1m"), "control characters");
	for (int i = 0; i < 30; i++) {
		int err = rig_ask(event(r.ctl_fd, TLML_TOLD_ALERT, "look")).err;

		told += !err;
		refused += err == -EAGAIN;
	}
	CHECK(told >= 10 && refused >= 1 && told + refused == 30, "%d told, %d refused", told, refused);
	CHECK_EQ(heard(alert, &h), TLML_CMD_ALERT_NTF);
	CHECK_EQ(heard(model, &h), -EAGAIN);		/* an alert is none of the model's */
	close(policy);
	close(model);
	close(alert);
	end("tlml1");
}

/* Who is too slow hears of it, and finds by a dump what is so now. */
static void loss(void)
{
	int fd = listen_at(TLML_MCGRP_POLICY), small = 8192, err;
	struct nlmsghdr *h;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	begin("tlml1");
	CHECK_EQ(setter(9), 0);
	do
		err = heard(fd, &h);
	while (err > 0);
	CHECK_EQ(err, -ENOBUFS);
	do
		err = heard(fd, &h);
	while (err > 0);
	CHECK_EQ(err, -EAGAIN);
	CHECK_EQ(rig_u32(rig_ask(rig_msg(TLML_CMD_POLICY_GET, NLM_F_DUMP)).last,
			 TLML_A_POLICY_AUDIT), 9);
	close(fd);
	end("tlml1");
}

/* As tlmld is: no capability, but a control map that it was given. */
static int nobody(int unused)
{
	int group = rig_group(TLML_MCGRP_POLICY), fd;

	if (setgid(65534) || setuid(65534))
		return 1;
	close(rig_sock);
	rig_sock = rig_connect();
	if (rig_simple(TLML_CMD_POLICY_GET, r.ifindex) != -EPERM ||
	    set(1) != -EPERM || rig_simple(TLML_CMD_UNBIND, r.ifindex) != -EPERM ||
	    rig_bind(&r) != -EPERM ||
	    rig_ask(rig_msg(TLML_CMD_POLICY_GET, NLM_F_DUMP)).err != -EPERM)
		return 2;
	if (rig_ask(rig_msg(TLML_CMD_CAPS_GET, 0)).err ||
	    rig_ask(event(r.ctl_fd, TLML_TOLD_GENERATION, "new")).err)
		return 3;
	fd = rig_connect();
	if (!setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)))
		return 4;
	/* Root of a namespace of its own may do what there is to do there: nothing. */
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return errno == EPERM || errno == ENOSPC ? 0 : 5;
	close(rig_sock);
	rig_sock = rig_connect();
	if (rig_ask(rig_msg(TLML_CMD_POLICY_GET, NLM_F_DUMP)).err ||
	    rig_simple(TLML_CMD_POLICY_GET, r.ifindex) != -ENOENT || rig_bind(&r) != -ENODEV)
		return 6;
	return 0;
}

static void unprivileged(void)
{
	begin("tlml1");
	CHECK_EQ(end_of(fork_of(nobody, 0)), 0);
	CHECK_EQ(r.ctl->audit, 0);
	end("tlml1");
}

static const struct tap_test tests[] = {
	{ "an interface that goes takes its maps along", device_goes },
	{ "an interface that moves is bound no longer", device_moves },
	{ "a namespace that goes takes its maps along", namespace_goes },
	{ "setters, readers and binders at once", at_once },
	{ "a dump that is not of one piece says so", torn_dump },
	{ "changes and events are told, alerts within limits", events },
	{ "who hears too slowly is told, and resyncs", loss },
	{ "who has no capability is refused, but may tell by his map", unprivileged },
};

int main(int argc, char **argv)
{
	rig_begin(argv[0]);
	argc = tap_main(tests, sizeof(tests) / sizeof(tests[0]));
	return rig_remove() ? 1 : argc;
}
