"""What the service refuses, each with the HTTP status and the line that its caller reads.

ServiceError
├── BadInput        400  what was sent cannot be used
├── NotSignedIn     401  nobody is signed in, or the token is not known
├── Forbidden       403  signed in, but not for this
├── NotFound        404  no such case, camera or person
├── Conflict        409  somebody else was first, or the case is in another state
├── Gone            410  it was here and was erased, as the law asks
├── ChangedMeanwhile 412  the case is not the version that the caller looked at
├── TooLarge        413  more bytes than are taken
├── Questionable    422  what was sent is hardly meant; taken when it is sent again on purpose
└── RefusedPacket   422  a packet that must not be believed
"""


class ServiceError(Exception):
    """Root of this package's errors; `status` is the HTTP status that the door answers with."""

    status = 400


class BadInput(ServiceError):
    """What was sent cannot be used."""


class NotSignedIn(ServiceError):
    """Nobody is signed in, or the token is not known."""

    status = 401


class Forbidden(ServiceError):
    """Signed in, but not allowed to do this."""

    status = 403


class NotFound(ServiceError):
    """No such case, camera or person."""

    status = 404


class Conflict(ServiceError):
    """Somebody else was first, or the case is in another state."""

    status = 409


class Gone(ServiceError):
    """It was here and was erased, as the law asks."""

    status = 410


class ChangedMeanwhile(ServiceError):
    """The case is not the version that the caller looked at."""

    status = 412


class TooLarge(ServiceError):
    """More bytes than are taken."""

    status = 413


class Questionable(ServiceError):
    """What was sent is hardly meant; it is taken when it is sent again on purpose."""

    status = 422


class RefusedPacket(ServiceError):
    """A packet that must not be believed."""

    status = 422
