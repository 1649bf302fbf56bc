// SPDX-License-Identifier: Apache-2.0
// Shared by the files of the guardian. Everything here runs in forks: no malloc, no stdio, no locks.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "guardian.h"

/// A spawn request taken apart. Everything points into the message.
struct gatehouse_plan {
    const struct gatehouse_request *request;
    const gid_t *groups;
    const char *path;
    const char *directory;
    char **arguments;
    char **variables;
    /// Of the whole message, which may hold secrets and is wiped after use.
    size_t length;
};

/// What a leader that could not start leaves in its status pipe.
struct gatehouse_failure {
    uint32_t stage;
    int32_t code;
};

/// Becomes the ward of a new child. Never returns.
_Noreturn void gatehouse_ward(const struct gatehouse_plan *plan, const int descriptors[3], int control, int life);

/// Becomes the child. Never returns.
_Noreturn void gatehouse_launch(const struct gatehouse_plan *plan, const int descriptors[3], int status, pid_t ward);

/// The value that goes with SIGRTMIN from the guardian to a ward for "end everything"; others are signal numbers.
#define GATEHOUSE_WARD_DESTROY 0

void gatehouse_report_send(int control, const struct gatehouse_report *report);

/// Closes every descriptor from `first` on.
void gatehouse_close_from(int first);

/// Blocks every signal and gives each its default action, but SIGPIPE and what a terminal sends, which are ignored.
void gatehouse_quiet_signals(void);

/// SIGKILL to each living child of the calling process for which `spares` (may be NULL) answers 0, and to its process
/// group. Answers how many there were. Only children are signalled: until they are waited for, their ids are theirs.
int gatehouse_kill_children(int (*spares)(pid_t));
