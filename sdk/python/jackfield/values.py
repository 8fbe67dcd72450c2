"""Values from JSON without loss. Pure: plain Python runs it too."""

import json
import re
from datetime import datetime, timedelta, timezone

# An amount as the canonical records write it: 38 digits, and 28 behind the point.
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,37})(?:\.[0-9]{1,28})?")
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def exact(text):
    """JSON as a value in which no digit was lost: a number with a fraction is its text, as it was
    written. What is not JSON, or has characters that are none, is a `ValueError`."""
    text = text.decode() if isinstance(text, bytes) else text
    try:
        value = json.loads(text, parse_float=str, parse_constant=_refused)
        if "\\u" in text:
            # Half of a pair of surrogates can be written in JSON, and cannot be handed on.
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
    return value


def decimal(value):
    """An amount of money, or a quantity, as decimal text; none if it has no such form."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    text = str(value) if is_number else value
    return text if isinstance(text, str) and _DECIMAL.fullmatch(text) else None


def time_ms(value):
    """A time in the form of RFC 3339, in milliseconds since 1970; none if it is no such text."""
    try:
        moment = datetime.fromisoformat(value.replace("Z", "+00:00"))
        ms = (moment - _EPOCH) // timedelta(milliseconds=1)
    except (AttributeError, TypeError, ValueError):
        return None
    return ms if ms >= 0 else None


def _refused(word):
    raise ValueError(f"`{word}` is no JSON")
