#include "serve/relay_pages.h"

#include <string.h>

enum { READS = METHOD_GET | METHOD_HEAD, CHALLENGE_MAX = 64 /* derp.md 7.2 */ };

/* --- /derp --- */

static bool wants_derp(const struct http_request *q)
{
	struct bytes upgrade = http_header(q, "Upgrade");
	if (http_is(upgrade, "derp"))
		return true;
	/* Very old clients say "websocket" and mean plain DERP; derp.md 2.4. */
	return http_is(upgrade, "websocket") &&
	       !http_lists(http_header(q, "Sec-WebSocket-Protocol"), "derp");
}

void relay_pages_derp(const struct node_key *server_key, const struct http_request *q,
		      struct http_answer *a)
{
	char key[2 * KEY_LEN + 1];
	http_add_header(a, "Upgrade", "DERP");
	if (q->method != METHOD_GET || !wants_derp(q)) {
		a->status = "426 Upgrade Required";
		http_add_text(a, "DERP requires connection upgrade\n");
		return;
	}
	a->upgrade = true;
	a->status = "101 Switching Protocols";
	if (http_is(http_header(q, "Derp-Fast-Start"), "1"))
		a->status = NULL;
	hex_format(key, BYTES_OF(server_key->b));
	http_add_header(a, "Connection", "Upgrade");
	http_add_header(a, "Derp-Version", "2");
	http_add_header(a, "Derp-Public-Key", key);
}

/* --- pages --- */

static void probe(void *self, const struct http_request *q, struct http_answer *a)
{
	if (q->method & READS) {
		http_add_header(a, "Access-Control-Allow-Origin", "*");
		return;
	}
	a->status = "405 Method Not Allowed";
	http_add_header(a, "Allow", "GET, HEAD");
	http_add_text(a, "bogus probe method\n");
}

/* What may stand in an answer: a request must not write headers of its own into it. */
static bool challenge_is_good(struct bytes b)
{
	static const char good[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-";
	for (size_t i = 0; i < b.n; i++)
		if (b.p[i] == '\0' || !strchr(good, b.p[i]))
			return false;
	return b.n > 0 && b.n <= CHALLENGE_MAX;
}

static void no_content(void *self, const struct http_request *q, struct http_answer *a)
{
	static const char front[] = "response ";
	char response[sizeof(front) + CHALLENGE_MAX];
	struct bytes challenge = http_header(q, "X-Tailscale-Challenge");
	a->status = "204 No Content";
	http_add_header(a, "Cache-Control",
			"no-cache, no-store, must-revalidate, no-transform, max-age=0");
	if (!challenge_is_good(challenge))
		return;
	memcpy(response, front, sizeof(front) - 1);
	memcpy(response + sizeof(front) - 1, challenge.p, challenge.n);
	response[sizeof(front) - 1 + challenge.n] = '\0';
	http_add_header(a, "X-Tailscale-Response", response);
}

static void front_page(void *self, const struct http_request *q, struct http_answer *a)
{
	http_add_text(a, "This is a relay. It carries sealed packets between machines that cannot\n"
			 "reach each other directly, and cannot read them.\n");
}

static void robots(void *self, const struct http_request *q, struct http_answer *a)
{
	http_add_text(a, "User-agent: *\nDisallow: /\n");
}

bool relay_pages_add(struct http_routes *routes)
{
	static const struct http_route pages[] = {
		{.methods = METHOD_ANY, .path = "/derp/probe", .answer = probe},
		{.methods = METHOD_ANY, .path = "/derp/latency-check", .answer = probe},
		{.methods = READS, .path = "/generate_204", .answer = no_content},
		{.methods = READS, .path = "/", .answer = front_page},
		{.methods = READS, .path = "/robots.txt", .answer = robots},
	};
	for (size_t i = 0; i < ARRAY_LEN(pages); i++)
		if (!http_routes_add(routes, &pages[i]))
			return false;
	return true;
}
