/* sim/nat_words.h - the parameters of a NAT box by name, the same in the simulator, the lab and the
 * documents
 *
 *   mapping, filtering   endpoint-independent, address-dependent, address-and-port-dependent
 *   ports                preserve, sequential, random, block, overload
 *   port-first, port-step, port-block              numbers
 *   port-sharing         yes, no
 *   external             addresses separated by commas: the first one and the pool
 *   pooling              paired, arbitrary
 *   hairpin              none, internal-source, external-source
 *   timeout              a time: 500ms, 30s, 2m
 *   refresh              outbound, both
 *   mappings-max, host-mappings-max, sessions-max, permissions-max   numbers; 0: the default
 *   translate            yes, no (a firewall only)
 *   udp                  pass, blocked
 */
#ifndef SIM_NAT_WORDS_H
#define SIM_NAT_WORDS_H

#include "sim/nat.h"

enum { NAT_WORDS_MAX = 512 };

/* False: there is no such parameter, or no such value of it. */
bool nat_set(struct nat_config *cfg, const char *name, const char *value) MUST_USE;
/* "mapping=address-dependent timeout=10s", on top of what cfg has. */
bool nat_set_all(struct nat_config *cfg, const char *text) MUST_USE;
/* The i-th name; NULL beyond the last. */
const char *nat_parameter(size_t i);
/* The words of RFC 4787 for one of its values, for people. */
const char *nat_scope_word(enum nat_scope s);
/* "10s", "250ms"; false: no time. */
bool nat_parse_time(const char *text, mono_ns *out) MUST_USE;

#endif
