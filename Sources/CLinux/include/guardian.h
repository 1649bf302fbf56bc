// SPDX-License-Identifier: Apache-2.0
// The guardian: a small process beside the gateway that starts and ends every child process.
//
//   gateway ──control socket── guardian ──life pipe──┬── ward ── leader of child 1 ── its descendants
//                                  │                 └── ward ── leader of child 2 ── its descendants
//
// Each child has a ward, a fork of the guardian that does nothing but wait. A ward is a subreaper: whatever its
// leader starts, also what detaches itself with setsid or a double fork, falls to the ward when its parent ends, so
// the ward always knows the descendants of its own child and of no other. When the leader ends, when it is told to,
// or when the life pipe or the guardian is gone, the ward kills until it has no children left.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// The largest request: header, command, arguments and environment together, in bytes.
#define GATEHOUSE_REQUEST_BYTES_MAX 131072
/// Arguments and variables of one request together.
#define GATEHOUSE_STRINGS_MAX 8192
/// Supplementary groups of one request.
#define GATEHOUSE_GROUPS_MAX 256
/// Children that live at the same time.
#define GATEHOUSE_CHILDREN_MAX 16384

enum gatehouse_request_kind { GATEHOUSE_SPAWN = 1, GATEHOUSE_SIGNAL = 2, GATEHOUSE_DESTROY = 3 };

/// One message to the guardian. Behind a GATEHOUSE_SPAWN follow the groups (uint32_t each), then, each with a NUL at
/// its end: path, directory, arguments (with the program's own name in front) and variables; three descriptors for 0,
/// 1 and 2 come along as SCM_RIGHTS.
struct gatehouse_request {
    uint32_t kind;
    int32_t signal;          ///< of GATEHOUSE_SIGNAL
    uint64_t child;          ///< chosen by the gateway, never used twice
    uint64_t address_space;  ///< RLIMIT_AS in bytes; 0 keeps the gateway's
    uint64_t open_files;     ///< RLIMIT_NOFILE; 0 keeps the gateway's
    uint32_t has_user;       ///< 1: run as uid, gid and groups
    uint32_t uid;
    uint32_t gid;
    uint32_t groups;
    uint32_t arguments;
    uint32_t variables;
};

enum gatehouse_report_kind {
    GATEHOUSE_STARTED = 1,  ///< pid
    GATEHOUSE_FAILED = 2,   ///< stage and code (errno); the child never ran and no other report follows
    GATEHOUSE_EXITED = 3,   ///< code is the exit code
    GATEHOUSE_KILLED = 4,   ///< code is the signal
};

/// How far the start of a child came.
enum gatehouse_stage {
    GATEHOUSE_STAGE_REQUEST = 1,
    GATEHOUSE_STAGE_TABLE,
    GATEHOUSE_STAGE_FORK,
    GATEHOUSE_STAGE_SESSION,
    GATEHOUSE_STAGE_DESCRIPTORS,
    GATEHOUSE_STAGE_LIMITS,
    GATEHOUSE_STAGE_USER,
    GATEHOUSE_STAGE_PRIVILEGES,
    GATEHOUSE_STAGE_DIRECTORY,
    GATEHOUSE_STAGE_EXEC,
};

/// One message from the guardian or a ward. Of one child the start (or failure) comes before the end.
struct gatehouse_report {
    uint32_t kind;
    uint32_t stage;
    uint64_t child;
    int32_t pid;
    int32_t code;
};

/// Forks the guardian. `control` becomes the gateway's end of the socket, non-blocking and close-on-exec. Answers 0 or
/// an errno. Safe in a process with several threads too: the new process only makes async-signal-safe calls.
int gatehouse_guardian_start(int *control, int *pid);

/// Sends one request, with three descriptors or NULL. Answers 0 or an errno; EAGAIN: the socket is full.
int gatehouse_guardian_send(int control, const void *bytes, size_t count, const int *descriptors);
