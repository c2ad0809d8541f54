/* app/warren/text.h - a node's status and the answers to pings, as lines for people */
#ifndef APP_WARREN_TEXT_H
#define APP_WARREN_TEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* What status_json made; a field that is missing or of another type reads as nothing.
 *
 *   100.64.0.1  alice  this node; relay "lab"
 *   100.64.0.2  bob    active; direct 192.0.2.1:41641, tx 1234 rx 5678
 *   100.64.0.3  carol  idle, tx 96 rx 96
 *   100.64.0.4  dave   -
 */
void status_print(FILE *out, const json_t *status, bool peers);

/* What why_json made: a sentence, then a list under each heading that has any. */
void why_print(FILE *out, const json_t *why);

/* "pong from bob (100.64.0.2) via relay(lab) in 30ms" */
void pong_print(FILE *out, const json_t *pong);

#endif
