/* io_server.h - small blocking servers in threads, for the tests of streams */
#ifndef IO_SERVER_H
#define IO_SERVER_H

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "unit/unit.h"

struct identity {
	EVP_PKEY *key;
	X509 *cert;
	uint8_t pin[32];
};

/* Self-signed; names as in openssl's subjectAltName, or NULL. */
static inline struct identity identity_make(const char *cn, long serial, const char *names)
{
	struct identity id = {.key = EVP_EC_gen("P-256"), .cert = X509_new()};
	unsigned len = sizeof(id.pin);
	X509_set_version(id.cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(id.cert), serial);
	X509_gmtime_adj(X509_getm_notBefore(id.cert), -3600);
	X509_gmtime_adj(X509_getm_notAfter(id.cert), 3600);
	X509_NAME *name = X509_get_subject_name(id.cert);
	/* Not MBSTRING_ASC: that allows 64 letters, and a relay's meta certificate has 71. */
	X509_NAME_add_entry_by_txt(name, "CN", V_ASN1_UTF8STRING, (const uint8_t *)cn,
				   (int)strlen(cn), -1, 0);
	X509_set_issuer_name(id.cert, name);
	X509_set_pubkey(id.cert, id.key);
	if (names) {
		X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names);
		X509_add_ext(id.cert, e, -1);
		X509_EXTENSION_free(e);
	}
	assert_true(X509_sign(id.cert, id.key, EVP_sha256()) > 0);
	assert_int_equal(X509_digest(id.cert, EVP_sha256(), id.pin, &len), 1);
	return id;
}

static inline void identity_free(struct identity *id)
{
	EVP_PKEY_free(id->key);
	X509_free(id->cert);
}

struct server;
typedef void serve_fn(struct server *s, int fd, SSL *ssl);

struct server {
	int fd;
	uint16_t port;
	pthread_t thread;
	SSL_CTX *ctx;     /* NULL: no TLS */
	serve_fn *serve;  /* one connection; NULL: never accepts */
	char heard[2048]; /* for serve, to tell the test */
};

static inline void *server_main(void *self)
{
	struct server *s = self;
	for (;;) {
		int fd = accept(s->fd, NULL, NULL);
		if (fd < 0)
			return NULL;
		SSL *ssl = NULL;
		if (s->ctx) {
			ssl = SSL_new(s->ctx);
			SSL_set_fd(ssl, fd);
		}
		if (!ssl || SSL_accept(ssl) == 1)
			s->serve(s, fd, ssl);
		SSL_free(ssl);
		close(fd);
	}
}

static inline void server_start(struct server *s, serve_fn *serve, const struct identity *id,
				X509 *meta, int version_max)
{
	struct sockaddr_in sa = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(sa);
	*s = (struct server){.serve = serve, .fd = socket(AF_INET, SOCK_STREAM, 0)};
	assert_int_equal(bind(s->fd, (struct sockaddr *)&sa, len), 0);
	assert_int_equal(listen(s->fd, 8), 0);
	assert_int_equal(getsockname(s->fd, (struct sockaddr *)&sa, &len), 0);
	s->port = ntohs(sa.sin_port);
	if (id) {
		s->ctx = SSL_CTX_new(TLS_server_method());
		SSL_CTX_use_certificate(s->ctx, id->cert);
		SSL_CTX_use_PrivateKey(s->ctx, id->key);
		SSL_CTX_set_max_proto_version(s->ctx, version_max);
		if (meta)
			SSL_CTX_add1_chain_cert(s->ctx, meta);
	}
	if (serve)
		assert_int_equal(pthread_create(&s->thread, NULL, server_main, s), 0);
}

static inline void server_stop(struct server *s)
{
	shutdown(s->fd, SHUT_RDWR); /* wakes accept */
	if (s->serve)
		pthread_join(s->thread, NULL);
	close(s->fd);
	SSL_CTX_free(s->ctx);
}

static inline ssize_t server_read(int fd, SSL *ssl, void *out, size_t cap)
{
	return ssl ? SSL_read(ssl, out, (int)cap) : recv(fd, out, cap, 0);
}

static inline void server_write(int fd, SSL *ssl, const void *p, size_t n)
{
	while (n > 0) {
		ssize_t k = ssl ? SSL_write(ssl, p, (int)n) : send(fd, p, n, MSG_NOSIGNAL);
		if (k <= 0)
			return;
		p = (const uint8_t *)p + k;
		n -= (size_t)k;
	}
}

/* Reads a head including its empty line, and ends it with a NUL. */
static inline void server_read_head(int fd, SSL *ssl, char *out, size_t cap)
{
	size_t n = 0;
	while (n + 1 < cap && server_read(fd, ssl, out + n, 1) == 1) {
		out[++n] = 0;
		if (n >= 4 && !strcmp(out + n - 4, "\r\n\r\n"))
			return;
	}
	out[n] = 0;
}

static inline void serve_echo(struct server *s, int fd, SSL *ssl)
{
	uint8_t buf[16384];
	ssize_t n;
	while ((n = server_read(fd, ssl, buf, sizeof(buf))) > 0)
		server_write(fd, ssl, buf, (size_t)n);
}

#endif
