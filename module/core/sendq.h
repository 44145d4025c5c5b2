/* SPDX-License-Identifier: GPL-2.0 */
/* The send queue. */
#ifndef XTCP_CORE_SENDQ_H
#define XTCP_CORE_SENDQ_H

#include "rec.h"

/**
 * struct xtcp_sendq - the send queue: everything from SND.UNA to the last byte written
 * @head: first record. It holds SND.UNA; it begins there, or before it after a partial
 *	acknowledgment
 * @tail: last record
 * @unsent: first record never transmitted, or NULL. All records before it were sent, all
 *	from it on were not
 * @oldest: of the records in flight, the one sent first
 * @newest: of the records in flight, the one sent last
 */
struct xtcp_sendq {
	struct xtcp_rec *head;
	struct xtcp_rec *tail;
	struct xtcp_rec *unsent;
	struct xtcp_rec *oldest;
	struct xtcp_rec *newest;
};

void xtcp_sendq_append(struct xtcp_sendq *q, struct xtcp_rec *rec);
void xtcp_sendq_split(struct xtcp_sendq *q, struct xtcp_rec *rec,
		      struct xtcp_rec *rest, u32 len);
struct xtcp_rec *xtcp_sendq_join(struct xtcp_sendq *q, struct xtcp_rec *rec, u32 len);
void xtcp_sendq_in_flight_add(struct xtcp_sendq *q, struct xtcp_rec *rec);
void xtcp_sendq_in_flight_del(struct xtcp_sendq *q, struct xtcp_rec *rec);
struct xtcp_rec *xtcp_sendq_ack(struct xtcp_sendq *q, u32 una);
struct xtcp_rec *xtcp_sendq_purge(struct xtcp_sendq *q);

#endif /* XTCP_CORE_SENDQ_H */
