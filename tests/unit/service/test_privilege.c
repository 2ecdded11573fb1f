/* SPDX-License-Identifier: ISC
 *
 * What a process can still do after it gave up its privileges; each in a process of its own.
 */
#include "check.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "service/privilege.h"

typedef bool drop_function(const char *user, struct buf *why);

/* The exit code of /bin/true, or of the child that could not become it. */
static int try_exec(drop_function *drop)
{
    static char name[] = "true";
    char *const argv[] = { name, NULL }, *const none[] = { NULL };
    struct buf why;
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        buf_init(&why, 512);
        if (!drop("root", &why)) /* or whoever we are already */
            _exit(100);
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0 || errno != EPERM)
            _exit(101);
        if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
            _exit(102);
        (void)execve("/bin/true", argv, none);
        _exit(errno == EPERM ? 103 : 104);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_no_program_can_be_started(void **state)
{
    (void)state;
    assert_int_equal(try_exec(privilege_drop), 103);
}

static void test_but_by_the_process_for_commands(void **state)
{
    (void)state;
    assert_int_equal(try_exec(privilege_drop_but_exec), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_program_can_be_started),
        cmocka_unit_test(test_but_by_the_process_for_commands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
