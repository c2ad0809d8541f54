#include "serve/relay_state.h"

#include <openssl/ssl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/file.h"
#include "io/random.h"
#include "serve/certificate.h"
#include "unit/serve/folder.h"

static const struct node_key server_key = {{1}};

static void write_key(const struct folder *f, const char *text, unsigned mode)
{
	char why[FAILURE_MAX];
	struct bytes b = {(const uint8_t *)text, strlen(text)};
	assert_true(file_write(in_folder(f, "relay.key").s, b, mode, why));
}

static void the_lock_keeps_a_second_relay_off(void **state)
{
	struct folder f;
	char why[FAILURE_MAX];
	folder_make(&f);
	struct path_text state_folder = in_folder(&f, "a/b");
	int lock = relay_state_lock(state_folder.s, why);
	assert_true(lock >= 0); /* the folder was made */
	assert_int_equal(relay_state_lock(state_folder.s, why), -1);
	assert_non_null(strstr(why, "the relay's state"));
	close(lock);
	lock = relay_state_lock(state_folder.s, why);
	assert_true(lock >= 0);
	close(lock);
	folder_remove(&f);
}

static void a_key_is_made_once_and_then_read(void **state)
{
	struct rng rng = random_source();
	struct node_private first, again;
	struct folder f;
	struct stat st;
	char why[FAILURE_MAX];
	folder_make(&f);
	assert_true(relay_state_key(f.path, &rng, &first, why));
	assert_false(key_is_zero(first.b));
	assert_int_equal(stat(in_folder(&f, "relay.key").s, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_true(relay_state_key(f.path, &rng, &again, why));
	assert_true(key_equal(first.b, again.b));
	folder_remove(&f);
}

static void a_key_with_the_marks_of_an_editor_is_read(void **state)
{
	struct rng rng = random_source();
	struct node_private key;
	struct folder f;
	char text[KEY_TEXT_MAX + 8], why[FAILURE_MAX];
	uint8_t want[KEY_LEN] = {0x40, 1, 2, [31] = 0x40};
	folder_make(&f);
	memcpy(text, "\xef\xbb\xbf", 3); /* a byte order mark, and a line's end */
	key_format(text + 3, KEY_PRIVATE, want);
	strcat(text, "\r\n");
	write_key(&f, text, 0600);
	assert_true(relay_state_key(f.path, &rng, &key, why));
	assert_true(key_equal(key.b, want));
	folder_remove(&f);
}

static void a_key_that_cannot_be_trusted_stops_the_relay(void **state)
{
	struct rng rng = random_source();
	struct node_private key;
	struct folder f;
	char why[FAILURE_MAX], want[FAILURE_MAX];
	folder_make(&f);
	struct path_text path = in_folder(&f, "relay.key");
	write_key(&f, "privkey:00\n", 0600);
	assert_false(relay_state_key(f.path, &rng, &key, why));
	snprintf(want, sizeof(want),
		 "%s does not hold a key: expected privkey: and 64 hex digits; without the file a "
		 "new key is made",
		 path.s);
	assert_string_equal(why, want);
	write_key(&f, "privkey:00\n", 0644);
	assert_false(relay_state_key(f.path, &rng, &key, why));
	snprintf(want, sizeof(want), "%s can be read by others (mode 0644): chmod 600 it", path.s);
	assert_string_equal(why, want);
	folder_remove(&f);
}

static void a_self_signed_certificate_is_made_once(void **state)
{
	struct folder f;
	char why[FAILURE_MAX];
	uint8_t first[PIN_LEN], again[PIN_LEN];
	folder_make(&f);
	struct path_text folder = in_folder(&f, "certificates");
	struct relay_certificate c = {.folder = folder.s, .host = "relay.example"};
	for (int i = 0; i < 2; i++) {
		SSL_CTX *ctx = relay_state_tls(&c, &server_key, why);
		assert_non_null(ctx);
		assert_true(certificate_is_for(ctx, "relay.example"));
		assert_true(certificate_pin(ctx, i == 0 ? first : again));
		SSL_CTX_free(ctx);
	}
	assert_memory_equal(first, again, PIN_LEN); /* pins of nodes stay good */
	folder_remove(&f);
}

static void a_certificate_for_another_name_is_not_used(void **state)
{
	struct folder f;
	char why[FAILURE_MAX];
	folder_make(&f);
	struct relay_certificate c = {.folder = f.path, .host = "old.example"};
	SSL_CTX_free(relay_state_tls(&c, &server_key, why));
	c.host = "new.example";
	assert_null(relay_state_tls(&c, &server_key, why));
	assert_non_null(strstr(why, "relay.pem is not for new.example: move it away to have a new "
				    "one made"));
	folder_remove(&f);
}

/* Whatever name it is for: the operator knows. */
static void a_certificate_of_the_operators_is_used_as_it_is(void **state)
{
	struct folder f;
	char why[FAILURE_MAX];
	folder_make(&f);
	struct path_text one = in_folder(&f, "one.pem"), two = in_folder(&f, "two.pem");
	assert_true(certificate_make(one.s, "one", why));
	assert_true(certificate_make(two.s, "two", why));
	struct relay_certificate c = {.chain = one.s, .folder = f.path, .host = "relay.example"};
	SSL_CTX *ctx = relay_state_tls(&c, &server_key, why);
	assert_non_null(ctx);
	SSL_CTX_free(ctx);
	assert_false(file_exists(in_folder(&f, "relay.pem").s));
	c.key = two.s; /* the key of another certificate */
	assert_null(relay_state_tls(&c, &server_key, why));
	c.key = one.s;
	ctx = relay_state_tls(&c, &server_key, why);
	assert_non_null(ctx);
	SSL_CTX_free(ctx);
	folder_remove(&f);
}

static void a_folder_with_an_endless_name_is_refused(void **state)
{
	static char name[2000];
	struct rng rng = random_source();
	struct node_private key;
	char why[FAILURE_MAX];
	memset(name, 'x', sizeof(name) - 1);
	struct relay_certificate c = {.folder = name, .host = "relay.example"};
	assert_int_equal(relay_state_lock(name, why), -1);
	assert_non_null(strstr(why, "is too long"));
	assert_false(relay_state_key(name, &rng, &key, why));
	assert_null(relay_state_tls(&c, &server_key, why));
}

static int set_up(void **state)
{
	return crypto_init() ? 0 : -1;
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(the_lock_keeps_a_second_relay_off),
	cmocka_unit_test(a_key_is_made_once_and_then_read),
	cmocka_unit_test(a_key_with_the_marks_of_an_editor_is_read),
	cmocka_unit_test(a_key_that_cannot_be_trusted_stops_the_relay),
	cmocka_unit_test(a_self_signed_certificate_is_made_once),
	cmocka_unit_test(a_certificate_for_another_name_is_not_used),
	cmocka_unit_test(a_certificate_of_the_operators_is_used_as_it_is),
	cmocka_unit_test(a_folder_with_an_endless_name_is_refused),
};

int main(void)
{
	return cmocka_run_group_tests(tests, set_up, NULL);
}
