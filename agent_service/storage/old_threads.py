"""Which conversations have been left alone for long, for all that removes such."""

from typing import LiteralString

# So few at a time that nobody waits for their locks.
BLOCK = 500
# Those of users whose names are like `users`. The last sign of life is that of the conversation, of anything
# in it, or of an answer that is being written.
DELETE_OLD_THREADS: LiteralString = """
delete from threads
where id in (
    select id
    from threads
    where user_id like %(users)s and updated_at < now() - make_interval(days => %(days)s)
      and not exists (
          select from thread_items
          where thread_id = threads.id and updated_at >= now() - make_interval(days => %(days)s)
      )
      and not exists (
          select from turns
          where thread_id = threads.id and heartbeat_at >= now() - make_interval(days => %(days)s)
      )
    order by updated_at
    limit %(block)s
)
"""
