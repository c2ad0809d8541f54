#include <sys/stat.h>

#include "app/warren/cli.h"
#include "crypto/keys.h"
#include "io/random.h"

/* A file that was made by the shell has what umask left: others may be able to read it. */
static void warn_of_open_file(struct cli *c)
{
	struct stat st;
	if (fileno(c->out) < 0 || fstat(fileno(c->out), &st) != 0 || !S_ISREG(st.st_mode) ||
	    !(st.st_mode & 077))
		return;
	fprintf(c->err,
		"warren: warning: others can read the file that gets this key (mode %03o); run "
		"chmod 600 on "
		"it, or umask 077 before\n",
		(unsigned)(st.st_mode & 0777));
}

static void print_key(struct cli *c, const char *text)
{
	if (c->json)
		fprintf(c->out, "{\"private_key\":\"%s\"}\n",
			text); /* jansson would leave copies in memory */
	else
		fprintf(c->out, "%s\n", text);
}

int cli_genkey(struct cli *c, int argc, char **argv)
{
	static const struct option longs[] = {{"base64", no_argument, NULL, 'b'}, CLI_OPTIONS};
	struct node_private key;
	char text[KEY_TEXT_MAX];
	bool base64 = false;
	for (int o; (o = cli_option(c, argc, argv, "", longs));) {
		if (o < 0)
			return cli_stopped(c);
		base64 = true;
	}
	if (optind < argc)
		return cli_misused(c, "found \"%s\", expected no more words", argv[optind]);
	if (!crypto_init())
		return cli_failed(c, "libsodium cannot work on this machine");
	struct rng rng = random_source();
	warn_of_open_file(c);
	key_generate(key.b, &rng);
	print_key(c,
		  base64 ? key_format_base64(text, key.b) : key_format(text, KEY_PRIVATE, key.b));
	key_wipe(&key, sizeof(key));
	key_wipe(text, sizeof(text));
	return CLI_OK;
}
