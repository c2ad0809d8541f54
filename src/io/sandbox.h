/* io/sandbox.h - gives up, in named stages, what the program does not need any more
 *
 * Each stage works alone: as root, with a few capabilities or with none, and in a user namespace.
 * A stage that could not do its whole work returns false and says what is left; the program goes on
 * with a warning.  Order: dumps, privileges, user, capabilities, system calls.
 *
 * Source: core(5), prctl(2), capabilities(7), seccomp(2).
 */
#ifndef IO_SANDBOX_H
#define IO_SANDBOX_H

#include "io/failure.h"

/* No core dumps, and no other program of the same user can read our memory. */
bool sandbox_no_dumps(char why[static FAILURE_MAX]) MUST_USE;
/* No program that we start can have more rights than we have (PR_SET_NO_NEW_PRIVS). */
bool sandbox_no_new_privileges(char why[static FAILURE_MAX]) MUST_USE;

/* If we are root: takes another user and group, which own nothing. Before capabilities are given
 * up. */
bool sandbox_become_nobody(char why[static FAILURE_MAX]) MUST_USE;

/* A set of capabilities: bit CAP_x of linux/capability.h. */
#define SANDBOX_CAPABILITY(x) (UINT64_C(1) << (x))
/* Keeps those of `keep` that we have, and gives up all others for good. The ambient and inheritable
 * sets become empty; the bounding, permitted and effective sets are cut. */
bool sandbox_drop_capabilities(uint64_t keep, char why[static FAILURE_MAX]) MUST_USE;

enum sandbox_program { SANDBOX_NODE, SANDBOX_RELAY, SANDBOX_UPNP };
/* From now on the kernel allows the system calls that this program needs. Others fail with EPERM,
 * and the kernel's audit log names them; execve, ptrace and their like end the program. Needs
 * sandbox_no_new_privileges or CAP_SYS_ADMIN. */
bool sandbox_filter_calls(enum sandbox_program p, char why[static FAILURE_MAX]) MUST_USE;

#endif
