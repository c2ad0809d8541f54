/* The tables of keys, and each key by itself: a reader that stands in a section, made by hand. */
#include "config/reader.h"
#include "unit/no_memory.h"
#include "unit/unit.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define HEX    "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
#define BASE64 "3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08="

struct desk {
	struct reader r;
	char why[CONFIG_WHY_MAX];
	char value[2048]; /* a key may cut it up */
};

static void sit_down(struct desk *d, enum section s)
{
	char text[16];
	*d = (struct desk){.r = {.c = calloc(1, sizeof(struct config)), .line = 1}};
	d->r.notes.file = "w.conf";
	d->r.notes.why = d->why;
	assert_non_null(d->r.c);
	snprintf(text, sizeof(text), "[%s]", config_sections[s].name);
	assert_true(config_section_begin(&d->r, text));
}

static void get_up(struct desk *d)
{
	free(d->r.notes.refs);
	free(d->r.notes.claims);
	config_free(d->r.c);
}

static bool take(struct desk *d, const char *key, const char *value)
{
	const struct config_key *k = config_key(d->r.section, key);
	assert_non_null(k);
	d->r.line++;
	d->r.found = d->r.expected = NULL;
	assert_true((size_t)snprintf(d->value, sizeof(d->value), "%s", value) < sizeof(d->value));
	return k->set(&d->r, d->value);
}

/* --- the tables --- */

static void a_key_is_found_in_its_section_in_any_case_and_only_whole(void **state)
{
	for (int s = SECTION_NODE; s < SECTIONS; s++)
		for (size_t i = 0; i < config_sections[s].n; i++) {
			const struct config_key *k = &config_sections[s].keys[i];
			char name[64];
			size_t n = (size_t)snprintf(name, sizeof(name), "%s", k->name);
			for (size_t c = 0; c < n; c++)
				name[c] = (char)toupper((unsigned char)name[c]);
			assert_ptr_equal(config_key((enum section)s, name), k);
			assert_null(config_key(SECTION_NONE, name));
			name[n] = 'S';
			name[n + 1] = '\0';
			assert_null(config_key((enum section)s, name));
			name[n - 1] = '\0';
			assert_ptr_not_equal(config_key((enum section)s, name), k);
		}
	assert_null(config_key(SECTION_PEER, "ListenPort"));
	assert_null(config_key(SECTION_NODE, ""));
}

/* A reader notes the line of each key, and the sentence about it is not cut even behind a long file
 * name. */
static void each_table_fits_the_reader_and_each_expectation_the_sentence(void **state)
{
	unsigned secrets = 0;
	for (int s = SECTION_NODE; s < SECTIONS; s++) {
		assert_true(config_sections[s].n <= CONFIG_KEYS_MAX);
		for (size_t i = 0; i < config_sections[s].n; i++) {
			const struct config_key *k = &config_sections[s].keys[i];
			char quote[CONFIG_QUOTE_MAX], file[300], why[CONFIG_WHY_MAX];
			memset(file, 'f', sizeof(file) - 1);
			file[sizeof(file) - 1] = '\0';
			assert_false(config_wrong(file, UINT32_MAX, why,
						  "%s: found \"%s\", expected %s", k->name,
						  config_quote(quote, file), k->expected));
			size_t n = strlen(why), end = strlen(k->expected);
			assert_string_equal(why + n - end, k->expected);
			secrets += k->secret;
		}
	}
	assert_int_equal(secrets, 2);
	assert_true(config_key(SECTION_NODE, "PrivateKey")->secret);
	assert_true(config_key(SECTION_PEER, "PresharedKey")->secret);
}

/* --- single keys --- */

static void a_key_of_another_kind_is_no_key(void **state)
{
	static const struct {
		enum section section;
		const char *key, *value;
		bool taken;
	} rows[] = {
		{SECTION_NODE, "PrivateKey", "privkey:" HEX, true},
		{SECTION_NODE, "PrivateKey", BASE64, true},
		{SECTION_NODE, "PrivateKey", HEX, true},
		{SECTION_NODE, "PrivateKey", "nodekey:" HEX, false},
		{SECTION_PEER, "PublicKey", "nodekey:" HEX, true},
		{SECTION_PEER, "PublicKey", HEX, true},
		{SECTION_PEER, "PublicKey", "privkey:" HEX, false},
		{SECTION_PEER, "PublicKey", "discokey:" HEX, false},
		{SECTION_PEER, "PresharedKey", "privkey:" HEX, true},
		{SECTION_PEER, "PresharedKey", "nodekey:" HEX, false},
		{SECTION_PEER, "DiscoKey", "discokey:" HEX, true},
		{SECTION_PEER, "DiscoKey", "nodekey:" HEX, false},
		{SECTION_PEER, "DiscoKey", HEX, false}, /* the kind must stand there */
		{SECTION_PEER, "DiscoKey", BASE64, false},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct desk d;
		sit_down(&d, rows[i].section);
		if (take(&d, rows[i].key, rows[i].value) != rows[i].taken)
			fail_msg("%s = %s", rows[i].key, rows[i].value);
		assert_string_equal(d.why, "");
		get_up(&d);
	}
}

static void each_yes_or_no_is_its_own(void **state)
{
	static const char *const keys[] = {"PortMapping", "HardNat", "SlowPunch"};
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		struct desk d;
		sit_down(&d, SECTION_NODE);
		const struct settings *s = &d.r.c->settings;
		assert_true(take(&d, keys[i], "on"));
		assert_int_equal(s->port_mapping, i == 0);
		assert_int_equal(s->hard_nat, i == 1);
		assert_int_equal(s->slow_punch, i == 2);
		assert_false(take(&d, keys[i], "2")); /* and stays */
		assert_int_equal(s->port_mapping + s->hard_nat + s->slow_punch, 1);
		assert_true(take(&d, keys[i], "off"));
		assert_int_equal(s->port_mapping + s->hard_nat + s->slow_punch, 0);
		get_up(&d);
	}
}

static void names_and_paths_fit_to_their_last_character_and_no_further(void **state)
{
	static const struct {
		enum section section;
		const char *key;
		size_t longest;
	} rows[] = {
		{SECTION_NODE, "Interface", SETTINGS_IFNAME_MAX - 1},
		{SECTION_NODE, "Name", NETMAP_NAME_MAX - 1},
		{SECTION_NODE, "PrivateKeyFile", NETMAP_PATH_MAX - 1},
		{SECTION_RELAY, "Name", NETMAP_NAME_MAX - 1},
		{SECTION_RELAY, "CAFile", NETMAP_PATH_MAX - 1},
		{SECTION_PEER, "Name", NETMAP_NAME_MAX - 1},
		{SECTION_PEER, "PresharedKeyFile", NETMAP_PATH_MAX - 1},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char text[NETMAP_PATH_MAX + 1] = {0};
		struct desk d;
		sit_down(&d, rows[i].section);
		assert_false(take(&d, rows[i].key, text));
		memset(text, 'n', rows[i].longest + 1);
		assert_false(take(&d, rows[i].key, text));
		text[rows[i].longest] = '\0';
		assert_true(take(&d, rows[i].key, text));
		get_up(&d);
	}
}

static void a_number_that_is_refused_leaves_the_one_before(void **state)
{
	struct desk d;
	sit_down(&d, SECTION_NODE);
	assert_true(take(&d, "ListenPort", "7") && !take(&d, "ListenPort", "65536"));
	assert_true(take(&d, "MTU", "1400") && !take(&d, "MTU", "1501") && !take(&d, "MTU", "575"));
	assert_int_equal(d.r.c->settings.port, 7);
	assert_int_equal(d.r.c->settings.mtu, 1400);
	get_up(&d);
	sit_down(&d, SECTION_PEER);
	assert_true(take(&d, "PersistentKeepalive", "25"));
	assert_false(take(&d, "PersistentKeepalive", "-1"));
	assert_int_equal(d.r.c->map.peers[0].keepalive_s, 25);
	get_up(&d);
}

/* --- lists --- */

static void a_list_says_which_item_is_wrong_and_why(void **state)
{
	struct desk d;
	sit_down(&d, SECTION_NODE);
	assert_true(take(&d, "Address", "10.0.0.1/8, fd7a::1"));
	assert_false(take(&d, "Address", "10.0.0.2 , 10.0.0.1/9, 10.0.0.3"));
	assert_string_equal(d.r.found, "10.0.0.1/9");
	assert_string_equal(d.r.expected, "each address once");
	assert_false(take(&d, "Address", "10.0.0.4,x")); /* the table's expectation again */
	assert_string_equal(d.r.found, "x");
	assert_null(d.r.expected);
	assert_false(take(&d, "Address", ""));
	assert_string_equal(d.r.found, "");
	get_up(&d);
	sit_down(&d, SECTION_PEER);
	for (unsigned i = 1; i <= NETMAP_HINTS_MAX; i++)
		assert_true(take(&d, "Endpoint", "192.0.2.1:1"));
	assert_false(take(&d, "Endpoint", "192.0.2.1:0")); /* the mistake goes before the bound */
	assert_null(d.r.expected);
	assert_false(take(&d, "Endpoint", "192.0.2.2:2"));
	assert_string_equal(d.r.expected, "at most 8 endpoints");
	assert_int_equal(d.r.c->map.peers[0].n_hints, NETMAP_HINTS_MAX);
	get_up(&d);
}

static void each_prefix_is_noted_with_its_peer_and_line(void **state)
{
	struct desk d;
	sit_down(&d, SECTION_PEER);
	assert_true(take(&d, "AllowedIPs", "10.1.2.3/8, fd7a::/48"));
	assert_true(take(&d, "AllowedIPs", ""));
	assert_true(take(&d, "PublicKey", HEX));
	d.r.seen[config_key(SECTION_PEER, "PublicKey") - config_sections[SECTION_PEER].keys] = 4;
	assert_true(config_section_begin(&d.r, "[Peer]"));
	assert_true(take(&d, "AllowedIPs", "0.0.0.0/0"));
	const struct config_claim *v = d.r.notes.claims;
	assert_int_equal(d.r.notes.n_claims, 3);
	assert_true(v[0].peer == 0 && v[1].peer == 0 && v[2].peer == 1);
	assert_true(v[0].line == 2 && v[1].line == 2 && v[2].line == 5);
	assert_true(prefix_equal(&v[1].prefix, &d.r.c->map.peers[0].allowed[1]));
	assert_int_equal(v[0].prefix.ip.b[1], 0); /* without host bits */
	assert_int_equal(d.r.c->map.peers[1].n_allowed, 1);
	get_up(&d);
}

/* Both lists have room for four: the fifth prefix moves one, and then the other. */
static void without_memory_a_list_stays_as_it_was(void **state)
{
	for (int left = 0; left < 2; left++) {
		struct desk d;
		sit_down(&d, SECTION_PEER);
		assert_true(take(&d, "AllowedIPs", "10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4"));
		memory_left = left;
		bool taken = take(&d, "AllowedIPs", "10.0.0.5");
		memory_left = -1;
		assert_false(taken);
		assert_string_equal(d.why, "w.conf: out of memory");
		assert_int_equal(d.r.c->map.peers[0].n_allowed, 4);
		assert_int_equal(d.r.notes.n_claims, 4);
		assert_true(take(&d, "AllowedIPs", "10.0.0.5"));
		for (uint8_t i = 0; i < 5; i++) {
			assert_int_equal(d.r.c->map.peers[0].allowed[i].ip.b[3], i + 1);
			assert_int_equal(d.r.notes.claims[i].prefix.ip.b[3], i + 1);
		}
		get_up(&d);
	}
}

static int start(void **state)
{
	return crypto_init() ? 0 : -1;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_is_found_in_its_section_in_any_case_and_only_whole),
		cmocka_unit_test(each_table_fits_the_reader_and_each_expectation_the_sentence),
		cmocka_unit_test(a_key_of_another_kind_is_no_key),
		cmocka_unit_test(each_yes_or_no_is_its_own),
		cmocka_unit_test(names_and_paths_fit_to_their_last_character_and_no_further),
		cmocka_unit_test(a_number_that_is_refused_leaves_the_one_before),
		cmocka_unit_test(a_list_says_which_item_is_wrong_and_why),
		cmocka_unit_test(each_prefix_is_noted_with_its_peer_and_line),
		cmocka_unit_test(without_memory_a_list_stays_as_it_was),
	};
	return cmocka_run_group_tests(tests, start, NULL);
}
