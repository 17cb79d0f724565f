/* sip/cli.h - the console's "pjsip ..." commands, over the port engine/core/tech_admin.h. */
#ifndef RINGER_SIP_CLI_H
#define RINGER_SIP_CLI_H

#include "engine/core/control.h"
#include "engine/core/tech_admin.h"
#include "sip/conf.h"

struct sip_center;

/* Registers the commands; all of it must outlive the control shard's console. 0 or -ENOMEM, -ENOSPC. */
int sip_cli_register(struct sip_center *c, struct control *control);

#endif
