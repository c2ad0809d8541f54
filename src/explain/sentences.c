#include "explain/sentences.h"

#include <stdio.h>
#include <string.h>

#include "explain/rules.h"
#include "path/hard/budget.h"

/* --- filling in --- */

static void put(char *out, size_t cap, size_t *n, const char *text, size_t len)
{
	for (size_t i = 0; i < len && *n + 1 < cap; i++)
		out[(*n)++] = text[i];
	out[*n] = '\0';
}

static const char *value(const struct why_facts *f, const char *name, size_t len,
			 char number[static 16])
{
	const struct {
		const char *name, *text;
		unsigned n;
	} known[] = {
		{"peer", f->peer ? f->peer : "the peer", 0},
		{"relay", f->relay ? f->relay : "none", 0},
		{"lost", f->relay_lost ? f->relay_lost : "connected", 0},
		{"port", NULL, f->port},
		{"rtt", NULL, f->rtt_ms},
		{"relay_rtt", NULL, f->relay_rtt_ms},
		{"loss", NULL, f->loss_percent},
		{"pings", NULL, f->pings},
		{"doubt", f->doubt ? f->doubt : "it fell silent", 0},
		{"falls", NULL, f->falls},
		{"hard_sent", NULL, f->hard_sent},
		{"next", NULL, f->hard_next_s},
		{"peer_left", NULL, f->hard_peer_left},
		{"host_left", NULL, f->hard_host_left},
		{"gateway", f->gateway ? f->gateway : "of this network", 0},
		{"outside", f->outside ? f->outside : "a port", 0},
		{"outside_ip", f->outside_ip ? f->outside_ip : "the inner one", 0},
		{"outside_port", NULL, f->outside_port},
		{"peer_max", NULL, HARD_PEER_MAX},
		{"host_max", NULL, HARD_HOST_MAX},
		{"refusal", f->refusal ? f->refusal : "it does not say why", 0},
		{"reach", f->reach ? f->reach : "another NAT is before the router", 0},
	};
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (strlen(known[i].name) != len || memcmp(known[i].name, name, len) != 0)
			continue;
		snprintf(number, 16, "%u", known[i].n);
		return known[i].text ? known[i].text : number;
	}
	return "?";
}

/* Puts what is known in the place of each {name}. */
static void fill(const struct why_facts *f, const char *form, char out[static WHY_SENTENCE_MAX])
{
	size_t n = 0;
	char number[16];
	out[0] = '\0';
	while (*form) {
		const char *end = *form == '{' ? strchr(form, '}') : NULL;
		if (!end) {
			put(out, WHY_SENTENCE_MAX, &n, form++, 1);
			continue;
		}
		const char *text = value(f, form + 1, (size_t)(end - form - 1), number);
		put(out, WHY_SENTENCE_MAX, &n, text, strlen(text));
		form = end + 1;
	}
}

void why_now(const struct why_facts *f, char out[static WHY_SENTENCE_MAX])
{
	const char *form = "There is no way to {peer} at present.";
	if (f->plain)
		form = "{peer} speaks WireGuard only, and is reached where it was last heard or is "
		       "said to "
		       "be.";
	else if (f->direct && f->rtt_ms > 0)
		form = "{peer} is reached directly; a round trip takes {rtt} ms.";
	else if (f->direct)
		form = "{peer} is reached directly.";
	else if (f->aside)
		form = "{peer} is reached through the relay \"{relay}\", which is faster than the "
		       "direct "
		       "path.";
	else if (f->doubted)
		form = "{peer} is reached over a direct path in doubt and through the relay "
		       "\"{relay}\" "
		       "together.";
	else if (f->relay && !f->relay_lost && f->relay_rtt_ms > 0)
		form = "{peer} is reached through the relay \"{relay}\"; a round trip takes "
		       "{relay_rtt} ms.";
	else if (f->relay && !f->relay_lost)
		form = "{peer} is reached through the relay \"{relay}\".";
	fill(f, form, out);
}

static void collect(const struct why_facts *f, bool advice, struct why_sentences *out)
{
	out->n = 0;
	for (size_t i = 0; i < why_rules_n; i++) {
		const struct why_rule *r = &why_rules[i];
		const char *form = advice ? r->advice : r->failed;
		if (form && out->n < WHY_SENTENCES_MAX && r->holds(f))
			fill(f, form, out->v[out->n++]);
	}
}

void why_failed(const struct why_facts *f, struct why_sentences *out)
{
	collect(f, false, out);
}

void why_advice(const struct why_facts *f, struct why_sentences *out)
{
	collect(f, true, out);
}
