#include "app/relay/state.h"

#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>

#include "io/file.h"
#include "serve/certificate.h"

enum { NAME_MAX_LEN = RELAY_PATH_MAX + 32 };

int relay_state_lock(const struct relay_options *o, char why[static FAILURE_MAX])
{
	char path[NAME_MAX_LEN];
	if (!file_make_folder(o->state, 0700, why))
		return -1;
	snprintf(path, sizeof(path), "%s/relay.lock", o->state);
	return file_lock(path, "the relay's state", why);
}

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
	bool ok = key_parse(key->b, KEY_PRIVATE, (char *)text);
	key_wipe(text, sizeof(text));
	return ok || failure_say(why,
				 "%s does not hold a key: expected privkey: and 64 hex digits; "
				 "without the file a "
				 "new key is made",
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

bool relay_state_key(const struct relay_options *o, const struct rng *rng, struct node_private *key,
		     char why[static FAILURE_MAX])
{
	char path[NAME_MAX_LEN];
	snprintf(path, sizeof(path), "%s/relay.key", o->state);
	return file_exists(path) ? read_key(path, key, why) : make_key(path, rng, key, why);
}

SSL_CTX *relay_state_tls(const struct relay_options *o, const struct node_key *server_key,
			 char why[static FAILURE_MAX])
{
	char path[NAME_MAX_LEN];
	if (o->certfile[0])
		return certificate_context(o->certfile, o->keyfile[0] ? o->keyfile : o->certfile,
					   server_key, why);
	const char *folder = o->self_signed[0] ? o->self_signed : o->state;
	snprintf(path, sizeof(path), "%s/relay.pem", folder);
	if (!file_exists(path) &&
	    (!file_make_folder(folder, 0700, why) || !certificate_make(path, o->host, why)))
		return NULL;
	SSL_CTX *ctx = certificate_context(path, path, server_key, why);
	if (!ctx || certificate_is_for(ctx, o->host))
		return ctx;
	(void)failure_say(why,
			  "the certificate in %s is not for %s: move it away to have a new one "
			  "made (nodes then "
			  "need its "
			  "new pin), or give --host the name that it is for",
			  path, o->host);
	SSL_CTX_free(ctx);
	return NULL;
}
