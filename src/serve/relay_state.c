#include "serve/relay_state.h"

#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "io/file.h"
#include "serve/certificate.h"

enum { PATH_TEXT_MAX = 1024 };

static bool path_in(char out[static PATH_TEXT_MAX], const char *folder, const char *name,
		    char why[static FAILURE_MAX])
{
	int n = snprintf(out, PATH_TEXT_MAX, "%s/%s", folder, name);
	return n < PATH_TEXT_MAX ||
	       failure_say(why, "the name of the folder %.60s... is too long", folder);
}

int relay_state_lock(const char *folder, char why[static FAILURE_MAX])
{
	char path[PATH_TEXT_MAX];
	if (!path_in(path, folder, "relay.lock", why) || !file_make_folder(folder, 0700, why))
		return -1;
	return file_lock(path, "the relay's state", why);
}

/* --- the key --- */

static bool read_key(const char *path, struct node_private *key, char why[static FAILURE_MAX])
{
	uint8_t text[KEY_TEXT_MAX + 8];
	size_t n;
	unsigned mode;
	if (file_is_open_to_others(path, &mode))
		return failure_say(why, "%s can be read by others (mode %04o): chmod 600 it", path,
				   mode);
	if (!file_read(path, text, sizeof(text) - 1, &n, why))
		return false;
	text[n] = '\0';
	text[strcspn((char *)text, "\r\n")] = '\0';
	bool ok = key_parse(key->b, KEY_PRIVATE, text_begin((char *)text));
	key_wipe(text, sizeof(text));
	return ok ||
	       failure_say(why,
			   "%s does not hold a key: expected privkey: and 64 hex digits; without "
			   "the file a new key is made",
			   path);
}

static bool make_key(const char *path, const struct rng *rng, struct node_private *key,
		     char why[static FAILURE_MAX])
{
	char text[KEY_TEXT_MAX];
	key_generate(key->b, rng);
	key_format(text, KEY_PRIVATE, key->b);
	bool ok = file_write(path, (struct bytes){(uint8_t *)text, strlen(text)}, 0600, why);
	key_wipe(text, sizeof(text));
	return ok;
}

bool relay_state_key(const char *folder, const struct rng *rng, struct node_private *key,
		     char why[static FAILURE_MAX])
{
	char path[PATH_TEXT_MAX];
	if (!path_in(path, folder, "relay.key", why))
		return false;
	return file_exists(path) ? read_key(path, key, why) : make_key(path, rng, key, why);
}

/* --- the certificate --- */

static bool have_certificate(const char *path, const struct relay_certificate *c,
			     char why[static FAILURE_MAX])
{
	return file_exists(path) ||
	       (file_make_folder(c->folder, 0700, why) && certificate_make(path, c->host, why));
}

static SSL_CTX *self_signed(const struct relay_certificate *c, const struct node_key *server_key,
			    char why[static FAILURE_MAX])
{
	char path[PATH_TEXT_MAX];
	if (!path_in(path, c->folder, "relay.pem", why) || !have_certificate(path, c, why))
		return NULL;
	SSL_CTX *ctx = certificate_context(path, path, server_key, why);
	if (!ctx || certificate_is_for(ctx, c->host))
		return ctx;
	(void)failure_say(why,
			  "the certificate in %s is not for %s: move it away to have a new one "
			  "made (nodes then need its new pin), or give --host the name that it is "
			  "for",
			  path, c->host);
	SSL_CTX_free(ctx);
	return NULL;
}

SSL_CTX *relay_state_tls(const struct relay_certificate *c, const struct node_key *server_key,
			 char why[static FAILURE_MAX])
{
	if (!c->chain)
		return self_signed(c, server_key, why);
	return certificate_context(c->chain, c->key ? c->key : c->chain, server_key, why);
}
