/* lab/device.h - a TAP or TUN device of our own in some network namespace */
#ifndef LAB_DEVICE_H
#define LAB_DEVICE_H

#include "base/def.h"

enum device_kind { DEVICE_TAP, DEVICE_TUN }; /* Ethernet frames, or IP packets alone */

struct device {
	char *where; /* the namespace: a path, or a process id; borrowed */
	char *name;
	int fd; /* not blocking */
};

/* From NAMESPACE:NAME, which is split in place. */
bool device_parse(struct device *d, char *text) MUST_USE;
/* The caller stays in its namespace.  False: errno says why. */
bool device_open(struct device *d, enum device_kind kind) MUST_USE;

#endif
