/* certificate.c - makes certificates, and puts them into a TLS context
 *
 * A relay shows its own certificate, those that signed it, and the meta certificate, which names
 * the relay's key (derp.md 2.3).  The meta certificate is made with each context, and lives in
 * memory only.
 */
#include "serve/certificate.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "io/file.h"
#include "relay/upgrade.h"
#include "wire/derp.h"

enum {
	DAY_S = 24 * 3600,
	SELF_SIGNED_DAYS = 3650,
	META_DAYS = 30, /* before it is made, and after */
	NAME_MAX_LEN = 253,
	CN_MAX = 64, /* RFC 5280: ub-common-name */
	SAN_MAX = NAME_MAX_LEN + 8
};

/* Says what failed, and why: in the words of the library, or in full where it has none, as for what
 * the kernel refused. `path` may be NULL. */
static bool explain(char why[static FAILURE_MAX], const char *what, const char *path)
{
	char full[120] = "no reason given";
	unsigned long error = ERR_get_error();
	if (error)
		ERR_error_string_n(error, full, sizeof(full));
	const char *reason = error ? ERR_reason_error_string(error) : NULL;
	ERR_clear_error();
	return failure_say(why, "%s%s%s: %s", what, path ? " " : "", path ? path : "",
			   reason ? reason : full);
}

/* --- making --- */

static bool add_extension(X509 *x, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	bool ok = e && X509_add_ext(x, e, -1);
	X509_EXTENSION_free(e);
	return ok;
}

/* Its own issuer, valid from `before` days ago until `days` from now. */
static bool fill(X509 *x, EVP_PKEY *key, const char *cn, int before, int days)
{
	X509_NAME *name = X509_get_subject_name(x);
	return X509_set_version(x, X509_VERSION_3) &&
	       X509_gmtime_adj(X509_getm_notBefore(x), -(long)before * DAY_S) &&
	       X509_time_adj_ex(X509_getm_notAfter(x), days, 0, NULL) && X509_set_pubkey(x, key) &&
	       X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1,
					  -1, 0) &&
	       X509_set_issuer_name(x, name);
}

static bool set_random_serial(X509 *x)
{
	uint64_t serial;
	if (RAND_bytes((unsigned char *)&serial, sizeof(serial)) != 1)
		return false;
	return ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), serial >> 1);
}

static bool fill_self_signed(X509 *x, EVP_PKEY *key, const char *name)
{
	struct ip ip;
	char san[SAN_MAX], cn[CN_MAX + 1];
	snprintf(san, sizeof(san), "%s:%s", ip_parse(&ip, name) ? "IP" : "DNS", name);
	snprintf(cn, sizeof(cn), "%.*s", CN_MAX, name);
	return fill(x, key, cn, 1, SELF_SIGNED_DAYS) && set_random_serial(x) &&
	       add_extension(x, NID_subject_alt_name, san) &&
	       add_extension(x, NID_basic_constraints, "critical,CA:FALSE") &&
	       add_extension(x, NID_key_usage, "critical,digitalSignature") &&
	       add_extension(x, NID_ext_key_usage, "serverAuth") && X509_sign(x, key, EVP_sha256());
}

static bool write_pem(const char *path, X509 *x, EVP_PKEY *key, char why[static FAILURE_MAX])
{
	BIO *b = BIO_new(BIO_s_secmem());
	char *p;
	bool ok = false;
	if (b && PEM_write_bio_PrivateKey(b, key, NULL, NULL, 0, NULL, NULL) &&
	    PEM_write_bio_X509(b, x)) {
		long n = BIO_get_mem_data(b, &p);
		ok = file_write(path, (struct bytes){(const uint8_t *)p, (size_t)n}, 0600, why);
	} else {
		(void)explain(why, "cannot write the certificate", NULL);
	}
	BIO_free(b);
	return ok;
}

/* The library would read a name with a comma as several names. */
static bool is_name(const char *name)
{
	size_t n = strlen(name);
	return n > 0 && n <= NAME_MAX_LEN &&
	       strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-:_") ==
		       n;
}

bool certificate_make(const char *path, const char *name, char why[static FAILURE_MAX])
{
	if (!is_name(name))
		return failure_say(why, "%s is neither a DNS name nor an IP address", name);
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = X509_new();
	bool ok = key && x && fill_self_signed(x, key, name);
	if (ok)
		ok = write_pem(path, x, key, why);
	else
		(void)explain(why, "cannot make a certificate for", name);
	X509_free(x);
	EVP_PKEY_free(key);
	return ok;
}

/* --- the context --- */

/* The library's usual call refuses a CN of more than 64 letters, and this one has 71: so the entry
 * is made by hand. */
static bool set_meta_name(X509 *x, const struct node_key *server_key)
{
	char cn[UPGRADE_META_CN_MAX];
	upgrade_meta_cn(cn, server_key);
	X509_NAME *name = X509_get_subject_name(x);
	X509_NAME_ENTRY *entry =
		X509_NAME_ENTRY_create_by_NID(NULL, NID_commonName, V_ASN1_UTF8STRING,
					      (const unsigned char *)cn, (int)strlen(cn));
	bool ok = entry && X509_NAME_add_entry(name, entry, -1, 0) && X509_set_issuer_name(x, name);
	X509_NAME_ENTRY_free(entry);
	return ok;
}

/* Tells a client that speaks TLS 1.3 the relay's key a round trip early; derp.md 2.3. */
static bool add_meta(SSL_CTX *ctx, const struct node_key *server_key)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	X509 *x = X509_new();
	bool ok = key && x && set_meta_name(x, server_key) && X509_set_version(x, X509_VERSION_3) &&
		  X509_set_pubkey(x, key) &&
		  ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), DERP_VERSION) &&
		  X509_gmtime_adj(X509_getm_notBefore(x), -(long)META_DAYS * DAY_S) &&
		  X509_time_adj_ex(X509_getm_notAfter(x), META_DAYS, 0, NULL) &&
		  add_extension(x, NID_basic_constraints, "critical,CA:FALSE") &&
		  X509_sign(x, key, NULL) && SSL_CTX_add1_chain_cert(ctx, x) == 1;
	X509_free(x);
	EVP_PKEY_free(key);
	return ok;
}

static bool load(SSL_CTX *ctx, const char *chain, const char *key, char why[static FAILURE_MAX])
{
	if (SSL_CTX_use_certificate_chain_file(ctx, chain) != 1)
		return explain(why, "cannot use the certificate", chain);
	if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
		return explain(why, "cannot use the certificate's key", key);
	if (SSL_CTX_check_private_key(ctx) != 1)
		return failure_say(why, "the key in %s is not the key of the certificate in %s",
				   key, chain);
	return true;
}

/* Tens of thousands of connections are silent: no buffers for them, no session cache, no tickets.
 * A resumed session would show no certificates; derp.md 5.6. */
static void set_modes(SSL_CTX *ctx)
{
	(void)SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	(void)SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN |
					    SSL_MODE_ENABLE_PARTIAL_WRITE |
					    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	(void)SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	(void)SSL_CTX_set_num_tickets(ctx, 0);
	(void)SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
					       SSL_OP_NO_COMPRESSION |
					       SSL_OP_IGNORE_UNEXPECTED_EOF);
}

SSL_CTX *certificate_context(const char *chain, const char *key, const struct node_key *server_key,
			     char why[static FAILURE_MAX])
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	if (!ctx) {
		(void)explain(why, "cannot use TLS", NULL);
		return NULL;
	}
	set_modes(ctx);
	bool ok = load(ctx, chain, key, why);
	if (ok && !add_meta(ctx, server_key))
		ok = explain(why, "cannot make the relay's meta certificate", NULL);
	if (ok)
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

bool certificate_pin(const SSL_CTX *ctx, uint8_t pin[static PIN_LEN])
{
	X509 *x = SSL_CTX_get0_certificate(ctx);
	return x && X509_digest(x, EVP_sha256(), pin, NULL) == 1;
}

bool certificate_is_for(const SSL_CTX *ctx, const char *name)
{
	X509 *x = SSL_CTX_get0_certificate(ctx);
	struct ip ip;
	if (!x)
		return false;
	if (ip_parse(&ip, name))
		return X509_check_ip_asc(x, name, 0) == 1;
	return X509_check_host(x, name, strlen(name), 0, NULL) == 1;
}
