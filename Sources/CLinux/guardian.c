// SPDX-License-Identifier: Apache-2.0
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

struct entry {
    uint64_t child;
    pid_t ward;
};

// The guardian's own memory. All of it is reserved from the start: after a fork of a process with threads, malloc is
// out of bounds. Pages that are never touched cost nothing.
static struct {
    int control;
    int signals;
    int life[2];
    /// A ward was killed by somebody else; its child's processes have fallen to the guardian and have to be ended.
    int orphans;
    size_t count;
    struct entry children[GATEHOUSE_CHILDREN_MAX];
    char message[GATEHOUSE_REQUEST_BYTES_MAX + 1] __attribute__((aligned(8)));
    char *strings[GATEHOUSE_STRINGS_MAX + 2];
} guard;

static void report(uint64_t child, uint32_t kind, uint32_t stage, int32_t code) {
    struct gatehouse_report report = {kind, stage, child, 0, code};
    gatehouse_report_send(guard.control, &report);
}

// Requests

/// The next string of the message, NULL where none ends inside it.
static char *next_string(char **place, const char *end) {
    char *text = *place;
    char *stop = memchr(text, 0, (size_t)(end - text));
    if (stop == NULL) return NULL;
    *place = stop + 1;
    return text;
}

/// Takes a spawn request apart. Answers 0, or an errno for one that is not well-formed.
static int read_plan(size_t length, struct gatehouse_plan *plan) {
    const struct gatehouse_request *request = (const struct gatehouse_request *)guard.message;
    char *place = guard.message + sizeof *request;
    const char *end = guard.message + length;
    if (request->groups > GATEHOUSE_GROUPS_MAX || request->arguments == 0) return EINVAL;
    if (request->arguments > GATEHOUSE_STRINGS_MAX || request->variables > GATEHOUSE_STRINGS_MAX) return E2BIG;
    if (request->arguments + request->variables > GATEHOUSE_STRINGS_MAX) return E2BIG;
    if ((size_t)(end - place) < request->groups * sizeof(gid_t)) return EINVAL;
    plan->request = request;
    plan->length = length;
    plan->groups = (const gid_t *)place;
    place += request->groups * sizeof(gid_t);
    plan->path = next_string(&place, end);
    plan->directory = plan->path == NULL ? NULL : next_string(&place, end);
    if (plan->directory == NULL) return EINVAL;
    char **slot = guard.strings;
    plan->arguments = slot;
    for (uint32_t index = 0; index < request->arguments; index++) {
        if ((*slot++ = next_string(&place, end)) == NULL) return EINVAL;
    }
    *slot++ = NULL;
    plan->variables = slot;
    for (uint32_t index = 0; index < request->variables; index++) {
        if ((*slot++ = next_string(&place, end)) == NULL) return EINVAL;
    }
    *slot = NULL;
    return place == end ? 0 : EINVAL;
}

static void spawn(size_t length, const int descriptors[3]) {
    struct gatehouse_plan plan;
    uint64_t child = ((const struct gatehouse_request *)guard.message)->child;
    int code = read_plan(length, &plan);
    if (code != 0) return report(child, GATEHOUSE_FAILED, GATEHOUSE_STAGE_REQUEST, code);
    if (guard.count == GATEHOUSE_CHILDREN_MAX) return report(child, GATEHOUSE_FAILED, GATEHOUSE_STAGE_TABLE, EAGAIN);
    pid_t ward = fork();
    if (ward < 0) return report(child, GATEHOUSE_FAILED, GATEHOUSE_STAGE_FORK, errno);
    if (ward == 0) {
        close(guard.life[1]);
        close(guard.signals);
        gatehouse_ward(&plan, descriptors, guard.control, guard.life[0]);
    }
    guard.children[guard.count++] = (struct entry){child, ward};
}

static void order(uint64_t child, int value) {
    for (size_t index = 0; index < guard.count; index++) {
        if (guard.children[index].child != child) continue;
        // Not waited for yet, so the id is still the ward's.
        sigqueue(guard.children[index].ward, SIGRTMIN, (union sigval){.sival_int = value});
        return;
    }
}

static void handle(size_t length, const int descriptors[3], int received) {
    const struct gatehouse_request *request = (const struct gatehouse_request *)guard.message;
    if (length < sizeof *request) return;
    switch (request->kind) {
    case GATEHOUSE_SPAWN:
        if (received == 3) {
            spawn(length, descriptors);
        } else {
            // The kernel could not install them: this process is out of descriptors.
            report(request->child, GATEHOUSE_FAILED, GATEHOUSE_STAGE_REQUEST, EMFILE);
        }
        break;
    case GATEHOUSE_SIGNAL:
        if (request->signal > 0 && request->signal < NSIG) order(request->child, request->signal);
        break;
    case GATEHOUSE_DESTROY:
        order(request->child, GATEHOUSE_WARD_DESTROY);
        break;
    }
}

/// Takes one request. Answers 0 once the gateway has closed its end.
static int receive(void) {
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(3 * sizeof(int))];
    } ancillary;
    int descriptors[3] = {-1, -1, -1}, received = 0;
    struct iovec vector = {guard.message, GATEHOUSE_REQUEST_BYTES_MAX};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    message.msg_control = ancillary.room;
    message.msg_controllen = sizeof ancillary.room;
    ssize_t count = recvmsg(guard.control, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (count < 0) return errno == EINTR || errno == EAGAIN;
    if (count == 0) return 0;
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (header != NULL && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
        received = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        memcpy(descriptors, CMSG_DATA(header), (size_t)received * sizeof(int));
    }
    handle((size_t)count, descriptors, received);
    for (int index = 0; index < received; index++) close(descriptors[index]);
    // Environments hold secrets.
    explicit_bzero(guard.message, (size_t)count);
    return 1;
}

// Ends

static int is_ward(pid_t pid) {
    for (size_t index = 0; index < guard.count; index++) {
        if (guard.children[index].ward == pid) return 1;
    }
    return 0;
}

/// A ward that ended by itself has reported its child's end. One that was killed could not, and what it watched over
/// has fallen to the guardian.
static void ended(pid_t pid, int status) {
    for (size_t index = 0; index < guard.count; index++) {
        if (guard.children[index].ward != pid) continue;
        uint64_t child = guard.children[index].child;
        guard.children[index] = guard.children[--guard.count];
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
        guard.orphans = 1;
        gatehouse_kill_children(is_ward);
        report(child, GATEHOUSE_KILLED, 0, SIGKILL);
        return;
    }
}

/// Waits for everything that has ended. Answers 0 once there is nothing left to wait for.
static int reap(void) {
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) ended(pid, status);
    return !(pid < 0 && errno == ECHILD);
}

static void drain_signals(void) {
    struct signalfd_siginfo information;
    while (read(guard.signals, &information, sizeof information) == (ssize_t)sizeof information) {}
}

/// The gateway is gone: every ward ends its child, then itself.
static _Noreturn void end(void) {
    close(guard.life[1]);
    while (reap()) {
        gatehouse_kill_children(is_ward);
        struct pollfd wait = {guard.signals, POLLIN, 0};
        poll(&wait, 1, 50);
        drain_signals();
    }
    _exit(0);
}

// Life

/// Leaves 0 and 1 at /dev/null, 2 as it is, the control socket at 3 and nothing else.
static int arrange_descriptors(int control) {
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0) return -1;
    if (fcntl(2, F_GETFD) < 0 && dup2(null, 2) < 0) return -1;
    if (control != 3 && dup3(control, 3, O_CLOEXEC) < 0) return -1;
    guard.control = 3;
    gatehouse_close_from(4);
    return 0;
}

static _Noreturn void run(int control) {
    sigset_t wanted;
    setsid();
    gatehouse_quiet_signals();
    prctl(PR_SET_NAME, "gatehouse-guard", 0, 0, 0);
    // The copy of the gateway's environment is nothing for children of the same user. They are readable again once
    // they execute their program; wards stay like this.
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGCHLD);
    if (arrange_descriptors(control) != 0 || pipe2(guard.life, O_CLOEXEC) != 0) _exit(1);
    guard.signals = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    if (guard.signals < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) _exit(1);
    for (;;) {
        struct pollfd watched[2] = {{guard.control, POLLIN, 0}, {guard.signals, POLLIN, 0}};
        poll(watched, 2, guard.orphans ? 10 : -1);
        if (watched[1].revents != 0 || guard.orphans) {
            drain_signals();
            reap();
            if (guard.orphans) guard.orphans = gatehouse_kill_children(is_ward) > 0;
        }
        if (watched[0].revents != 0 && !receive()) end();
    }
}

// The gateway's side

int gatehouse_guardian_start(int *control, int *pid) {
    int ends[2], size = 2 * GATEHOUSE_REQUEST_BYTES_MAX;
    // A gateway without standard descriptors would give their numbers to sockets.
    for (int number = 0; number < 3; number++) {
        if (fcntl(number, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_RDWR) < 0) return errno;
    }
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return errno;
    // As much as the system allows; a request that does not fit is refused when it is sent.
    setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    pid_t child = fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 ? fork() : -1;
    if (child == 0) run(ends[1]);
    int code = child < 0 ? errno : 0;
    close(ends[1]);
    if (code != 0) close(ends[0]);
    *control = ends[0];
    *pid = child;
    return code;
}

int gatehouse_guardian_send(int control, const void *bytes, size_t count, const int *descriptors) {
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(3 * sizeof(int))];
    } ancillary;
    struct iovec vector = {(void *)bytes, count};
    struct msghdr message = {.msg_iov = &vector, .msg_iovlen = 1};
    memset(&ancillary, 0, sizeof ancillary);
    if (descriptors != NULL) {
        message.msg_control = ancillary.room;
        message.msg_controllen = sizeof ancillary.room;
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(3 * sizeof(int));
        memcpy(CMSG_DATA(header), descriptors, 3 * sizeof(int));
    }
    while (sendmsg(control, &message, MSG_NOSIGNAL) < 0) {
        if (errno != EINTR) return errno;
    }
    return 0;
}
