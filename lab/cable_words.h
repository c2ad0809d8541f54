/* lab/cable_words.h - the qualities of a cable by name: delay, jitter, loss, duplicate, reorder */
#ifndef LAB_CABLE_WORDS_H
#define LAB_CABLE_WORDS_H

#include "lab/cable.h"

/* "delay", "25ms" or "25ms/30ms" (A to B, B to A); "loss", "2.5%". False: no such name or value. */
bool cable_set_by_name(struct cable *c, const char *key, const char *value) MUST_USE;

#endif
