/* SPDX-License-Identifier: ISC */
#include "service/privilege.h"

#include <errno.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/attribute.h"
#include "base/err.h"

bool privilege_ids(const char *user, unsigned *uid, unsigned *gid)
{
    struct passwd *pw = getpwnam(user);
    if (!pw)
        return false;
    *uid = pw->pw_uid;
    *gid = pw->pw_gid;
    return true;
}

bool privilege_user_exists(const char *user, struct buf *why)
{
    unsigned uid, gid;
    if (geteuid() != 0 || privilege_ids(user, &uid, &gid))
        return true;
    buf_printf(why,
               "there is no user \"%s\"; create one (adduser --system --group %s) or name "
               "another",
               user, user);
    return false;
}

void privilege_no_core(void)
{
    struct rlimit none = { 0, 0 };
    (void)setrlimit(RLIMIT_CORE, &none); /* lowering cannot fail */
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

void privilege_all_files(void)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files))
        return;
    files.rlim_cur = files.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &files); /* up to the hard limit is allowed */
}

/* What no role needs once it serves: a new program, another process's memory, the kernel. */
/* clang-format off */
enum { EXEC_CALLS = 2 }; /* the first ones */
static const unsigned refused_calls[] = {
    SYS_execve, SYS_execveat, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev,
    SYS_bpf, SYS_kexec_load, SYS_init_module, SYS_finit_module, SYS_delete_module,
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_unshare, SYS_setns,
    SYS_open_by_handle_at, SYS_perf_event_open, SYS_userfaultfd, SYS_add_key, SYS_keyctl,
    SYS_request_key, SYS_personality,
};
/* clang-format on */

/* The first `from` of them stay allowed. */
static bool refuse_calls(size_t from)
{
#if defined(__x86_64__)
    const unsigned arch = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
    const unsigned arch = AUDIT_ARCH_AARCH64;
#else
    (void)from;
    return true; /* systemd's SystemCallFilter remains */
#endif
    enum { N = ARRAY_SIZE(refused_calls) };
    struct sock_filter code[3 + 1 + 2 * N + 1];
    size_t n = 0;
    code[n++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch));
    code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, arch, 1, 0);
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
    code[n++] =
        (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (size_t i = from; i < N; i++) {
        code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, refused_calls[i], 0, 1);
        code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    }
    code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    struct sock_fprog program = { .len = (unsigned short)n, .filter = code };
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0 || errno == EINVAL;
}

static bool become(const char *user, struct buf *why)
{
    struct passwd *pw = getpwnam(user);
    if (!pw)
        return privilege_user_exists(user, why);
    if (pw->pw_uid == 0)
        return true; /* the operator said so */
    if (setgroups(0, NULL) || initgroups(user, pw->pw_gid) ||
        setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) ||
        setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid)) {
        buf_printf(why, "cannot become user \"%s\": %s", user, err_text(-errno));
        return false;
    }
    return true;
}

static bool drop(const char *user, size_t allowed, struct buf *why)
{
    if (geteuid() == 0 && !become(user, why))
        return false;
    privilege_no_core();
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0); /* forgotten when the uid changes: so after */
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || !refuse_calls(allowed)) {
        buf_printf(why, "cannot give up privileges: %s", err_text(-errno));
        return false;
    }
    return true;
}

bool privilege_drop(const char *user, struct buf *why)
{
    return drop(user, 0, why);
}

bool privilege_drop_but_exec(const char *user, struct buf *why)
{
    return drop(user, EXEC_CALLS, why);
}
