#include "base/text.h"
#include "serve/certificate.h"

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include "relay/upgrade.h"
#include "unit/serve/folder.h"
#include "wire/derp.h"

static const struct node_key server_key = {{0xab, 0xcd, 0x01}};

/* The context of a certificate that was just made for this name. */
static SSL_CTX *made_for(const struct folder *f, const char *name)
{
	char why[FAILURE_MAX];
	struct path_text path = in_folder(f, "c.pem");
	assert_true(certificate_make(path.s, name, why));
	SSL_CTX *ctx = certificate_context(path.s, path.s, &server_key, why);
	assert_non_null(ctx);
	return ctx;
}

static void a_made_certificate_is_for_its_name_and_no_other(void **state)
{
	static const struct {
		const char *made, *asked;
		bool good;
	} v[] = {
		{"relay.example", "relay.example", true},  {"relay.example", "RELAY.example", true},
		{"relay.example", "other.example", false}, {"relay.example", "192.0.2.1", false},
		{"192.0.2.1", "192.0.2.1", true},          {"192.0.2.1", "192.0.2.2", false},
		{"2001:db8::1", "2001:db8:0::1", true},    {"2001:db8::1", "2001:db8::2", false},
	};
	struct folder f;
	folder_make(&f);
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		SSL_CTX *ctx = made_for(&f, v[i].made);
		assert_int_equal(certificate_is_for(ctx, v[i].asked), v[i].good);
		SSL_CTX_free(ctx);
	}
	folder_remove(&f);
}

static void a_made_certificate_is_signed_by_itself_and_good_for_ten_years(void **state)
{
	struct folder f;
	struct stat st;
	int days, seconds;
	folder_make(&f);
	SSL_CTX *ctx = made_for(&f, "relay.example");
	X509 *x = SSL_CTX_get0_certificate(ctx);
	assert_int_equal(X509_verify(x, X509_get0_pubkey(x)), 1);
	assert_true(X509_cmp_current_time(X509_get0_notBefore(x)) < 0);
	assert_int_equal(ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(x)), 1);
	assert_in_range(days, 3648, 3650);
	assert_int_equal(X509_check_purpose(x, X509_PURPOSE_SSL_SERVER, 0), 1);
	assert_int_equal(stat(in_folder(&f, "c.pem").s, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600); /* the key is in it */
	SSL_CTX_free(ctx);
	folder_remove(&f);
}

/* docs/protocol/derp.md 2.3 */
static void the_meta_certificate_goes_last_and_names_the_relays_key(void **state)
{
	struct folder f;
	char cn[UPGRADE_META_CN_MAX], want[UPGRADE_META_CN_MAX];
	STACK_OF(X509) *chain = NULL;
	int days, seconds;
	folder_make(&f);
	SSL_CTX *ctx = made_for(&f, "relay.example");
	assert_int_equal(SSL_CTX_get0_chain_certs(ctx, &chain), 1);
	assert_int_equal(sk_X509_num(chain), 1);
	X509 *meta = sk_X509_value(chain, 0);
	X509_NAME *name = X509_get_subject_name(meta);
	X509_NAME_get_text_by_NID(name, NID_commonName, cn, sizeof(cn));
	upgrade_meta_cn(want, &server_key);
	assert_string_equal(cn, want);
	assert_int_equal(X509_NAME_cmp(name, X509_get_issuer_name(meta)), 0);
	assert_int_equal(ASN1_INTEGER_get(X509_get_serialNumber(meta)), DERP_VERSION);
	assert_int_equal(EVP_PKEY_get_id(X509_get0_pubkey(meta)), EVP_PKEY_ED25519);
	assert_int_equal(X509_verify(meta, X509_get0_pubkey(meta)), 1);
	assert_int_equal(ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(meta),
					X509_get0_notAfter(meta)),
			 1);
	assert_int_equal(days, 60);
	assert_int_equal(X509_check_ca(meta), 0);
	SSL_CTX_free(ctx);
	folder_remove(&f);
}

static void a_pin_is_the_digest_of_the_certificate_in_der(void **state)
{
	struct folder f;
	uint8_t pin[PIN_LEN], want[EVP_MAX_MD_SIZE], *der = NULL;
	unsigned n;
	folder_make(&f);
	SSL_CTX *ctx = made_for(&f, "relay.example");
	int len = i2d_X509(SSL_CTX_get0_certificate(ctx), &der);
	assert_true(len > 0);
	assert_int_equal(EVP_Digest(der, (size_t)len, want, &n, EVP_sha256(), NULL), 1);
	assert_true(certificate_pin(ctx, pin));
	assert_int_equal(n, PIN_LEN);
	assert_memory_equal(pin, want, PIN_LEN);
	OPENSSL_free(der);
	SSL_CTX_free(ctx);
	SSL_CTX *empty = SSL_CTX_new(TLS_server_method());
	assert_false(certificate_pin(empty, pin));
	assert_false(certificate_is_for(empty, "relay.example"));
	SSL_CTX_free(empty);
	folder_remove(&f);
}

static void old_tls_and_resumption_are_off(void **state)
{
	struct folder f;
	folder_make(&f);
	SSL_CTX *ctx = made_for(&f, "relay.example");
	assert_int_equal(SSL_CTX_get_min_proto_version(ctx), TLS1_2_VERSION);
	assert_int_equal(SSL_CTX_get_session_cache_mode(ctx), SSL_SESS_CACHE_OFF);
	assert_int_equal(SSL_CTX_get_num_tickets(ctx), 0);
	assert_true(SSL_CTX_get_options(ctx) & SSL_OP_NO_TICKET);
	SSL_CTX_free(ctx);
	folder_remove(&f);
}

static void strange_names_make_no_certificate(void **state)
{
	static const char *const bad[] = {"", "a b", "a,DNS:b", "a/b", "a\n"};
	char why[FAILURE_MAX], want[FAILURE_MAX], longest[256];
	struct folder f;
	folder_make(&f);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		assert_false(certificate_make(in_folder(&f, "c.pem").s, bad[i], why));
		snprintf(want, sizeof(want), "%s is neither a DNS name nor an IP address", bad[i]);
		text_clean(want);
		assert_string_equal(why, want);
	}
	memset(longest, 'a', sizeof(longest));
	for (size_t i = 63; i < sizeof(longest); i += 64)
		longest[i] = '.';
	longest[254] = '\0';
	assert_false(certificate_make(in_folder(&f, "c.pem").s, longest, why));
	longest[253] = '\0';
	assert_true(certificate_make(in_folder(&f, "c.pem").s, longest, why));
	folder_remove(&f);
}

static void what_cannot_be_used_is_named(void **state)
{
	char why[FAILURE_MAX];
	struct folder f;
	folder_make(&f);
	struct path_text one = in_folder(&f, "one.pem"), two = in_folder(&f, "two.pem"),
			 none = in_folder(&f, "none.pem");
	assert_true(certificate_make(one.s, "one", why));
	assert_true(certificate_make(two.s, "two", why));
	assert_null(certificate_context(none.s, one.s, &server_key, why));
	assert_non_null(strstr(why, "cannot use the certificate "));
	assert_non_null(strstr(why, none.s));
	assert_non_null(strstr(why, "No such file or directory"));
	assert_null(certificate_context(one.s, none.s, &server_key, why));
	assert_non_null(strstr(why, "cannot use the certificate's key "));
	assert_non_null(strstr(why, none.s));
	assert_null(certificate_context(one.s, two.s, &server_key, why));
	assert_non_null(strstr(why, two.s));
	assert_false(certificate_make(in_folder(&f, "no/c.pem").s, "one", why));
	assert_non_null(strstr(why, "no/c.pem"));
	folder_remove(&f);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(a_made_certificate_is_for_its_name_and_no_other),
	cmocka_unit_test(a_made_certificate_is_signed_by_itself_and_good_for_ten_years),
	cmocka_unit_test(the_meta_certificate_goes_last_and_names_the_relays_key),
	cmocka_unit_test(a_pin_is_the_digest_of_the_certificate_in_der),
	cmocka_unit_test(old_tls_and_resumption_are_off),
	cmocka_unit_test(strange_names_make_no_certificate),
	cmocka_unit_test(what_cannot_be_used_is_named),
};
RUN_TESTS(tests)
