/* The node's file, read line by line.
 *
 * The text is copied once and cut up in place: a line loses its comment and its outer white space,
 * is a [Section] or a key with a value, and the value goes to the function that the table of that
 * section names for the key.  At the end of a section its required keys are asked for; at the end
 * of the file check.c compares the sections with each other.
 *
 * Values of secret keys never stand in an error.  Whatever else is quoted is cut and made
 * printable.
 */
#include "base/text.h"
#include "config/reader.h"
#include "config/value.h"
#include "crypto/keys.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool config_wrong(const char *file, unsigned line, char *why, const char *fmt, ...)
{
	int n = line ? snprintf(why, CONFIG_WHY_MAX, "%.200s:%u: ", file, line)
		     : snprintf(why, CONFIG_WHY_MAX, "%.200s: ", file);
	va_list args;
	va_start(args, fmt);
	vsnprintf(why + n, (size_t)(CONFIG_WHY_MAX - n), fmt, args);
	va_end(args);
	text_clean(why);
	key_hide(why);
	return false;
}

/* A key that was pasted into the wrong place, in base64 or bare hexadecimal, can be a private one.
 * In base64 its last character is '=', so a line of it alone reads like a key without a value. */
static bool may_be_secret(const char *text)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789+/";
	size_t n = strspn(text, letters), rest = strlen(text + n);
	return (n == 43 && rest <= 1) || (n == 64 && rest == 0);
}

const char *config_quote(char out[static CONFIG_QUOTE_MAX], const char *text)
{
	size_t n = 0;
	if (may_be_secret(text))
		text = "...";
	for (; n < CONFIG_QUOTE_MAX - 4 && text[n]; n++)
		out[n] = text[n] >= ' ' && text[n] <= '~' ? text[n] : '?';
	snprintf(out + n, CONFIG_QUOTE_MAX - n, "%s", text[n] ? "..." : "");
	return out;
}

bool config_no_memory(struct reader *r)
{
	return config_wrong(r->notes.file, 0, r->notes.why, "out of memory");
}

void *config_room(void *v, size_t *cap, size_t n, size_t size)
{
	if (n < *cap)
		return v;
	size_t more = *cap ? *cap * 2 : 4;
	void *bigger = calloc(more, size);
	if (!bigger)
		return NULL;
	if (n) {
		memcpy(bigger, v, n * size);
		key_wipe(v, n * size); /* a peer holds a preshared key */
	}
	free(v);
	*cap = more;
	return bigger;
}

static bool unknown_key(struct reader *r, const char *name)
{
	char q[CONFIG_QUOTE_MAX];
	const char *here = config_sections[r->section].name, *nearest = NULL;
	uint32_t least =
		(uint32_t)strlen(name) / 3 + 2; /* what is further away is no slip of the finger */
	for (size_t i = 0; i < config_sections[r->section].n; i++) {
		uint32_t d = word_distance(name, config_sections[r->section].keys[i].name);
		if (d >= least)
			continue;
		least = d;
		nearest = config_sections[r->section].keys[i].name;
	}
	if (nearest)
		return WRONG(r, r->line, "found the key \"%s\" in [%s], expected perhaps %s",
			     config_quote(q, name), here, nearest);
	for (size_t s = SECTION_NODE; s < SECTIONS; s++) {
		if (config_key((enum section)s, name))
			return WRONG(r, r->line,
				     "found the key \"%s\" in [%s], expected it in [%s]",
				     config_quote(q, name), here, config_sections[s].name);
	}
	return WRONG(r, r->line,
		     "found the key \"%s\" in [%s], expected one that warren.conf(5) lists",
		     config_quote(q, name), here);
}

static bool key_set(struct reader *r, const char *name, char *value)
{
	char q[CONFIG_QUOTE_MAX];
	const struct config_key *k = config_key(r->section, name);
	if (!k)
		return unknown_key(r, name);
	unsigned *first = &r->seen[k - config_sections[r->section].keys];
	if (*first && !k->many)
		return WRONG(r, r->line,
			     "found %s again, expected it once in a [%s] (first at line %u)",
			     k->name, config_sections[r->section].name, *first);
	*first = r->line;
	r->found = r->expected = NULL;
	if (k->set(r, value))
		return true;
	if (r->notes.why[0])
		return false;
	const char *expected = r->expected ? r->expected : k->expected;
	if (k->secret)
		return WRONG(r, r->line, "%s: found something else, expected %s", k->name,
			     expected);
	return WRONG(r, r->line, "%s: found \"%s\", expected %s", k->name,
		     config_quote(q, r->found ? r->found : value), expected);
}

static bool read_line(struct reader *r, char *line)
{
	char q[CONFIG_QUOTE_MAX];
	line[strcspn(line, "#")] = '\0';
	line = text_trim(line);
	if (!*line)
		return true;
	if (*line == '[')
		return config_section_begin(r, line);
	char *equals = strchr(line, '=');
	/* A line without '=' may be a key that was pasted in: it is not shown unless it is a word.
	 */
	if (!equals)
		return WRONG(r, r->line, "found \"%s\", expected KEY = VALUE or a [Section]",
			     strlen(line) < 32 ? config_quote(q, line) : "...");
	*equals = '\0';
	line = text_trim(line);
	if (r->section == SECTION_NONE)
		return WRONG(r, r->line,
			     "found the key \"%s\" before any section, expected [Node] first",
			     config_quote(q, line));
	return key_set(r, line, text_trim(equals + 1));
}

static bool read_text(struct reader *r, char *text, size_t n)
{
	const char *wrong = text_wrong(text, n);
	if (wrong)
		return WRONG(r, 0, "%s", wrong);
	text = text_begin(text);
	for (char *line; (line = strsep(&text, "\n"));) {
		r->line++;
		if (!read_line(r, line))
			return false;
	}
	if (!config_section_end(r))
		return false;
	if (!r->node_line && !r->no_node)
		return WRONG(r, 0, "found no [Node], expected one with PrivateKeyFile and Address");
	return config_check(r->c, &r->notes);
}

static struct config *config_new(void)
{
	struct config *c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	c->settings.port = CONFIG_PORT;
	c->settings.mtu = CONFIG_MTU;
	c->settings.port_mapping = true;
	c->settings.hard_nat = true;
	snprintf(c->settings.interface, sizeof(c->settings.interface), "warren0");
	return c;
}

static struct config *parse(const char *file, struct bytes text, bool no_node,
			    char why[static CONFIG_WHY_MAX])
{
	why[0] = '\0';
	if (text.n > CONFIG_TEXT_MAX) {
		config_wrong(file, 0, why, "found %zu bytes, expected at most %d", text.n,
			     CONFIG_TEXT_MAX);
		return NULL;
	}
	struct reader r = {
		.c = config_new(), .no_node = no_node, .notes = {.file = file, .why = why}};
	char *copy = malloc(text.n + 1);
	bool ok = r.c && copy;
	if (ok) {
		if (text.n)
			memcpy(copy, text.p, text.n);
		copy[text.n] = '\0';
		ok = read_text(&r, copy, text.n);
		key_wipe(copy, text.n);
	} else {
		config_no_memory(&r);
	}
	free(copy);
	free(r.notes.refs);
	free(r.notes.claims);
	if (ok)
		return r.c;
	config_free(r.c);
	return NULL;
}

struct config *config_parse(const char *file, struct bytes text, char why[static CONFIG_WHY_MAX])
{
	return parse(file, text, false, why);
}

struct config *config_parse_relays(const char *file, struct bytes text,
				   char why[static CONFIG_WHY_MAX])
{
	return parse(file, text, true, why);
}

void config_free(struct config *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n_peer_notes; i++)
		free(c->peer_notes[i].psk_file);
	free(c->peer_notes);
	netmap_fini(&c->map);
	key_wipe(&c->settings.key, sizeof(c->settings.key));
	free(c);
}
