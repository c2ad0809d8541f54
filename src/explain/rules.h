/* explain/rules.h - which sentences hold of a peer: a table of condition, what failed, what to do
 *
 * In the order in which they are read.  A {name} in a sentence stands for a fact; sentences.c has
 * the names.
 */
#ifndef EXPLAIN_RULES_H
#define EXPLAIN_RULES_H

#include "explain/sentences.h"

struct why_rule {
	bool (*holds)(const struct why_facts *f);
	const char *failed, *advice; /* NULL: nothing to say of it */
};
extern const struct why_rule why_rules[];
extern const size_t why_rules_n;

#endif
