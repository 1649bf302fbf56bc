// SPDX-License-Identifier: Apache-2.0
#include "CLinux.h"

#include <sys/prctl.h>

void gatehouse_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

int gatehouse_hide_memory(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }
