#include "base/text.h"

#include <string.h>

char *text_begin(char *text)
{
	return strncmp(text, "\xef\xbb\xbf", 3) == 0 ? text + 3 : text;
}

bool text_is_utf16(const void *text, size_t n)
{
	return n >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0);
}

const char *text_wrong(const void *text, size_t n)
{
	if (text_is_utf16(text, n))
		return "found UTF-16, expected UTF-8: save the file in that form";
	return n > 0 && memchr(text, '\0', n) ? "found a zero byte, expected a text file" : NULL;
}

char *text_trim(char *text)
{
	text += strspn(text, " \t\r");
	size_t n = strlen(text);
	while (n > 0 && strchr(" \t\r", text[n - 1]))
		n--;
	text[n] = '\0';
	return text;
}

/* How many bytes the character at p has; 0: it is none, or a control character. The NUL at the end
 * is no continuation, so nothing is read behind it. */
static size_t character_len(const uint8_t *p)
{
	static const struct {
		uint8_t first, last, second_min, second_max, len;
	} rows[] = {
		{0x20, 0x7e, 0, 0, 1},       {0xc2, 0xc2, 0xa0, 0xbf, 2},
		{0xc3, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
		{0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3},
		{0xee, 0xef, 0x80, 0xbf, 3}, {0xf0, 0xf0, 0x90, 0xbf, 4},
		{0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (p[0] < rows[i].first || p[0] > rows[i].last)
			continue;
		if (rows[i].len > 1 && (p[1] < rows[i].second_min || p[1] > rows[i].second_max))
			return 0;
		for (size_t k = 2; k < rows[i].len; k++)
			if ((p[k] & 0xc0) != 0x80)
				return 0;
		return rows[i].len;
	}
	return 0;
}

void text_clean(char *text)
{
	while (*text) {
		size_t n = character_len((const uint8_t *)text);
		if (n == 0)
			*text = '?';
		text += n ? n : 1;
	}
}
