/* base/text.h - text of others: where it begins and ends, and what of it a terminal may get */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/def.h"

/* Behind the byte order mark (U+FEFF in UTF-8), if the text begins with one: some editors write it.
 * Borrowed from the text. */
char *text_begin(char *text);
/* True: the n bytes begin with the byte order mark of UTF-16. */
bool text_is_utf16(const void *text, size_t n);
/* What is wrong with n bytes that are to be a text file, for a person.  NULL: nothing. */
const char *text_wrong(const void *text, size_t n);
/* Without the white space at both ends; cuts the text. */
char *text_trim(char *text) MUST_USE;

/* Replaces in place each byte of a control character (C0, DEL, C1), and each byte that belongs to
 * no UTF-8 sequence (RFC 3629 s.4), by '?'.  So a stranger's words can neither steer a terminal nor
 * spoil JSON. */
void text_clean(char *text);

#endif
