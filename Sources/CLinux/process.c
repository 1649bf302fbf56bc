// SPDX-License-Identifier: Apache-2.0
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/// As the kernel writes directory entries; glibc declares it in no header.
struct entry {
    uint64_t inode;
    int64_t next;
    uint16_t size;
    uint8_t kind;
    char name[];
};

/// Calls `each` with every entry of a directory whose name is a number. opendir would need malloc.
static int for_each_number(const char *directory, void (*each)(int number, void *context), void *context) {
    char room[4096] __attribute__((aligned(8)));
    int descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return -1;
    for (;;) {
        long count = syscall(SYS_getdents64, descriptor, room, sizeof room);
        if (count <= 0) break;
        for (long offset = 0; offset < count;) {
            const struct entry *entry = (const struct entry *)(room + offset);
            long number = 0;
            const char *text = entry->name;
            while (*text >= '0' && *text <= '9' && number < 100000000) number = number * 10 + (*text++ - '0');
            if (*text == 0 && text != entry->name) each((int)number, context);
            offset += entry->size;
        }
    }
    close(descriptor);
    return 0;
}

// Closing

struct closing {
    int first;
    int again;
};

static void close_one(int number, void *context) {
    struct closing *closing = context;
    if (number < closing->first || close(number) != 0) return;
    closing->again = 1;
}

void gatehouse_close_from(int first) {
    if (syscall(SYS_close_range, (unsigned)first, ~0U, 0U) == 0) return;
    // Kernels before 5.9 and some sandboxes: by the list, until nothing is left. The listing's own descriptor is
    // closed under it, which ends the pass early; the next one goes on.
    for (int pass = 0; pass < 1024; pass++) {
        struct closing closing = {first, 0};
        if (for_each_number("/proc/self/fd", close_one, &closing) != 0 || !closing.again) return;
    }
}

// Signals

void gatehouse_quiet_signals(void) {
    static const int ignored[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU};
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; number++) sigaction(number, &action, NULL);
    action.sa_handler = SIG_IGN;
    for (size_t index = 0; index < sizeof ignored / sizeof *ignored; index++) sigaction(ignored[index], &action, NULL);
}

// Killing

/// Parent and process group from /proc/<pid>/stat; the parent is 0 for a process that is gone or a zombie.
static void read_family(int pid, pid_t *parent, pid_t *group) {
    char path[32] = "/proc/", digits[12], text[512];
    int length = 0;
    *parent = *group = 0;
    for (int rest = pid; rest > 0; rest /= 10) digits[length++] = (char)('0' + rest % 10);
    char *end = path + 6;
    while (length > 0) *end++ = digits[--length];
    memcpy(end, "/stat", 6);
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return;
    ssize_t count = read(descriptor, text, sizeof text - 1);
    close(descriptor);
    if (count <= 0) return;
    text[count] = 0;
    // "pid (name) state parent group ...": the name may hold anything, also brackets, so look from the end.
    char *place = strrchr(text, ')');
    if (place == NULL || place[1] != ' ' || place[2] == 0 || place[2] == 'Z' || place[2] == 'X') return;
    place += 4;
    long numbers[2] = {0, 0};
    for (int index = 0; index < 2; index++) {
        while (*place >= '0' && *place <= '9') numbers[index] = numbers[index] * 10 + (*place++ - '0');
        if (*place == ' ') place++;
    }
    *parent = (pid_t)numbers[0];
    *group = (pid_t)numbers[1];
}

struct killing {
    pid_t self;
    pid_t own_group;
    int (*spares)(pid_t);
    int found;
};

static void kill_one(int pid, void *context) {
    struct killing *killing = context;
    pid_t parent, group;
    read_family(pid, &parent, &group);
    if (parent != killing->self || (killing->spares != NULL && killing->spares(pid))) return;
    killing->found++;
    // The group too, at once: its members cannot fork their way out. The group's id is in use as long as this child
    // of ours has not been waited for, and a group never spans two sessions, so it is of this family.
    if (group > 1 && group != killing->own_group) kill(-group, SIGKILL);
    kill(pid, SIGKILL);
}

int gatehouse_kill_children(int (*spares)(pid_t)) {
    struct killing killing = {getpid(), getpgrp(), spares, 0};
    for_each_number("/proc", kill_one, &killing);
    return killing.found;
}

// Reporting

void gatehouse_report_send(int control, const struct gatehouse_report *report) {
    // EPIPE: the gateway is gone and nobody wants to know any more.
    while (send(control, report, sizeof *report, MSG_NOSIGNAL) < 0 && errno == EINTR) {}
}
