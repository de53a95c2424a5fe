"""How often one address may ask: times of its last questions, in memory, for a minute. Forgets the quietest first."""

from collections import OrderedDict, deque
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from threading import Lock

WINDOW = timedelta(minutes=1)
MOST_ADDRESSES = 20_000


class RateLimit:
    """Counts questions per address; one for the whole process."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._lock = Lock()
        self._asked: OrderedDict[str, deque[datetime]] = OrderedDict()

    def allows(self, address: str, at: datetime) -> bool:
        """Whether this question may be answered; it counts, unless it is refused."""
        key = household(address)
        with self._lock:
            asked = self._asked.setdefault(key, deque())
            self._asked.move_to_end(key)
            while len(self._asked) > MOST_ADDRESSES:
                self._asked.popitem(last=False)
            while asked and asked[0] <= at - WINDOW:
                asked.popleft()
            if len(asked) >= self._per_minute:
                return False
            asked.append(at)
            return True


def household(address: str) -> str:
    """What counts as one address: a whole IPv4 address, the first 64 bits of an IPv6 one."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    return str(found.ipv4_mapped or IPv6Address(int(found) >> 64 << 64))
