#include "io/tls.h"

#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

static const char META_FRONT[] = "derpkey";

static bool context_trust(SSL_CTX *ctx, enum stream_trust trust, const char *ca_file, char *why)
{
	switch (trust) {
	case STREAM_ROOTS:
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
		if (SSL_CTX_set_default_verify_paths(ctx) == 1)
			return true;
		return failure_say(why, "cannot read the system's root certificates: install "
					"ca-certificates, or give a CA file or a pin");
	case STREAM_CA:
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
		if (ca_file && SSL_CTX_load_verify_file(ctx, ca_file) == 1)
			return true;
		return failure_say(why,
				   "cannot read certificates from the CA file %s: expected PEM",
				   ca_file ? ca_file : "(none given)");
	case STREAM_PLAIN:
	case STREAM_PIN: /* tls_check_pin checks, before anything is sent */
	case STREAM_UNTESTED:
		SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
		return true;
	}
	return false;
}

SSL_CTX *tls_context(enum stream_trust trust, const char *ca_file, char why[static FAILURE_MAX])
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	if (!ctx) {
		failure_say(why, "no memory for TLS");
		return NULL;
	}
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
					 SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
	if (context_trust(ctx, trust, ca_file, why))
		return ctx;
	SSL_CTX_free(ctx);
	ERR_clear_error();
	return NULL;
}

SSL *tls_new(SSL_CTX *ctx, enum stream_trust trust, const char *host, const char *name)
{
	struct ip ip;
	SSL *ssl = SSL_new(ctx);
	if (!ssl)
		return NULL;
	bool ok = ip_parse(&ip, host) || SSL_set_tlsext_host_name(ssl, host) == 1;
	if (trust == STREAM_ROOTS || trust == STREAM_CA) {
		if (ip_parse(&ip, name))
			ok = ok &&
			     X509_VERIFY_PARAM_set1_ip(SSL_get0_param(ssl), ip.b, ip_len(&ip)) == 1;
		else /* to OpenSSL "" is any name, and ".x" any name that ends so */
			ok = ok && name[0] && name[0] != '.' && SSL_set1_host(ssl, name) == 1;
	}
	if (ok)
		return ssl;
	SSL_free(ssl);
	return NULL;
}

/* Is this a relay's meta certificate? Then cn is its common name, otherwise "". */
static bool meta_cn_of(X509 *cert, char cn[static STREAM_CN_MAX])
{
	X509_NAME *subject = X509_get_subject_name(cert);
	int len = X509_NAME_get_text_by_NID(subject, NID_commonName, cn, STREAM_CN_MAX);
	if (len > 0 && !strncmp(cn, META_FRONT, sizeof(META_FRONT) - 1))
		return true;
	cn[0] = 0;
	return false;
}

void tls_meta_cn(SSL *ssl, char cn[static STREAM_CN_MAX])
{
	STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl);
	cn[0] = 0;
	for (int i = 1; i < sk_X509_num(chain); i++) /* 0 is the leaf, which is never one */
		if (meta_cn_of(sk_X509_value(chain, i), cn))
			return;
}

static bool pin_of(X509 *cert, uint8_t pin[static PIN_LEN])
{
	unsigned len = PIN_LEN;
	return X509_digest(cert, EVP_sha256(), pin, &len) == 1 && len == PIN_LEN;
}

bool tls_check_pin(SSL *ssl, const uint8_t pin[static PIN_LEN], const char *where,
		   char why[static FAILURE_MAX])
{
	STACK_OF(X509) *chain = SSL_get_peer_cert_chain(ssl);
	char cn[STREAM_CN_MAX], want[PIN_TEXT_MAX], have[PIN_TEXT_MAX];
	uint8_t found[PIN_LEN];
	int others = 0;
	for (int i = 1; i < sk_X509_num(chain); i++)
		others += !meta_cn_of(sk_X509_value(chain, i), cn);
	if (sk_X509_num(chain) < 1 || !pin_of(sk_X509_value(chain, 0), found))
		return failure_say(why, "%s showed no certificate, expected one with the pin %s",
				   where, pin_format(want, pin));
	if (CRYPTO_memcmp(found, pin, PIN_LEN) != 0)
		return failure_say(
			why, "the certificate of %s does not match the pin: found %s, expected %s",
			where, pin_format(have, found), pin_format(want, pin));
	if (others > 0)
		return failure_say(why, "%s shows %d certificates, but a pin wants exactly one",
				   where, 1 + others);
	return true;
}

void tls_failure(SSL *ssl, unsigned long error, const char *where, char why[static FAILURE_MAX])
{
	long verdict = SSL_get_verify_result(ssl);
	const char *reason = ERR_reason_error_string(error);
	if (ERR_GET_REASON(error) == SSL_R_CERTIFICATE_VERIFY_FAILED && verdict != X509_V_OK)
		failure_say(why,
			    "the certificate of %s is not trusted: %s; if it is the right one, "
			    "give its CA file or its pin",
			    where, X509_verify_cert_error_string(verdict));
	else if (ERR_GET_REASON(error) == SSL_R_WRONG_VERSION_NUMBER ||
		 ERR_GET_REASON(error) == SSL_R_HTTP_REQUEST)
		failure_say(why, "%s does not speak TLS: is it the right port?", where);
	else
		failure_say(why, "TLS with %s failed: %s", where,
			    reason ? reason : "the connection broke");
}
