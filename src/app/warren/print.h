/* app/warren/print.h - the answers of the daemon, as lines for people
 *
 * Each verb has its printer in its own file.  Fields are read as fields.h says, so an answer of
 * another version prints what it has.
 */
#ifndef APP_WARREN_PRINT_H
#define APP_WARREN_PRINT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* status.c: what report/status.h describes.
 *
 *   100.64.0.1  alice  this node; relay "lab"
 *   100.64.0.2  bob    active; direct 192.0.2.1:41641, tx 1234 rx 5678
 *   100.64.0.3  carol  idle, tx 96 rx 96
 *   100.64.0.4  dave   -
 */
void status_print(FILE *out, const json_t *status, bool peers);

/* why.c: what report/why.h describes: a sentence, then each list that is not empty, under a
 * heading. */
void why_print(FILE *out, const json_t *why);

/* ping.c: "pong from bob (100.64.0.2) via relay(lab) in 30ms" */
void pong_print(FILE *out, const json_t *pong);

/* netcheck_print.c: what report/netcheck.h describes, in Tailscale's wording. */
void netcheck_print(FILE *out, const json_t *report);

/* lifetime_print.c: the value of "binding_lifetime" there. A line for each family of addresses
 * that was measured, or was to be. */
void lifetime_print(FILE *out, const json_t *lifetime);
/* What is known so far, in a few words: "15 to 21 s so far; done in 64 s or sooner". */
void lifetime_print_so_far(FILE *out, const json_t *lifetime);
/* It is being measured. */
bool lifetime_runs(const json_t *lifetime);

#endif
