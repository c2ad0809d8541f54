/* warren - the command line */
#include "app/warren/cli.h"

int main(int argc, char **argv)
{
	struct cli c = {.in = stdin, .out = stdout, .err = stderr, .socket = CLI_SOCKET};
	return cli_run(&c, argc, argv);
}
