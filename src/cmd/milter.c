/* SPDX-License-Identifier: ISC */
#include "cmd/cmd.h"
#include "cmd/serve.h"
#include "milter/service.h"

int cmd_milter(int argc, char **argv)
{
    return cmd_serve(argc, argv, milter_service_run);
}
