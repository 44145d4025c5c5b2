// SPDX-License-Identifier: GPL-2.0
/*
 * Sysctls: /proc/sys/net/xtcp, one set per network namespace, and the module parameters of the
 * same names, which are the initial values of a new namespace.
 *
 * Both come from one table, and both go through knob_parse(): a value out of range is refused
 * with EINVAL and changes nothing; a triplet is accepted or refused as a whole.
 *
 * A namespace's sysctls belong to the root of its user namespace, as all net sysctls do, and
 * that root may be any user. So sysctls that could harm the whole machine are bounded by
 * ceilings, which can only be set when the module is loaded.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/swap.h>
#include "../include/compat.h"
#include "net.h"
#include "proto.h"
#include "sysctl.h"

/* the kernel's headers define it as a macro, for a field of their own */
#undef tw_reuse

/* Longest text of a value: three ints, separators, a newline */
#define KNOB_TEXT	64
/* A value that was not given at load: knob_settle() computes it */
#define UNSET		(-1)
/* Least default that is computed from memory size, if its ceiling allows that much */
#define SHARE_MIN	1024

/**
 * struct knob - a sysctl, a module parameter, or both: a row of the table below
 * @name: its name
 * @offset: offset in struct xtcp_knobs; NO_FIELD: it is only a parameter
 * @count: number of ints
 * @min: least value
 * @max: greatest value
 * @ceiling: ceiling that bounds it further, or NULL
 * @fallback: default if UNSET; 0: computed from @share
 * @share: bytes of memory for each unit of the computed default
 * @live: where the module parameter takes effect at once, for all namespaces; NULL: it is
 *	only the initial value of new namespaces
 * @preset: the value of the module parameter
 */
struct knob {
	const char *name;
	size_t offset;
	int count;
	int min;
	int max;
	struct knob *ceiling;
	int fallback;
	int share;
	long *live;
	int preset[3];
};

#define NO_FIELD	SIZE_MAX

static const struct kernel_param_ops knob_param_ops;

#define PARAMETER(field, mode, type, text)				\
	module_param_cb(field, &knob_param_ops, &knob_##field, mode);	\
	__MODULE_PARM_TYPE(field, type);				\
	MODULE_PARM_DESC(field, text)

/* One number */
#define INTEGER(field, least, most, value, text) \
	RENAMED(field, field, least, most, value, text)

/* One number; the field in struct xtcp_knobs has another name */
#define RENAMED(title, field, least, most, value, text)			\
	static struct knob knob_##title = {				\
		.name = #title, .count = 1,				\
		.offset = offsetof(struct xtcp_knobs, field),		\
		.min = (least), .max = (most), .preset = { value },	\
	};								\
	PARAMETER(title, 0644, "int", text " (" #least " to " #most ", default " #value ")")

/* A buffer size: min, default and max, in ascending order */
#define TRIPLET(field, least, most, low, value, high, text)		\
	static struct knob knob_##field = {				\
		.name = #field, .count = 3,				\
		.offset = offsetof(struct xtcp_knobs, field),		\
		.min = (least), .max = (most), .preset = { low, value, high }, \
	};								\
	PARAMETER(field, 0644, "array of int", text " (" #least " to " #most \
		  ", default " #low "," #value "," #high ")")

/* A ceiling: a parameter that can only be set at load */
#define CEILING(field, most, value, bytes, text)			\
	static struct knob knob_##field = {				\
		.name = #field, .count = 1, .offset = NO_FIELD,		\
		.min = 1, .max = (most),				\
		.fallback = (value), .share = (bytes), .preset = { UNSET }, \
	};								\
	PARAMETER(field, 0444, "int", text)

/* One number up to a ceiling */
#define BOUNDED(field, least, bound, value, bytes, text)		\
	static struct knob knob_##field = {				\
		.name = #field, .count = 1,				\
		.offset = offsetof(struct xtcp_knobs, field),		\
		.min = (least), .max = INT_MAX, .ceiling = &knob_##bound, \
		.fallback = (value), .share = (bytes), .preset = { UNSET }, \
	};								\
	PARAMETER(field, 0644, "int", text " (" #least " to " #bound ")")

/* Three limits for all namespaces together; a change takes effect at once */
#define OVERALL(field, least, most, where, text)			\
	static struct knob knob_##field = {				\
		.name = #field, .count = 3, .offset = NO_FIELD,		\
		.min = (least), .max = (most),				\
		.live = (where), .preset = { UNSET },			\
	};								\
	PARAMETER(field, 0644, "array of int", text)

/*
 * The table. knob_next() finds its rows again among the module's parameters.
 *
 * INTEGER: name, least, greatest, default, description. RENAMED: name, field, then the same.
 * TRIPLET: three defaults. OVERALL: where they take effect. CEILING: no least. BOUNDED: the
 * ceiling instead of the greatest. In the last two, the default is followed by a number of
 * bytes: if the default is 0, it is one for so many bytes of memory.
 */
CEILING(ceiling_backlog, 16777216, 65536, 0,
	"Greatest max_syn_backlog and max_accept_backlog (default 65536)");
CEILING(ceiling_orphans, 16777216, 0, 16384,
	"Greatest max_orphans (default: one per 16 KiB of memory)");
CEILING(ceiling_tw_buckets, 16777216, 0, 4096,
	"Greatest max_tw_buckets (default: one per 4 KiB of memory)");
INTEGER(msl_ms, 1, 240000, 30000,
	"Maximum segment lifetime, ms; TIME-WAIT lasts twice as long");
INTEGER(keepalive_time, 1, 32767, 7200,
	"Idle time before the first keepalive probe, s");
INTEGER(keepalive_intvl, 1, 32767, 75, "Time between keepalive probes, s");
INTEGER(keepalive_probes, 1, 127, 10,
	"Unanswered keepalive probes that end a connection");
BOUNDED(max_syn_backlog, 1, ceiling_backlog, 1024, 0,
	"Half-open connections per listener; default 1024");
BOUNDED(max_accept_backlog, 1, ceiling_backlog, 4096, 0,
	"Greatest backlog that listen() grants; default 4096");
INTEGER(syn_retries, 1, 127, 7, "Retransmissions of the SYN by connect()");
INTEGER(synack_retries, 0, 127, 5, "Retransmissions of the SYN-ACK");
INTEGER(mtu_probing, 0, 1, 1,
	"Send smaller segments when timeouts suggest an MTU black hole (RFC 4821)");
INTEGER(rto_min_ms, 1, 120000, 200,
	"Minimum of the retransmission timeout beyond the round-trip time, ms");
INTEGER(retries1, 1, 127, 3,
	"Retransmissions before another route is tried (R1)");
INTEGER(retries2, 1, 127, 15,
	"Retransmissions before a connection is given up (R2)");
INTEGER(fin_timeout, 1, 32767, 60,
	"How long a closed socket waits for the peer's FIN, s");
INTEGER(orphan_timeout, 1, 86400, 3600,
	"How long a closed socket may try to deliver its last bytes, s");
INTEGER(orphan_retries, 0, 127, 0,
	"Retransmissions before a closed socket is given up; 0: 8");
BOUNDED(max_orphans, 0, ceiling_orphans, 0, 131072,
	"Sockets that outlive close(); default: one per 128 KiB of memory");
BOUNDED(max_tw_buckets, 0, ceiling_tw_buckets, 0, 32768,
	"Connections in TIME-WAIT; default: one per 32 KiB of memory");
RENAMED(tw_reuse, reuse_tw, 0, 2, 2,
	"Let connect() replace a connection in TIME-WAIT if timestamps make it safe: 0 never, 1 always, 2 on loopback");
INTEGER(abort_on_overflow, 0, 1, 0,
	"When the accept queue is full: 1 reset the connection, 0 drop the final ACK");
INTEGER(migrate_req, 0, 1, 0,
	"Migrate the requests and unaccepted connections of a closing listener within its reuse port group");
INTEGER(syncookies, 0, 2, 1,
	"SYN cookies: 0 never, 1 when the SYN queue is full, 2 always");
INTEGER(soft_error_aborts, 0, 1, 1,
	"Soft ICMP errors end connect() (RFC 5461); 0: they do not (RFC 9293 MUST-56)");
INTEGER(echo_cookie, 0, 1, 1,
	"Offer and use echo cookies, which keep all options");
INTEGER(window_scaling, 0, 1, 1, "Window scaling (RFC 7323)");
INTEGER(sack, 0, 1, 1, "Selective acknowledgment (RFC 2018)");
INTEGER(timestamps, 0, 1, 1, "Timestamps and PAWS (RFC 7323)");
INTEGER(require_timestamps, 0, 1, 0,
	"Drop segments without the negotiated timestamp (RFC 7323 section 3.2)");
TRIPLET(rmem, 4096, 1073741824, 4096, 131072, 6291456,
	"Receive buffer of a socket, bytes: min, default, max");
TRIPLET(wmem, 4096, 1073741824, 4096, 16384, 4194304,
	"Send buffer of a socket, bytes: min, default, max");
OVERALL(mem, 1, INT_MAX, xtcp_mem,
	"Memory of all sockets, pages: pressure ends, pressure begins, limit (default: 3/64, 4/64 and 6/64 of memory)");

/* Guards the presets, and keeps the ints of a triplet consistent */
static DEFINE_MUTEX(knobs_lock);

/* The first row from parameter *@i of the module on, or NULL; *@i advances past it */
static struct knob *knob_next(unsigned int *i)
{
	const struct kernel_param *kp;

	while (*i < THIS_MODULE->num_kp) {
		kp = &THIS_MODULE->kp[(*i)++];
		if (kp->ops == &knob_param_ops)
			return kp->arg;
	}
	return NULL;
}

static int knob_max(const struct knob *k)
{
	if (k->ceiling && k->ceiling->preset[0] != UNSET)
		return k->ceiling->preset[0];
	return k->max;
}

static char *next_word(char **text)
{
	char *word;

	do {
		word = strsep(text, ", \t\n");
	} while (word && !*word);
	return word;
}

/* Parse @text, which is modified: exactly @k->count numbers, all in range */
static int knob_parse(const struct knob *k, char *text, int *values)
{
	char *word;
	int i;

	for (i = 0; i < k->count; i++) {
		word = next_word(&text);
		if (!word || kstrtoint(word, 0, &values[i]) ||
		    values[i] < k->min || values[i] > knob_max(k) ||
		    (i && values[i] < values[i - 1]))
			return -EINVAL;
	}
	return next_word(&text) ? -EINVAL : 0;
}

/* Let a changed module parameter take effect */
static void knob_enforce(const struct knob *k)
{
	int i;

	for (i = 0; k->live && i < k->count; i++)
		WRITE_ONCE(k->live[i], k->preset[i]);
}

static int knob_store(const struct knob *k, char *text, int *field)
{
	int values[3];
	int i, err;

	mutex_lock(&knobs_lock);
	err = knob_parse(k, text, values);
	for (i = 0; !err && i < k->count; i++)
		WRITE_ONCE(field[i], values[i]);
	if (!err)
		knob_enforce(k);
	mutex_unlock(&knobs_lock);
	return err;
}

static int knob_show(const struct knob *k, const int *field, char separator,
		     char *text)
{
	int i, len = 0;

	for (i = 0; i < k->count; i++)
		len += scnprintf(text + len, KNOB_TEXT - len, "%d%c",
				 READ_ONCE(field[i]),
				 i < k->count - 1 ? separator : '\n');
	return len;
}

static int knob_param_set(const char *value, const struct kernel_param *kp)
{
	struct knob *k = kp->arg;
	char text[KNOB_TEXT];

	if (strscpy(text, value, sizeof(text)) < 0)
		return -EINVAL;
	return knob_store(k, text, k->preset);
}

static int knob_param_get(char *text, const struct kernel_param *kp)
{
	const struct knob *k = kp->arg;

	return knob_show(k, k->preset, ',', text);
}

static const struct kernel_param_ops knob_param_ops = {
	.set = knob_param_set,
	.get = knob_param_get,
};

static int knob_handler(xtcp_ctl_table *table, int write, void *buffer,
			size_t *lenp, loff_t *ppos)
{
	const struct knob *k = table->extra1;
	char text[KNOB_TEXT];
	int err;

	if (!write) {
		*lenp = memory_read_from_buffer(buffer, *lenp, ppos, text,
						knob_show(k, table->data, '\t', text));
		return 0;
	}
	if (*ppos || *lenp >= sizeof(text))
		return -EINVAL;
	memcpy(text, buffer, *lenp);
	text[*lenp] = '\0';
	err = knob_store(k, text, table->data);
	if (!err)
		*ppos += *lenp;
	return err;
}

/* The default is as much memory for all sockets together as that of the kernel's TCP,
 * whatever share of the memory that is
 */
static void limits_settle(struct knob *k)
{
	unsigned long limit = clamp(nr_free_buffer_pages() / 16, 128UL, INT_MAX / 2UL);

	if (k->preset[0] == UNSET) {
		k->preset[0] = limit / 4 * 3;
		k->preset[1] = limit;
		k->preset[2] = k->preset[0] * 2;
	}
	knob_enforce(k);
}

/* Compute a value that was not given at load. A value above its ceiling is refused */
static int knob_settle(struct knob *k)
{
	unsigned long n = k->fallback;
	int most;

	if (k->live) {
		limits_settle(k);
		return 0;
	}
	if (k->ceiling)
		knob_settle(k->ceiling);
	most = knob_max(k);
	if (k->preset[0] == UNSET) {
		if (!n)
			n = max((totalram_pages() << PAGE_SHIFT) / k->share,
				SHARE_MIN + 0UL);
		k->preset[0] = min_t(unsigned long, n, most);
	}
	if (k->preset[0] <= most)
		return 0;
	pr_err("xtcp: %s=%d exceeds its ceiling of %d\n", k->name, k->preset[0],
	       most);
	return -EINVAL;
}

/* Fill in a new namespace's values */
static int knobs_fill(struct xtcp_knobs *values)
{
	unsigned int i = 0;
	struct knob *k;
	int err = 0;

	mutex_lock(&knobs_lock);
	while (!err && (k = knob_next(&i))) {
		err = knob_settle(k);
		if (k->offset != NO_FIELD)
			memcpy((char *)values + k->offset, k->preset,
			       k->count * sizeof(int));
	}
	mutex_unlock(&knobs_lock);
	return err;
}

/* One row for each sysctl, and an empty last row, which 6.1 needs */
static struct ctl_table *knobs_rows(struct xtcp_knobs *values, unsigned int *rows)
{
	struct ctl_table *table, *row;
	unsigned int i = 0;
	struct knob *k;

	table = kcalloc(THIS_MODULE->num_kp + 1, sizeof(*table), GFP_KERNEL);
	if (!table)
		return NULL;
	row = table;
	while ((k = knob_next(&i))) {
		if (k->offset == NO_FIELD)
			continue;
		row->procname = k->name;
		row->data = (char *)values + k->offset;
		row->maxlen = k->count * sizeof(int);
		row->mode = 0644;
		row->proc_handler = knob_handler;
		row->extra1 = k;
		row++;
	}
	*rows = row - table;
	return table;
}

/**
 * xtcp_sysctl_init() - create a namespace's sysctls
 * @net: namespace
 *
 * The first namespace is set up while the module loads: then the defaults of parameters that
 * were not given are computed.
 *
 * Context: process; sleeps.
 * Return: 0, -ENOMEM, or -EINVAL when a parameter exceeds its ceiling.
 */
int xtcp_sysctl_init(struct net *net)
{
	struct xtcp_net *xn = xtcp_net(net);
	unsigned int rows;
	int err;

	err = knobs_fill(&xn->knobs);
	if (err)
		return err;
	xn->knobs_table = knobs_rows(&xn->knobs, &rows);
	if (!xn->knobs_table)
		return -ENOMEM;
	xn->knobs_header = register_net_sysctl_sz(net, "net/xtcp",
						  xn->knobs_table, rows);
	if (xn->knobs_header)
		return 0;
	kfree(xn->knobs_table);
	return -ENOMEM;
}

/**
 * xtcp_sysctl_exit() - remove a namespace's sysctls
 * @net: namespace
 *
 * Context: process; sleeps until no process reads or writes one.
 */
void xtcp_sysctl_exit(struct net *net)
{
	struct xtcp_net *xn = xtcp_net(net);

	unregister_net_sysctl_table(xn->knobs_header);
	kfree(xn->knobs_table);
}
