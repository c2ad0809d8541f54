/* io/sandbox.h - giving away, in named stages, what the program does not need any more
 *
 * Each stage can be had alone, works as root, with a few capabilities or with none, and in a user
 * namespace.  A stage that could not do its whole work returns false and says what is left; the
 * program goes on with a warning.  Order: dumps, privileges, capabilities, calls.
 */
#ifndef IO_SANDBOX_H
#define IO_SANDBOX_H

#include "io/failure.h"

/* No core dumps, and no reading of our memory by other programs of the same user. */
bool sandbox_no_dumps(char why[static FAILURE_MAX]) MUST_USE;
/* No program that we might start can have more than we have (PR_SET_NO_NEW_PRIVS). */
bool sandbox_no_new_privileges(char why[static FAILURE_MAX]) MUST_USE;

/* Another user and group, who own nothing, if we are root. Before capabilities are given up. */
bool sandbox_become_nobody(char why[static FAILURE_MAX]) MUST_USE;

/* A set of capabilities: bit CAP_x of linux/capability.h. */
#define SANDBOX_CAPABILITY(x) (UINT64_C(1) << (x))
/* Keeps those of `keep` that we have, and gives up all others, for good: ambient and inheritable
 * are emptied, bounding, permitted and effective are cut. */
bool sandbox_drop_capabilities(uint64_t keep, char why[static FAILURE_MAX]) MUST_USE;

enum sandbox_program { SANDBOX_NODE, SANDBOX_RELAY, SANDBOX_UPNP };
/* From now on only the system calls that this program needs. Others fail with EPERM, and the
 * kernel's audit log names them; execve, ptrace and their like end the program. Needs
 * no_new_privileges or CAP_SYS_ADMIN. */
bool sandbox_filter_calls(enum sandbox_program p, char why[static FAILURE_MAX]) MUST_USE;

#endif
