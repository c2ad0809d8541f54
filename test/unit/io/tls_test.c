/* Which certificate is right, and what is said of the others. Client and server are in one thread,
 * with memory between them. */
#include <openssl/err.h>

#include "io/tls.h"
#include "unit/io_server.h"

enum { HOUR = 3600, OTHERS_MAX = 3 };

/* What the server shows, and what the client makes of it. */
struct meeting {
	SSL *client, *server;
	bool good;
	char why[FAILURE_MAX];
};

static void meeting_end(struct meeting *m)
{
	SSL_free(m->client);
	SSL_free(m->server);
}

static SSL *server_of(const struct identity *id, const struct identity *const others[OTHERS_MAX])
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	assert_int_equal(SSL_CTX_use_certificate(ctx, id->cert), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(ctx, id->key), 1);
	for (size_t i = 0; i < OTHERS_MAX && others && others[i]; i++)
		assert_int_equal(SSL_CTX_add1_chain_cert(ctx, others[i]->cert), 1);
	SSL *ssl = SSL_new(ctx);
	SSL_CTX_free(ctx);
	return ssl;
}

static void shake_hands(struct meeting *m)
{
	BIO *a, *b;
	assert_int_equal(BIO_new_bio_pair(&a, 1 << 16, &b, 1 << 16), 1);
	SSL_set_bio(m->client, a, a);
	SSL_set_bio(m->server, b, b);
	SSL_set_connect_state(m->client);
	SSL_set_accept_state(m->server);
	for (int i = 0; i < 10; i++) {
		ERR_clear_error();
		int r = SSL_do_handshake(m->client);
		m->good = r == 1;
		if (r != 1 && SSL_get_error(m->client, r) != SSL_ERROR_WANT_READ) {
			tls_failure(m->client, ERR_get_error(), "relay:443", m->why);
			break;
		}
		(void)SSL_do_handshake(m->server);
	}
	ERR_clear_error();
}

static struct meeting meet(SSL_CTX *ctx, enum stream_trust trust, const char *name,
			   const struct identity *id,
			   const struct identity *const others[OTHERS_MAX])
{
	struct meeting m = {.client = tls_new(ctx, trust, name, name),
			    .server = server_of(id, others)};
	assert_non_null(m.client);
	shake_hands(&m);
	return m;
}

/* A context that trusts this certificate and no other. */
static SSL_CTX *context_of_ca(const struct identity *ca)
{
	char path[] = "/tmp/warren-test-XXXXXX", why[FAILURE_MAX];
	FILE *f = fdopen(mkstemp(path), "w");
	assert_int_equal(PEM_write_X509(f, ca->cert), 1);
	fclose(f);
	SSL_CTX *ctx = tls_context(STREAM_CA, path, why);
	unlink(path);
	assert_non_null(ctx);
	return ctx;
}

static void add_extension(struct identity *id, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	assert_non_null(e);
	X509_add_ext(id->cert, e, -1);
	X509_EXTENSION_free(e);
}

/* Signs it anew, by somebody, and valid from and to so many seconds from now. */
static void reissue(struct identity *id, const struct identity *by, long from, long to)
{
	unsigned len = sizeof(id->pin);
	X509_gmtime_adj(X509_getm_notBefore(id->cert), from);
	X509_gmtime_adj(X509_getm_notAfter(id->cert), to);
	X509_set_issuer_name(id->cert, X509_get_subject_name(by->cert));
	assert_true(X509_sign(id->cert, by->key, EVP_sha256()) > 0);
	assert_int_equal(X509_digest(id->cert, EVP_sha256(), id->pin, &len), 1);
}

static void a_certificate_is_for_its_names_and_no_others(void **state)
{
	static const struct {
		const char *names, *name; /* NULL: only the common name, cn.example */
		bool good;
	} table[] = {
		{"DNS:relay.example", "relay.example", true},
		{"DNS:relay.example", "RELAY.Example", true},
		{"DNS:relay.example", "a.relay.example", false},
		{"DNS:relay.example", "example", false},
		{"DNS:relay.example", "relay.example.org", false},
		{"DNS:relay.example", "cn.example", false},
		{"DNS:*.relay.example", "a.relay.example", true},
		{"DNS:*.relay.example", "b.a.relay.example", false},
		{"DNS:*.relay.example", "relay.example", false},
		{"DNS:*.example", "relay.example", false}, /* nobody has all of a top domain */
		{"DNS:a.example,DNS:b.example", "b.example", true},
		{"IP:192.0.2.1", "192.0.2.1", true},
		{"IP:192.0.2.1", "192.0.2.2", false},
		{"IP:2001:db8::1", "2001:db8::1", true},
		{"IP:2001:db8::1", "2001:db8:0:0::1", true},
		{"IP:192.0.2.1", "::ffff:192.0.2.1", true}, /* the same address */
		{"DNS:192.0.2.1", "192.0.2.1", false},
		{NULL, "192.0.2.1", false},
		{NULL, "cn.example", true},
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct identity id = identity_make("cn.example", 1, table[i].names);
		SSL_CTX *ctx = context_of_ca(&id);
		struct meeting m = meet(ctx, STREAM_CA, table[i].name, &id, NULL);
		if (m.good != table[i].good)
			fail_msg("%s for %s: %s", table[i].names, table[i].name, m.why);
		if (!m.good) {
			assert_memory_equal(m.why,
					    "the certificate of relay:443 is not trusted: ", 45);
			assert_non_null(strstr(m.why, "mismatch"));
			assert_non_null(strstr(m.why, "give its CA file or its pin"));
		}
		meeting_end(&m);
		SSL_CTX_free(ctx);
		identity_free(&id);
	}
}

/* OpenSSL would take any name for the one, and a.relay.example for the other. */
static void no_name_stands_for_many(void **state)
{
	struct identity id = identity_make("relay", 1, "DNS:relay.example");
	SSL_CTX *ctx = context_of_ca(&id);
	assert_null(tls_new(ctx, STREAM_CA, "relay.example", ""));
	assert_null(tls_new(ctx, STREAM_CA, "relay.example", ".example"));
	SSL_CTX_free(ctx);
	identity_free(&id);
}

static void dates_count_for_a_ca_and_not_for_a_pin(void **state)
{
	static const struct {
		long from, to;
		const char *why;
	} table[] = {
		{-2 * HOUR, -HOUR, "certificate has expired"},
		{HOUR, 2 * HOUR, "certificate is not yet valid"},
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct identity id = identity_make("relay", 1, "DNS:relay.example");
		char why[FAILURE_MAX];
		reissue(&id, &id, table[i].from, table[i].to);
		SSL_CTX *ctx = context_of_ca(&id);
		struct meeting m = meet(ctx, STREAM_CA, "relay.example", &id, NULL);
		assert_false(m.good);
		assert_non_null(strstr(m.why, table[i].why));
		meeting_end(&m);
		SSL_CTX_free(ctx);
		assert_non_null(ctx = tls_context(STREAM_PIN, NULL, why));
		m = meet(ctx, STREAM_PIN, "other.example", &id, NULL);
		assert_true(m.good);
		assert_true(tls_check_pin(m.client, id.pin, "relay:443", why));
		meeting_end(&m);
		SSL_CTX_free(ctx);
		identity_free(&id);
	}
}

/* The one that signed must be a CA, and the one in the file. */
static void who_signed_a_certificate_counts(void **state)
{
	static const struct {
		const char *constraints, *use; /* of the signer; of the certificate */
		bool trusted, shown, good;     /* the signer is in the file; in the handshake */
		const char *why;
	} table[] = {
		{"critical,CA:TRUE", "serverAuth", true, true, true, ""},
		{"critical,CA:TRUE", "serverAuth", true, false, true, ""},
		{"critical,CA:TRUE", "serverAuth", false, true, false,
		 "self-signed certificate in"},
		{"critical,CA:TRUE", "serverAuth", false, false, false,
		 "unable to get local issuer"},
		{"critical,CA:FALSE", "serverAuth", true, true, false, "invalid CA certificate"},
		{"critical,CA:TRUE", "clientAuth", true, true, false, "purpose"},
	};
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		struct identity ca = identity_make("ca", 1, NULL),
				stranger = identity_make("stranger", 2, NULL),
				id = identity_make("relay", 3, "DNS:relay.example");
		const struct identity *const others[OTHERS_MAX] = {table[i].shown ? &ca : NULL};
		add_extension(&ca, NID_basic_constraints, table[i].constraints);
		reissue(&ca, &ca, -HOUR, HOUR);
		add_extension(&id, NID_ext_key_usage, table[i].use);
		reissue(&id, &ca, -HOUR, HOUR);
		SSL_CTX *ctx = context_of_ca(table[i].trusted ? &ca : &stranger);
		struct meeting m = meet(ctx, STREAM_CA, "relay.example", &id, others);
		if (m.good != table[i].good || !strstr(m.why, table[i].why))
			fail_msg("row %zu: '%s'", i, m.why);
		meeting_end(&m);
		SSL_CTX_free(ctx);
		identity_free(&ca);
		identity_free(&stranger);
		identity_free(&id);
	}
}

/* Somebody who shows the right certificate behind his own has not its key. */
static void a_pin_is_of_the_first_certificate(void **state)
{
	struct identity id = identity_make("relay", 1, NULL),
			thief = identity_make("thief", 2, NULL);
	const struct identity *const others[OTHERS_MAX] = {&id};
	char why[FAILURE_MAX], text[PIN_TEXT_MAX];
	SSL_CTX *ctx = tls_context(STREAM_PIN, NULL, why);
	struct meeting m = meet(ctx, STREAM_PIN, "relay.example", &thief, others);
	assert_true(m.good);
	assert_false(tls_check_pin(m.client, id.pin, "relay:443", why));
	assert_non_null(strstr(why, "does not match the pin: found "));
	assert_non_null(strstr(why, pin_format(text, thief.pin)));
	meeting_end(&m);
	m = meet(ctx, STREAM_PIN, "relay.example", &id, NULL);
	for (size_t i = 0; i < PIN_LEN; i += PIN_LEN - 1) { /* its ends count as all of it does */
		id.pin[i] ^= 1;
		assert_false(tls_check_pin(m.client, id.pin, "relay:443", why));
		id.pin[i] ^= 1;
	}
	assert_true(tls_check_pin(m.client, id.pin, "relay:443", why));
	meeting_end(&m);
	SSL *none = tls_new(ctx, STREAM_PIN, "relay.example", "relay.example");
	assert_false(tls_check_pin(none, id.pin, "relay:443", why));
	assert_memory_equal(why, "relay:443 showed no certificate", 31);
	SSL_free(none);
	SSL_CTX_free(ctx);
	identity_free(&id);
	identity_free(&thief);
}

static void the_meta_certificate_is_known_by_its_name_and_place(void **state)
{
	char longest[STREAM_CN_MAX + 20];
	memset(longest, 'f', sizeof(longest) - 1);
	memcpy(longest, "derpkey", 7);
	longest[sizeof(longest) - 1] = 0;
	const struct {
		const char *leaf, *others[OTHERS_MAX], *cn;
	} table[] = {
		{"relay", {"derpkey00"}, "derpkey00"},
		{"derpkey00", {NULL}, ""}, /* the leaf is never one */
		{"derpkey00", {"derpkey11"}, "derpkey11"},
		{"relay", {"ca", "derpkey00", "derpkey11"}, "derpkey00"},
		{"relay", {"Derpkey00", "derpke", "xderpkey00"}, ""},
		{"relay", {"derpkey"}, "derpkey"},
	};
	char why[FAILURE_MAX], cn[STREAM_CN_MAX];
	SSL_CTX *ctx = tls_context(STREAM_UNTESTED, NULL, why);
	for (size_t i = 0; i <= ARRAY_LEN(table); i++) {
		bool cut = i == ARRAY_LEN(table);
		struct identity id = identity_make(cut ? "relay" : table[i].leaf, 1, NULL);
		struct identity v[OTHERS_MAX];
		const struct identity *others[OTHERS_MAX] = {NULL};
		size_t n = 0;
		for (; n < OTHERS_MAX && (cut ? n == 0 : table[i].others[n] != NULL); n++) {
			v[n] = identity_make(cut ? longest : table[i].others[n], 2, NULL);
			others[n] = &v[n];
		}
		struct meeting m = meet(ctx, STREAM_UNTESTED, "relay.example", &id, others);
		assert_true(m.good);
		tls_meta_cn(m.client, cn);
		longest[STREAM_CN_MAX - 1] = 0;
		assert_string_equal(cn, cut ? longest : table[i].cn);
		longest[STREAM_CN_MAX - 1] = 'f';
		meeting_end(&m);
		identity_free(&id);
		while (n > 0)
			identity_free(&v[--n]);
	}
	SSL *none = tls_new(ctx, STREAM_UNTESTED, "relay.example", "relay.example");
	memset(cn, 'x', sizeof(cn));
	tls_meta_cn(none, cn); /* before any handshake */
	assert_string_equal(cn, "");
	SSL_free(none);
	SSL_CTX_free(ctx);
}

/* The server learns which name is asked for, and no address; nothing of it is kept for later. */
static void a_name_is_asked_for_and_an_address_is_not(void **state)
{
	static const struct {
		const char *host, *asked;
	} table[] = {
		{"relay.example", "relay.example"}, {"192.0.2.1", NULL}, {"2001:db8::1", NULL}};
	struct identity id = identity_make("relay", 1, NULL);
	char why[FAILURE_MAX];
	SSL_CTX *ctx = tls_context(STREAM_UNTESTED, NULL, why);
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		const uint8_t *alpn;
		unsigned n_alpn;
		struct meeting m = meet(ctx, STREAM_UNTESTED, table[i].host, &id, NULL);
		assert_true(m.good);
		const char *asked = SSL_get_servername(m.server, TLSEXT_NAMETYPE_host_name);
		assert_int_equal(asked != NULL, table[i].asked != NULL);
		if (asked)
			assert_string_equal(asked, table[i].asked);
		SSL_get0_alpn_selected(m.server, &alpn, &n_alpn);
		assert_int_equal(n_alpn, 0);
		assert_false(SSL_session_reused(m.client));
		meeting_end(&m);
	}
	char much[300]; /* longer than a name can be */
	memset(much, 'x', sizeof(much) - 1);
	much[sizeof(much) - 1] = 0;
	assert_null(tls_new(ctx, STREAM_UNTESTED, much, much));
	ERR_clear_error();
	SSL_CTX_free(ctx);
	identity_free(&id);
}

/* An error that stays in OpenSSL's queue would be told of the next stream. */
static void a_ca_file_that_is_none_leaves_no_error_behind(void **state)
{
	char path[] = "/tmp/warren-test-XXXXXX", why[FAILURE_MAX];
	struct identity id = identity_make("relay", 1, NULL);
	FILE *f = fdopen(mkstemp(path), "w");
	assert_int_equal(PEM_write_PrivateKey(f, id.key, NULL, NULL, 0, NULL, NULL), 1);
	fclose(f);
	assert_null(tls_context(STREAM_CA, path, why)); /* a key, and no certificate */
	assert_non_null(strstr(why, "expected PEM"));
	assert_non_null(strstr(why, path));
	assert_int_equal(ERR_peek_error(), 0);
	unlink(path);
	identity_free(&id);
}

static void a_failure_without_a_reason_is_a_sentence_too(void **state)
{
	char why[FAILURE_MAX];
	SSL_CTX *ctx = tls_context(STREAM_UNTESTED, NULL, why);
	SSL *ssl = tls_new(ctx, STREAM_UNTESTED, "relay", "relay");
	tls_failure(ssl, 0, "relay:443", why);
	assert_string_equal(why, "TLS with relay:443 failed: the connection broke");
	tls_failure(ssl, ERR_PACK(ERR_LIB_SSL, 0, SSL_R_HTTP_REQUEST), "relay:443", why);
	assert_string_equal(why, "relay:443 does not speak TLS: is it the right port?");
	SSL_free(ssl);
	SSL_CTX_free(ctx);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_certificate_is_for_its_names_and_no_others),
	cmocka_unit_test(no_name_stands_for_many),
	cmocka_unit_test(dates_count_for_a_ca_and_not_for_a_pin),
	cmocka_unit_test(who_signed_a_certificate_counts),
	cmocka_unit_test(a_pin_is_of_the_first_certificate),
	cmocka_unit_test(the_meta_certificate_is_known_by_its_name_and_place),
	cmocka_unit_test(a_name_is_asked_for_and_an_address_is_not),
	cmocka_unit_test(a_ca_file_that_is_none_leaves_no_error_behind),
	cmocka_unit_test(a_failure_without_a_reason_is_a_sentence_too),
};
RUN_TESTS(tests)
