#include "crypto/pin.h"

#include <string.h>

static const char PREFIX[] = "sha256-raw:";
enum { PREFIX_LEN = sizeof(PREFIX) - 1 };

bool pin_parse(uint8_t pin[static PIN_LEN], const char *text)
{
	return strncmp(text, PREFIX, PREFIX_LEN) == 0 &&
	       hex_parse(pin, PIN_LEN, text + PREFIX_LEN, strlen(text + PREFIX_LEN));
}

const char *pin_format(char out[static PIN_TEXT_MAX], const uint8_t pin[static PIN_LEN])
{
	memcpy(out, PREFIX, PREFIX_LEN);
	hex_format(out + PREFIX_LEN, (struct bytes){pin, PIN_LEN});
	return out;
}
