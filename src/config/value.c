#include "config/value.h"
#include "base/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool value_number(uint32_t *out, uint32_t min, uint32_t max, const char *text)
{
	size_t n = strlen(text);
	if (n == 0 || n > 10 || strspn(text, "0123456789") != n)
		return false;
	unsigned long v = strtoul(text, NULL, 10);
	if (v < min || v > max)
		return false;
	*out = (uint32_t)v;
	return true;
}

bool value_yes(bool *out, const char *text)
{
	static const struct {
		const char *word;
		bool yes;
	} words[] = {{"yes", true},    {"no", false}, {"true", true},
		     {"false", false}, {"on", true},  {"off", false}};
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (strcasecmp(text, words[i].word) == 0) {
			*out = words[i].yes;
			return true;
		}
	}
	return false;
}

static bool copy(char *out, size_t cap, const char *text, size_t n)
{
	if (n == 0 || n >= cap)
		return false;
	memcpy(out, text, n);
	out[n] = '\0';
	return true;
}

bool value_name(char *out, size_t cap, const char *text)
{
	size_t n = strlen(text);
	bool dots = strspn(text, ".") == n; /* "." and ".." are no names of anything */
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)text[i];
		if (c > 127 || !(isalnum(c) || strchr(".-_", c)))
			return false;
	}
	return !dots && copy(out, cap, text, n);
}

bool value_path(char *out, size_t cap, const char *text)
{
	return copy(out, cap, text, strlen(text));
}

bool value_host(char *out, size_t cap, const char *text)
{
	char bare[IP_TEXT_MAX];
	struct ip ip;
	size_t n = strlen(text);
	if (ip_parse(&ip, text))
		return copy(out, cap, text, n);
	if (n > 2 && text[0] == '[' && text[n - 1] == ']')
		return copy(bare, sizeof(bare), text + 1, n - 2) && ip_parse(&ip, bare) &&
		       copy(out, cap, bare, n - 2);
	/* What looks like an address but is none must not be looked up as a name. */
	if (strspn(text, "0123456789.") == n || text[0] == '.' || text[0] == '-' ||
	    strstr(text, ".."))
		return false;
	for (const char *label = text; label; label = strchr(label, '.')) {
		label += *label == '.';
		if (strcspn(label, ".") > 63)
			return false;
	}
	if (!value_name(out, cap, text))
		return false;
	if (out[n - 1] == '.')
		out[n - 1] = '\0';
	return true;
}

bool value_address(struct ip *ip, uint8_t *bits, const char *text)
{
	char host[IP_TEXT_MAX];
	struct prefix p;
	if (!prefix_parse(&p, text) || !copy(host, sizeof(host), text, strcspn(text, "/")))
		return false;
	if (!ip_parse(ip, host))
		return false;
	*bits = p.bits;
	return true;
}

bool value_endpoint(struct endpoint *out, const char *text)
{
	static const uint8_t zero[16];
	struct endpoint e;
	if (!endpoint_parse(&e, text) || e.port == 0 || ip_is_multicast(&e.ip) ||
	    memcmp(e.ip.b, zero, 16) == 0)
		return false;
	*out = e;
	return true;
}

char *value_item(char **list)
{
	char *item = strsep(list, ",");
	return item ? text_trim(item) : NULL;
}

static uint32_t min3(uint32_t a, uint32_t b, uint32_t c)
{
	uint32_t m = a < b ? a : b;
	return m < c ? m : c;
}

uint32_t word_distance(const char *a, const char *b)
{
	enum { WORD_MAX = 32 };
	uint32_t row[WORD_MAX];
	size_t na = strlen(a), nb = strlen(b);
	if (na >= WORD_MAX || nb >= WORD_MAX)
		return UINT32_MAX;
	for (size_t j = 0; j <= nb; j++)
		row[j] = (uint32_t)j;
	for (size_t i = 1; i <= na; i++) {
		uint32_t diagonal = row[0];
		row[0] = (uint32_t)i;
		for (size_t j = 1; j <= nb; j++) {
			bool same = tolower((unsigned char)a[i - 1]) ==
				    tolower((unsigned char)b[j - 1]);
			uint32_t next = min3(row[j] + 1, row[j - 1] + 1, diagonal + !same);
			diagonal = row[j];
			row[j] = next;
		}
	}
	return row[nb];
}
