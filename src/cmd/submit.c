/* SPDX-License-Identifier: ISC */
#include "cmd/cmd.h"
#include "cmd/serve.h"
#include "submit/service.h"

int cmd_submit(int argc, char **argv)
{
    return cmd_serve(argc, argv, service_run);
}
