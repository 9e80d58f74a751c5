/* exe_entry.h - a static program's first instructions, before the C library's
 *
 * What exe_seal.h does costs least while nothing has been touched yet: the program's segments are
 * mapped from the read-only file before a page of them was written to, so nothing has to be copied,
 * and every page is faulted in once and not twice.  The C library's start touches them (it relocates
 * the program), so this runs before it: the linker makes exe_entry the program's entry.
 *
 * At the same time the pages that every run writes to are asked for in one system call: a page
 * fault each costs many times as much.  And every command's heap gets its place here, near the program.
 *
 * In a dynamically linked program the loader comes first, and there is nothing to gain. */
#ifndef LINUX_EXE_ENTRY_H
#define LINUX_EXE_ENTRY_H

#include <stdbool.h>

/* Whether the entry has sealed the program.  False where it could not, or saw no need: exe_seal()
 * then does it, or tells why it cannot be done. */
bool exe_entry_has_sealed(void);

#endif
