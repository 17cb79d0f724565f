/* ami/cli.h - the "manager ..." commands of the console. */
#ifndef RINGER_AMI_CLI_H
#define RINGER_AMI_CLI_H

struct ami;

/* 0 or -ENOMEM. */
int ami_cli_register(struct ami *a);

#endif
