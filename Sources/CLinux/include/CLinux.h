// SPDX-License-Identifier: Apache-2.0
// What Glibc's Swift overlay leaves out, and the guardian (guardian.c).
#pragma once
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

// Declared by hand: defining _GNU_SOURCE before <sys/socket.h> makes sockaddr parameters import as a union.
extern int accept4(int descriptor, void *address, void *length, int flags);
