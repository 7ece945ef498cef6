// SPDX-License-Identifier: BSD-2-Clause
/*
 * tlml's side of the Open Inference Protocol over a plain socket, for conformance tests:
 *   oip_client [-jk] [-m MODEL] [-c CLASS,CLASS..] [-w MS] URL N...
 * Asks whether the server is ready, what it can do and what the model is, then about N made-up
 * flows, for each N on the same connection, and prints a line for each flow. -j: in JSON although
 * binary would do; -k: checks the answers, which are those of oip_server.py; -w: how long to wait
 * for each reply (20000).
 */
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "../../daemon/http.h"
#include "../../daemon/oip.h"
#include "../../daemon/url.h"

struct client {
	const char *model;
	struct tlml_url to;
	char names[TLML_CLASSES_MAX][TLML_NAME_MAX];
	unsigned int n_names;
	bool json, check;
	long wait_ms;
	int fd;
	struct tlml_http http;
	struct tlml_oip_plan plan;
	char *buf;
	size_t room;
	struct tlml_error e;
};

static int die(struct client *c, const char *what)
{
	fprintf(stderr, "oip_client: %s: %s: %s\n", c->to.text, what, c->e.text);
	return 1;
}

static int client_connect(struct client *c)
{
	struct timeval wait = { c->wait_ms / 1000, c->wait_ms % 1000 * 1000 };

	c->fd = socket(c->to.addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (c->fd < 0 || setsockopt(c->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) ||
	    connect(c->fd, (struct sockaddr *)&c->to.addr, c->to.len))
		return tlml_error_set(&c->e, errno, "%s", strerror(errno));
	return 0;
}

static int send_all(struct client *c, const char *data, size_t len)
{
	ssize_t n;

	for (; len; data += n, len -= n) {
		n = send(c->fd, data, len, MSG_NOSIGNAL);
		if (n < 0)
			return tlml_error_set(&c->e, errno, "send: %s", strerror(errno));
	}
	return 0;
}

/* Sends a request; head is all of it that says how long the body is. 0 and a whole response. */
static int ask(struct client *c, const char *head, const char *body, size_t len)
{
	char text[640], data[4096];
	int n, err;

	n = snprintf(text, sizeof(text), "%s\r\nHost: %s\r\n\r\n", head, c->to.host);
	err = send_all(c, text, n);
	if (!err)
		err = send_all(c, body, len);
	tlml_http_reset(&c->http);
	while (!err && !c->http.complete) {
		n = recv(c->fd, data, sizeof(data), 0);
		err = n < 0 ? tlml_error_set(&c->e, errno, "recv: %s", strerror(errno)) :
			      tlml_http_feed(&c->http, data, n, &c->e);
	}
	if (err)
		return err;
	if (!c->http.keep_alive) {
		close(c->fd);
		err = client_connect(c);
	}
	return err;
}

/* A response other than 200 is an error, with what it says. */
static int ask_well(struct client *c, const char *head, const char *body, size_t len)
{
	char why[200];
	int err = ask(c, head, body, len);

	if (err || c->http.status == 200)
		return err;
	tlml_oip_failure(c->http.body, c->http.len, why, sizeof(why));
	return tlml_error_set(&c->e, EIO, "status %u, retry after %ld: %s", c->http.status,
			      c->http.retry_after, why);
}

static int begin(struct client *c)
{
	struct tlml_oip_metadata m;
	int binary = 0, err;
	char head[160];
	unsigned int i;

	if (ask_well(c, "GET /v2/health/ready HTTP/1.1", "", 0))
		return die(c, "ready");
	if (ask_well(c, "GET /v2 HTTP/1.1", "", 0) ||
	    tlml_oip_server_parse(c->http.body, c->http.len, &binary, &c->e))
		return die(c, "server");
	snprintf(head, sizeof(head), "GET /v2/models/%s HTTP/1.1", c->model);
	if (ask_well(c, head, "", 0) ||
	    tlml_oip_metadata_parse(c->http.body, c->http.len, &m, &c->e))
		return die(c, "model");
	err = tlml_oip_fit(&m, (const char (*)[TLML_NAME_MAX])c->names, c->n_names,
			   binary && !c->json, &c->plan, &c->e);
	if (err)
		return die(c, "fit");
	fprintf(stderr, "binary %d inputs %u output %s classes", c->plan.binary, c->plan.inputs,
		c->plan.output);
	for (i = 0; i < c->plan.classes; i++)
		fprintf(stderr, " %s", c->plan.klass[i]);
	fprintf(stderr, "\n");
	return 0;
}

/* Flows of whole numbers that float32 holds, each one another. */
static void make_case(struct tlml_case *c, unsigned int i)
{
	unsigned int k;

	memset(c, 0, sizeof(*c));
	for (k = 0; k < TLML_FEATURES_MAX; k++)
		c->record.x[k] = (i * 37 + k * 11) & 127;
	c->packets = 8 + i % 25;
	for (k = 0; k < c->packets; k++)
		c->packet[k] = (struct tlml_case_packet){
			.size = (i * 5 + k * 3) % 63, .gap = k ? (i + k * 7) & 127 : 0,
			.dir = TLML_DIR_FORWARD + (i * k) % 2,
		};
	c->record.proto = i & 1 ? 6 : 17;
	c->record.dport = 1 + i * 251 % 65535;
	c->record.family = i & 2 ? 6 : 4;
	c->record.flow.pkts = 8 + i;
	c->record.flow.bytes[0] = 400 + 1000 * i;
	c->record.flow.bytes[1] = 70000 * i;
	c->record.flow.last = i * 3;
	c->record.flow.anomaly = i & 127;
}

/* As oip_server.py does it: its answer to a flow hangs on every value and its place. */
static bool answer_is(const struct client *c, const struct tlml_case *subject, const float *p)
{
	float values[TLML_CASE_PACKETS * 3];
	const struct tlml_input_info *info;
	double total = 0, best;
	unsigned int i, k;
	bool ok = true;

	for (i = 0; i < c->plan.inputs; i++) {
		info = &tlml_inputs[c->plan.input[i].input];
		tlml_case_floats(subject, c->plan.input[i].input, values);
		for (k = 0; k < info->values; k++)
			total += (double)values[k] * (k + 1);
	}
	best = 0.5 + fmod(total, 64) / 128;
	for (k = 0; k < c->plan.classes; k++)
		ok = ok && p[k] == (float)(k == (unsigned int)fmod(total, c->plan.classes) ? best :
					   (1 - best) / (c->plan.classes - 1));
	return ok;
}

static int infer(struct client *c, unsigned int n)
{
	static struct tlml_case cases[TLML_OIP_BATCH];
	const struct tlml_case *list[TLML_OIP_BATCH];
	float p[TLML_OIP_BATCH * TLML_CLASSES_MAX];
	char head[256], part[64] = "";
	unsigned int i, k;
	size_t json_len;
	long len;

	for (i = 0; i < n; i++) {
		make_case(&cases[i], i);
		list[i] = &cases[i];
	}
	len = tlml_oip_request(&c->plan, list, n, n, &c->buf, &c->room, &json_len);
	if (len < 0)
		return tlml_error_set(&c->e, -len, "no memory for a request"), die(c, "infer");
	if (c->plan.binary)
		snprintf(part, sizeof(part), "\r\nInference-Header-Content-Length: %zu", json_len);
	snprintf(head, sizeof(head),
		 "POST /v2/models/%s/infer HTTP/1.1\r\nContent-Type: application/%s\r\n"
		 "Content-Length: %ld%s", c->model, c->plan.binary ? "octet-stream" : "json", len,
		 part);
	if (ask_well(c, head, c->buf, len) ||
	    tlml_oip_reply_parse(&c->plan, c->http.body, c->http.len, c->http.json_len, n, p,
				 &c->e))
		return die(c, "infer");
	for (i = 0; i < n; i++) {
		const float *row = p + i * c->plan.classes;

		printf("%u", i);
		for (k = 0; k < c->plan.classes; k++)
			printf(" %s=%.9g", c->plan.klass[k], row[k]);
		printf("\n");
		if (c->check && !answer_is(c, &cases[i], row))
			return tlml_error_set(&c->e, EIO, "flow %u of %u", i, n), die(c, "wrong answer");
	}
	return 0;
}

static unsigned int names_parse(struct client *c, char *list)
{
	unsigned int n = 0;
	char *w;

	for (w = strtok(list, ","); w && n < TLML_CLASSES_MAX; w = strtok(NULL, ","))
		snprintf(c->names[n++], TLML_NAME_MAX, "%s", w);
	return n;
}

int main(int argc, char **argv)
{
	struct client c = { .model = "tlml", .wait_ms = 20000, .fd = -1 };
	int opt, rc;

	while ((opt = getopt(argc, argv, "m:c:jkw:")) != -1)
		switch (opt) {
		case 'm': c.model = optarg; break;
		case 'c': c.n_names = names_parse(&c, optarg); break;
		case 'j': c.json = true; break;
		case 'k': c.check = true; break;
		case 'w': c.wait_ms = atol(optarg); break;
		default: return 2;
		}
	if (optind == argc)
		return fprintf(stderr, "usage: oip_client [-jk] [-m MODEL] [-c CLASSES] [-w MS] URL N...\n"), 2;
	tlml_http_init(&c.http);
	rc = tlml_url_parse(argv[optind++], &c.to, &c.e) || client_connect(&c) ?
		die(&c, "connect") : begin(&c);
	for (; !rc && optind < argc; optind++)
		rc = infer(&c, atoi(argv[optind]));
	tlml_http_free(&c.http);
	free(c.buf);
	if (c.fd >= 0)
		close(c.fd);
	return rc;
}
