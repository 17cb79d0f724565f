/* sip/notify_conf.h - pjsip_notify.conf: kinds of NOTIFY, each a section of header=value.
 *
 * Each text is put together once, when the file is read, so what is wrong is said with file and
 * line. [general] is reserved, as in Asterisk. Immutable; read by the control thread alone. */
#ifndef RINGER_SIP_NOTIFY_CONF_H
#define RINGER_SIP_NOTIFY_CONF_H

#include "engine/core/conffile.h"
#include "engine/core/notify.h"

struct notify_conf;

/* cf NULL: there is no file, hence no kinds. What Asterisk leaves out (headers of the engine's own,
 * a second Event, a body without a type) is left out and said in the log. 0; -EINVAL: what can
 * never be sent, with file, line and remedy in *error; -ENOMEM. */
int notify_conf_load(struct notify_conf **out, const struct conffile *cf, struct sink *error);
void notify_conf_free(struct notify_conf *conf); /* NULL is fine */

/* The text of a kind, by name without case; false: there is none. conf may be NULL, here and below.
 */
bool notify_conf_find(const struct notify_conf *conf, struct slice name, struct notify_text *out);
/* Names in the order of the file, by index from 0; false: no more. */
bool notify_conf_name(const struct notify_conf *conf, uint32_t index, struct slice *name);

#endif
