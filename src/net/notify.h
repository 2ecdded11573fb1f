/* SPDX-License-Identifier: ISC
 *
 * net/notify: tells systemd (sd_notify(3)'s protocol) when NOTIFY_SOCKET is set; else nothing.
 */
#pragma once

/* "READY=1", "STOPPING=1", "RELOADING=1\nMONOTONIC_USEC=...", "STATUS=...", newline-separated. */
void notify_systemd(const char *state);
