/* config/load.h - reads the node's file and the key files that it names
 *
 * Key files hold one line, in any form that key_parse_any takes.  One that others may read is
 * refused with the command that mends it.
 */
#ifndef CONFIG_LOAD_H
#define CONFIG_LOAD_H

#include "config/config.h"

/* The relays of the file, for a netcheck: its key files are not read, so everybody may who may read
 * the file itself, and it need not have a [Node]. NULL: why. */
struct config *config_load_relays(const char *path, char why[static CONFIG_WHY_MAX]) MUST_USE;

/* Whole and checked, or NULL and why. */
struct config *config_load(const char *path, char why[static CONFIG_WHY_MAX]) MUST_USE;

#endif
