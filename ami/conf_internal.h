/* ami/conf_internal.h - shared by conf.c (whole file, [general]) and conf_user.c (user sections).
 */
#ifndef RINGER_AMI_CONF_INTERNAL_H
#define RINGER_AMI_CONF_INTERNAL_H

#include "ami/conf.h"
#include "engine/core/conffile.h"

/* Reads a user section. 0; -EINVAL the user is left out (said in the log); -ENOMEM. */
int conf_user_load(struct ami_conf *conf, struct ami_user *u,
		   const struct conffile_section *section);

#endif
