/* crypto/pin.h - a pin: the SHA-256 of one certificate in DER, and its text form
 *
 * A pin names the one certificate that is meant, whoever signed it.  The text form is "sha256-raw:"
 * and 64 hexadecimal digits, as in relay maps.
 *
 * Source: docs/protocol/derp.md 6.2.
 */
#ifndef CRYPTO_PIN_H
#define CRYPTO_PIN_H

#include "base/bytes.h"

enum { PIN_LEN = 32, PIN_TEXT_MAX = 76 /* the text form and its NUL */ };

/* Wants the exact prefix and 64 digits of either case, and sets the pin only then. */
bool pin_parse(uint8_t pin[static PIN_LEN], const char *text) MUST_USE;
/* Writes lower-case digits; returns out. */
const char *pin_format(char out[static PIN_TEXT_MAX], const uint8_t pin[static PIN_LEN]);

#endif
