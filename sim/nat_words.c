#include "sim/nat_words.h"

#include <stdlib.h>
#include <string.h>

enum kind { K_SCOPE, K_PORTS, K_HAIRPIN, K_BOOL, K_U16, K_U32, K_TIME, K_ADDRESSES };

/* The words of a K_BOOL are in the order false, true. */
static const char *const scope_words[] = {"endpoint-independent", "address-dependent",
					  "address-and-port-dependent", NULL};
static const char *const port_words[] = {"preserve", "sequential", "random",
					 "block",    "overload",   NULL};
static const char *const hairpin_words[] = {"none", "internal-source", "external-source", NULL};
static const char *const pooling_words[] = {"arbitrary", "paired", NULL};
static const char *const refresh_words[] = {"outbound", "both", NULL};
static const char *const translate_words[] = {"yes", "no", NULL};
static const char *const sharing_words[] = {"no", "yes", NULL};
static const char *const udp_words[] = {"pass", "blocked", NULL};

#define AT(field) offsetof(struct nat_config, field)

static const struct parameter {
	const char *name;
	enum kind kind;
	size_t at;
	const char *const *words;
} parameters[] = {
	{"mapping", K_SCOPE, AT(mapping), scope_words},
	{"filtering", K_SCOPE, AT(filtering), scope_words},
	{"ports", K_PORTS, AT(ports), port_words},
	{"port-first", K_U16, AT(port_first), NULL},
	{"port-step", K_U16, AT(port_step), NULL},
	{"port-block", K_U16, AT(port_block), NULL},
	{"port-sharing", K_BOOL, AT(shares_ports), sharing_words},
	{"external", K_ADDRESSES, 0, NULL},
	{"pooling", K_BOOL, AT(paired), pooling_words},
	{"hairpin", K_HAIRPIN, AT(hairpin), hairpin_words},
	{"timeout", K_TIME, AT(timeout), NULL},
	{"refresh", K_BOOL, AT(inbound_refreshes), refresh_words},
	{"mappings-max", K_U32, AT(mappings_max), NULL},
	{"host-mappings-max", K_U32, AT(host_mappings_max), NULL},
	{"sessions-max", K_U32, AT(sessions_max), NULL},
	{"permissions-max", K_U32, AT(permissions_max), NULL},
	{"translate", K_BOOL, AT(firewall), translate_words},
	{"udp", K_BOOL, AT(blocks_udp), udp_words},
};

const char *nat_parameter(size_t i)
{
	return i < ARRAY_LEN(parameters) ? parameters[i].name : NULL;
}

const char *nat_scope_word(enum nat_scope s)
{
	return scope_words[s];
}

static bool parse_number(const char *text, uint64_t most, uint64_t *out)
{
	char *end;
	if (*text < '0' || *text > '9')
		return false;
	*out = strtoull(text, &end, 10);
	return !*end && *out <= most;
}

bool nat_parse_time(const char *text, mono_ns *out)
{
	char *unit;
	double v = strtod(text, &unit);
	mono_ns of = strcmp(unit, "ms") == 0  ? MSEC
		     : strcmp(unit, "s") == 0 ? SECOND
		     : strcmp(unit, "m") == 0 ? 60 * SECOND
					      : 0;
	if (unit == text || !of || !(v > 0 && v <= 1e6))
		return false;
	*out = (mono_ns)(v * (double)of);
	return true;
}

static bool parse_addresses(struct nat_config *cfg, const char *text)
{
	char one[IP_TEXT_MAX];
	size_t n = 0;
	for (const char *at = text; at; n++) {
		size_t len = strcspn(at, ",");
		struct ip *ip = n == 0 ? &cfg->external : &cfg->pool[n - 1];
		if (n > NAT_POOL_MAX || len >= sizeof(one))
			return false;
		memcpy(one, at, len);
		one[len] = '\0';
		if (!ip_parse(ip, one))
			return false;
		at = at[len] ? at + len + 1 : NULL;
	}
	cfg->n_pool = n - 1;
	return true;
}

static bool word_number(const char *const *words, const char *value, unsigned *out)
{
	for (*out = 0; words[*out]; ++*out)
		if (strcmp(words[*out], value) == 0)
			return true;
	return false;
}

static bool set_word(void *field, const struct parameter *p, const char *value)
{
	unsigned word;
	if (!word_number(p->words, value, &word))
		return false;
	if (p->kind == K_BOOL)
		*(bool *)field = word != 0;
	else if (p->kind == K_SCOPE)
		*(enum nat_scope *)field = (enum nat_scope)word;
	else if (p->kind == K_PORTS)
		*(enum nat_ports *)field = (enum nat_ports)word;
	else
		*(enum nat_hairpin *)field = (enum nat_hairpin)word;
	return true;
}

static bool set_number(void *field, const struct parameter *p, const char *value)
{
	uint64_t v;
	if (!parse_number(value, p->kind == K_U16 ? UINT16_MAX : UINT32_MAX, &v))
		return false;
	if (p->kind == K_U16)
		*(uint16_t *)field = (uint16_t)v;
	else
		*(uint32_t *)field = (uint32_t)v;
	return true;
}

bool nat_set(struct nat_config *cfg, const char *name, const char *value)
{
	const struct parameter *p = NULL;
	for (size_t i = 0; i < ARRAY_LEN(parameters); i++)
		if (strcmp(parameters[i].name, name) == 0)
			p = &parameters[i];
	if (!p)
		return false;
	void *field = (uint8_t *)cfg + p->at;
	switch (p->kind) {
	case K_SCOPE:
	case K_PORTS:
	case K_HAIRPIN:
	case K_BOOL:
		return set_word(field, p, value);
	case K_U16:
	case K_U32:
		return set_number(field, p, value);
	case K_TIME:
		return nat_parse_time(value, field);
	case K_ADDRESSES:
		return parse_addresses(cfg, value);
	}
	return false;
}

bool nat_set_all(struct nat_config *cfg, const char *text)
{
	char one[NAT_WORDS_MAX];
	for (const char *at = text + strspn(text, " "); *at; at += strspn(at, " ")) {
		size_t len = strcspn(at, " ");
		if (len >= sizeof(one))
			return false;
		memcpy(one, at, len);
		one[len] = '\0';
		at += len;
		char *value = strchr(one, '=');
		if (!value)
			return false;
		*value++ = '\0';
		if (!nat_set(cfg, one, value))
			return false;
	}
	return true;
}
