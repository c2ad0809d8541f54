#include "config/load.h"
#include "unit/no_memory.h"
#include "unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PRIV "privkey:0100000000000000000000000000000000000000000000000000000000000041"
#define KEY1 "nodekey:8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
#define KEY2 "3p7bfXt9wbTTW2HC7OQ1Nz+DQ8hbeGdNrfx+FG+IK08="

#define NODE  "[Node]\nPrivateKey = " PRIV "\nAddress = 100.64.0.1\n"
#define RELAY "[Relay]\nName = lab\nHost = r.example\n"
#define PEER  "[Peer]\nPublicKey = " KEY1 "\n"

/* All files lie in a folder of their own. */
static char folder[] = "/tmp/warren-config-XXXXXX";

static int make_folder(void **state)
{
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char path[128];
	static const char *const names[] = {"w.conf", "key", "psk"};
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		unlink(path);
	}
	return rmdir(folder);
}

static const char *write_file(const char *name, mode_t mode, const char *text)
{
	static char path[128];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(path, mode), 0);
	return path;
}

#define LOADED                                                                                \
	"[Node]\nPrivateKeyFile = key\nAddress = 100.64.0.1\n" RELAY "CAFile = ca.pem\n" PEER \
	"PresharedKeyFile = psk\n"

/* Loads w.conf of the folder; false: what stands in why after the folder's name is `want`. */
static void load_fails(const char *want)
{
	char path[128], why[CONFIG_WHY_MAX];
	snprintf(path, sizeof(path), "%s/w.conf", folder);
	assert_null(config_load(path, why));
	assert_memory_equal(why, folder, strlen(folder));
	if (!strstr(why, want))
		fail_msg("expected \"%s\" in \"%s\"", want, why);
}

static void loading_reads_key_files_beside_it(void **state)
{
	char why[CONFIG_WHY_MAX], ca[128];
	write_file("key", 0600, "\xef\xbb\xbf" PRIV "\r\n");
	write_file("psk", 0640, KEY2);
	struct config *c = config_load(write_file("w.conf", 0644, LOADED), why);
	if (!c)
		fail_msg("refused: %s", why);
	assert_int_equal(c->settings.key.b[0], 1);
	assert_int_equal(c->map.peers[0].psk[0], 0xde);
	snprintf(ca, sizeof(ca), "%s/ca.pem", folder);
	assert_string_equal(c->map.relays[0].ca_file, ca);
	config_free(c);
}

static void secrets_that_others_can_read_are_refused(void **state)
{
	write_file("psk", 0600, KEY2);
	write_file("w.conf", 0644, LOADED);
	write_file("key", 0644, PRIV "\n");
	load_fails("/key: holds a secret and has mode 644, expected one that others cannot read; "
		   "run: chmod "
		   "600 /tmp/");
	write_file("key", 0600, PRIV "\n");
	write_file("psk", 0604, KEY2);
	load_fails("/psk: holds a secret and has mode 604");
	write_file("w.conf", 0644, NODE);
	load_fails("/w.conf: holds a secret and has mode 644");
	write_file("w.conf", 0644,
		   "[Node]\nPrivateKeyFile=key\nAddress=1.1.1.1\n" PEER "PresharedKey = " KEY2);
	load_fails("/w.conf: holds a secret");
}

static void files_that_are_not_there_or_no_keys(void **state)
{
	char why[CONFIG_WHY_MAX];
	assert_null(config_load("/nonexistent/w.conf", why));
	assert_string_equal(why, "/nonexistent/w.conf: cannot be read: No such file or directory");
	assert_null(config_load("/tmp", why));
	assert_string_equal(why, "/tmp: cannot be read: Is a directory");
	write_file("w.conf", 0600, "[Node]\nPrivateKeyFile=nokey\nAddress=1.1.1.1\n");
	load_fails("/nokey: cannot be read: No such file or directory");
	write_file("key", 0600, "hello\n");
	write_file("w.conf", 0600, LOADED);
	load_fails("/key: found something else, expected one line with privkey: and 64 hexadecimal "
		   "digits");
	write_file("w.conf", 0600, "[Nod]\n");
	load_fails("/w.conf:1: found \"[Nod]\"");
}

/* A netcheck wants to be seen by somebody, and nothing else. */
static void the_relays_alone_are_read_without_secrets(void **state)
{
	char why[CONFIG_WHY_MAX];
	const char *path = write_file("w.conf", 0644,
				      "[Node]\nPrivateKeyFile=nokey\nAddress=1.1.1.1\n"
				      "[Relay]\nName=a\nHost=192.0.2.7\nCAFile=ca.pem\n");
	assert_null(config_load(path, why));
	struct config *c = config_load_relays(path, why);
	assert_non_null(c);
	assert_int_equal(c->map.n_relays, 1);
	assert_string_equal(strrchr(c->map.relays[0].ca_file, '/'), "/ca.pem");
	assert_true(key_is_zero(c->settings.key.b));
	config_free(c);
	path = write_file("w.conf", 0644, "[Relay]\nName=a\nHost=192.0.2.7\n");
	assert_null(config_load(path, why));
	c = config_load_relays(path, why);
	assert_non_null(c);
	assert_true(c->map.n_relays == 1 && c->map.n_peers == 0 && c->settings.port_mapping);
	config_free(c);
	path = write_file("w.conf", 0644, "[Relay]\nName=a\n");
	assert_null(config_load_relays(path, why));
	assert_non_null(strstr(why, "w.conf:1: found a [Relay] without Host"));
	assert_null(config_load_relays("/nonexistent/w.conf", why));
}

static void keys_are_taken_in_any_form_and_with_any_line_end(void **state)
{
	static const char *const forms[] = {
		PRIV,
		PRIV "\n",
		PRIV "\r\n",
		"  " PRIV " \n",
		PRIV "\na second line\n",
		"0100000000000000000000000000000000000000000000000000000000000041\n",
		"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEE=\n",
	};
	char why[CONFIG_WHY_MAX];
	const char *path;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		write_file("key", 0600, forms[i]);
		path = write_file("w.conf", 0644, "[Node]\nPrivateKeyFile=key\nAddress=1.1.1.1\n");
		struct config *c = config_load(path, why);
		if (!c)
			fail_msg("form %zu: %s", i, why);
		assert_int_equal(c->settings.key.b[0], 1);
		assert_int_equal(c->settings.key.b[31], 0x41);
		config_free(c);
	}
}

static void key_files_without_a_key_are_refused_and_not_shown(void **state)
{
	static const char *const texts[] = {
		"",
		"\n" PRIV,
		"hush-hush\n",
		"nodekey:0100000000000000000000000000000000000000000000000000000000000041",
		"privkey:0000000000000000000000000000000000000000000000000000000000000000",
		PRIV PRIV,
	};
	char path[128], why[CONFIG_WHY_MAX];
	write_file("w.conf", 0644, "[Node]\nPrivateKeyFile=key\nAddress=1.1.1.1\n");
	snprintf(path, sizeof(path), "%s/w.conf", folder);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		write_file("key", 0600, texts[i]);
		load_fails("/key: found something else, expected one line with privkey:");
		assert_null(config_load(path, why));
		assert_null(strstr(why, "hush"));
	}
}

static void what_is_no_file_is_no_key(void **state)
{
	char why[CONFIG_WHY_MAX];
	const char *path =
		write_file("w.conf", 0644, "[Node]\nPrivateKeyFile=/\nAddress=1.1.1.1\n");
	assert_null(config_load(path, why));
	assert_string_equal(why, "/: cannot be read: Is a directory");
	path = write_file("w.conf", 0644, "[Node]\nPrivateKeyFile=/dev/null\nAddress=1.1.1.1\n");
	assert_null(config_load(path, why));
	assert_non_null(strstr(why, "/dev/null: found something else"));
}

static void a_path_from_the_root_stays_as_it_is(void **state)
{
	char why[CONFIG_WHY_MAX];
	const char *path = write_file("w.conf", 0600,
				      NODE RELAY "CAFile = /etc/ca.pem\n[Relay]\n"
						 "Name = b\nHost = b\nCAFile = certs/ca.pem\n");
	struct config *c = config_load(path, why);
	assert_non_null(c);
	assert_string_equal(c->map.relays[0].ca_file, "/etc/ca.pem");
	char want[128];
	snprintf(want, sizeof(want), "%s/certs/ca.pem", folder);
	assert_string_equal(c->map.relays[1].ca_file, want);
	config_free(c);
}

static void a_path_that_does_not_fit_behind_its_folder_is_refused(void **state)
{
	char text[2048], name[1024];
	memset(name, 'n', sizeof(name));
	name[1023] = '\0';
	snprintf(text, sizeof(text), "[Node]\nPrivateKeyFile=%s\nAddress=1.1.1.1\n", name);
	write_file("w.conf", 0600, text);
	load_fails("/w.conf: found a path longer than 1023 bytes");
	snprintf(text, sizeof(text), NODE RELAY "CAFile = %s\n", name);
	write_file("w.conf", 0600, text);
	load_fails("/w.conf: found a path longer than 1023 bytes");
	name[1023 - 1 - strlen(folder)] = '\0'; /* fits, with the slash between */
	snprintf(text, sizeof(text), NODE RELAY "CAFile = %s\n", name);
	char why[CONFIG_WHY_MAX];
	struct config *c = config_load(write_file("w.conf", 0600, text), why);
	assert_non_null(c);
	assert_int_equal(strlen(c->map.relays[0].ca_file), 1023);
	config_free(c);
}

static void a_peer_with_our_own_key_is_found_once_the_key_file_is_read(void **state)
{
	struct node_private key;
	struct node_key self;
	char text[1024], form[KEY_TEXT_MAX];
	assert_true(key_parse(key.b, KEY_PRIVATE, PRIV));
	key_public(self.b, key.b);
	snprintf(text, sizeof(text),
		 "[Node]\nPrivateKeyFile=key\nAddress=1.1.1.1\n[Peer]\nPublicKey=%s\n",
		 key_format(form, KEY_NODE, self.b));
	write_file("key", 0600, PRIV);
	write_file("w.conf", 0644, text);
	load_fails("/w.conf:4: [Peer] has our own key");
}

/* Its group may: that is how a daemon without root reads it. */
static void a_secret_that_the_group_can_read_is_taken(void **state)
{
	char why[CONFIG_WHY_MAX];
	struct config *c = config_load(write_file("w.conf", 0640, NODE), why);
	assert_non_null(c);
	config_free(c);
	for (mode_t other = 1; other < 8; other++) {
		write_file("w.conf", 0640 | other, NODE);
		if (other & 4 || getuid() == 0)
			load_fails("holds a secret and has mode 64");
	}
}

static void a_file_that_is_too_long_is_refused(void **state)
{
	char *text = malloc(CONFIG_TEXT_MAX + 2), why[CONFIG_WHY_MAX];
	assert_non_null(text);
	memset(text, '#', CONFIG_TEXT_MAX + 1);
	text[CONFIG_TEXT_MAX + 1] = '\0';
	write_file("w.conf", 0600, text);
	load_fails("/w.conf: found 8388609 bytes, expected at most 8388608");
	memcpy(text, NODE, sizeof(NODE) - 1);
	text[CONFIG_TEXT_MAX] = '\0';
	struct config *c = config_load(write_file("w.conf", 0600, text), why);
	free(text);
	assert_non_null(c);
	config_free(c);
}

static void without_memory_nothing_is_loaded(void **state)
{
	char why[CONFIG_WHY_MAX];
	const char *path = write_file("w.conf", 0600, NODE RELAY PEER "AllowedIPs = 10.0.0.1\n");
	for (int left = 0; left < 100; left++) {
		memory_left = left;
		struct config *c = config_load(path, why);
		memory_left = -1;
		if (c) {
			config_free(c);
			assert_true(left > 5);
			return;
		}
		assert_non_null(strstr(why, ": out of memory"));
	}
	fail_msg("it never sufficed");
}

static int start(void **state)
{
	return crypto_init() ? make_folder(state) : -1;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(loading_reads_key_files_beside_it),
		cmocka_unit_test(secrets_that_others_can_read_are_refused),
		cmocka_unit_test(files_that_are_not_there_or_no_keys),
		cmocka_unit_test(the_relays_alone_are_read_without_secrets),
		cmocka_unit_test(keys_are_taken_in_any_form_and_with_any_line_end),
		cmocka_unit_test(key_files_without_a_key_are_refused_and_not_shown),
		cmocka_unit_test(what_is_no_file_is_no_key),
		cmocka_unit_test(a_path_from_the_root_stays_as_it_is),
		cmocka_unit_test(a_path_that_does_not_fit_behind_its_folder_is_refused),
		cmocka_unit_test(a_peer_with_our_own_key_is_found_once_the_key_file_is_read),
		cmocka_unit_test(a_secret_that_the_group_can_read_is_taken),
		cmocka_unit_test(a_file_that_is_too_long_is_refused),
		cmocka_unit_test(without_memory_nothing_is_loaded),
	};
	return cmocka_run_group_tests(tests, start, remove_folder);
}
