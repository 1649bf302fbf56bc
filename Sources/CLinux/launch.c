// SPDX-License-Identifier: Apache-2.0
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static _Noreturn void fail(int status, enum gatehouse_stage stage) {
    struct gatehouse_failure failure = {stage, errno};
    // Fits any pipe; if the ward is gone, so is everybody who could want it.
    ssize_t written = write(status, &failure, sizeof failure);
    (void)written;
    _exit(127);
}

/// The program starts with every signal at its default and none blocked, whatever the gateway does with them.
static void restore_signals(void) {
    // Not sigaction: it leaves out the two that glibc keeps for itself, which may have come to us ignored. All zeros
    // is SIG_DFL without flags in the kernel's own record, which is no longer than this on any machine.
    uint64_t action[8] = {0};
    for (int number = 1; number < NSIG; number++) syscall(SYS_rt_sigaction, number, action, NULL, sizeof(uint64_t));
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/// Leaves 0, 1, 2 and the status pipe at 3. What comes in is 3 or more, so nothing is overwritten before it is copied.
static int arrange_descriptors(const int descriptors[3], int *status) {
    for (int target = 0; target < 3; target++) {
        if (dup2(descriptors[target], target) < 0) return -1;
    }
    if (*status != 3 && dup3(*status, 3, O_CLOEXEC) < 0) return -1;
    *status = 3;
    gatehouse_close_from(4);
    return 0;
}

static int set_limit(int resource, uint64_t value) {
    struct rlimit limit = {value, value};
    return setrlimit(resource, &limit);
}

static int set_limits(const struct gatehouse_request *request) {
    if (set_limit(RLIMIT_CORE, 0) != 0) return -1;
    if (request->open_files != 0 && set_limit(RLIMIT_NOFILE, request->open_files) != 0) return -1;
    if (request->address_space != 0 && set_limit(RLIMIT_AS, request->address_space) != 0) return -1;
    return 0;
}

static int set_user(const struct gatehouse_plan *plan) {
    const struct gatehouse_request *request = plan->request;
    if (!request->has_user) return 0;
    // Already that user, and without the right to set groups: nothing to be done, and nothing to be refused.
    if (geteuid() != 0 && geteuid() == request->uid && getegid() == request->gid) return 0;
    if (setgroups(request->groups, plan->groups) != 0) return -1;
    if (setresgid(request->gid, request->gid, request->gid) != 0) return -1;
    return setresuid(request->uid, request->uid, request->uid);
}

static int drop_privileges(pid_t ward) {
    // Refused by kernels that have none; then there is nothing to drop.
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    // After the change of user, which clears it.
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return -1;
    // The ward ended before it could have been noticed.
    if (getppid() != ward) _exit(127);
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

_Noreturn void gatehouse_launch(const struct gatehouse_plan *plan, const int descriptors[3], int status, pid_t ward) {
    if (setsid() < 0) fail(status, GATEHOUSE_STAGE_SESSION);
    if (arrange_descriptors(descriptors, &status) != 0) fail(status, GATEHOUSE_STAGE_DESCRIPTORS);
    if (set_limits(plan->request) != 0) fail(status, GATEHOUSE_STAGE_LIMITS);
    if (set_user(plan) != 0) fail(status, GATEHOUSE_STAGE_USER);
    if (drop_privileges(ward) != 0) fail(status, GATEHOUSE_STAGE_PRIVILEGES);
    if (chdir(plan->directory) != 0) fail(status, GATEHOUSE_STAGE_DIRECTORY);
    restore_signals();
    execve(plan->path, plan->arguments, plan->variables);
    fail(status, GATEHOUSE_STAGE_EXEC);
}
