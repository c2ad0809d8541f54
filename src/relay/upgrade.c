/* upgrade.c - asks for DERP, and reads the answer's head */
#include "relay/upgrade.h"

#include <http_parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put(struct wr *w, const char *text)
{
	wr_put(w, text, strlen(text));
}

static bool is_host(const char *host)
{
	for (; *host; host++)
		if (*host <= ' ' || *host >= 0x7f)
			return false;
	return true;
}

void upgrade_request(struct wr *out, const char *host, bool fast_start)
{
	if (!is_host(host)) {
		out->bad = true;
		return;
	}
	put(out, "GET /derp HTTP/1.1\r\nHost: ");
	put(out, host);
	put(out, "\r\nUser-Agent: warren/" WARREN_VERSION "\r\nConnection: Upgrade\r\n");
	if (fast_start)
		put(out, "Derp-Fast-Start: 1\r\n");
	put(out, "Upgrade: DERP\r\n\r\n");
}

struct upgrade_answer {
	http_parser parser;
	size_t n;  /* bytes of the head so far */
	bool done; /* the head was complete */
};

struct upgrade_answer *upgrade_answer_new(void)
{
	struct upgrade_answer *a = calloc(1, sizeof(*a));
	if (!a)
		return NULL;
	http_parser_init(&a->parser, HTTP_RESPONSE);
	a->parser.data = a;
	return a;
}

void upgrade_answer_free(struct upgrade_answer *a)
{
	free(a);
}

static int answer_head_done(http_parser *p)
{
	struct upgrade_answer *a = p->data;
	a->done = true;
	return 2; /* the parser stops here: DERP follows */
}

static enum upgrade_progress refuse(char why[static UPGRADE_WHY_MAX], const char *text)
{
	snprintf(why, UPGRADE_WHY_MAX, "%s", text);
	return UPGRADE_REFUSED;
}

static enum upgrade_progress judge(unsigned code, char why[static UPGRADE_WHY_MAX])
{
	if (code == HTTP_STATUS_SWITCHING_PROTOCOLS)
		return UPGRADE_DONE;
	if (code == HTTP_STATUS_NOT_FOUND)
		return refuse(why, "there is a web server, but no relay (404 for /derp)");
	if (code == HTTP_STATUS_UPGRADE_REQUIRED)
		return refuse(why, "a proxy before the relay took away the header Upgrade (426): "
				   "it must pass Upgrade and Connection on");
	if (code == HTTP_STATUS_BAD_REQUEST)
		return refuse(why, "the request came changed (400): a proxy before the relay must "
				   "send HTTP alone, without the PROXY protocol");
	if (code == HTTP_STATUS_BAD_GATEWAY || code == HTTP_STATUS_SERVICE_UNAVAILABLE ||
	    code == HTTP_STATUS_GATEWAY_TIMEOUT) {
		snprintf(why, UPGRADE_WHY_MAX,
			 "a proxy before the relay does not reach it, or the relay is full (%u)",
			 code);
		return UPGRADE_REFUSED;
	}
	snprintf(why, UPGRADE_WHY_MAX, "the relay refused with HTTP status %u", code);
	return UPGRADE_REFUSED;
}

enum upgrade_progress upgrade_answer_input(struct upgrade_answer *a, struct bytes b, size_t *used,
					   char why[static UPGRADE_WHY_MAX])
{
	static const http_parser_settings settings = {.on_headers_complete = answer_head_done};
	*used = 0;
	if (b.n == 0)
		return UPGRADE_MORE;
	size_t n = b.n < UPGRADE_HEADER_MAX - a->n ? b.n : UPGRADE_HEADER_MAX - a->n;
	size_t taken = http_parser_execute(&a->parser, &settings, (const char *)b.p, n);
	if (HTTP_PARSER_ERRNO(&a->parser) != HPE_OK)
		return refuse(why, "the answer is not HTTP");
	a->n += taken;
	*used = taken;
	if (a->done)
		return judge(a->parser.status_code, why);
	if (a->n >= UPGRADE_HEADER_MAX)
		return refuse(why, "the answer's header is too long");
	return UPGRADE_MORE;
}

/* --- the name in the meta certificate --- */

static const char meta_prefix[] = "derpkey";

void upgrade_meta_cn(char out[static UPGRADE_META_CN_MAX], const struct node_key *server_key)
{
	memcpy(out, meta_prefix, sizeof(meta_prefix) - 1);
	hex_format(out + sizeof(meta_prefix) - 1, BYTES_OF(server_key->b));
}

bool upgrade_meta_parse(struct node_key *server_key, const char *cn)
{
	size_t n = sizeof(meta_prefix) - 1;
	return strncmp(cn, meta_prefix, n) == 0 &&
	       hex_parse(server_key->b, KEY_LEN, cn + n, strlen(cn + n));
}
