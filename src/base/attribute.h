/* SPDX-License-Identifier: ISC
 *
 * base/attribute: the compiler's help, under one name each.
 */
#pragma once

#define MUST_USE        __attribute__((warn_unused_result))
#define NORETURN        __attribute__((noreturn))
#define PRINTF(fmt, at) __attribute__((format(printf, fmt, at)))
#define UNUSED          __attribute__((unused))

/* CLEANUP(fn): the local owns a resource; fn(&local) runs when it leaves its scope. */
#define CLEANUP(fn) __attribute__((cleanup(fn)))

/* Hands the value of an owning pointer over and forgets it here. */
#define TAKE(ptr) take_pointer((void **)&(ptr))
static inline void *take_pointer(void **at)
{
    void *taken = *at;
    *at = (void *)0;
    return taken;
}

/* From a pointer to a member to its struct: how an event finds its owner. */
#define CONTAINER_OF(ptr, type, member) \
    ((type *)(void *)((char *)(ptr) - __builtin_offsetof(type, member)))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof(*(a)))
