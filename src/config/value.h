/* config/value.h - the single values of the node's file: text in, value out
 *
 * Each is true and sets `out` only if the whole text is such a value.  Text is NUL-terminated and
 * has no white space around it.
 */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include "base/addr.h"

bool value_number(uint32_t *out, uint32_t min, uint32_t max, const char *text) MUST_USE;
bool value_yes(bool *out, const char *text) MUST_USE; /* yes, no, true, false, on, off */
/* Letters, digits, '.', '-' and '_'; at most cap - 1 of them. */
bool value_name(char *out, size_t cap, const char *text) MUST_USE;
bool value_path(char *out, size_t cap, const char *text) MUST_USE;
/* A DNS name, or an address with or without brackets; the brackets are left out.  So is the final
 * dot of a name: certificates and Host headers are without it. */
bool value_host(char *out, size_t cap, const char *text) MUST_USE;
/* An address and the length of its subnet, the host bits kept. */
bool value_address(struct ip *ip, uint8_t *bits, const char *text) MUST_USE;
/* One at which somebody can be reached: no port 0, not 0.0.0.0, not multicast. */
bool value_endpoint(struct endpoint *out, const char *text) MUST_USE;

/* Takes the next item off a list with commas, without the white space around it; cuts the text up.
 * NULL: no more. An empty item comes as "". */
char *value_item(char **list) MUST_USE;

/* How many letters must be changed, put in or taken out to turn one word into the other, whatever
 * their case; words longer than 31 letters are far from everything. */
uint32_t word_distance(const char *a, const char *b);

#endif
