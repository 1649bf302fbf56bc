// SPDX-License-Identifier: Apache-2.0
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/// How long the end of a child is held back while descendants of it are still dying, in milliseconds. One that the
/// kernel cannot end (in uninterruptible sleep) must not keep the gateway from knowing.
#define END_HELD_BACK_MAX 1000

struct ward {
    uint64_t child;
    pid_t leader;
    pid_t guardian;
    int control;
    int life;
    int signals;
    int status;  ///< the leader's status pipe, -1 once it has been read
    int failed;  ///< the leader never became the program
};

static void report(const struct ward *ward, uint32_t kind, uint32_t stage, int32_t code) {
    struct gatehouse_report report = {kind, stage, ward->child, ward->leader, code};
    gatehouse_report_send(ward->control, &report);
}

/// The pipe closes when the leader executes its program, and holds the reason where it could not.
static void read_status(struct ward *ward) {
    struct gatehouse_failure failure;
    ssize_t count;
    do count = read(ward->status, &failure, sizeof failure);
    while (count < 0 && errno == EINTR);
    close(ward->status);
    ward->status = -1;
    ward->failed = count == (ssize_t)sizeof failure;
    if (ward->failed) {
        report(ward, GATEHOUSE_FAILED, failure.stage, failure.code);
    } else {
        report(ward, GATEHOUSE_STARTED, 0, 0);
    }
}

/// Waits for what fell to the ward and has ended, but leaves the leader. Answers 1 once the leader has ended.
static int reap_others(const struct ward *ward) {
    for (;;) {
        siginfo_t information;
        information.si_pid = 0;
        if (waitid(P_ALL, 0, &information, WEXITED | WNOHANG | WNOWAIT) != 0 || information.si_pid == 0) return 0;
        if (information.si_pid == ward->leader) return 1;
        waitpid(information.si_pid, NULL, WNOHANG);
    }
}

static int64_t milliseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void drain_signals(const struct ward *ward) {
    struct signalfd_siginfo information;
    while (read(ward->signals, &information, sizeof information) == (ssize_t)sizeof information) {}
}

/// The leader has ended but is not waited for, so that its id still names its group. Ends everything it left behind.
static _Noreturn void finish(struct ward *ward) {
    int status = 0, reported = 0;
    int64_t deadline = milliseconds() + END_HELD_BACK_MAX;
    if (ward->status >= 0) read_status(ward);
    kill(-ward->leader, SIGKILL);
    while (waitpid(ward->leader, &status, 0) < 0 && errno == EINTR) {}
    for (;;) {
        pid_t pid;
        while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {}
        int clean = pid < 0 && errno == ECHILD;
        int late = milliseconds() >= deadline;
        if (!reported && !ward->failed && (clean || late)) {
            reported = 1;
            if (WIFSIGNALED(status)) {
                report(ward, GATEHOUSE_KILLED, 0, WTERMSIG(status));
            } else {
                report(ward, GATEHOUSE_EXITED, 0, WEXITSTATUS(status));
            }
        }
        if (clean) _exit(0);
        // Every pass ends one generation; the next one then falls to the ward.
        gatehouse_kill_children(NULL);
        struct pollfd wait = {ward->signals, POLLIN, 0};
        poll(&wait, 1, late ? 200 : 5);
        drain_signals(ward);
    }
}

/// Orders of the guardian, and ends of children.
static void take_signals(struct ward *ward) {
    struct signalfd_siginfo information;
    while (read(ward->signals, &information, sizeof information) == (ssize_t)sizeof information) {
        if (information.ssi_signo != (uint32_t)SIGRTMIN) continue;
        // Only the guardian gives orders. The leader has not been waited for, so the group is still its own.
        if (information.ssi_code != SI_QUEUE || information.ssi_pid != (uint32_t)ward->guardian) continue;
        int order = information.ssi_int;
        kill(-ward->leader, order == GATEHOUSE_WARD_DESTROY ? SIGKILL : order);
        // In its first moments the leader is not yet the leader of a group.
        if (order == GATEHOUSE_WARD_DESTROY) kill(ward->leader, SIGKILL);
    }
    if (reap_others(ward)) finish(ward);
}

static _Noreturn void watch(struct ward *ward) {
    for (;;) {
        struct pollfd watched[3] = {{ward->signals, POLLIN, 0}, {ward->life, POLLIN, 0}, {ward->status, POLLIN, 0}};
        if (poll(watched, 3, -1) < 0) continue;
        if (watched[2].revents != 0) read_status(ward);
        if (watched[0].revents != 0) take_signals(ward);
        if (watched[1].revents == 0) continue;
        // Nobody writes into the life pipe: it is closed, the guardian is going or gone.
        kill(-ward->leader, SIGKILL);
        kill(ward->leader, SIGKILL);
        siginfo_t information;
        while (waitid(P_PID, (id_t)ward->leader, &information, WEXITED | WNOWAIT) != 0 && errno == EINTR) {}
        finish(ward);
    }
}

_Noreturn void gatehouse_ward(const struct gatehouse_plan *plan, const int descriptors[3], int control, int life) {
    struct ward ward = {plan->request->child, 0, getppid(), control, life, -1, -1, 0};
    int status[2];
    sigset_t wanted;
    prctl(PR_SET_NAME, "gatehouse-ward", 0, 0, 0);
    sigemptyset(&wanted);
    sigaddset(&wanted, SIGCHLD);
    sigaddset(&wanted, SIGRTMIN);
    ward.signals = signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    if (ward.signals < 0 || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0 || pipe2(status, O_CLOEXEC) != 0) {
        report(&ward, GATEHOUSE_FAILED, GATEHOUSE_STAGE_DESCRIPTORS, errno);
        _exit(0);
    }
    pid_t self = getpid();
    ward.leader = fork();
    if (ward.leader < 0) {
        report(&ward, GATEHOUSE_FAILED, GATEHOUSE_STAGE_FORK, errno);
        _exit(0);
    }
    if (ward.leader == 0) gatehouse_launch(plan, descriptors, status[1], self);
    ward.status = status[0];
    close(status[1]);
    for (int index = 0; index < 3; index++) close(descriptors[index]);
    explicit_bzero((void *)plan->request, plan->length);
    watch(&ward);
}
