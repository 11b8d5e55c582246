"""The pages of threads and items, oldest or newest first."""

THREADS_UP = """
select data::text
from threads
where user_id = %(user_id)s
  and (%(after)s::text is null
       or sequence > (select sequence from threads where id = %(after)s and user_id = %(user_id)s))
order by sequence
limit %(limit)s
"""

THREADS_DOWN = """
select data::text
from threads
where user_id = %(user_id)s
  and (%(after)s::text is null
       or sequence < (select sequence from threads where id = %(after)s and user_id = %(user_id)s))
order by sequence desc
limit %(limit)s
"""

ITEMS_UP = """
select item.data::text
from thread_items item
join threads thread on thread.id = item.thread_id
where item.thread_id = %(thread_id)s and thread.user_id = %(user_id)s and item.version_id is null
  and (%(after)s::text is null
       or item.sequence > (select sequence from thread_items
                           where thread_id = %(thread_id)s and id = %(after)s))
order by item.sequence
limit %(limit)s
"""

ITEMS_DOWN = """
select item.data::text
from thread_items item
join threads thread on thread.id = item.thread_id
where item.thread_id = %(thread_id)s and thread.user_id = %(user_id)s and item.version_id is null
  and (%(after)s::text is null
       or item.sequence < (select sequence from thread_items
                           where thread_id = %(thread_id)s and id = %(after)s))
order by item.sequence desc
limit %(limit)s
"""
