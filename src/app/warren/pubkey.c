#include <string.h>

#include "app/warren/cli.h"
#include "base/text.h"
#include "config/value.h"
#include "crypto/keys.h"

static bool read_key(struct cli *c, struct node_private *key)
{
	char text[256] = "";
	setvbuf(c->in, NULL, _IONBF, 0); /* a buffer would keep a copy of the key */
	bool ok = fgets(text, sizeof(text), c->in) != NULL;
	text[strcspn(text, "\n")] = '\0';
	ok = ok && key_parse_any(key->b, KEY_PRIVATE, text_trim(text_begin(text)));
	key_wipe(text, sizeof(text));
	return ok;
}

static void print_key(struct cli *c, const char *text)
{
	if (!c->json) {
		fprintf(c->out, "%s\n", text);
		return;
	}
	json_t *answer = json_pack("{s:s}", "public_key", text);
	cli_json(c, answer);
	json_decref(answer);
}

int cli_pubkey(struct cli *c, int argc, char **argv)
{
	static const struct option longs[] = {{"base64", no_argument, NULL, 'b'}, CLI_OPTIONS};
	struct node_private key;
	struct node_key public;
	char text[KEY_TEXT_MAX];
	bool base64 = false;
	for (int o; (o = cli_option(c, argc, argv, "", longs));) {
		if (o < 0)
			return cli_stopped(c);
		base64 = true;
	}
	if (optind < argc)
		return cli_misused(c,
				   "found \"%.20s...\", expected the private key on standard input",
				   argv[optind]);
	if (!crypto_init())
		return cli_failed(c, "libsodium cannot work on this machine");
	if (!read_key(c, &key))
		return cli_failed(c, "standard input: found something else, expected a private "
				     "key: privkey: and 64 "
				     "hexadecimal digits, or 44 characters of base64");
	key_public(public.b, key.b);
	key_wipe(&key, sizeof(key));
	print_key(c, base64 ? key_format_base64(text, public.b)
			    : key_format(text, KEY_NODE, public.b));
	return CLI_OK;
}
