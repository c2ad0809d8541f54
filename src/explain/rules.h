/* explain/rules.h - which sentences hold of a peer: a table of condition, what failed, what to do
 *
 * The order of the table is the order in which people read the sentences: the most likely cause
 * first.  A {name} in a sentence stands for a fact; sentences.c has the names.
 */
#ifndef EXPLAIN_RULES_H
#define EXPLAIN_RULES_H

#include "explain/gather.h"

struct explain_rule {
	bool (*holds)(const struct explain_facts *f);
	const char *failed, *advice; /* NULL: it says nothing of that */
};
extern const struct explain_rule explain_rules[];
extern const size_t explain_rules_n;

#endif
