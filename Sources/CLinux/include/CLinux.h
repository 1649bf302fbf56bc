// SPDX-License-Identifier: Apache-2.0
// What Glibc's Swift overlay leaves out, and the guardian (guardian.c).
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include "guardian.h"

// Declared by hand: defining _GNU_SOURCE before <sys/socket.h> makes sockaddr parameters import as a union.
extern int accept4(int descriptor, void *address, void *length, int flags);
extern int pipe2(int *descriptors, int flags);

/// Names the calling thread, at most 15 bytes and a NUL (prctl is variadic, so Swift cannot call it).
void gatehouse_name_thread(const char *name);

/// Makes the memory and environment of the process unreadable for others of the same user. Answers 0 or -1.
int gatehouse_hide_memory(void);
