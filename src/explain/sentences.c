#include "explain/sentences.h"

#include <stdio.h>
#include <string.h>

#include "explain/hard.h"
#include "explain/rules.h"
#include "path/hard/budget.h"

/* --- what a {name} stands for --- */

/* Rounded to the nearest. */
static unsigned ms(mono_ns t)
{
	return (unsigned)((t + MSEC / 2) / MSEC);
}

enum { VALUE_MAX = 128 };

/* A text, or a number where the text is NULL. */
struct value {
	const char *name, *text;
	unsigned n;
};

/* The value of this name, in `out` if it is a number; NULL: none of these has that name. */
static const char *pick(const struct value *known, size_t n, struct bytes name,
			char out[static VALUE_MAX])
{
	for (size_t i = 0; i < n; i++) {
		if (strlen(known[i].name) != name.n || memcmp(known[i].name, name.p, name.n) != 0)
			continue;
		snprintf(out, VALUE_MAX, "%u", known[i].n);
		return known[i].text ? known[i].text : out;
	}
	return NULL;
}

static const char *path_value(const struct explain_facts *f, struct bytes name,
			      char out[static VALUE_MAX])
{
	const struct value known[] = {
		{"peer", f->peer ? f->peer : "the peer", 0},
		{"relay", f->relay ? f->relay : "none", 0},
		{"lost", f->relay_lost ? f->relay_lost : "connected", 0},
		{"home", f->home ? f->home : "none", 0},
		{"home_says", f->home_says ? f->home_says : "nothing", 0},
		{"port", NULL, f->port},
		{"rtt", NULL, ms(f->path->rtt)},
		{"relay_rtt", NULL, ms(f->path->relay_rtt)},
		{"loss", NULL, f->path->loss_percent},
		{"pings", NULL, f->pings},
		{"doubt", f->doubt ? f->doubt : "it fell silent", 0},
		{"falls", NULL, f->falls},
	};
	return pick(known, ARRAY_LEN(known), name, out);
}

static const char *hard_value(const struct explain_facts *f, struct bytes name,
			      char out[static VALUE_MAX])
{
	const struct value known[] = {
		{"hard_sent", NULL, f->last_attempt ? explain_hard_sent(f->last_attempt) : 0},
		{"next", NULL, f->next_attempt_s},
		{"peer_left", NULL, f->path->hard.peer_left},
		{"host_left", NULL, f->path->hard.host_left},
		{"peer_max", NULL, HARD_PEER_MAX},
		{"host_max", NULL, HARD_HOST_MAX},
	};
	return pick(known, ARRAY_LEN(known), name, out);
}

static const char *gateway_value(const struct explain_facts *f, struct bytes name,
				 char out[static VALUE_MAX])
{
	char at[IP_TEXT_MAX], outside[ENDPOINT_TEXT_MAX], outside_ip[IP_TEXT_MAX];
	const struct gateway_facts none = {0}, *g = f->gateway ? f->gateway : &none;
	const struct portmap_asked *no = explain_portmap_refused(g);
	bool mapped = endpoint_is_set(&g->outside);
	const struct value known[] = {
		{"gateway", f->gateway ? ip_format(&g->at, at) : "of this network", 0},
		{"outside", mapped ? endpoint_format(&g->outside, outside) : "a port", 0},
		{"outside_ip", mapped ? ip_format(&g->outside.ip, outside_ip) : "the inner one", 0},
		{"outside_port", NULL, g->outside.port},
		{"refusal", explain_portmap_refusal(no ? no->refusal : MAPPER_REFUSED_SOMEHOW), 0},
		{"reach", explain_portmap_reach(g->reach), 0},
	};
	const char *text = pick(known, ARRAY_LEN(known), name, out);
	if (text && text != out) /* some texts end with this function */
		snprintf(out, VALUE_MAX, "%s", text);
	return text ? out : NULL;
}

static const char *value(const struct explain_facts *f, struct bytes name,
			 char out[static VALUE_MAX])
{
	const char *text = path_value(f, name, out);
	if (!text)
		text = hard_value(f, name, out);
	if (!text)
		text = gateway_value(f, name, out);
	return text ? text : "?";
}

/* --- filling in --- */

static void put(char *out, size_t cap, size_t *n, const char *text, size_t len)
{
	for (size_t i = 0; i < len && *n + 1 < cap; i++)
		out[(*n)++] = text[i];
	out[*n] = '\0';
}

/* Puts its value in the place of each {name}. */
static void fill(const struct explain_facts *f, const char *form, char out[static SENTENCE_MAX])
{
	size_t n = 0;
	char room[VALUE_MAX];
	out[0] = '\0';
	while (*form) {
		const char *end = *form == '{' ? strchr(form, '}') : NULL;
		if (!end) {
			put(out, SENTENCE_MAX, &n, form++, 1);
			continue;
		}
		const struct bytes name = {(const uint8_t *)form + 1, (size_t)(end - form - 1)};
		const char *text = value(f, name, room);
		put(out, SENTENCE_MAX, &n, text, strlen(text));
		form = end + 1;
	}
}

/* --- sentences --- */

void explain_now(const struct explain_facts *f, char out[static SENTENCE_MAX])
{
	const char *form = "There is no way to {peer} at present.";
	if (f->path->state == PEER_PLAIN)
		form = "{peer} speaks WireGuard only, and is reached where it was last heard or is "
		       "said to be.";
	else if (f->path->state == PEER_DIRECT && ms(f->path->rtt) > 0)
		form = "{peer} is reached directly; a round trip takes {rtt} ms.";
	else if (f->path->state == PEER_DIRECT)
		form = "{peer} is reached directly.";
	else if (f->path->state == PEER_ASIDE)
		form = "{peer} is reached through the relay \"{relay}\", which is faster than the "
		       "direct path.";
	else if (f->path->state == PEER_DOUBTED)
		form = "{peer} is reached over a direct path in doubt and through the relay "
		       "\"{relay}\" together.";
	else if (f->relay && !f->relay_lost && ms(f->path->relay_rtt) > 0)
		form = "{peer} is reached through the relay \"{relay}\"; a round trip takes "
		       "{relay_rtt} ms.";
	else if (f->relay && !f->relay_lost)
		form = "{peer} is reached through the relay \"{relay}\".";
	fill(f, form, out);
}

static void collect(const struct explain_facts *f, bool advice, struct sentences *out)
{
	char text[SENTENCE_MAX];
	out->n = 0;
	for (size_t i = 0; i < explain_rules_n; i++) {
		const struct explain_rule *r = &explain_rules[i];
		const char *form = advice ? r->advice : r->failed;
		if (!form || !r->holds(f))
			continue;
		fill(f, form, text);
		sentences_add(out, "%s", text);
	}
}

void explain_failed(const struct explain_facts *f, struct sentences *out)
{
	collect(f, false, out);
}

void explain_advice(const struct explain_facts *f, struct sentences *out)
{
	collect(f, true, out);
}
