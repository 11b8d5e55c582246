"""Which day is today for a caller, and which days a word stands for."""

import logging
from datetime import date, datetime, timedelta
from typing import Literal

from mcp_server.calls.arguments import time_zone_named
from mcp_server.tool_errors import InvalidArgumentsError

Due = Literal["any", "today", "overdue", "week"]
Days = tuple[date | None, date | None]


def today_in(time_zone: str | None) -> date:
    """The day it is in a time zone, or on this machine. Raises `InvalidArgumentsError` for no zone."""
    if time_zone is None:
        return datetime.now().astimezone().date()
    try:
        return datetime.now(time_zone_named(time_zone)).date()
    except ValueError as error:
        raise InvalidArgumentsError(f"time_zone: {error}", log_level=logging.INFO) from None


def days_of(due: Due, today: date) -> Days:
    """First and last day that count; a week are today and the six days after it."""
    match due:
        case "any":
            return None, None
        case "today":
            return today, today
        case "week":
            return today, today + timedelta(days=6)
        case "overdue":
            return None, today - timedelta(days=1)
